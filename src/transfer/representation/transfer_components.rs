//! Normalized rows of both domains in, their places along directions in which all vary much but the
//! domains' means differ little out.
//!
//! Transfer component analysis (Pan, Tsang, Kwok & Yang 2011, *Domain adaptation via transfer
//! component analysis*), with the linear kernel, for which it has a primal form: directions W
//! maximize Wᵀ C W against Wᵀ (μ + Δ Δᵀ) W, where C is the covariance of all rows and Δ the
//! difference of the domains' means (that is the paper's X L Xᵀ). So they are the first eigenvectors
//! of M^−½ C M^−½ with M = μ + Δ Δᵀ, times M^−½. Here within the principal components of all rows.
//!
//! Drawings → photos 68.8 % and back 59.2 %, where centering alone reaches 74.0 and 62.7 (table in
//! `pca_whitening.rs`): what is lost with the other directions is more than what is won.
use super::{
    Represented, Search,
    coding::Coding,
    principal::{Components, Principal, offsets},
};
use crate::transfer::{
    Family, Method,
    domains::{Domains, refusal},
    symmetric::Rotations,
};

/// Principal components looked into.
const NUM_DIRECTIONS: usize = 100;

/// Of them, how many are kept.
const NUM_KEPT: usize = 64;

/// μ: how much variance along a direction excuses a difference of means; both are of rows of
/// length 1.
const TRADE_OFF: f64 = 0.01;

pub(crate) const METHOD: Method = Method {
    id: "transfer_components",
    name: "Shared directions",
    sentence: "Keeps the directions in which both kinds of pictures vary and their averages agree; that rarely helps beyond centering each kind.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| {
        Box::new(Represented::new(&task, |domains| {
            Box::new(TransferComponents {
                stage: Stage::Find(Principal::new(domains, NUM_DIRECTIONS)),
            })
        }))
    },
};

struct TransferComponents {
    stage: Stage,
}

enum Stage {
    Find(Principal),
    Rotate {
        components: Components,
        /// M^−½: `[n, n]`.
        root: Vec<f64>,
        rotations: Rotations,
    },
    /// Only inside [`Search::step`].
    Between,
}

impl Search for TransferComponents {
    fn step(&mut self, _: &Domains) -> bool {
        if let Stage::Rotate { rotations, .. } = &mut self.stage {
            return rotations.step();
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Find(mut principal) => match principal.step() {
                false => Stage::Find(principal),
                true => rotation(principal.finish()),
            },
            other => other,
        };
        false
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Find(principal) => 0.7 * principal.progress(),
            Stage::Rotate { rotations, .. } => 0.7 + 0.3 * rotations.progress(),
            Stage::Between => 0.7,
        }
    }

    fn finish(self: Box<Self>) -> Coding {
        let Stage::Rotate {
            components,
            root,
            rotations,
        } = self.stage
        else {
            unreachable!("all steps are done");
        };
        let eigen = rotations.finish();
        let kept: Vec<_> = eigen.descending();
        let num_kept = kept.len().min(NUM_KEPT);
        let weights = kept[..num_kept]
            .iter()
            .flat_map(|(_, vector)| direction(&components, &root, vector))
            .collect::<Vec<_>>();
        let offsets = offsets(&weights, &components.mean);
        Coding::linear(weights, offsets)
    }
}

