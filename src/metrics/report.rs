//! Held-out samples in, everything the page shows of them beside accuracy and confusion out.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    ClassReport, CoverageCurve, HeldOut, Overview, Reliability, class_reports, confusion_matrix,
    coverage_curve, fit_temperature, macro_area, macro_average_precision, one_vs_rest, overview,
    reliability, top_k_accuracy,
};
use crate::protocol::Proportion;

/// Bins of the reliability diagram: ten read well.
const NUM_BINS: usize = 10;

/// Points of the coverage curve that are kept: more than a slider has steps.
const MAX_POINTS: usize = 200;

/// What a set of held-out samples says of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// All classes together.
    pub overview: Overview,
    /// One a class of the model.
    pub classes: Vec<ClassSummary>,
    /// Share of samples whose class is among the first two, three guesses; as far as there are
    /// more classes than guesses.
    pub top_k: Vec<Proportion>,
    /// Mean area under the classes' ROC curves, in [0, 1].
    pub area: Option<f64>,
    /// Mean of the classes' average precisions, in [0, 1].
    pub average_precision: Option<f64>,
    /// Whether it is as sure as it is right.
    pub reliability: Reliability,
    /// What logits would have to be divided by for that: above 1 it is too sure.
    pub temperature: Option<f64>,
    /// What withholding unsure answers costs and gains.
    pub coverage: CoverageCurve,
}

/// One class against the rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClassSummary {
    /// Precision, recall, F1 and support.
    pub report: ClassReport,
    /// Area under the ROC curve, in [0, 1].
    pub area: Option<f64>,
    /// Area under the precision-recall curve, in [0, 1].
    pub average_precision: Option<f64>,
}

impl Report {
    /// Computes all of it; a few milliseconds for 1,000 samples of 10 classes.
    pub fn new(samples: &HeldOut) -> Self {
        let pairs = samples.truths().iter().copied().zip(samples.predicted());
        let counts = confusion_matrix(pairs, samples.num_classes());
        let curves = one_vs_rest(samples);
        let summaries = class_reports(&counts).into_iter().zip(&curves);
        let mut coverage = coverage_curve(samples);
        thin(&mut coverage.points);
        Self {
            overview: overview(&counts),
            classes: summaries
                .map(|(report, curves)| ClassSummary {
                    report,
                    area: curves.roc.as_ref().map(|roc| roc.area),
                    average_precision: curves
                        .precision_recall
                        .as_ref()
                        .map(|curve| curve.average_precision),
                })
                .collect(),
            top_k: (2..samples.num_classes().min(4))
                .map(|k| top_k_accuracy(samples, k))
                .collect(),
            area: macro_area(&curves),
            average_precision: macro_average_precision(&curves),
            reliability: reliability(samples, NUM_BINS),
            temperature: fit_temperature(samples),
            coverage,
        }
    }
}

/// Keeps the last point, which answers always, and evenly many before it.
fn thin<T>(points: &mut Vec<T>) {
    let num_points = points.len();
    let stride = num_points.div_ceil(MAX_POINTS).max(1);
    let mut at = 0;
    points.retain(|_| {
        at += 1;
        (num_points - at).is_multiple_of(stride)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_right_has_a_perfect_report() {
        let rows: [&[f32]; 4] = [&[3.0, 0.0], &[2.0, 0.0], &[0.0, 1.0], &[0.0, 4.0]];
        let report = Report::new(&HeldOut::new(rows, vec![0, 0, 1, 1], 2));
        assert_eq!(report.overview.accuracy, Some(1.0));
        assert_eq!(
            (report.area, report.average_precision),
            (Some(1.0), Some(1.0))
        );
        assert!(
            report
                .classes
                .iter()
                .all(|class| class.report.f1 == Some(1.0))
        );
        assert_eq!(report.classes[1].report.support, 2);
        assert_eq!(report.coverage.points.last().unwrap().coverage.hits, 4);
        assert!(report.top_k.is_empty());
    }

    #[test]
    fn no_samples_make_an_empty_report_and_no_panic() {
        let report = Report::new(&HeldOut::new([], vec![], 3));
        assert_eq!((report.overview.accuracy, report.temperature), (None, None));
        assert_eq!(report.top_k.len(), 1);
    }

    #[test]
    fn thinned_points_end_with_the_last() {
        let mut points: Vec<_> = (0..1001).collect();
        thin(&mut points);
        assert!(points.len() <= MAX_POINTS && *points.last().unwrap() == 1000);
        let mut few = vec![1, 2, 3];
        thin(&mut few);
        assert_eq!(few, [1, 2, 3]);
    }
}
