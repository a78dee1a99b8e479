//! Seeded numbers for tests.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::features::Row;

pub struct Random(ChaCha8Rng);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn row(&mut self, num_features: usize) -> Row {
        (0..num_features)
            .map(|_| self.0.random_range(-1.0..1.0))
            .collect()
    }

    /// Rows of length 1.
    pub fn unit_rows(&mut self, count: usize, num_features: usize) -> Vec<Vec<f32>> {
        let unit = |row: Row| {
            let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter().map(|x| x / norm).collect()
        };
        (0..count).map(|_| unit(self.row(num_features))).collect()
    }

    /// Rows around one center a class, and their labels in turn.
    pub fn classes(
        &mut self,
        count: usize,
        num_features: usize,
        num_classes: usize,
    ) -> (Vec<Row>, Vec<usize>) {
        let centers: Vec<Row> = (0..num_classes).map(|_| self.row(num_features)).collect();
        let labels: Vec<_> = (0..count).map(|at| at % num_classes).collect();
        let rows = labels.iter().map(|&label| {
            let noise = self.row(num_features);
            let sum = centers[label].iter().zip(noise.iter());
            sum.map(|(center, noise)| 0.7 * center + noise).collect()
        });
        (rows.collect(), labels)
    }
}
