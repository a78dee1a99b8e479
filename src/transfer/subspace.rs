//! Normalized rows of both domains in, the orthonormal directions along which they vary most out.
//!
//! Subspace iteration with a few rounds, a piece at a time: the directions needn't be exact, only
//! hold most of what varies.

use super::domains::{Domains, Rows};
use crate::{
    features::principal::{first_directions, make_orthonormal},
    train::products,
};

/// Rounds over all rows; the held variance no longer grows after four.
const NUM_ROUNDS: usize = 4;

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

/// An iteration in progress. Call [`Subspace::step`] until it returns true.
#[derive(Debug)]
pub(super) struct Subspace {
    /// `[num_directions, num_features]`
    directions: Vec<f32>,
    /// directions · rowsᵀ · rows so far.
    turned: Vec<f32>,
    num_directions: usize,
    /// The next row of the round.
    next: usize,
    num_rounds: usize,
}

impl Subspace {
    /// Looks for `num_directions`, fewer if there are fewer rows.
    pub fn new(domains: &Domains, num_directions: usize) -> Self {
        let num_features = domains.source.num_features;
        let (num_source, num_target) = (domains.source.len(), domains.target.len());
        let wanted = num_directions
            .min(num_source + num_target)
            .min(num_features);
        // Half from each, more from one if the other is small.
        let from_target = (wanted / 2)
            .max(wanted.saturating_sub(num_source))
            .min(num_target);
        let mut first =
            first_directions(&domains.source.values, num_features, wanted - from_target);
        let other = first_directions(&domains.target.values, num_features, from_target);
        first.extend(other);
        make_orthonormal(&mut first, num_features);
        Self {
            turned: vec![0.0; first.len()],
            num_directions: first.len() / num_features,
            directions: first,
            next: 0,
            num_rounds: 0,
        }
    }

    /// Does the next piece of work; true at the end.
    pub fn step(&mut self, domains: &Domains) -> bool {
        let cost = 2 * self.directions.len().max(1);
        let num_source = domains.source.len();
        let num_rows = num_source + domains.target.len();
        let mut end = (self.next + 1 + PRODUCTS_PER_STEP / cost).min(num_rows);
        if self.next < num_source {
            end = end.min(num_source);
            self.look(&domains.source, self.next..end);
        } else {
            self.look(&domains.target, self.next - num_source..end - num_source);
        }
        self.next = end;
        if end == num_rows {
            make_orthonormal(&mut self.turned, domains.source.num_features);
            std::mem::swap(&mut self.directions, &mut self.turned);
            self.turned.fill(0.0);
            self.next = 0;
            self.num_rounds += 1;
        }
        self.num_rounds >= NUM_ROUNDS
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        self.num_rounds as f64 / NUM_ROUNDS as f64
    }

    /// What was found, and no row projected yet.
    pub fn finish(self) -> Projection {
        Projection {
            directions: self.directions,
            num_directions: self.num_directions,
            source: Vec::new(),
            target: Vec::new(),
        }
    }

    fn look(&mut self, rows: &Rows, range: std::ops::Range<usize>) {
        let rows = &rows.values[range.start * rows.num_features..range.end * rows.num_features];
        let mut shares = vec![0.0; range.len() * self.num_directions];
        products::logits(rows, &self.directions, self.num_directions, &mut shares);
        products::add_outer(rows, &shares, self.num_directions, &mut self.turned);
    }
}

/// Rows along directions. Call [`Projection::step`] until it returns true.
#[derive(Debug)]
pub(super) struct Projection {
    /// `[num_directions, num_features]`; zeros in place of what doesn't vary.
    pub directions: Vec<f32>,
    num_directions: usize,
    /// Of source rows, `[N, num_directions]`.
    pub source: Vec<f32>,
    /// Of target rows, `[N, num_directions]`.
    pub target: Vec<f32>,
}

impl Projection {
    /// Projects the next rows; true at the end.
    pub fn step(&mut self, domains: &Domains) -> bool {
        let num = 1 + PRODUCTS_PER_STEP / self.directions.len().max(1);
        let (directions, num_directions) = (&self.directions, self.num_directions);
        let is_done = |shares: &mut Vec<f32>, rows: &Rows| {
            let start = shares.len() / num_directions;
            let end = (start + num).min(rows.len());
            let values = &rows.values[start * rows.num_features..end * rows.num_features];
            let mut out = vec![0.0; (end - start) * num_directions];
            products::logits(values, directions, num_directions, &mut out);
            shares.extend(out);
            end == rows.len()
        };
        is_done(&mut self.source, &domains.source) && is_done(&mut self.target, &domains.target)
    }

    pub fn num_directions(&self) -> usize {
        self.num_directions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Normalizer;

    #[test]
    fn what_varies_in_either_domain_is_found() {
        // Along (1, 1, 0) in one, along (0, 0, 1) in the other.
        let rows = |values: &[f32]| Rows {
            values: values.to_vec(),
            num_features: 3,
        };
        let domains = Domains {
            source: rows(&[1.0, 1.0, 0.1, -1.0, -1.0, 0.1]),
            labels: vec![0, 1],
            target: rows(&[0.1, -0.1, 1.0, 0.1, -0.1, -1.0]),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; 3]),
        };
        let mut subspace = Subspace::new(&domains, 2);
        while !subspace.step(&domains) {}
        let mut projection = subspace.finish();
        while !projection.step(&domains) {}
        let length = |shares: &[f32]| shares.iter().map(|x| x * x).sum::<f32>();
        // Nearly all of each row is along the directions.
        for shares in projection.source.chunks(2) {
            assert!(length(shares) > 1.9, "{shares:?}");
        }
        for shares in projection.target.chunks(2) {
            assert!(length(shares) > 0.95, "{shares:?}");
        }
    }
}
