//! Normalized rows of both domains in, the directions along which they vary most, and how much, out:
//! principal components.
//!
//! Subspace iteration finds where most of what varies is, and the covariance within is then
//! diagonalized (Rayleigh–Ritz; Halko, Martinsson & Tropp 2011, *Finding structure with
//! randomness*). With as many directions as there can be the result is exact.

use crate::transfer::{
    domains::Domains,
    subspace::{Projection, Subspace},
    symmetric::{Eigen, Rotations},
};

/// A search in progress. Call [`Principal::step`] until it returns true.
pub(super) struct Principal {
    /// All rows less their mean.
    centered: Domains,
    mean: Vec<f32>,
    stage: Stage,
}

enum Stage {
    Find(Subspace),
    Project(Projection),
    Rotate(Projection, Rotations),
    Done(Projection, Eigen),
    /// Only inside [`Principal::step`].
    Between,
}

/// What varies most.
#[derive(Debug, PartialEq)]
pub(super) struct Components {
    /// Orthonormal: `[num_components, num_features]`.
    pub directions: Vec<f32>,
    /// Along each direction, the largest first: `[num_components]`.
    pub variances: Vec<f64>,
    /// What was subtracted from all rows: `[num_features]`.
    pub mean: Vec<f32>,
    /// Of the source rows less the mean, along each direction: `[num_components]`.
    pub source_mean: Vec<f64>,
    /// Of the target rows.
    pub target_mean: Vec<f64>,
}

impl Principal {
    /// Looks for `num_components`, fewer if rows or features are.
    pub fn new(domains: &Domains, num_components: usize) -> Self {
        let mut centered = domains.clone();
        let mean = mean(domains);
        for rows in [&mut centered.source, &mut centered.target] {
            for row in rows.values.chunks_mut(rows.num_features) {
                row.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
            }
        }
        Self {
            stage: Stage::Find(Subspace::new(&centered, num_components)),
            centered,
            mean,
        }
    }

    /// Does the next piece of work; true at the end.
    pub fn step(&mut self) -> bool {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Find(mut subspace) => match subspace.step(&self.centered) {
                false => Stage::Find(subspace),
                true => Stage::Project(subspace.finish()),
            },
            Stage::Project(mut projection) => match projection.step(&self.centered) {
                false => Stage::Project(projection),
                true => {
                    let covariance = covariance(&projection);
                    Stage::Rotate(projection, Rotations::new(covariance))
                }
            },
            Stage::Rotate(projection, mut rotations) => match rotations.step() {
                false => Stage::Rotate(projection, rotations),
                true => Stage::Done(projection, rotations.finish()),
            },
            other => other,
        };
        matches!(self.stage, Stage::Done(..))
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Find(subspace) => 0.7 * subspace.progress(),
            Stage::Project(_) | Stage::Between => 0.7,
            Stage::Rotate(_, rotations) => 0.7 + 0.3 * rotations.progress(),
            Stage::Done(..) => 1.0,
        }
    }

    /// When [`Principal::step`] has returned true.
    pub fn finish(self) -> Components {
        let Stage::Done(projection, eigen) = self.stage else {
            unreachable!("all steps are done");
        };
        let num_features = self.centered.source.num_features;
        let mut components = Components {
            directions: Vec::new(),
            variances: Vec::new(),
            mean: self.mean,
            source_mean: Vec::new(),
            target_mean: Vec::new(),
        };
        let num = projection.num_directions();
        let [source, target] =
            [&projection.source, &projection.target].map(|shares| mean_share(shares, num));
        for (variance, vector) in eigen.descending() {
            let mut direction = vec![0.0f64; num_features];
            let parts = projection.directions.chunks(num_features).zip(vector);
            for (part, share) in parts {
                let pairs = direction.iter_mut().zip(part);
                pairs.for_each(|(sum, x)| *sum += share * f64::from(*x));
            }
            components
                .directions
                .extend(direction.iter().map(|x| *x as f32));
            components.variances.push(variance.max(0.0));
            let along = |mean: &[f64]| mean.iter().zip(vector).map(|(x, y)| x * y).sum();
            components.source_mean.push(along(&source));
            components.target_mean.push(along(&target));
        }
        components
    }
}

impl Components {
    /// `[num_components, num_features]` times a factor each, and what to add so that the mean
    /// comes to 0.
    pub fn scaled(&self, factors: &[f64]) -> (Vec<f32>, Vec<f32>) {
        let num_features = self.mean.len();
        let rows = self.directions.chunks(num_features).zip(factors);
        let weights: Vec<f32> = rows
            .flat_map(|(row, factor)| row.iter().map(move |x| (f64::from(*x) * factor) as f32))
            .collect();
        (weights.clone(), offsets(&weights, &self.mean))
    }
}

