//! Normalized rows in, their Gaussian kernels with some of them, made orthonormal, out.
//!
//! Williams & Seeger 2001, *Using the Nyström method to speed up kernel machines*: with landmarks l
//! the codes K(l, l)^−½ K(l, x) have products that approach the kernel e^(−γ‖x − y‖²). Any root of
//! K(l, l)⁻¹ gives the same products and the same head; here it is the inverse Cholesky factor,
//! since that is at hand.
//!
//! Rows and landmarks have length 1, so the kernel is e^(2γ x·l − 2γ): a linear layer and an
//! exponential. (The mean itself, which normalizing makes a row of zeros, comes out with kernels of
//! e^(−2γ) rather than e^(−γ).)
//!
//! What it comes to is in the table of `pca_whitening.rs`.

use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{Coding, Represented, Search};
use crate::{
    head::{
        Activation,
        ridge::elimination::{Elimination, Triangle},
    },
    train::products,
    transfer::{Family, Method, domains::Domains, plain::refusal},
};

/// Landmarks. 256 are half a point worse with 250 images a class, and as good with fewer.
const NUM_LANDMARKS: usize = 512;

/// γ. Distances squared are from 0 to 4; at 1 it is up to 1.5 points worse with 20 images a class.
const GAMMA: f32 = 0.5;

/// Added to the diagonal of K(l, l), which is 1: copies among landmarks would have no factor.
const RIDGE: f64 = 1e-3;

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

pub(crate) const METHOD: Method = Method {
    id: "nystrom",
    name: "Curved borders, by likeness",
    sentence: "Bends the borders between classes by how alike an picture is to each of 512 of yours.",
    family: Family::Representation,
    refusal,
    init: |task| {
        Box::new(Represented::new(&task, |domains| {
            let landmarks = landmarks(domains, NUM_LANDMARKS, task.seed);
            Box::new(Nystrom::new(
                landmarks,
                domains.source.num_features,
                GAMMA,
                RIDGE,
            ))
        }))
    },
};

struct Nystrom {
    /// `[num_landmarks, num_features]`
    landmarks: Vec<f32>,
    num_features: usize,
    gamma: f32,
    ridge: f64,
    stage: Stage,
}

enum Stage {
    /// Rows of the matrix that are done.
    Compare(Triangle, usize),
    Eliminate(Elimination),
    /// Only inside [`Search::step`].
    Between,
}

/// Labeled rows in random order, and if there are fewer than wanted others after them: with few
/// labels all labeled rows should be among the landmarks, or the head can't be right on them.
fn landmarks(domains: &Domains, wanted: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for domain in [&domains.source, &domains.target] {
        let mut order: Vec<_> = (0..domain.len()).collect();
        order.shuffle(&mut rng);
        rows.extend(order.into_iter().map(|at| domain.row(at)));
    }
    rows.truncate(wanted);
    rows.concat()
}

impl Nystrom {
    /// `landmarks`: `[num_landmarks, num_features]`, not empty.
    fn new(landmarks: Vec<f32>, num_features: usize, gamma: f32, ridge: f64) -> Self {
        let num_landmarks = landmarks.len() / num_features;
        Self {
            landmarks,
            num_features,
            gamma,
            ridge,
            stage: Stage::Compare(Triangle::zeros(num_landmarks), 0),
        }
    }

    fn num_landmarks(&self) -> usize {
        self.landmarks.len() / self.num_features
    }

    /// Kernels of the next landmarks with those before them.
    fn compare(&self, matrix: &mut Triangle, start: usize) -> usize {
        let num = 1 + PRODUCTS_PER_STEP / self.landmarks.len();
        let end = (start + num).min(self.num_landmarks());
        for at in start..end {
            let row = &self.landmarks[at * self.num_features..][..self.num_features];
            let others = &self.landmarks[..(at + 1) * self.num_features];
            let kernels = matrix.row_mut(at);
            products::logits(row, others, at + 1, kernels);
            kernels
                .iter_mut()
                .for_each(|x| *x = (2.0 * self.gamma * (*x - 1.0)).exp());
        }
        end
    }
}

