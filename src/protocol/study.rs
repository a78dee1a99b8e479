//! What can be asked of the samples and heads beyond training: each takes a while, tells how far
//! it is and can be stopped.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    ClassId, Distilled, Evaluation, HeadKind, Proportion, SampleId, TrainingConfig, Weighting,
};
use crate::metrics::{Estimate, Outlook};

/// A question, with what it takes to answer it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Study {
    /// How good are heads when every sample is held out once?
    CrossValidation {
        /// How they are trained.
        config: TrainingConfig,
        /// Rounds, 2 to 20.
        num_folds: usize,
    },
    /// How does accuracy grow with the number of samples?
    LearningCurve {
        /// How heads are trained.
        config: TrainingConfig,
    },
    /// How well are images of unknown things told from those of the classes?
    NoneOfThese {
        /// How heads are trained.
        config: TrainingConfig,
    },
    /// Which method and which head do best on these samples?
    Methods {
        /// The settings of heads, and the seed.
        config: TrainingConfig,
        /// Rounds where samples are held out in turn, 2 to 20.
        num_folds: usize,
    },
    /// Which source samples are most like the target's?
    Likeness,
    /// What is wrong with the samples?
    Health {
        /// As in [`TrainingConfig::duplicate_threshold`].
        duplicate_threshold: f32,
    },
    /// Which samples look alike?
    Map,
    /// Which unsorted samples should be labeled next?
    NextLabels {
        /// How many at most.
        count: usize,
        /// Samples not to suggest.
        skip: Vec<SampleId>,
    },
    /// How good are models with less of a backbone, taught by a larger one?
    Distillation {
        /// How they learn; the split and the heads that teach are as for training.
        config: TrainingConfig,
    },
}

/// A [`Study`] without what it needs to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum StudyKind {
    /// [`Study::CrossValidation`]
    CrossValidation,
    /// [`Study::LearningCurve`]
    LearningCurve,
    /// [`Study::NoneOfThese`]
    NoneOfThese,
    /// [`Study::Methods`]
    Methods,
    /// [`Study::Likeness`]
    Likeness,
    /// [`Study::Health`]
    Health,
    /// [`Study::Map`]
    Map,
    /// [`Study::NextLabels`]
    NextLabels,
    /// [`Study::Distillation`]
    Distillation,
}

impl Study {
    /// Which question it is.
    pub fn kind(&self) -> StudyKind {
        match self {
            Study::CrossValidation { .. } => StudyKind::CrossValidation,
            Study::LearningCurve { .. } => StudyKind::LearningCurve,
            Study::NoneOfThese { .. } => StudyKind::NoneOfThese,
            Study::Methods { .. } => StudyKind::Methods,
            Study::Likeness => StudyKind::Likeness,
            Study::Health { .. } => StudyKind::Health,
            Study::Map => StudyKind::Map,
            Study::NextLabels { .. } => StudyKind::NextLabels,
            Study::Distillation { .. } => StudyKind::Distillation,
        }
    }
}

/// The answer to a [`Study`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Finding {
    /// To [`Study::CrossValidation`].
    CrossValidation {
        /// Of all samples; its origin is [`super::Origin::CrossValidation`].
        evaluation: Box<Evaluation>,
    },
    /// To [`Study::LearningCurve`].
    LearningCurve {
        /// The curve.
        curve: LearningCurveView,
    },
    /// To [`Study::NoneOfThese`].
    NoneOfThese {
        /// Each score's, in the order tried; the first is the one in use.
        scores: Vec<ScoreSeparation>,
        /// Classes that were held out as unknown, one at a time.
        num_unknown: usize,
    },
    /// To [`Study::Methods`].
    Methods {
        /// Side by side.
        comparison: MethodComparison,
    },
    /// To [`Study::Likeness`].
    Likeness {
        /// Of every labeled source sample, the heaviest first.
        weights: Vec<SampleWeight>,
    },
    /// To [`Study::Health`].
    Health {
        /// The report.
        health: Health,
    },
    /// To [`Study::Map`].
    Map {
        /// The map.
        map: SampleMap,
    },
    /// To [`Study::NextLabels`].
    NextLabels {
        /// The most useful first.
        suggestions: Vec<Suggestion>,
        /// Whether they stand for many others, as is best while labels are few; else the model is
        /// least sure of them.
        representative: bool,
    },
    /// To [`Study::Distillation`]. [`super::Command::KeepStudent`] takes one into use.
    Distillation {
        /// The teacher and its students.
        distillation: Distilled,
    },
}

/// Accuracy against the number of training samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearningCurveView {
    /// What was measured, ascending.
    pub points: Vec<MeasuredPoint>,
    /// The curve through them, up to twice the samples; empty with fewer than three points.
    pub fitted: Vec<FittedPoint>,
    /// Whether more images are likely to help, and for which classes, in a sentence or two.
    pub advice: String,
    /// For each class that has enough samples to tell.
    pub classes: Vec<ClassOutlook>,
}

/// Held-out accuracy with so many training samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredPoint {
    /// Training samples a class, on average.
    pub num_images: f64,
    /// Share of held-out samples named right.
    pub accuracy: Proportion,
}

/// Accuracy to expect with so many training samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FittedPoint {
    /// Training samples a class, on average.
    pub num_images: f64,
    /// In [0, 1].
    pub accuracy: Estimate,
}

/// What more samples of one class would do for its recall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ClassOutlook {
    /// Which class.
    pub class: ClassId,
    /// Whether twice as many are worth it.
    pub outlook: Outlook,
    /// What they would add to the recall, in [0, 1].
    pub gain: Estimate,
}

