//! Normalized rows in, their places along the directions in which they vary most out; for whitening
//! divided by how much they vary there.
//!
//! Principal components (Pearson 1901; Hotelling 1933), of labeled and unlabeled rows together.
//! Softmax regression after them is one linear layer, as without.
//!
//! What heads on other features come to, in percent of pictures named right that had no label:
//! photos (T1, 12 classes) and clothes (Fashion-MNIST, 10 classes) with so many labels a class, and
//! drawings → photos and back (`domains.rs`). Means of five divisions; three and two of clothes with
//! 50 and 250 labels.
//!
//! | | photos 1 | 5 | 20 | clothes 5 | 50 | 250 | to photos | to drawings |
//! |---|---|---|---|---|---|---|---|---|
//! | plain | 63.9 | 84.4 | 88.9 | 72.4 | 83.4 | 87.5 | 69.4 | 56.0 |
//! | 100 principal components | 64.2 | 83.5 | 88.8 | 71.5 | 82.2 | 86.9 | 66.7 | 55.2 |
//! | whitening of 32 | 45.8 | 77.1 | 87.5 | 65.4 | 81.3 | 85.8 | 69.4 | 49.8 |
//! | random Fourier | 62.5 | 82.8 | 87.8 | 71.6 | 82.6 | 87.5 | 67.2 | 55.1 |
//! | Nyström | 64.0 | 84.6 | 88.5 | 72.8 | 84.0 | 87.4 | 71.7 | 56.0 |
//! | autoencoder | 39.4 | 73.8 | 79.7 | 67.2 | 78.4 | 81.7 | 39.9 | 47.0 |
//! | centering each domain | 65.4 | 84.1 | 88.8 | 72.8 | 83.6 | 87.5 | 74.0 | 62.7 |
//! | transfer components | 63.1 | 81.6 | 88.1 | 71.6 | 81.8 | 86.7 | 68.8 | 59.2 |
//!
//! The backbone's features are linear in what classes differ in: nothing here is worth much, and a
//! Gaussian kernel (Nyström) at least costs nothing.
use super::{Represented, Search, coding::Coding, principal::Principal};
use crate::transfer::{Family, Method, domains::Domains, plain::refusal};

/// Orthonormalizing more takes a browser longer than a step may.
const NUM_COMPONENTS: usize = 100;

/// With more it is worse, the less labels the more.
const NUM_WHITENED: usize = 32;

/// Added to variances, whose sum is 1 at most, so that noise is not blown up to a signal.
const RIDGE: f64 = 1e-3;

pub(crate) const METHOD: Method = Method {
    id: "principal_components",
    name: "Main directions only",
    sentence: "Keeps of the features the hundred directions in which your pictures differ most; about as accurate as all of them.",
    family: Family::Representation,
    refusal,
    init: |task| {
        Box::new(Represented::new(&task, |domains| {
            Box::new(PcaWhitening::new(domains, NUM_COMPONENTS, 0.0))
        }))
    },
};

pub(crate) const WHITENING: Method = Method {
    id: "whitening",
    name: "Whitening",
    sentence: "Makes the main directions in which your pictures differ equally important; that rarely helps.",
    family: Family::Representation,
    refusal,
    init: |task| {
        Box::new(Represented::new(&task, |domains| {
            Box::new(PcaWhitening::new(domains, NUM_WHITENED, 1.0))
        }))
    },
};

struct PcaWhitening {
    principal: Principal,
    /// Codes are divided by their deviation to this power: 0 for PCA, 1 for whitening.
    whitening: f64,
}

impl PcaWhitening {
    fn new(domains: &Domains, num_components: usize, whitening: f64) -> Self {
        Self {
            principal: Principal::new(domains, num_components),
            whitening,
        }
    }
}

impl Search for PcaWhitening {
    fn step(&mut self, _: &Domains) -> bool {
        self.principal.step()
    }

    fn progress(&self) -> f64 {
        self.principal.progress()
    }

    fn finish(self: Box<Self>) -> Coding {
        let components = self.principal.finish();
        let factor = |variance: &f64| (variance + RIDGE).powf(-self.whitening / 2.0);
        let factors: Vec<_> = components.variances.iter().map(factor).collect();
        let (weights, offsets) = components.scaled(&factors);
        Coding::linear(weights, offsets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::Normalizer, transfer::domains::Rows};

    fn variances(whitening: f64) -> Vec<f32> {
        let rows = |values: Vec<f32>| Rows {
            values,
            num_features: 2,
        };
        // Along (1, 1) by ±2, across it by ±0.5, around (3, 0).
        let values = [[4.75, 2.25], [5.25, 1.75], [0.75, -1.75], [1.25, -2.25]];
        let domains = Domains {
            source: rows(values.concat()),
            labels: vec![0, 1, 0, 1],
            target: rows(Vec::new()),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; 2]),
        };
        let mut search = Box::new(PcaWhitening::new(&domains, 2, whitening));
        while !search.step(&domains) {}
        let mut coding = search.finish();
        while !coding.step(&domains.source) {}
        let codes = coding.take_codes();
        let square = |at: usize| codes.iter().skip(at).step_by(2).map(|x| x * x).sum::<f32>();
        vec![square(0) / 4.0, square(1) / 4.0]
    }

    #[test]
    fn components_vary_as_the_rows_do_and_whitened_ones_all_the_same() {
        let plain = variances(0.0);
        assert!(
            (plain[0] - 8.0).abs() < 1e-4 && (plain[1] - 0.125).abs() < 1e-4,
            "{plain:?}"
        );
        let white = variances(1.0);
        assert!(white.iter().all(|x| (x - 1.0).abs() < 0.01), "{white:?}");
    }
}
