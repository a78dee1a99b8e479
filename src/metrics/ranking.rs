//! Scores and who is meant in, curves of how well the scores tell them apart out.
//!
//! Equal scores are one step: no order among them is made up, so no curve depends on the order
//! of the samples.

use super::{HeldOut, proportion::mean};

/// A point of a receiver operating characteristic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// Scores from here up count as positive; infinite at the first point, where none does.
    pub threshold: f64,
    /// Share of the negatives that count as positive, in [0, 1].
    pub false_positive_rate: f64,
    /// Share of the positives that count as positive, in [0, 1].
    pub true_positive_rate: f64,
}

/// From (0, 0) to (1, 1), thresholds falling; points inside a straight stretch are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct RocCurve {
    /// At least two.
    pub points: Vec<RocPoint>,
    /// Area under the curve by trapezoids, in [0, 1]: the probability that a positive scores
    /// above a negative, equals counting one half (Hanley & McNeil 1982).
    pub area: f64,
}

/// A point of a precision-recall curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionRecallPoint {
    /// Scores from here up count as positive; infinite at the first point, where none does.
    pub threshold: f64,
    /// Share of what counts as positive that is, in [0, 1]; 1 at the first point by convention.
    pub precision: f64,
    /// Share of the positives that count as positive, in [0, 1].
    pub recall: f64,
}

/// From recall 0 to recall 1, thresholds falling; points inside a level stretch of recall are
/// left out.
#[derive(Clone, Debug, PartialEq)]
pub struct PrecisionRecallCurve {
    /// At least two.
    pub points: Vec<PrecisionRecallPoint>,
    /// Precision at each step of the threshold, weighted by the recall it gains, in [0, 1]. Not
    /// interpolated, which would be too favorable (Davis & Goadrich 2006).
    pub average_precision: f64,
}

/// How many samples score at least `threshold`.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) threshold: f64,
    pub(super) true_positives: usize,
    pub(super) false_positives: usize,
}

/// One step for each different score, the highest first, after one where nothing counts.
/// A score that is NaN counts as the lowest.
pub(super) fn steps(scored: impl IntoIterator<Item = (f64, bool)>) -> Vec<Step> {
    let lowest_if_nan = |(x, positive): (f64, bool)| match x.is_nan() {
        true => (f64::NEG_INFINITY, positive),
        false => (x + 0.0, positive), // -0 and 0 are equal
    };
    let mut scored: Vec<_> = scored.into_iter().map(lowest_if_nan).collect();
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut last = Step {
        threshold: f64::INFINITY,
        true_positives: 0,
        false_positives: 0,
    };
    let mut steps = vec![last];
    for equals in scored.chunk_by(|a, b| a.0 == b.0) {
        let positives = equals.iter().filter(|(_, positive)| *positive).count();
        last.threshold = equals[0].0;
        last.true_positives += positives;
        last.false_positives += equals.len() - positives;
        steps.push(last);
    }
    steps
}

/// The curve of pairs of a score and whether the sample is a positive.
///
/// `None` unless there are both positives and negatives.
pub fn roc_curve(scored: impl IntoIterator<Item = (f64, bool)>) -> Option<RocCurve> {
    let steps = steps(scored);
    let all = *steps.last()?;
    if all.true_positives == 0 || all.false_positives == 0 {
        return None;
    }
    let point = |step: &Step| RocPoint {
        threshold: step.threshold,
        false_positive_rate: step.false_positives as f64 / all.false_positives as f64,
        true_positive_rate: step.true_positives as f64 / all.true_positives as f64,
    };
    let is_corner = |before: &Step, at: &Step, after: &Step| {
        at.true_positives - before.true_positives != after.true_positives - at.true_positives
            || at.false_positives - before.false_positives
                != after.false_positives - at.false_positives
    };
    let points: Vec<_> = corners(&steps, is_corner).map(point).collect();
    let trapezoid = |pair: &[RocPoint]| {
        (pair[1].false_positive_rate - pair[0].false_positive_rate)
            * (pair[0].true_positive_rate + pair[1].true_positive_rate)
            / 2.0
    };
    let area = points.windows(2).map(trapezoid).sum();
    Some(RocCurve { points, area })
}

