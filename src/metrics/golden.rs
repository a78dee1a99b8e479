//! Every number against scikit-learn's, SciPy's or NumPy's: tests/golden/metrics/make.py.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Expected {
    cases: Vec<Case>,
    learning_curves: Vec<ExpectedLearningCurve>,
}

#[derive(Deserialize)]
struct ExpectedLearningCurve {
    points: Vec<(f64, usize, usize)>,
    loss: f64,
    fitted: Vec<f64>,
    doubled: f64,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    made_up: [u32; 5],
    confusion: ExpectedConfusion,
    top_k: [Option<f64>; 3],
    curves: ExpectedCurves,
    calibration: ExpectedCalibration,
    coverage: ExpectedCoverage,
    open_set: Option<ExpectedOpenSet>,
}

#[derive(Deserialize)]
struct ExpectedConfusion {
    precision: Vec<Option<f64>>,
    recall: Vec<Option<f64>>,
    f1: Vec<Option<f64>>,
    support: Vec<usize>,
    accuracy: f64,
    balanced_accuracy: f64,
    kappa: Option<f64>,
    #[serde(rename = "macro")]
    macro_average: [f64; 3],
    weighted: [f64; 3],
}

#[derive(Deserialize)]
struct ExpectedCurves {
    roc_area: Vec<Option<f64>>,
    average_precision: Vec<Option<f64>>,
    macro_area: Option<f64>,
    macro_average_precision: Option<f64>,
    class: Option<usize>,
    roc: Option<Vec<[f64; 2]>>,
    precision_recall: Option<Vec<[f64; 2]>>,
}

#[derive(Deserialize)]
struct ExpectedCalibration {
    counts: Vec<usize>,
    accuracy: Vec<f64>,
    confidence: Vec<f64>,
    error: f64,
    error_by_chance: f64,
    brier: f64,
    log_loss: f64,
    temperature: Option<f64>,
}

#[derive(Deserialize)]
struct ExpectedCoverage {
    area: f64,
    area_error: f64,
    least_area: f64,
    points: usize,
}

#[derive(Deserialize)]
struct ExpectedOpenSet {
    area: f64,
    false_positive_rate: f64,
    threshold: Option<f64>,
}

/// The same as `made_up` in make.py.
fn made_up([rows, classes, occurring, levels, lift]: [u32; 5]) -> HeldOut {
    let mut state = 1u32;
    let mut below = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % n
    };
    let (mut truths, mut logits) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let truth = below(occurring) as usize;
        let mut row: Vec<_> = (0..classes).map(|_| below(levels) as f32 / 16.0).collect();
        row[truth] += lift as f32 / 16.0;
        truths.push(truth);
        logits.push(row);
    }
    HeldOut::new(logits.iter().map(|row| &row[..]), truths, classes as usize)
}

fn expected() -> Expected {
    let json = include_str!("../../tests/golden/metrics/expected.json");
    serde_json::from_str(json).expect("written by make.py")
}

fn cases() -> impl Iterator<Item = (Case, HeldOut)> {
    let with_samples = |case: Case| {
        let samples = made_up(case.made_up);
        (case, samples)
    };
    expected().cases.into_iter().map(with_samples)
}

#[track_caller]
fn assert_close(case: &Case, ours: impl Into<Option<f64>>, theirs: impl Into<Option<f64>>) {
    let (ours, theirs) = (ours.into(), theirs.into());
    let is_close = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        (ours, theirs) => ours == theirs,
    };
    assert!(is_close, "{}: {ours:?} instead of {theirs:?}", case.name);
}

fn counts(samples: &HeldOut) -> Vec<Vec<usize>> {
    let truths = samples.truths().iter().copied();
    confusion_matrix(truths.zip(samples.predicted()), samples.num_classes())
}

