//! Predictions in, numbers a person can trust out. Plain Rust; no tensors needed.
//!
//! Most of it starts from [`HeldOut`]: logits and true classes of samples the model has not
//! seen. No number is ever NaN: what would divide by 0 is `None`.

mod held_out;
mod logits;
mod proportion;

mod confusion;
mod top_k;

mod ranking;

mod calibration;
mod temperature;

mod coverage;
mod open_set;

mod cross_validation;
mod learning_curve;
mod power_law;
mod sign_test;

mod report;

#[cfg(test)]
mod golden;

pub use calibration::{
    Reliability, ReliabilityBin, brier_score, negative_log_likelihood, reliability,
};
pub use confusion::{Averages, ClassReport, Overview, class_reports, confusion_matrix, overview};
pub use coverage::{CoverageCurve, CoveragePoint, coverage_curve};
pub use cross_validation::{AcrossFolds, across_folds};
pub use held_out::HeldOut;
pub use learning_curve::{CurvePoint, Estimate, LearningCurve, Outlook, WORTHWHILE, advice};
pub use logits::{argmax, cross_entropy, softmax};
pub use open_set::{Familiar, Separation, energy, max_probability, separation, threshold_keeping};
pub use power_law::PowerLaw;
pub use proportion::wilson;
pub use ranking::{
    ClassCurves, PrecisionRecallCurve, PrecisionRecallPoint, RocCurve, RocPoint, macro_area,
    macro_average_precision, one_vs_rest, precision_recall_curve, roc_curve,
};
pub use report::{ClassSummary, Report};
pub use sign_test::sign_test;
pub use temperature::fit_temperature;
pub use top_k::top_k_accuracy;