impl Search for Nystrom {
    fn step(&mut self, _: &Domains) -> bool {
        if let Stage::Eliminate(elimination) = &mut self.stage {
            return elimination.step();
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Compare(mut matrix, start) => {
                let end = self.compare(&mut matrix, start);
                match end < self.num_landmarks() {
                    true => Stage::Compare(matrix, end),
                    false => Stage::Eliminate(Elimination::new(matrix.plus_diagonal(self.ridge))),
                }
            }
            other => other,
        };
        false
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Compare(_, done) => 0.5 * *done as f64 / self.num_landmarks() as f64,
            Stage::Eliminate(elimination) => 0.5 + 0.5 * f64::from(elimination.progress()),
            Stage::Between => 0.5,
        }
    }

    fn finish(self: Box<Self>) -> Coding {
        let double = 2.0 * self.gamma;
        let biases = vec![-double; self.num_landmarks()];
        let weights = self.landmarks.iter().map(|x| double * x).collect();
        match self.stage {
            Stage::Eliminate(elimination) => {
                Coding::activated(weights, biases, Activation::Exponential)
                    .then(elimination.finish())
            }
            _ => unreachable!("all steps are done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::Normalizer, transfer::domains::Rows};

    fn domains(source: &[f32], target: &[f32]) -> Domains {
        let rows = |values: &[f32]| Rows {
            values: values.to_vec(),
            num_features: 3,
        };
        Domains {
            source: rows(source),
            labels: vec![0; source.len() / 3],
            target: rows(target),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; 3]),
        }
    }

    /// Products of codes.
    fn products(landmarks: &[f32], gamma: f32, domains: &Domains) -> Vec<f32> {
        let mut search = Box::new(Nystrom::new(landmarks.to_vec(), 3, gamma, 1e-6));
        while !search.step(domains) {}
        let mut coding = search.finish();
        while !coding.step(&domains.source) {}
        let num_codes = coding.num_codes();
        let codes = coding.take_codes();
        let product = |(a, b): (&[f32], &[f32])| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let pairs = codes
            .chunks(num_codes)
            .flat_map(|a| codes.chunks(num_codes).map(move |b| (a, b)));
        pairs.map(product).collect()
    }

    #[test]
    fn rows_that_are_landmarks_have_the_kernel_itself() {
        let rows = [1.0, 0.0, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0];
        let products = products(&rows, 0.5, &domains(&rows, &[]));
        // ‖x − y‖² is 0.8 between the first two, 2 to the third.
        let expected = [1.0, -0.4f32, -1.0].map(|x| if x < 0.0 { x.exp() } else { x });
        for (ours, expected) in products[..3].iter().zip(expected) {
            assert!((ours - expected).abs() < 2e-3, "{ours} {expected}");
        }
    }

    #[test]
    fn labeled_rows_are_landmarks_before_others() {
        let domains = domains(
            &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            &[0.0, 0.0, 1.0, 0.0, 0.6, 0.8],
        );
        let landmarks = landmarks(&domains, 3, 4);
        let first: Vec<_> = landmarks.chunks(3).take(2).map(|row| row[2]).collect();
        assert_eq!(first, [0.0, 0.0]);
        assert_eq!(landmarks.len(), 9);
    }

    /// What scikit-learn's Nystroem makes of the same rows and landmarks:
    /// tests/golden/transfer/representation_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        nystrom: Kernels,
    }

    #[derive(serde::Deserialize)]
    struct Kernels {
        rows: Vec<f32>,
        landmarks: Vec<f32>,
        gamma: f32,
        products: Vec<f32>,
    }

    #[test]
    fn products_are_scikit_learns() {
        let golden = include_str!("../../../tests/golden/transfer/representation_reference.json");
        let Golden { nystrom: golden } = serde_json::from_str(golden).unwrap();
        let domains = domains(&golden.rows, &[]);
        let ours = products(&golden.landmarks, golden.gamma, &domains);
        for (ours, theirs) in ours.iter().zip(&golden.products) {
            assert!((ours - theirs).abs() < 2e-4, "{ours} {theirs}");
        }
    }
}