#[test]
fn each_class_is_reported_as_by_scikit_learn() {
    for (case, samples) in cases() {
        for (class, report) in class_reports(&counts(&samples)).into_iter().enumerate() {
            assert_eq!(report.support, case.confusion.support[class]);
            assert_close(&case, report.precision, case.confusion.precision[class]);
            assert_close(&case, report.recall, case.confusion.recall[class]);
            assert_close(&case, report.f1, case.confusion.f1[class]);
        }
    }
}

#[test]
fn averages_and_kappa_are_those_of_scikit_learn() {
    for (case, samples) in cases() {
        let ours = overview(&counts(&samples));
        let theirs = &case.confusion;
        assert_close(&case, ours.accuracy, theirs.accuracy);
        assert_close(&case, ours.balanced_accuracy, theirs.balanced_accuracy);
        assert_close(&case, ours.kappa, theirs.kappa);
        for (ours, theirs) in [
            (ours.macro_average, theirs.macro_average),
            (ours.weighted_average, theirs.weighted),
        ] {
            let ours = ours.expect("there are samples");
            for (ours, theirs) in [ours.precision, ours.recall, ours.f1]
                .into_iter()
                .zip(theirs)
            {
                assert_close(&case, ours, theirs);
            }
        }
    }
}

#[test]
fn top_k_accuracy_is_that_of_scikit_learn() {
    for (case, samples) in cases() {
        for (k, theirs) in [1, 2, 5].into_iter().zip(case.top_k) {
            let ours = top_k_accuracy(&samples, k);
            let ours = ours.hits as f64 / ours.total as f64;
            // scikit-learn has none for one class or two; there is something to say all the same.
            assert_close(&case, ours, theirs.unwrap_or(ours));
        }
    }
}

#[test]
fn areas_under_curves_are_those_of_scikit_learn() {
    for (case, samples) in cases() {
        let curves = one_vs_rest(&samples);
        for (class, ours) in curves.iter().enumerate() {
            let area = ours.roc.as_ref().map(|curve| curve.area);
            assert_close(&case, area, case.curves.roc_area[class]);
            let precision = ours.precision_recall.as_ref();
            let precision = precision.map(|curve| curve.average_precision);
            assert_close(&case, precision, case.curves.average_precision[class]);
        }
        assert_close(&case, macro_area(&curves), case.curves.macro_area);
        let precision = macro_average_precision(&curves);
        assert_close(&case, precision, case.curves.macro_average_precision);
    }
}

#[test]
fn curves_have_the_points_of_scikit_learn() {
    for (case, samples) in cases() {
        let Some(class) = case.curves.class else {
            continue;
        };
        let ours = &one_vs_rest(&samples)[class];
        let roc = ours.roc.iter().flat_map(|curve| &curve.points);
        let roc = roc.map(|p| [p.false_positive_rate, p.true_positive_rate]);
        assert_same_points(&case, roc.collect(), case.curves.roc.as_ref());
        let precision = ours.precision_recall.iter().flat_map(|curve| &curve.points);
        let precision = precision.map(|p| [p.precision, p.recall]);
        assert_same_points(
            &case,
            precision.collect(),
            case.curves.precision_recall.as_ref(),
        );
    }
}

fn assert_same_points(case: &Case, ours: Vec<[f64; 2]>, theirs: Option<&Vec<[f64; 2]>>) {
    let theirs = theirs.expect("the class has a curve");
    assert_eq!(ours.len(), theirs.len(), "{}: {ours:?}", case.name);
    for (ours, theirs) in ours.iter().flatten().zip(theirs.iter().flatten()) {
        assert_close(case, *ours, *theirs);
    }
}

#[test]
fn reliability_is_that_of_scikit_learn() {
    for (case, samples) in cases() {
        let (ours, theirs) = (reliability(&samples, 10), &case.calibration);
        let totals: Vec<_> = ours.bins.iter().map(|bin| bin.accuracy.total).collect();
        assert_eq!(totals, theirs.counts, "{}", case.name);
        let filled = ours.bins.iter().filter(|bin| bin.accuracy.total > 0);
        for (at, bin) in filled.enumerate() {
            let accuracy = bin.accuracy.hits as f64 / bin.accuracy.total as f64;
            assert_close(&case, accuracy, theirs.accuracy[at]);
            assert_close(&case, bin.confidence, theirs.confidence[at]);
        }
        assert_close(&case, ours.error, theirs.error);
    }
}