/// Minus each weight row's product with the mean.
pub(super) fn offsets(weights: &[f32], mean: &[f32]) -> Vec<f32> {
    let offset = |row: &[f32]| {
        let terms = row.iter().zip(mean);
        -terms
            .map(|(w, x)| f64::from(*w) * f64::from(*x))
            .sum::<f64>() as f32
    };
    weights.chunks(mean.len()).map(offset).collect()
}

fn mean(domains: &Domains) -> Vec<f32> {
    let mut sums = vec![0.0f64; domains.source.num_features];
    for row in domains.source.iter().chain(domains.target.iter()) {
        let pairs = sums.iter_mut().zip(row);
        pairs.for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let num_rows = (domains.source.len() + domains.target.len()).max(1) as f64;
    sums.iter().map(|sum| (sum / num_rows) as f32).collect()
}

/// `[num_directions]`, zeros if there is no row.
fn mean_share(shares: &[f32], num: usize) -> Vec<f64> {
    let mut sums = vec![0.0; num];
    for row in shares.chunks(num.max(1)) {
        let pairs = sums.iter_mut().zip(row);
        pairs.for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let num_rows = (shares.len() / num.max(1)).max(1) as f64;
    sums.iter_mut().for_each(|sum| *sum /= num_rows);
    sums
}

/// Of rows whose mean is 0, along the directions: `[num_directions, num_directions]`.
fn covariance(projection: &Projection) -> Vec<f64> {
    let num = projection.num_directions();
    let mut sums = vec![0.0; num * num];
    let rows = || {
        let shares = projection.source.chunks(num.max(1));
        shares.chain(projection.target.chunks(num.max(1)))
    };
    for row in rows() {
        for (sums, x) in sums.chunks_mut(num.max(1)).zip(row) {
            let pairs = sums.iter_mut().zip(row);
            pairs.for_each(|(sum, y)| *sum += f64::from(x * y));
        }
    }
    let num_rows = rows().count().max(1) as f64;
    sums.iter_mut().for_each(|sum| *sum /= num_rows);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::Normalizer, transfer::domains::Rows};

    fn components(source: &[f32], target: &[f32], num_features: usize) -> Components {
        let rows = |values: &[f32]| Rows {
            values: values.to_vec(),
            num_features,
        };
        let domains = Domains {
            source: rows(source),
            labels: vec![0; source.len() / num_features],
            target: rows(target),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; num_features]),
        };
        let mut principal = Principal::new(&domains, num_features);
        while !principal.step() {}
        principal.finish()
    }

    #[test]
    fn two_directions_by_hand() {
        // Along (0.6, 0.8) by ±2, across it by ±1; the mean is (1, 1).
        let (along, across) = ([1.2, 1.6], [-0.8, 0.6]);
        let at = |a: f32, b: f32| [0, 1].map(|i| 1.0 + a * along[i] + b * across[i]);
        let source = [at(1.0, 1.0), at(1.0, -1.0)].concat();
        let target = [at(-1.0, 1.0), at(-1.0, -1.0)].concat();
        let found = components(&source, &target, 2);
        assert!((found.variances[0] - 4.0).abs() < 1e-5 && (found.variances[1] - 1.0).abs() < 1e-5);
        let turn = found.directions[0].signum();
        assert!((turn * found.directions[0] - 0.6).abs() < 1e-5);
        assert!((f64::from(turn) * found.source_mean[0] - 2.0).abs() < 1e-5);
        assert!((f64::from(turn) * found.target_mean[0] + 2.0).abs() < 1e-5);
        let (weights, offsets) = found.scaled(&[1.0, 0.5]);
        let of_mean = weights[2] + weights[3] + offsets[1];
        assert!(of_mean.abs() < 1e-6);
    }

    /// What scikit-learn's PCA makes of the same rows:
    /// tests/golden/transfer/representation_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        pca: Pca,
    }

    #[derive(serde::Deserialize)]
    struct Pca {
        source: Vec<f32>,
        target: Vec<f32>,
        num_features: usize,
        /// Of all rows, not of all but one.
        variances: Vec<f64>,
        directions: Vec<f32>,
    }

    #[test]
    fn directions_and_variances_are_scikit_learns() {
        let golden = include_str!("../../../tests/golden/transfer/representation_reference.json");
        let Golden { pca } = serde_json::from_str(golden).unwrap();
        let found = components(&pca.source, &pca.target, pca.num_features);
        for (ours, theirs) in found.variances.iter().zip(&pca.variances) {
            assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
        }
        let rows = found.directions.chunks(pca.num_features);
        for (ours, theirs) in rows.zip(pca.directions.chunks(pca.num_features)) {
            let cosine: f32 = ours.iter().zip(theirs).map(|(a, b)| a * b).sum();
            assert!((cosine.abs() - 1.0).abs() < 1e-5, "{cosine}");
        }
    }
}