/// The curve of pairs of a score and whether the sample is a positive.
///
/// `None` if there are no positives.
pub fn precision_recall_curve(
    scored: impl IntoIterator<Item = (f64, bool)>,
) -> Option<PrecisionRecallCurve> {
    let steps = steps(scored);
    let num_positives = steps.last()?.true_positives;
    if num_positives == 0 {
        return None;
    }
    let point = |step: &Step| PrecisionRecallPoint {
        threshold: step.threshold,
        precision: match step.true_positives + step.false_positives {
            0 => 1.0,
            counted => step.true_positives as f64 / counted as f64,
        },
        recall: step.true_positives as f64 / num_positives as f64,
    };
    let gain = |pair: &[Step]| {
        let (before, after) = (point(&pair[0]), point(&pair[1]));
        (after.recall - before.recall) * after.precision
    };
    let is_corner = |before: &Step, at: &Step, after: &Step| {
        before.true_positives != at.true_positives || at.true_positives != after.true_positives
    };
    Some(PrecisionRecallCurve {
        average_precision: steps.windows(2).map(gain).sum(),
        points: corners(&steps, is_corner).map(point).collect(),
    })
}

/// The first step, the last, and those between for which `is_corner(before, at, after)` holds.
fn corners<'a>(
    steps: &'a [Step],
    is_corner: impl Fn(&Step, &Step, &Step) -> bool + 'a,
) -> impl Iterator<Item = &'a Step> {
    let last = steps.len() - 1;
    let is_kept = move |at: &usize| {
        *at == 0 || *at == last || is_corner(&steps[at - 1], &steps[*at], &steps[at + 1])
    };
    (0..steps.len()).filter(is_kept).map(|at| &steps[at])
}

/// Both curves of one class against the rest, where they exist.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassCurves {
    /// `None` unless some samples are of the class and some are not.
    pub roc: Option<RocCurve>,
    /// `None` unless some samples are of the class.
    pub precision_recall: Option<PrecisionRecallCurve>,
}

/// The curves of each class against the rest, by the probability the model gives the class.
pub fn one_vs_rest(samples: &HeldOut) -> Vec<ClassCurves> {
    let curves = |class| {
        let is_positive = samples.truths().iter().map(|&truth| truth == class);
        let scored = || {
            samples
                .probabilities_of(class)
                .into_iter()
                .zip(is_positive.clone())
        };
        ClassCurves {
            roc: roc_curve(scored()),
            precision_recall: precision_recall_curve(scored()),
        }
    };
    (0..samples.num_classes()).map(curves).collect()
}

/// Mean area under the ROC curves of the classes that have one.
pub fn macro_area(curves: &[ClassCurves]) -> Option<f64> {
    mean(
        curves
            .iter()
            .filter_map(|class| Some(class.roc.as_ref()?.area)),
    )
}

/// Mean average precision over the classes that have samples.
pub fn macro_average_precision(curves: &[ClassCurves]) -> Option<f64> {
    let precision = |class: &ClassCurves| Some(class.precision_recall.as_ref()?.average_precision);
    mean(curves.iter().filter_map(precision))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of scikit-learn's `roc_auc_score` and `average_precision_score`.
    const SCORED: [(f64, bool); 4] = [(0.1, false), (0.4, false), (0.35, true), (0.8, true)];

    #[test]
    fn three_of_four_pairs_in_order_are_an_area_of_three_quarters() {
        assert_eq!(roc_curve(SCORED).unwrap().area, 0.75);
    }

    #[test]
    fn average_precision_by_hand() {
        // Recall ½ at precision 1, then the other ½ at precision ⅔.
        let curve = precision_recall_curve(SCORED).unwrap();
        assert!((curve.average_precision - 5.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn equal_scores_are_worth_a_coin_toss_in_any_order() {
        for scored in [[(1.0, true), (1.0, false)], [(1.0, false), (1.0, true)]] {
            assert_eq!(roc_curve(scored).unwrap().area, 0.5);
            assert_eq!(
                precision_recall_curve(scored).unwrap().average_precision,
                0.5
            );
        }
    }

    #[test]
    fn minus_zero_and_zero_are_equal() {
        assert_eq!(roc_curve([(0.0, false), (-0.0, true)]).unwrap().area, 0.5);
    }

    #[test]
    fn without_positives_or_negatives_there_is_no_curve() {
        assert_eq!(roc_curve([(0.5, true)]), None);
        assert_eq!(roc_curve([(0.5, false)]), None);
        assert_eq!(roc_curve([]), None);
        assert_eq!(precision_recall_curve([(0.5, false)]), None);
        assert_eq!(
            precision_recall_curve([(0.5, true)])
                .unwrap()
                .average_precision,
            1.0
        );
    }

    #[test]
    fn a_score_of_nan_is_the_lowest() {
        assert_eq!(
            roc_curve([(f64::NAN, false), (0.0, true)]).unwrap().area,
            1.0
        );
    }
}
