//! Held-out samples in, what "say *not sure* below …" costs and gains out.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{HeldOut, proportion::share, ranking, wilson};
use crate::protocol::Proportion;

/// What happens if answers below a confidence are withheld.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CoveragePoint {
    /// The least confidence at which an answer is given, in (0, 1].
    pub threshold: f64,
    /// Share of samples that get an answer.
    pub coverage: Proportion,
    /// Share of the answers that are right.
    pub accuracy: Proportion,
}

/// The trade-off between answering often and answering right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CoverageCurve {
    /// One for each different confidence, the highest first; the last one answers always.
    pub points: Vec<CoveragePoint>,
    /// Area under the curve of the error rate over coverage, in [0, 1], lower is better: the
    /// error rate averaged over answering 1, 2, … all samples, the surest first (Geifman &
    /// El-Yaniv 2017, arXiv:1705.08500). Equally sure samples go in a random order, on average.
    /// `None` without samples.
    pub area: Option<f64>,
    /// The same area if each wrong answer were less sure than each right one: what a better sense
    /// of its own errors could reach at this accuracy.
    pub least_area: Option<f64>,
}

/// The curve over all confidences that occur.
pub fn coverage_curve(samples: &HeldOut) -> CoverageCurve {
    let steps = ranking::steps(samples.answers());
    let answered = |step: &ranking::Step| step.true_positives + step.false_positives;
    let point = |step: &ranking::Step| CoveragePoint {
        threshold: step.threshold,
        coverage: wilson(answered(step), samples.len()),
        accuracy: wilson(step.true_positives, answered(step)),
    };
    let errors = |pair: &[ranking::Step]| {
        let errors = (pair[0].false_positives, pair[1].false_positives);
        sum_of_error_rates(answered(&pair[0])..answered(&pair[1]), errors)
    };
    let (all, right) = (
        samples.len(),
        steps.last().map_or(0, |all| all.true_positives),
    );
    let least = sum_of_error_rates(right..all, (0, all - right));
    CoverageCurve {
        points: steps[1..].iter().map(point).collect(),
        area: share(steps.windows(2).map(errors).sum(), all as f64),
        least_area: share(least, all as f64),
    }
}

/// Error rates after each of a run of samples, summed: `samples` are the ones answered before
/// each, `errors` the errors before and after the run, between which they grow evenly.
fn sum_of_error_rates(samples: std::ops::Range<usize>, errors: (usize, usize)) -> f64 {
    let (start, num) = (samples.start, samples.len() as f64);
    let slope = (errors.1 - errors.0) as f64 / num;
    samples
        .map(|before| {
            let answered = (before + 1) as f64;
            (errors.0 as f64 + slope * (before + 1 - start) as f64) / answered
        })
        .sum()
}

impl CoverageCurve {
    /// The point that answers most samples with at least `accuracy` of the answers right, in
    /// [0, 1]. Chosen on these samples, so on new ones it is slightly less accurate: show the
    /// interval.
    pub fn reaching(&self, accuracy: f64) -> Option<&CoveragePoint> {
        let reaches = |point: &&CoveragePoint| {
            point.accuracy.hits as f64 >= accuracy * point.accuracy.total as f64
        };
        self.points.iter().rev().find(reaches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes with the truth at 0; `confidence` of class 0 or, below ½, of class 1.
    fn curve(confidences: &[f32]) -> CoverageCurve {
        let rows: Vec<_> = confidences
            .iter()
            .map(|p| [p.ln(), (1.0 - p).ln()])
            .collect();
        let truths = vec![0; rows.len()];
        coverage_curve(&HeldOut::new(rows.iter().map(|row| &row[..]), truths, 2))
    }

    #[test]
    fn withholding_the_unsure_answers_raises_accuracy() {
        // Right at 0.9, wrong at 0.8, right at 0.7, wrong at 0.6.
        let curve = curve(&[0.9, 0.2, 0.7, 0.4]);
        let hits: Vec<_> = curve.points.iter().map(|p| p.accuracy.hits).collect();
        assert_eq!(hits, [1, 1, 2, 2]);
        let area = curve.area.unwrap();
        assert!((area - (0.0 + 1.0 / 2.0 + 1.0 / 3.0 + 2.0 / 4.0) / 4.0).abs() < 1e-12);
        let least = curve.least_area.unwrap();
        assert!((least - (1.0 / 3.0 + 2.0 / 4.0) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn the_threshold_for_an_accuracy_answers_as_many_as_it_can() {
        let curve = curve(&[0.9, 0.2, 0.7, 0.7, 0.4]);
        let point = curve.reaching(0.75).unwrap();
        assert!((point.threshold - 0.7).abs() < 1e-6);
        assert_eq!(point.coverage.hits, 4);
        assert_eq!(curve.reaching(1.01), None);
    }

    #[test]
    fn equally_sure_answers_are_averaged_over_their_orders() {
        // Right first: 0, ½; wrong first: 1, ½.
        let curve = curve(&[0.75, 0.25]);
        assert_eq!(curve.points.len(), 1);
        assert!((curve.area.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn no_samples_give_no_curve() {
        let nothing = curve(&[]);
        assert!(
            nothing.points.is_empty() && nothing.area.is_none() && nothing.least_area.is_none()
        );
    }
}
