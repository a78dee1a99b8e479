//! Sizes and similarities in, plain numbers about how much there is to learn from out.

use super::Neighbor;
use crate::protocol::Balance;

/// Similarity at which two images begin to count as partly the same. Photos of one class have a
/// mean cosine of about 0.2 to 0.4 after centering, frames of a burst more than 0.9.
const DISTINCT_BELOW: f32 = 0.5;

impl Balance {
    /// Of classes with these sizes.
    pub fn of(sizes: &[usize]) -> Self {
        let total: usize = sizes.iter().sum();
        let shares = sizes.iter().map(|&size| size as f64 / total.max(1) as f64);
        let entropy = shares.filter(|&p| p > 0.0).map(|p| -p * p.ln());
        Self {
            smallest: sizes.iter().copied().min().unwrap_or(0),
            largest: sizes.iter().copied().max().unwrap_or(0),
            effective_classes: entropy.sum::<f64>().exp(),
        }
    }

    /// Times the largest class is larger than the smallest; infinite if that is empty.
    pub fn ratio(&self) -> f64 {
        self.largest as f64 / self.smallest as f64
    }
}

/// The number of samples, copies and near-copies counted in part: from 1 to N.
///
/// Each sample counts 1 / (1 + Σ similarity to others), where the similarity rises from 0 at a
/// cosine of 0.5 to 1 at a copy: the diversity of order 0 of Leinster & Cobbold (*Measuring
/// diversity: the importance of species similarity*, 2012). So k copies count as one.
///
/// # Shapes
///
/// - neighbors: `[N][…]`, as many as copies are expected; those further away than all of them
///   count nothing
pub fn num_distinct(neighbors: &[Vec<Neighbor>]) -> f64 {
    let similarity = |x: &Neighbor| {
        let above = (x.cosine - DISTINCT_BELOW) / (1.0 - DISTINCT_BELOW);
        f64::from(above.clamp(0.0, 1.0))
    };
    let crowd = |found: &Vec<Neighbor>| 1.0 + found.iter().map(similarity).sum::<f64>();
    neighbors.iter().map(|found| crowd(found).recip()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_classes_count_fully() {
        let balance = Balance::of(&[5, 5, 5, 5]);
        assert!((balance.effective_classes - 4.0).abs() < 1e-12);
        assert_eq!(balance.ratio(), 1.0);
    }

    #[test]
    fn an_empty_class_makes_an_infinite_ratio() {
        let balance = Balance::of(&[8, 0]);
        assert_eq!(
            (balance.effective_classes, balance.ratio()),
            (1.0, f64::INFINITY)
        );
    }

    #[test]
    fn copies_count_as_one() {
        let copy = |row| Neighbor { row, cosine: 1.0 };
        let far = Neighbor {
            row: 3,
            cosine: 0.3,
        };
        let neighbors = [
            vec![copy(1), copy(2), far],
            vec![copy(0), copy(2), far],
            vec![copy(0), copy(1), far],
            vec![Neighbor {
                row: 0,
                cosine: 0.3,
            }],
        ];
        assert!((num_distinct(&neighbors) - 2.0).abs() < 1e-12);
    }
}
