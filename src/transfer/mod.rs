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
mod joint_softmax;
mod layer;
mod mmd;
mod mmd_adapter;
mod spread;
mod subspace;
mod symmetric;
mod telling;

pub use distance::{Distance, DomainDistances};

use crate::{
    features::{Normalizer, Row},
    head::DenseHead,
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

/// What a method is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Learns from the labeled rows only: what others are compared with.
    Plain,
    /// Unlabeled rows are of the same kind as labeled ones.
    SemiSupervised,
    /// Unlabeled rows are of another kind, a domain of their own.
    DomainAdaptation,
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
    /// Why it does not apply, in a sentence with the remedy.
    pub refusal: fn(&Task) -> Option<String>,
    /// Sets it up with the settings that were measured best.
    pub init: fn(Task) -> Box<dyn Fit>,
}

/// All methods, the plain head first.
pub const METHODS: &[Method] = &[
    automatic::METHOD,
    domain_centering::METHOD,
    domain_spreading::METHOD,
    domain_spreading::WITH_MAXIMIZATION,
    domain_maximization::METHOD,
    coral::METHOD,
    mmd_adapter::METHOD,
    dann::METHOD,
];
