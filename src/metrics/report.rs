//! Held-out samples in, everything the page shows of them beside accuracy and confusion out.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    ClassCurves, ClassReport, CoverageCurve, HeldOut, Overview, Reliability, class_reports,
    confusion_matrix, coverage_curve, fit_temperature, macro_area, macro_average_precision,
    one_vs_rest, overview, reliability, top_k_accuracy,
};
use crate::protocol::Proportion;

/// Bins of the reliability diagram: ten read well.
const NUM_BINS: usize = 10;

/// Points of the coverage curve that are kept: more than a slider has steps.
const MAX_POINTS: usize = 200;

/// Points of each class's curves that are kept: more than their drawing shows.
const MAX_CURVE_POINTS: usize = 64;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClassSummary {
    /// Precision, recall, F1 and support.
    pub report: ClassReport,
    /// Area under the ROC curve, in [0, 1].
    pub area: Option<f64>,
    /// Area under the precision-recall curve, in [0, 1].
    pub average_precision: Option<f64>,
    /// False positive rate and true positive rate at falling thresholds, from (0, 0) to (1, 1);
    /// empty where the area is nothing.
    pub roc: Vec<(f64, f64)>,
    /// Recall and precision at falling thresholds; empty where the average is nothing.
    pub precision_recall: Vec<(f64, f64)>,
}

impl Report {
    /// Computes all of it; a few milliseconds for 1,000 samples of 10 classes.
    pub fn new(samples: &HeldOut) -> Self {
        let pairs = samples.truths().iter().copied().zip(samples.predicted());
        let counts = confusion_matrix(pairs, samples.num_classes());
        let curves = one_vs_rest(samples);
        let summaries = class_reports(&counts).into_iter().zip(&curves);
        let mut coverage = coverage_curve(samples);
        thin(&mut coverage.points, MAX_POINTS);
        Self {
            overview: overview(&counts),
            classes: summaries
                .map(|(report, curves)| summary(report, curves))
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

fn summary(
    report: ClassReport,
    ClassCurves {
        roc,
        precision_recall,
    }: &ClassCurves,
) -> ClassSummary {
    let mut summary = ClassSummary {
        report,
        area: roc.as_ref().map(|curve| curve.area),
        average_precision: precision_recall
            .as_ref()
            .map(|curve| curve.average_precision),
        roc: Vec::new(),
        precision_recall: Vec::new(),
    };
    if let Some(curve) = roc {
        let points = curve.points.iter();
        summary.roc = points
            .map(|p| (p.false_positive_rate, p.true_positive_rate))
            .collect();
    }
    if let Some(curve) = precision_recall {
        let points = curve.points.iter();
        summary.precision_recall = points.map(|p| (p.recall, p.precision)).collect();
    }
    thin(&mut summary.roc, MAX_CURVE_POINTS);
    thin(&mut summary.precision_recall, MAX_CURVE_POINTS);
    summary
}

/// Keeps the first and the last point and evenly many in between, `most` and one at most.
fn thin<T>(points: &mut Vec<T>, most: usize) {
    let num_points = points.len();
    let stride = num_points.div_ceil(most).max(1);
    let mut at = 0;
    points.retain(|_| {
        at += 1;
        at == 1 || (num_points - at).is_multiple_of(stride)
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
        thin(&mut points, MAX_POINTS);
        assert!(points.len() <= MAX_POINTS && *points.last().unwrap() == 1000);
        let mut few = vec![1, 2, 3];
        thin(&mut few, MAX_POINTS);
        assert_eq!(few, [1, 2, 3]);
    }
}