#[test]
fn the_calibration_error_by_chance_is_that_of_a_simulation() {
    for (case, samples) in cases().filter(|(_, samples)| samples.len() > 1) {
        let ours = reliability(&samples, 10).error_by_chance.unwrap();
        let theirs = case.calibration.error_by_chance;
        let message = format!("{}: {ours} instead of {theirs}", case.name);
        assert!((ours - theirs).abs() < 0.1 * theirs + 1e-9, "{message}");
    }
}

#[test]
fn brier_score_and_log_loss_are_those_of_scikit_learn() {
    for (case, samples) in cases() {
        assert_close(&case, brier_score(&samples), case.calibration.brier);
        let loss = negative_log_likelihood(&samples);
        assert_close(&case, loss, case.calibration.log_loss);
    }
}

#[test]
fn the_temperature_is_where_scipy_finds_the_minimum() {
    for (case, samples) in cases() {
        let (ours, theirs) = (fit_temperature(&samples), case.calibration.temperature);
        // A search by values knows the place of a minimum to the root of their precision.
        let is_close = match (ours, theirs) {
            (Some(ours), Some(theirs)) => (ours / theirs - 1.0).abs() < 1e-5,
            (ours, theirs) => ours == theirs,
        };
        assert!(is_close, "{}: {ours:?} instead of {theirs:?}", case.name);
    }
}

#[test]
fn coverage_is_that_of_brute_force() {
    for (case, samples) in cases() {
        let (ours, theirs) = (coverage_curve(&samples), &case.coverage);
        assert_eq!(ours.points.len(), theirs.points, "{}", case.name);
        assert_close(&case, ours.least_area, theirs.least_area);
        let off = (ours.area.unwrap() - theirs.area).abs();
        assert!(
            off <= 5.0 * theirs.area_error + 1e-9,
            "{}: {off}",
            case.name
        );
    }
}

#[test]
fn known_and_unknown_separate_as_by_scikit_learn() {
    for (case, samples) in cases() {
        let Some(theirs) = &case.open_set else {
            continue;
        };
        let scores: Vec<_> = samples.rows().map(|(logits, _)| energy(logits)).collect();
        let (known, unknown) = scores.split_at(scores.len() / 2);
        let ours = separation(known, unknown).unwrap();
        assert_close(&case, ours.area, theirs.area);
        assert_close(&case, ours.false_positive_rate, theirs.false_positive_rate);
        assert_close(&case, threshold_keeping(0.9, known), theirs.threshold);
    }
}

#[test]
fn learning_curves_are_fitted_as_well_as_by_scipy() {
    for theirs in expected().learning_curves {
        let law = LearningCurve::fit(&theirs.points, 1).unwrap().law;
        let mut loss = 0.0;
        for (&(num_images, hits, total), fitted) in theirs.points.iter().zip(&theirs.fitted) {
            let (hits, total) = (hits as f64, total as f64);
            let p = (hits + 2.0) / (total + 4.0);
            let variance = p * (1.0 - p) / (total + 4.0);
            loss += (law.accuracy(num_images) - hits / total).powi(2) / variance;
            let off = (law.accuracy(num_images) - fitted).abs();
            assert!(
                off < 1e-4,
                "{:?}: {law:?} instead of {fitted}",
                theirs.points
            );
        }
        assert!(
            loss < theirs.loss * (1.0 + 1e-6) + 1e-9,
            "{loss} > {}",
            theirs.loss
        );
        let most = theirs.points.last().unwrap().0;
        let off = (law.accuracy(2.0 * most) - theirs.doubled).abs();
        assert!(off < 1e-3, "{law:?} instead of {}", theirs.doubled);
    }
}
