//! Labeled and unlabeled rows in, which to label next out.
//!
//! While labels are few, the most typical images teach most, since a head is still unsure of
//! everything; later those between two classes do. On photos the second overtakes at about four
//! labels a class.

use super::{Clustering, Clusters, dot};

/// Labels a class up to which typical images are better to label than uncertain ones.
const EARLY_LABELS: usize = 4;

/// Clusters with fewer rows than this are passed over while there are others
/// (Hacohen et al., arXiv:2202.02794, as the next two).
const LEAST_CLUSTER: usize = 5;

/// Neighbors within the cluster that tell how typical a row is.
const NUM_NEIGHBORS: usize = 20;

/// Clusters, at most; more labels than that are beyond the early stage anyway.
const MAX_CLUSTERS: usize = 500;

/// Whether to suggest typical images rather than uncertain ones.
pub fn is_early(num_labeled: usize, num_classes: usize) -> bool {
    num_labeled < EARLY_LABELS * num_classes.max(1)
}

/// TypiClust (Hacohen, Dekel & Weinshall, arXiv:2202.02794): the most typical row of each of the
/// largest clusters that have no label yet. Call [`Suggestions::step`] until it returns true.
///
/// There are as many clusters as there will be labels. With labels from elsewhere all clusters may
/// have some; those with the fewest labels come first.
#[derive(Debug)]
pub struct Suggestions {
    clustering: Clustering,
    count: usize,
}

impl Suggestions {
    /// Looks for `count` rows when `num_labeled` have labels already.
    pub fn new(num_labeled: usize, count: usize, seed: u64) -> Self {
        let num_clusters = (num_labeled + count).min(MAX_CLUSTERS);
        Self {
            clustering: Clustering::new(num_clusters, seed),
            count,
        }
    }

    /// Clusters on, with all rows, labeled or not: `[N][num_features]`, normalized on all of them.
    pub fn step(&mut self, rows: &[impl AsRef<[f32]>]) -> bool {
        self.clustering.step(rows)
    }

    /// Up to `count` unlabeled rows, the best first.
    ///
    /// # Shapes
    ///
    /// - rows: as in each step
    /// - is_labeled: `[N]`
    pub fn finish(self, rows: &[impl AsRef<[f32]>], is_labeled: &[bool]) -> Vec<usize> {
        let members = members(&self.clustering.finish());
        let mut num_labels: Vec<_> = members
            .iter()
            .map(|rows| rows.iter().filter(|&&row| is_labeled[row]).count())
            .collect();
        let mut is_taken = is_labeled.to_vec();
        let mut suggestions = Vec::new();
        while suggestions.len() < self.count {
            let is_open = |cluster: &usize| members[*cluster].iter().any(|&row| !is_taken[row]);
            let rank = |cluster: &usize| {
                let size = members[*cluster].len();
                (size < LEAST_CLUSTER, num_labels[*cluster], usize::MAX - size)
            };
            let Some(cluster) = (0..members.len()).filter(is_open).min_by_key(rank) else {
                break;
            };
            let row = most_typical(rows, &members[cluster], &is_taken);
            is_taken[row] = true;
            num_labels[cluster] += 1;
            suggestions.push(row);
        }
        suggestions
    }
}

fn members(clusters: &Clusters) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); clusters.centers.len()];
    for (row, &cluster) in clusters.assignment.iter().enumerate() {
        members[cluster].push(row);
    }
    members
}

/// The row that is not taken with the smallest mean distance to its nearest fellow members.
fn most_typical(rows: &[impl AsRef<[f32]>], members: &[usize], is_taken: &[bool]) -> usize {
    let distance = |row: usize| {
        let others = members.iter().filter(|&&other| other != row);
        let square = |&other: &usize| 2.0 - 2.0 * dot(rows[row].as_ref(), rows[other].as_ref());
        let mut distances: Vec<f32> = others.map(|x| square(x).max(0.0).sqrt()).collect();
        distances.sort_by(f32::total_cmp);
        distances.truncate(NUM_NEIGHBORS);
        distances.iter().sum::<f32>() / distances.len().max(1) as f32
    };
    let open = members.iter().copied().filter(|&row| !is_taken[row]);
    let ranked = open.map(|row| (distance(row), row));
    let typical = ranked.min_by(|(a, _), (b, _)| a.total_cmp(b));
    typical.expect("the cluster has a row that is not taken").1
}

/// The unlabeled rows a head is least sure of, the most uncertain first: those with the smallest
/// difference between its two highest probabilities (Scheffer et al. 2001).
///
/// # Shapes
///
/// - probabilities: of each unlabeled row, `[…][num_classes]`
/// - output: indices into `probabilities`
pub fn smallest_margins(probabilities: &[Vec<f32>], count: usize) -> Vec<usize> {
    let margin = |row: &Vec<f32>| {
        let mut sorted = row.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        sorted.first().copied().unwrap_or(0.0) - sorted.get(1).copied().unwrap_or(0.0)
    };
    let mut margins: Vec<_> = probabilities.iter().map(margin).enumerate().collect();
    margins.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    margins.into_iter().take(count).map(|(row, _)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bundles, seven rows about 0° and five about 90°, each densest in the middle.
    fn bundles() -> Vec<[f32; 2]> {
        let degrees = [-12, -3, -1, 0, 1, 4, 13, 78, 88, 90, 93, 103];
        let row = |degrees: i32| <[f32; 2]>::from((degrees as f32).to_radians().sin_cos());
        degrees.map(row).to_vec()
    }

    fn suggest(count: usize, labeled: &[usize]) -> Vec<usize> {
        let rows = bundles();
        let mut suggestions = Suggestions::new(labeled.len(), count, 1);
        while !suggestions.step(&rows) {}
        let is_labeled: Vec<_> = (0..rows.len()).map(|row| labeled.contains(&row)).collect();
        suggestions.finish(&rows, &is_labeled)
    }

    #[test]
    fn the_middle_of_each_bundle_is_suggested_the_larger_first() {
        assert_eq!(suggest(2, &[]), [3, 9]);
    }

    #[test]
    fn a_covered_bundle_is_passed_over() {
        assert_eq!(suggest(1, &[0]), [9]);
    }

    #[test]
    fn no_row_is_suggested_twice_nor_one_with_a_label() {
        let mut all = suggest(20, &[3, 9]);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 4, 5, 6, 7, 8, 10, 11]);
    }

    #[test]
    fn the_smallest_margin_comes_first() {
        let probabilities = [vec![0.9, 0.1], vec![0.55, 0.45], vec![0.3, 0.7]];
        assert_eq!(smallest_margins(&probabilities, 2), [1, 2]);
    }
}
