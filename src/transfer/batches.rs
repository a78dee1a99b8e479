//! A set of rows and a seed in, a few different rows at a time out.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::domains::Rows;

/// An endless deck of rows.
#[derive(Debug)]
pub(super) struct Batches {
    order: Vec<usize>,
}

impl Batches {
    pub fn new(num_rows: usize) -> Self {
        Self {
            order: (0..num_rows).collect(),
        }
    }

    /// `size` different rows, all if there are fewer.
    pub fn draw(&mut self, size: usize, rng: &mut ChaCha8Rng) -> &[usize] {
        let size = size.min(self.order.len());
        self.order.partial_shuffle(rng, size).0
    }
}

/// Appends rows to `out`, each times `scale`.
pub(super) fn gather(rows: &Rows, batch: &[usize], scale: f32, out: &mut Vec<f32>) {
    for &at in batch {
        out.extend(rows.row(at).iter().map(|x| scale * x));
    }
}

/// Strength of what must not disturb the beginning: from 0 to 1 as `progress` does (Ganin et al.
/// 2016, section 5.2.2).
pub(super) fn ramp(progress: f64) -> f64 {
    2.0 / (1.0 + (-10.0 * progress).exp()) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn a_batch_has_different_rows() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut batches = Batches::new(5);
        let mut batch = batches.draw(4, &mut rng).to_vec();
        batch.sort_unstable();
        batch.dedup();
        assert_eq!(batch.len(), 4);
        assert_eq!(batches.draw(9, &mut rng).len(), 5);
    }

    #[test]
    fn the_ramp_rises_from_0_to_1() {
        assert_eq!(ramp(0.0), 0.0);
        assert!(ramp(0.2) > 0.7 && ramp(1.0) > 0.999);
    }
}