/// How a model's answer is told to be about something it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FamiliarityScore {
    /// ln Σ exp of the logits.
    Energy,
    /// The answer's probability.
    Probability,
    /// Cosine with the nearest training image.
    Neighbor,
    /// Cosine with the mean of the nearest class.
    ClassMean,
}

/// How well a score tells known from unknown, on average over the classes held out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScoreSeparation {
    /// Which score.
    pub score: FamiliarityScore,
    /// Area under the ROC curve: probability that a known image scores above an unknown one.
    pub area: f64,
    /// Share of unknown images that pass where 95 % of the known ones do.
    pub false_positive_rate: f64,
}

/// Methods and heads, judged by the same samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MethodComparison {
    /// The best first, those that don't apply last.
    pub scores: Vec<MethodScore>,
    /// Samples each was judged by.
    pub num_judged: usize,
    /// Rounds in which those were held out in turn; nothing if they are the labeled samples of the
    /// target domain.
    pub num_folds: Option<usize>,
    /// Samples without a label that methods could learn from.
    pub num_unlabeled: usize,
    /// How far the two domains are apart; nothing if there is one.
    pub distance: Option<DomainDistance>,
}

/// How one method and head did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MethodScore {
    /// Its id.
    pub method: String,
    /// The kind of head; see [`TrainingConfig::head`].
    pub head: HeadKind,
    /// How much each sample counted; see [`TrainingConfig::weighting`].
    pub weighting: Weighting,
    /// Share of the samples named right; nothing if the method does not apply.
    pub accuracy: Option<Proportion>,
    /// Samples it named right and the plain head with softmax regression wrong.
    pub num_gained: usize,
    /// And the other way round.
    pub num_lost: usize,
    /// Probability that chance alone makes a difference as large: a two-sided sign test.
    pub chance: f64,
    /// Why it does not apply, with the remedy.
    pub refusal: Option<String>,
}

/// How much a sample should count so that all source samples together are like the target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SampleWeight {
    /// Which.
    pub sample: SampleId,
    /// At least 0; the mean of all is 1.
    pub weight: f32,
}

/// How far source and target are apart, as they are and with each domain's mean taken away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DomainDistance {
    /// As they are.
    pub before: DomainGap,
    /// Each less its own mean.
    pub centered: DomainGap,
}

/// Two readouts of how far two sets of samples are apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DomainGap {
    /// Maximum mean discrepancy, in [0, 1].
    pub discrepancy: f64,
    /// The share of random divisions of all samples that are as far apart.
    pub chance: f64,
    /// Proxy A-distance: 2 if a linear head always tells the domains, 0 if it only guesses.
    pub proxy_a: f64,
}

/// What there is to know about the samples themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// What is wrong; kinds of which there is nothing are left out.
    pub flaws: Vec<Flaw>,
    /// Samples looked at, unsorted ones included.
    pub num_samples: usize,
    /// The number of samples, near-copies counted in part.
    pub num_distinct: f64,
    /// How evenly samples are spread over classes; nothing without classes.
    pub balance: Option<Balance>,
    /// How well features suit the classes; nothing with fewer than two classes.
    pub transferability: Option<LogMe>,
}

/// How evenly samples are spread over classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// Samples of the smallest class.
    pub smallest: usize,
    /// Samples of the largest class.
    pub largest: usize,
    /// Classes of equal size that would be as hard to guess: 2 to the entropy in bits, from 1 to
    /// the number of classes.
    pub effective_classes: f64,
}

/// How well features suit classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LogMe {
    /// The mean over classes of the maximum log evidence a sample, in nats: the higher the better.
    pub evidence: f64,
    /// The same for labels without any relation to the features, from the classes' shares alone.
    /// What is above this the features explain.
    pub baseline: f64,
}

/// One thing that is wrong with some samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Flaw {
    /// What.
    pub kind: FlawKind,
    /// With which, the worst first. Duplicates are grouped, others are alone in their group.
    pub groups: Vec<Vec<SampleId>>,
}

/// What can be wrong with a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FlawKind {
    /// The same image more than once, in different classes.
    CopiesAcrossClasses,
    /// The same image more than once, in one class.
    Copies,
    /// Nearly the same image in different classes.
    NearDuplicatesAcrossClasses,
    /// Nearly the same image more than once, in one class.
    NearDuplicates,
    /// Unlike all others.
    Outlier,
    /// Out of focus or moved.
    Blurry,
    /// Hardly any light.
    Dark,
    /// Large parts are white.
    Overexposed,
    /// So few pixels that little can be told; see `pixels::flaws` for these thresholds.
    Tiny,
    /// Far longer than wide, or wider than long.
    OddAspect,
    /// Hardly anything to see.
    LowInformation,
}

/// Where each sample is on a map, and what is needed to draw a better one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SampleMap {
    /// All samples, unsorted ones included.
    pub samples: Vec<SampleId>,
    /// x and y of each along the two principal directions: `[N, 2]`.
    pub positions: Vec<f32>,
    /// How many neighbors of each are given.
    pub num_neighbors: usize,
    /// Places in `samples` of each one's most similar, the nearest first: `[N, num_neighbors]`.
    pub neighbors: Vec<u32>,
    /// Their cosine distances: `[N, num_neighbors]`.
    pub distances: Vec<f32>,
}

/// An unsorted sample that is worth labeling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Suggestion {
    /// Which.
    pub sample: SampleId,
    /// What it looks like, if anything is known by now.
    pub guess: Option<ClassId>,
    /// The probability of that guess, in [0, 1].
    pub confidence: f32,
}
