//! Normalized rows in, groups of similar ones out.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::dot;

/// Rounds, at most. Assignments of photos' features settle in 5 to 15.
const MAX_ROUNDS: usize = 30;

/// Products of a row and a center in one step: 4,000 × 1,280 multiplications take about 3 ms.
const PRODUCTS_PER_STEP: usize = 4000;

/// Lloyd's k-means on the sphere, from k-means++'s centers (Arthur & Vassilvitskii 2007). Call
/// [`Clustering::step`] until it returns true.
#[derive(Debug)]
pub struct Clustering {
    num_clusters: usize,
    rng: ChaCha8Rng,
    /// `[up to num_clusters][num_features]`
    centers: Vec<Vec<f32>>,
    /// Squared distance of each row to its nearest center while centers are being drawn.
    distances: Vec<f32>,
    assignment: Vec<usize>,
    next_row: usize,
    num_rounds: usize,
    has_changed: bool,
}

/// Which cluster each row belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// `[N]`
    pub assignment: Vec<usize>,
    /// `[num_clusters][num_features]`, of length 1.
    pub centers: Vec<Vec<f32>>,
}

impl Clustering {
    /// Looks for `num_clusters` clusters, fewer if there are not as many distinct rows.
    pub fn new(num_clusters: usize, seed: u64) -> Self {
        Self {
            num_clusters,
            rng: ChaCha8Rng::seed_from_u64(seed),
            centers: Vec::new(),
            distances: Vec::new(),
            assignment: Vec::new(),
            next_row: 0,
            num_rounds: 0,
            has_changed: false,
        }
    }

    /// The next center or the next few rows of a round, of the same `rows` at each step:
    /// `[N][num_features]`, normalized. True when assignments have settled.
    pub fn step(&mut self, rows: &[impl AsRef<[f32]>]) -> bool {
        if rows.is_empty() || self.num_rounds == MAX_ROUNDS {
            return true;
        }
        if self.centers.len() < self.num_clusters && self.draw_center(rows) {
            return false;
        }
        self.assignment.resize(rows.len(), usize::MAX);
        let num_rows = 1 + PRODUCTS_PER_STEP / self.centers.len();
        let end = (self.next_row + num_rows).min(rows.len());
        for (row, place) in rows.iter().zip(&mut self.assignment).take(end).skip(self.next_row) {
            let nearest = nearest(&self.centers, row.as_ref());
            self.has_changed |= *place != nearest;
            *place = nearest;
        }
        self.next_row = end;
        end == rows.len() && self.end_round(rows)
    }

    /// The clusters, when [`Clustering::step`] has returned true.
    pub fn finish(self) -> Clusters {
        Clusters {
            assignment: self.assignment,
            centers: self.centers,
        }
    }

    /// Draws a row with a probability proportional to its squared distance from the centers there
    /// are. False if there is none at a distance, in which case no more are looked for.
    fn draw_center(&mut self, rows: &[impl AsRef<[f32]>]) -> bool {
        if self.centers.is_empty() {
            self.distances = vec![f32::INFINITY; rows.len()];
        }
        let at = match self.centers.is_empty() {
            true => self.rng.random_range(0..rows.len()),
            false => match self.draw() {
                Some(at) => at,
                None => {
                    self.num_clusters = self.centers.len();
                    return false;
                }
            },
        };
        let center = rows[at].as_ref().to_vec();
        for (distance, row) in self.distances.iter_mut().zip(rows) {
            // Rounding leaves copies at about 1e-7, which is no distance.
            let square = 2.0 - 2.0 * dot(&center, row.as_ref());
            *distance = distance.min(if square > 1e-5 { square } else { 0.0 });
        }
        self.centers.push(center);
        true
    }

    fn draw(&mut self) -> Option<usize> {
        let total: f64 = self.distances.iter().map(|&x| f64::from(x)).sum();
        if total <= 0.0 {
            return None;
        }
        let mut left = self.rng.random_range(0.0..total);
        let mut reached = |distance: &f32| {
            left -= f64::from(*distance);
            left < 0.0 && *distance > 0.0
        };
        let at = self.distances.iter().position(&mut reached);
        at.or_else(|| self.distances.iter().rposition(|x| *x > 0.0))
    }

    /// Moves centers to the middle of their rows; whether nothing has changed.
    fn end_round(&mut self, rows: &[impl AsRef<[f32]>]) -> bool {
        let mut sums = vec![vec![0.0f32; self.centers[0].len()]; self.centers.len()];
        for (row, &cluster) in rows.iter().zip(&self.assignment) {
            let pairs = sums[cluster].iter_mut().zip(row.as_ref());
            pairs.for_each(|(sum, x)| *sum += x);
        }
        for (center, mut sum) in self.centers.iter_mut().zip(sums) {
            let norm = dot(&sum, &sum).sqrt();
            if norm > 0.0 {
                sum.iter_mut().for_each(|x| *x /= norm);
                *center = sum;
            }
        }
        self.next_row = 0;
        self.num_rounds += 1;
        !std::mem::take(&mut self.has_changed) || self.num_rounds == MAX_ROUNDS
    }
}

fn nearest(centers: &[Vec<f32>], row: &[f32]) -> usize {
    let cosines = centers.iter().map(|center| dot(center, row));
    let nearest = cosines.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    nearest.map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(rows: &[[f32; 2]], num_clusters: usize, seed: u64) -> Clusters {
        let mut clustering = Clustering::new(num_clusters, seed);
        while !clustering.step(rows) {}
        clustering.finish()
    }

    #[test]
    fn two_bundles_are_two_clusters() {
        let rows = [[1.0, 0.0], [0.0, 1.0], [0.96, 0.28], [0.28, 0.96]];
        for seed in 0..5 {
            let assignment = cluster(&rows, 2, seed).assignment;
            assert!(assignment[0] == assignment[2] && assignment[1] == assignment[3]);
            assert_ne!(assignment[0], assignment[1]);
        }
    }

    #[test]
    fn there_are_no_more_clusters_than_distinct_rows() {
        let clusters = cluster(&[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 3, 1);
        assert_eq!(clusters.centers.len(), 2);
    }

    #[test]
    fn the_seed_determines_the_clusters() {
        let rows: Vec<_> = (0..40).map(|at| (at as f32).sin_cos().into()).collect();
        assert_eq!(cluster(&rows, 5, 1), cluster(&rows, 5, 1));
        assert!(cluster(&[], 5, 1).assignment.is_empty());
    }
}
