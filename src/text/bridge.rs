//! What a text means in, what pictures of it look like to a head out.
//!
//! The backbone was trained to tell a thousand classes. Their names and the rows of its classifier
//! are pairs of a text and a direction in feature space. A new name's direction is the mean of the
//! rows of the classes with the nearest names (Norouzi et al., *Zero-Shot Learning by Convex
//! Combination of Semantic Embeddings*, arXiv:1312.5650, from texts to pictures rather than back).

use super::{
    linear::Quantized,
    tower::{NUM_DIMENSIONS, unit},
};
use crate::{
    backbone::NUM_FEATURES,
    error::Result,
    tensor_file::{TensorFile, damaged},
};

/// Classes that the backbone was trained with.
pub const NUM_KNOWN: usize = 1000;

/// How sharply nearness counts: a cosine that is less by this counts e times less.
///
/// Of 5, 10, 20, 50 and all known classes, with a sharpness of 0.05, 0.1 and 1, and of ridge
/// regression from embeddings to rows, this sorts the photos of task T1 best by names alone: 63 %
/// right where chance is 8 %; ridge regression comes to 53 %. All known names of a class are read,
/// such as “tench, Tinca tinca”; with only the first of them it is 60 %.
const SHARPNESS: f32 = 0.1;

/// The classes with the nearest names, of which a new one is made.
const NUM_NEAREST: usize = 50;

/// Names that are told.
const NUM_TOLD: usize = 3;

/// Pairs of texts and directions.
#[derive(Debug)]
pub struct Bridge {
    /// As people say them: `[NUM_KNOWN]`.
    words: Vec<String>,
    /// Embeddings of the known names, of length 1: `[NUM_KNOWN, NUM_DIMENSIONS]`.
    names: Vec<f32>,
    /// Rows of the classifier: `[NUM_KNOWN, NUM_FEATURES]`.
    classifier: Quantized,
    /// Their mean, which speaks for no class: `[NUM_FEATURES]`.
    mean: Vec<f32>,
}

/// What pictures of a class look like, as far as its name says.
#[derive(Clone, Debug, PartialEq)]
pub struct Prototype {
    /// The direction in raw feature space to look in, of length 1: `[NUM_FEATURES]`.
    pub direction: Vec<f32>,
    /// Cosine of the name to the nearest known one: 1 for one of the thousand. Where it is low,
    /// the direction is a guess.
    pub nearness: f32,
    /// The known names nearest to it, the nearest first: what it is taken to look like.
    pub like: Vec<String>,
}

impl Bridge {
    pub(super) fn read(file: &TensorFile) -> Result<Self> {
        let names = file.tensor("names", &[NUM_KNOWN, NUM_DIMENSIONS])?;
        let classifier = Quantized::read(file, "classifier", [NUM_KNOWN, NUM_FEATURES])?;
        let words = std::str::from_utf8(file.all_bytes_of("words")?);
        let words = words.map_err(|_| damaged("the known names are not text"))?;
        let words: Vec<_> = words.lines().map(str::to_owned).collect();
        match words.len() == NUM_KNOWN {
            true => Ok(Self::new(words, names, classifier)),
            false => Err(damaged(format!("there are {} known names", words.len()))),
        }
    }

    fn new(words: Vec<String>, names: Vec<f32>, classifier: Quantized) -> Self {
        let mut mean = vec![0.0; classifier.row(0).count()];
        for at in 0..classifier.num_rows() {
            mean.iter_mut()
                .zip(classifier.row(at))
                .for_each(|(sum, x)| *sum += x);
        }
        let num_rows = classifier.num_rows() as f32;
        mean.iter_mut().for_each(|x| *x /= num_rows);
        Self {
            words,
            names,
            classifier,
            mean,
        }
    }

    /// What pictures of a text look like, from its embedding.
    pub fn prototype(&self, embedding: &[f32]) -> Prototype {
        let cosines = self.names.chunks_exact(embedding.len());
        let cosine = |name: &[f32]| name.iter().zip(embedding).map(|(a, b)| a * b).sum::<f32>();
        let mut nearest: Vec<(f32, usize)> = cosines.map(cosine).zip(0..).collect();
        nearest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        nearest.truncate(NUM_NEAREST);
        let nearness = nearest.first().map_or(0.0, |(cosine, _)| *cosine);
        let like = nearest
            .iter()
            .take(NUM_TOLD)
            .map(|(_, at)| self.words[*at].clone());
        let like = like.collect();
        let mut sum = vec![0.0; self.mean.len()];
        for (cosine, at) in nearest {
            let weight = ((cosine - nearness) / SHARPNESS).exp();
            let row = self.classifier.row(at).zip(&self.mean);
            sum.iter_mut()
                .zip(row)
                .for_each(|(sum, (x, mean))| *sum += weight * (x - mean));
        }
        Prototype {
            direction: unit(sum),
            nearness,
            like,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three names on the axes of a plane and between them.
    fn bridge() -> Bridge {
        let names = vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0];
        let words = ["east", "north", "west"].map(str::to_owned).to_vec();
        Bridge::new(
            words,
            names,
            Quantized::round(&[127.0, 0.0, 0.0, 127.0, -127.0, -127.0], 2),
        )
    }

    #[test]
    fn a_known_name_has_its_own_row() {
        let known = bridge().prototype(&[1.0, 0.0]);
        assert_eq!(known.nearness, 1.0);
        assert_eq!(known.like[0], "east");
        assert!((known.direction[0] - 1.0).abs() < 1e-6, "{known:?}");
    }

    #[test]
    fn a_name_between_two_has_their_mean() {
        let half = 0.5f32.sqrt();
        let between = bridge().prototype(&[half, half]);
        assert!((between.nearness - half).abs() < 1e-6);
        assert!((between.direction[0] - half).abs() < 1e-4, "{between:?}");
        assert!((between.direction[1] - half).abs() < 1e-4);
    }
}
