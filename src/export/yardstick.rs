//! The painted picture and `expected.json` of a zip: what a copy of the model is compared with.

use serde::{Deserialize, Serialize};

use super::package::{Files, Source};
use crate::error::{Error, Result};

/// Largest difference between two probabilities of the same class that is no disagreement.
pub(super) const TOLERANCE: f32 = 2e-3;

const PICTURE: &str = "probe.png";
const EXPECTED: &str = "expected.json";

/// What a model has to say of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Yardstick {
    /// The picture, a PNG file.
    pub picture: Vec<u8>,
    /// Of each class, as the page said.
    pub probabilities: Vec<f32>,
    /// Differences below are none.
    pub tolerance: f32,
}

/// What `verify.py` reads, too.
#[derive(Serialize, Deserialize)]
struct Expected {
    labels: Vec<String>,
    probabilities: Vec<f32>,
    tolerance: f32,
}

impl Yardstick {
    /// The one that came in a zip.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn of(zip: &[u8]) -> Result<Self> {
        let files = Files::from_zip(zip)?;
        let expected: Expected = serde_json::from_slice(files.get(EXPECTED)?)
            .map_err(|error| Error::DamagedModel(error.to_string()))?;
        Ok(Self {
            picture: files.get(PICTURE)?.to_vec(),
            probabilities: expected.probabilities,
            tolerance: expected.tolerance,
        })
    }

    /// Largest difference between a probability and what was expected.
    pub fn difference(&self, found: &[f32]) -> f32 {
        difference(found, &self.probabilities)
    }
}

/// Adds what goes into every zip.
pub(super) fn add(files: &mut Files, source: &Source) {
    let expected = Expected {
        labels: source.labels(),
        probabilities: source.probe.probabilities.clone(),
        tolerance: TOLERANCE,
    };
    let expected = serde_json::to_string_pretty(&expected).expect("plain data");
    files.add(PICTURE, source.probe.to_png());
    files.add(EXPECTED, expected);
}

/// Largest difference between two models' probabilities; no number if one of them is none, and
/// infinite if they have other classes.
pub(super) fn difference(found: &[f32], expected: &[f32]) -> f32 {
    if found.len() != expected.len() {
        return f32::INFINITY;
    }
    let gaps = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    // `f32::max` would pass over what is no number.
    gaps.fold(0.0, |most: f32, gap| {
        let stays = most.is_nan() || gap <= most;
        if stays { most } else { gap }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_gap_counts_and_what_is_no_number_agrees_with_nothing() {
        assert_eq!(difference(&[0.25, 0.75], &[0.5, 0.25]), 0.5);
        for found in [[f32::NAN, 0.5], [0.5, f32::NAN]] {
            assert!(difference(&found, &[0.5, 0.5]).is_nan());
        }
        assert_eq!(difference(&[1.0], &[0.5, 0.5]), f32::INFINITY);
    }
}
