//! Labeled rows and rows without labels in, a head that has learned from both out.
//!
//! Every method is one file with a [`Method`] in it, and a line in [`METHODS`]; nothing else knows
//! them by name. All of them end with a normalizer and a [`DenseHead`] on raw features, so that a
//! model made by any of them is used, explained and exported like every other.

mod automatic;
mod batches;
mod coral;
mod dann;
mod distance;
mod domain_centering;
mod domain_maximization;
mod domain_spreading;
mod domains;
mod guard;
mod information_maximization;
mod joint_softmax;
mod label_shift;
mod label_spreading;
mod mmd;
mod mmd_adapter;
mod plain;
mod pooled;
mod predictions;
mod pseudo_labels;
mod representation;
mod selection;
mod soft_targets;
mod spread;
mod subspace;
mod symmetric;
mod telling;
mod tensors;
mod weighting;

pub use distance::{Distance, DomainDistances};
pub use label_shift::shifted_shares;
pub use representation::{ReconstructionErrors, reconstruction_errors};
pub use selection::Selection;
pub use weighting::{ImportanceWeights, Weighing};

pub use crate::protocol::MethodFamily as Family;
use crate::{
    features::{Normalizer, Row},
    head::DenseHead,
    protocol::{FINE_TUNING, MethodView, TrainingConfig, Weighting},
};

/// What methods learn from.
#[derive(Clone, Debug)]
pub struct Task {
    /// Raw rows with labels; in domain adaptation those of the source domain.
    pub rows: Vec<Row>,
    /// The class of each, below `num_classes`.
    pub labels: Vec<usize>,
    /// Raw rows without labels; in domain adaptation those of the target domain, which the head
    /// is for.
    pub unlabeled: Vec<Row>,
    /// Classes; each has a labeled row.
    pub num_classes: usize,
    /// Determines whatever is left to chance.
    pub seed: u64,
}

/// What a method comes to: used on raw features of new images (of the target domain).
#[derive(Clone, Debug, PartialEq)]
pub struct Transferred {
    /// Centers and scales raw features.
    pub normalizer: Normalizer,
    /// Its outputs are logits.
    pub head: DenseHead,
}

impl Transferred {
    /// Logits of a raw row: `[num_classes]`.
    pub fn logits(&self, row: &[f32]) -> Vec<f32> {
        self.head.logits(&self.normalizer.normalized(row))
    }
}

/// A method at work. Call [`Fit::step`] until it returns true, then [`Fit::finish`].
pub trait Fit {
    /// Does the next piece of work, 25 ms at most in a browser; true at the end.
    fn step(&mut self) -> bool;

    /// How much is done, in [0, 1].
    fn progress(&self) -> f64;

    /// The outcome, when [`Fit::step`] has returned true.
    fn finish(self: Box<Self>) -> Transferred;
}

/// A way to learn, as it is offered.
pub struct Method {
    /// Stays the same for ever: settings and files refer to it.
    pub id: &'static str,
    /// A few words.
    pub name: &'static str,
    /// What it does, in one plain sentence.
    pub sentence: &'static str,
    /// What it is for.
    pub family: Family,
    /// Why it does not apply, in a sentence with the remedy; see also [`refusal`].
    pub refusal: fn(&Task) -> Option<String>,
    /// Sets it up with the settings that were measured best.
    pub init: fn(Task) -> Box<dyn Fit>,
}

const ONE_DOMAIN: &str = "There is one domain. If the model is for pictures of another kind, add \
                          some of those and mark them as target.";

impl Method {
    /// What the page needs to offer it.
    pub fn view(&self) -> MethodView {
        MethodView {
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            sentence: self.sentence.to_owned(),
            family: self.family,
        }
    }
}

/// All methods, the plain head first.
pub const METHODS: &[Method] = &[
    plain::METHOD,
    guard::METHOD,
    label_spreading::METHOD,
    information_maximization::AFTER_SPREADING,
    information_maximization::METHOD,
    pseudo_labels::METHOD,
    automatic::METHOD,
    domain_centering::METHOD,
    domain_spreading::METHOD,
    domain_spreading::WITH_MAXIMIZATION,
    domain_maximization::METHOD,
    coral::METHOD,
    mmd_adapter::METHOD,
    dann::METHOD,
    label_shift::METHOD,
    selection::NEAREST,
    selection::K_CENTER,
    selection::TYPICAL,
    selection::HARDEST,
    representation::TRANSFER_COMPONENTS,
    representation::PRINCIPAL_COMPONENTS,
    representation::WHITENING,
    representation::RANDOM_FOURIER,
    representation::NYSTROM,
    representation::AUTOENCODER,
];

/// The method with an id, if there is one.
pub fn method(id: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.id == id)
}

/// Whether a method leaves the kind of head, and how much each row counts, to the settings.
pub fn has_head_of_choice(id: &str) -> bool {
    let family = method(id).map(|method| method.family);
    matches!(family, Some(Family::Plain | Family::Selection))
}

/// Whether what is learned is meant for the target domain only.
pub fn is_for_target(config: &TrainingConfig) -> bool {
    let family = method(&config.method).map(|method| method.family);
    family == Some(Family::DomainAdaptation)
        || has_head_of_choice(&config.method) && config.weighting != Weighting::Even
}

/// Why these settings make no sense for a task, and for there being one domain or two, in a
/// sentence with the remedy.
pub fn refusal(config: &TrainingConfig, task: &Task, has_target: bool) -> Option<String> {
    if config.method == FINE_TUNING {
        return None;
    }
    let Some(method) = method(&config.method) else {
        return Some(format!("There is no method “{}”.", config.method));
    };
    if is_for_target(config) && !has_target {
        return Some(ONE_DOMAIN.to_owned());
    }
    let of_weights = || {
        let is_weighed = has_head_of_choice(method.id) && config.weighting != Weighting::Even;
        is_weighed.then(|| weighting::refusal(task)).flatten()
    };
    (method.refusal)(task).or_else(of_weights)
}
