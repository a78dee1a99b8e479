//! A labeled image, as it is learned from.

use super::boundary::Boundary;

/// A labeled image and its variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The image as it is, and then, for training, variants of it; at least one.
    pub views: Vec<Boundary>,
    /// Its class.
    pub label: usize,
    /// What it counts in the loss; 1 unless classes are balanced.
    pub weight: f32,
}
