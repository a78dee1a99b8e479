//! The neighbors of each sample in, samples that look like no other out.

use super::Neighbor;

/// Neighbors that are averaged, at most: enough that one copy doesn't hide an outlier.
pub const NUM_NEIGHBORS: usize = 5;

/// How far below the median similarity a sample must be, in deviations estimated from the median
/// absolute deviation: Iglewicz & Hoaglin's 3.5 (*How to Detect and Handle Outliers*, 1993).
const CUTOFF: f32 = 3.5;

/// The median absolute deviation of a normal distribution, in standard deviations.
const MAD_OF_NORMAL: f32 = 0.6745;

/// A sample and how lonely it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlier {
    /// Which sample.
    pub row: usize,
    /// 1 − the mean cosine with its nearest neighbors: 0 for copies, about 1 if unlike all others.
    pub distance: f32,
    /// Whether it is far from what is usual among these samples.
    pub is_likely: bool,
}

/// All samples, the loneliest first.
///
/// The distance to the nearest neighbors assumes nothing about the shape of classes, and finds a
/// class's own small groups in order (Sun et al., arXiv:2204.06507, where it beats Mahalanobis
/// distances on normalized features). A covariance of 1280 features would need thousands of images.
///
/// # Shapes
///
/// - neighbors: `[N][up to NUM_NEIGHBORS]`
pub fn outliers(neighbors: &[Vec<Neighbor>]) -> Vec<Outlier> {
    let distances: Vec<f32> = neighbors.iter().map(|found| distance(found)).collect();
    let middle = median(distances.clone());
    let spread = median(distances.iter().map(|x| (x - middle).abs()).collect());
    let outlier = |(row, &distance): (usize, &f32)| Outlier {
        row,
        distance,
        is_likely: MAD_OF_NORMAL * (distance - middle) > CUTOFF * spread && spread > 0.0,
    };
    let mut outliers: Vec<_> = distances.iter().enumerate().map(outlier).collect();
    outliers.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    outliers
}

fn distance(neighbors: &[Neighbor]) -> f32 {
    let nearest = &neighbors[..neighbors.len().min(NUM_NEIGHBORS)];
    let sum: f32 = nearest.iter().map(|x| x.cosine).sum();
    1.0 - sum / nearest.len().max(1) as f32
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_unlike_the_others_is_found() {
        let usual = [0.8, 0.82, 0.79, 0.81, 0.8, 0.78, 0.83];
        let mut neighbors: Vec<_> = usual
            .map(|cosine| vec![Neighbor { row: 0, cosine }; 5])
            .to_vec();
        neighbors.insert(
            3,
            vec![
                Neighbor {
                    row: 0,
                    cosine: 0.1
                };
                5
            ],
        );
        let outliers = outliers(&neighbors);
        assert_eq!(outliers[0].row, 3);
        assert!((outliers[0].distance - 0.9).abs() < 1e-6);
        let likely = outliers.iter().filter(|x| x.is_likely).count();
        assert_eq!(likely, 1);
    }

    #[test]
    fn a_sample_alone_is_no_outlier() {
        assert!(!outliers(&[vec![]])[0].is_likely);
        assert_eq!(outliers(&[]), []);
    }
}
