//! Normalized rows in, cosines of random projections of them out.
//!
//! Rahimi & Recht 2007, *Random features for large-scale kernel machines*: with weights drawn from
//! a normal distribution of variance 2γ and offsets from all angles, √(2 / D) · cos(w·x + b) has
//! products whose mean is the Gaussian kernel e^(−γ‖x − y‖²). A linear head on them approaches a
//! kernel machine as their number D grows.
//!
//! What it comes to is in the table of `pca_whitening.rs`.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{Coding, Represented, Search};
use crate::{
    head::Activation,
    transfer::{Family, Method, domains::Domains, plain::refusal},
};

/// D. With 512 photos and drawings lose 2 to 9 points.
const NUM_CODES: usize = 1024;

/// γ; rows are of length 1, so distances squared are from 0 to 4.
const GAMMA: f32 = 0.25;

/// Codes drawn in one step.
const CODES_PER_STEP: usize = 128;

pub(crate) const METHOD: Method = Method {
    id: "random_fourier",
    name: "Curved borders, by random waves",
    sentence: "Bends the borders between classes with random waves; that pays with many hundreds of pictures a class, not before.",
    family: Family::Representation,
    refusal,
    init: |task| {
        Box::new(Represented::new(&task, |domains| {
            Box::new(RandomFourier::new(
                task.seed,
                NUM_CODES,
                GAMMA,
                domains.source.num_features,
            ))
        }))
    },
};

struct RandomFourier {
    rng: ChaCha8Rng,
    num_codes: usize,
    gamma: f32,
    num_features: usize,
    weights: Vec<f32>,
}

impl RandomFourier {
    fn new(seed: u64, num_codes: usize, gamma: f32, num_features: usize) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            num_codes,
            gamma,
            num_features,
            weights: Vec::new(),
        }
    }
}

impl Search for RandomFourier {
    fn step(&mut self, _: &Domains) -> bool {
        let wanted = self.num_codes * self.num_features;
        let deviation = (2.0 * self.gamma).sqrt();
        let end = wanted.min(self.weights.len() + CODES_PER_STEP * self.num_features);
        while self.weights.len() < end {
            let pair = normal_pair(&mut self.rng).map(|x| deviation * x);
            self.weights.extend(pair);
        }
        self.weights.len() >= wanted
    }

    fn progress(&self) -> f64 {
        let wanted = (self.num_codes * self.num_features).max(1);
        (self.weights.len() as f64 / wanted as f64).min(1.0)
    }

    fn finish(mut self: Box<Self>) -> Coding {
        self.weights.truncate(self.num_codes * self.num_features);
        let angle = |_| self.rng.random_range(0.0..std::f32::consts::TAU);
        let biases = (0..self.num_codes).map(angle).collect();
        Coding::activated(self.weights, biases, Activation::Cosine)
    }
}

/// Two draws from the standard normal distribution (Box & Muller 1958).
fn normal_pair(rng: &mut ChaCha8Rng) -> [f32; 2] {
    let (u, angle) = (
        rng.random::<f64>(),
        std::f64::consts::TAU * rng.random::<f64>(),
    );
    let length = (-2.0 * (1.0 - u).ln()).sqrt();
    [angle.cos(), angle.sin()].map(|x| (length * x) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::Normalizer, transfer::domains::Rows};

    fn rows(values: &[f32]) -> Rows {
        Rows {
            values: values.to_vec(),
            num_features: 3,
        }
    }

    #[test]
    fn products_of_codes_are_about_the_kernel() {
        let values = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.6, 0.0, 0.8];
        let domains = Domains {
            source: rows(&values),
            labels: vec![0, 1, 0],
            target: rows(&[]),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; 3]),
        };
        let (num_codes, gamma) = (20_000, 0.7);
        let mut search = Box::new(RandomFourier::new(5, num_codes, gamma, 3));
        while !search.step(&domains) {}
        let mut coding = search.finish();
        while !coding.step(&domains.source) {}
        let codes = coding.take_codes();
        for (i, a) in codes.chunks(num_codes).enumerate() {
            for (j, b) in codes.chunks(num_codes).enumerate() {
                let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                let pairs = domains.source.row(i).iter().zip(domains.source.row(j));
                let square: f32 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
                let kernel = (-gamma * square).exp();
                let estimate = 2.0 / num_codes as f32 * product;
                assert!((estimate - kernel).abs() < 0.03, "{estimate} {kernel}");
            }
        }
    }

    /// What scikit-learn's RBFSampler makes of the same rows, weights and offsets:
    /// tests/golden/transfer/representation_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        random_fourier: Fourier,
    }

    #[derive(serde::Deserialize)]
    struct Fourier {
        rows: Vec<f32>,
        weights: Vec<f32>,
        offsets: Vec<f32>,
        codes: Vec<f32>,
    }

    #[test]
    fn codes_are_scikit_learns() {
        let golden = include_str!("../../../tests/golden/transfer/representation_reference.json");
        let Golden {
            random_fourier: golden,
        } = serde_json::from_str(golden).unwrap();
        let num_codes = golden.offsets.len() as f32;
        let mut coding = Coding::activated(golden.weights, golden.offsets, Activation::Cosine);
        while !coding.step(&rows(&golden.rows)) {}
        for (ours, theirs) in coding.take_codes().iter().zip(&golden.codes) {
            let ours = (2.0 / num_codes).sqrt() * ours;
            assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
        }
    }
}