/// Sets up the eigenproblem, in which C is diagonal and M has one direction of its own.
fn rotation(components: Components) -> Stage {
    let variances = &components.variances;
    let n = variances.len();
    let means = components.source_mean.iter().zip(&components.target_mean);
    let gap: Vec<f64> = means.map(|(source, target)| source - target).collect();
    let square: f64 = gap.iter().map(|x| x * x).sum();
    // M^−½ = μ^−½ (1 + (√(μ / (μ + ‖Δ‖²)) − 1) Δ Δᵀ / ‖Δ‖²)
    let shrink = (TRADE_OFF / (TRADE_OFF + square)).sqrt() - 1.0;
    let share = if square > 0.0 { shrink / square } else { 0.0 };
    let entry = |at: usize| {
        let (i, j) = (at / n, at % n);
        let identity = f64::from(u8::from(i == j));
        (identity + share * gap[i] * gap[j]) / TRADE_OFF.sqrt()
    };
    let root: Vec<f64> = (0..n * n).map(entry).collect();
    // Σₖ root[i][k] variance[k] root[k][j]
    let product = |at: usize| {
        let (left, right) = (&root[at / n * n..][..n], &root[at % n * n..][..n]);
        let terms = left.iter().zip(variances).zip(right);
        terms.map(|((a, variance), b)| a * variance * b).sum()
    };
    Stage::Rotate {
        rotations: Rotations::new((0..n * n).map(product).collect()),
        components,
        root,
    }
}

/// An eigenvector times M^−½, as a direction among the features.
fn direction(components: &Components, root: &[f64], vector: &[f64]) -> Vec<f32> {
    let num_features = components.mean.len();
    let mut sums = vec![0.0f64; num_features];
    let parts = components.directions.chunks(num_features);
    for (part, row) in parts.zip(root.chunks(vector.len())) {
        let share: f64 = row.iter().zip(vector).map(|(a, b)| a * b).sum();
        let pairs = sums.iter_mut().zip(part);
        pairs.for_each(|(sum, x)| *sum += share * f64::from(*x));
    }
    sums.iter().map(|x| *x as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::Normalizer, transfer::domains::Rows};

    fn domains(source: &[f32], target: &[f32], num_features: usize) -> Domains {
        let rows = |values: &[f32]| Rows {
            values: values.to_vec(),
            num_features,
        };
        Domains {
            source: rows(source),
            labels: vec![0; source.len() / num_features],
            target: rows(target),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; num_features]),
        }
    }

    /// Codes of the source rows.
    fn codes(domains: &Domains) -> Vec<f32> {
        let mut search = Box::new(TransferComponents {
            stage: Stage::Find(Principal::new(domains, NUM_DIRECTIONS)),
        });
        while !search.step(domains) {}
        let mut coding = search.finish();
        while !coding.step(&domains.source) {}
        coding.take_codes()
    }

    #[test]
    fn what_tells_domains_apart_comes_last_though_it_varies_most() {
        // The first feature is the domain, the second varies in both.
        let source = [1.0, 0.5, 1.0, -0.5];
        let target = [-1.0, 0.5, -1.0, -0.5];
        let codes = codes(&domains(&source, &target, 2));
        assert!((codes[0] + codes[2]).abs() < 1e-4, "{codes:?}");
        assert!((codes[0].abs() - 0.5 / TRADE_OFF.sqrt() as f32).abs() < 1e-3);
        assert!((codes[1] - codes[3]).abs() < 1e-4);
        assert!(codes[1].abs() < 1.01);
    }

    /// What NumPy's eigenvectors of the same problem are:
    /// tests/golden/transfer/representation_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        transfer_components: Components,
    }

    #[derive(serde::Deserialize)]
    struct Components {
        source: Vec<f32>,
        target: Vec<f32>,
        num_features: usize,
        /// Of source rows, each up to its sign.
        codes: Vec<f32>,
    }

    #[test]
    fn codes_are_numpys() {
        let golden = include_str!("../../../tests/golden/transfer/representation_reference.json");
        let Golden {
            transfer_components: golden,
        } = serde_json::from_str(golden).unwrap();
        let num = golden.num_features;
        let ours = codes(&domains(&golden.source, &golden.target, num));
        for code in 0..num {
            let column = |table: &[f32]| table.iter().skip(code).step_by(num).copied().collect();
            let (ours, theirs): (Vec<f32>, Vec<f32>) = (column(&ours), column(&golden.codes));
            let product: f32 = ours.iter().zip(&theirs).map(|(a, b)| a * b).sum();
            for (a, b) in ours.iter().zip(&theirs) {
                assert!((a - product.signum() * b).abs() < 1e-3, "{code}: {a} {b}");
            }
        }
    }
}
