//! A trained model in use: raw features in, a probability for each class out.

use std::rc::Rc;

use crate::{
    features::Normalizer,
    head::DenseHead,
    metrics,
    protocol::{DeviceKind, ModelClass, Proportion, TrainingConfig},
};

/// Everything after the backbone, and what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The classes in the order of the probabilities.
    pub classes: Vec<ModelClass>,
    /// Centers and scales the features.
    pub normalizer: Normalizer,
    /// The trained layers.
    pub head: DenseHead,
    /// The weights file of the backbone, if that has learned, too; else it is the one served.
    pub backbone: Option<Rc<[u8]>>,
    /// When to answer at all; nothing if too little was held out to find out.
    pub familiarity: Option<Familiarity>,
    /// How it came to be; unknown if the file it was read from doesn't say.
    pub provenance: Option<Provenance>,
}

/// When an image is taken for one of the classes at all.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Familiarity {
    /// The least energy, ln Σ exp(logit), of an image of one of the classes.
    pub least_energy: f64,
    /// The share of the classes' own images that have it, as promised by held-out samples.
    pub share: f64,
}

/// The share of the classes' own images that should get an answer.
const FAMILIAR_SHARE: f64 = 0.95;

/// With fewer held-out samples nothing is said: one in five would be turned away.
const MIN_HELD_OUT: usize = 4;

impl Familiarity {
    /// Calibrated on the logits of held-out samples. With fewer than 19 the share is what they can
    /// promise, N / (N + 1).
    pub fn calibrate(held_out: &[Vec<f32>]) -> Option<Self> {
        let energies: Vec<_> = held_out
            .iter()
            .map(|logits| metrics::energy(logits))
            .collect();
        let most = energies.len() as f64 / (energies.len() + 1) as f64;
        let share = FAMILIAR_SHARE.min(most);
        let least_energy = metrics::threshold_keeping(share, &energies)?;
        (energies.len() >= MIN_HELD_OUT).then_some(Self {
            least_energy,
            share,
        })
    }
}

/// Where a model comes from and how good it was there.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Provenance {
    /// Share of held-out samples classified right.
    pub accuracy: Proportion,
    /// Samples trained on.
    pub num_train: usize,
    /// The same for each class, in their order; empty if the file doesn't say.
    #[serde(default)]
    pub per_class: Vec<ClassRecord>,
    /// The settings of the run.
    pub config: TrainingConfig,
    /// Where the head was trained.
    pub device: DeviceKind,
}

/// What one class was learned from and how it did.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClassRecord {
    /// Its samples that were trained on.
    pub num_train: usize,
    /// Share of its held-out samples classified right.
    pub right: Proportion,
}

impl ClassRecord {
    /// One a class, from the labels trained on and `confusion[truth][predicted]`.
    pub fn all(train: impl IntoIterator<Item = usize>, confusion: &[Vec<usize>]) -> Vec<Self> {
        let mut num_train = vec![0; confusion.len()];
        train.into_iter().for_each(|label| num_train[label] += 1);
        let rows = confusion.iter().zip(num_train).enumerate();
        let record = |(class, (row, num_train)): (usize, (&Vec<usize>, usize))| Self {
            num_train,
            right: metrics::wilson(row[class], row.iter().sum()),
        };
        rows.map(record).collect()
    }
}

impl Model {
    /// # Shapes
    ///
    /// - features: `[num_features]`, raw
    /// - output: `[num_classes]`, summing to 1
    pub fn probabilities(&self, features: &[f32]) -> Vec<f32> {
        self.answer(features).0
    }

    /// The probabilities, and whether the image looks like one of the classes at all; nothing if
    /// the model can't tell.
    pub fn answer(&self, features: &[f32]) -> (Vec<f32>, Option<bool>) {
        let mut logits = self.head.logits(&self.normalizer.normalized(features));
        let energy = metrics::energy(&logits);
        metrics::softmax(&mut logits);
        let familiarity = self.familiarity;
        (
            logits,
            familiarity.map(|known| energy >= known.least_energy),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nineteen_held_out_samples_promise_that_19_of_20_are_familiar() {
        let held_out: Vec<_> = (0..19).map(|i| vec![i as f32, 0.0]).collect();
        let known = Familiarity::calibrate(&held_out).unwrap();
        assert_eq!(known.share, 0.95);
        assert!(
            (known.least_energy - 2f64.ln()).abs() < 1e-6,
            "the lowest energy of all"
        );
    }

    #[test]
    fn a_class_is_judged_by_its_row_of_the_confusion() {
        let records = ClassRecord::all([0, 1, 1], &[vec![3, 1], vec![0, 2]]);
        assert_eq!((records[0].num_train, records[1].num_train), (1, 2));
        assert_eq!((records[0].right.hits, records[0].right.total), (3, 4));
        assert_eq!((records[1].right.hits, records[1].right.total), (2, 2));
    }

    #[test]
    fn fewer_promise_less_and_three_nothing() {
        let held_out: Vec<_> = (0..9).map(|i| vec![i as f32, 0.0]).collect();
        assert_eq!(Familiarity::calibrate(&held_out).unwrap().share, 0.9);
        assert_eq!(Familiarity::calibrate(&held_out[..3]), None);
    }
}
