//! Counts of (truth, prediction) in, what they say of each class and of all out.
//!
//! Everything that would divide by 0 is `None`; averages over classes follow scikit-learn 1.9
//! with `zero_division=0` over the classes that occur as a truth or as a prediction.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::proportion::{mean, share};

/// `counts[truth][predicted]` over pairs of class indices below `num_classes`.
pub fn confusion_matrix(
    pairs: impl IntoIterator<Item = (usize, usize)>,
    num_classes: usize,
) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; num_classes]; num_classes];
    for (truth, predicted) in pairs {
        counts[truth][predicted] += 1;
    }
    counts
}

/// How one class fares. Shares are in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClassReport {
    /// Samples of the class.
    pub support: usize,
    /// Samples said to be of the class.
    pub predicted: usize,
    /// Share of the samples said to be of the class that are; `None` if it is never said.
    pub precision: Option<f64>,
    /// Share of the class's samples that are recognized; `None` if it has none.
    pub recall: Option<f64>,
    /// Harmonic mean of the two; `None` if the class neither occurs nor is said.
    pub f1: Option<f64>,
}

/// Precision, recall and F1 averaged over classes, in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Averages {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
}

/// How all classes fare together. Each is `None` where there is nothing to say it of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// Share of samples classified right.
    pub accuracy: Option<f64>,
    /// Mean recall over the classes that have samples: each class counts as much as another.
    pub balanced_accuracy: Option<f64>,
    /// Agreement beyond chance: 0 by guessing at the given frequencies, 1 if all is right, below
    /// 0 if worse than guessing (Cohen 1960). `None` also if there is only one class.
    pub kappa: Option<f64>,
    /// Each class that occurs counts the same.
    pub macro_average: Option<Averages>,
    /// Each class counts by its support.
    pub weighted_average: Option<Averages>,
}

/// One report a class. `counts` is square: `counts[truth][predicted]`.
pub fn class_reports(counts: &[Vec<usize>]) -> Vec<ClassReport> {
    let report = |class: usize| {
        let hits = counts[class][class] as f64;
        let support: usize = counts[class].iter().sum();
        let predicted: usize = counts.iter().map(|row| row[class]).sum();
        ClassReport {
            support,
            predicted,
            precision: share(hits, predicted as f64),
            recall: share(hits, support as f64),
            f1: share(2.0 * hits, (support + predicted) as f64),
        }
    };
    (0..counts.len()).map(report).collect()
}

/// What the reports of all classes come to. `counts` is square: `counts[truth][predicted]`.
pub fn overview(counts: &[Vec<usize>]) -> Overview {
    let reports = class_reports(counts);
    let total = reports.iter().map(|class| class.support).sum::<usize>() as f64;
    let hits = (0..counts.len()).map(|class| counts[class][class]);
    let accuracy = share(hits.sum::<usize>() as f64, total);
    Overview {
        accuracy,
        balanced_accuracy: mean(reports.iter().filter_map(|class| class.recall)),
        kappa: accuracy.and_then(|accuracy| kappa(accuracy, &reports, total)),
        macro_average: averages(&reports, |_| 1.0),
        weighted_average: averages(&reports, |class| class.support as f64),
    }
}

/// Cohen's kappa: the accuracy's way from what chance would give to 1.
fn kappa(accuracy: f64, reports: &[ClassReport], total: f64) -> Option<f64> {
    let both = |class: &ClassReport| class.support as f64 * class.predicted as f64;
    let chance = reports.iter().map(both).sum::<f64>() / (total * total);
    share(accuracy - chance, 1.0 - chance)
}

fn averages(reports: &[ClassReport], weight: impl Fn(&ClassReport) -> f64) -> Option<Averages> {
    let occurring = || reports.iter().filter(|class| class.f1.is_some());
    let total: f64 = occurring().map(&weight).sum();
    let average = |value: fn(&ClassReport) -> Option<f64>| {
        let sum = occurring().map(|class| weight(class) * value(class).unwrap_or(0.0));
        share(sum.sum(), total)
    };
    Some(Averages {
        precision: average(|class| class.precision)?,
        recall: average(|class| class.recall)?,
        f1: average(|class| class.f1)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confusion_counts_truth_by_row() {
        let counts = confusion_matrix([(0, 0), (0, 1), (1, 1)], 2);
        assert_eq!(counts, [[1, 1], [0, 1]]);
    }

    #[test]
    fn reports_by_hand() {
        let reports = class_reports(&[vec![3, 1], vec![2, 4]]);
        assert_eq!(reports[0].precision, Some(0.6));
        assert_eq!(reports[0].recall, Some(0.75));
        assert_eq!(reports[0].f1, Some(6.0 / 9.0));
        assert_eq!((reports[1].support, reports[1].predicted), (6, 5));
    }

    #[test]
    fn guessing_one_class_agrees_no_more_than_chance() {
        let always_first = overview(&[vec![6, 0], vec![2, 0]]);
        assert_eq!(always_first.accuracy, Some(0.75));
        assert_eq!(always_first.balanced_accuracy, Some(0.5));
        assert_eq!(always_first.kappa, Some(0.0));
    }

    #[test]
    fn a_single_class_leaves_nothing_to_agree_on() {
        let only = overview(&[vec![5]]);
        assert_eq!((only.accuracy, only.kappa), (Some(1.0), None));
    }

    #[test]
    fn no_samples_give_no_numbers() {
        let nothing = overview(&confusion_matrix([], 3));
        assert_eq!(nothing.accuracy, None);
        assert_eq!(nothing.balanced_accuracy, None);
        assert_eq!(nothing.macro_average, None);
        assert_eq!(nothing.weighted_average, None);
        assert_eq!(class_reports(&[vec![0]])[0].f1, None);
    }
}
