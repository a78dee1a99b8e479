//! Training rows in, smaller and smaller parts of them for a learning curve out.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Each size is twice the one before: learning curves are about straight over the logarithm of
/// the size, and all smaller heads together cost no more than the largest.
const FACTOR: f64 = 2.0;

/// Sizes at most; with the six, the smallest is a 32nd of the largest.
const MAX_SIZES: u32 = 6;

/// Parts of `rows` to train on, the smallest first, the last all of `rows`; each part contains
/// the one before.
///
/// Each class keeps its share, and at least one row. Parts start at two rows a class on average,
/// so there are at most six and may be only one. `labels` has the class of every row of the data
/// set, `rows` are indices into it; parts are ascending.
pub fn nested_subsets(labels: &[usize], rows: &[usize], seed: u64) -> Vec<Vec<usize>> {
    let mut classes = BTreeMap::<usize, Vec<usize>>::new();
    for &row in rows {
        classes.entry(labels[row]).or_default().push(row);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    classes
        .values_mut()
        .for_each(|members| members.shuffle(&mut rng));
    let smallest_share = 2.0 * classes.len().max(1) as f64 / rows.len().max(1) as f64;
    let shares = (0..MAX_SIZES)
        .map(|halvings| FACTOR.powi(-(halvings as i32)))
        .take_while(|&share| share == 1.0 || share >= smallest_share);
    let mut parts: Vec<_> = shares.map(|share| part(&classes, share, 1)).collect();
    parts.reverse();
    parts
}

/// About `count` of all rows, ascending: of each class its share, two rows at least if it has them.
pub fn stratified_part(labels: &[usize], count: usize, seed: u64) -> Vec<usize> {
    let mut classes = BTreeMap::<usize, Vec<usize>>::new();
    for (row, &label) in labels.iter().enumerate() {
        classes.entry(label).or_default().push(row);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    classes
        .values_mut()
        .for_each(|members| members.shuffle(&mut rng));
    part(
        &classes,
        (count as f64 / labels.len().max(1) as f64).min(1.0),
        2,
    )
}

/// The first `share` of the members of each class, so many at least if it has them.
fn part(classes: &BTreeMap<usize, Vec<usize>>, share: f64, least: usize) -> Vec<usize> {
    let first = |members: &Vec<usize>| {
        let num = ((share * members.len() as f64).round() as usize).max(least);
        members[..num.min(members.len())].to_vec()
    };
    let mut rows: Vec<_> = classes.values().flat_map(first).collect();
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 44 rows of class 0, 16 of class 1, 4 of class 2; every fifth row is not to be used.
    fn labels_and_rows() -> (Vec<usize>, Vec<usize>) {
        let labels = (0..80).map(|row| [0, 1, 0, 2 * usize::from(row % 20 == 3), 9][row % 5]);
        (
            labels.collect(),
            (0..80).filter(|row| row % 5 < 4).collect(),
        )
    }

    #[test]
    fn each_part_contains_the_one_before_and_the_last_is_all() {
        let (labels, rows) = labels_and_rows();
        let parts = nested_subsets(&labels, &rows, 1);
        let sizes: Vec<_> = parts.iter().map(Vec::len).collect();
        assert_eq!(sizes, [6 + 2 + 1, 11 + 4 + 1, 32, 64]);
        assert_eq!(parts[3], rows);
        for pair in parts.windows(2) {
            assert!(pair[0].iter().all(|row| pair[1].contains(row)));
        }
    }

    #[test]
    fn classes_keep_their_share_and_one_row_at_least() {
        let (labels, rows) = labels_and_rows();
        for part in nested_subsets(&labels, &rows, 1) {
            let count = |class| part.iter().filter(|&&row| labels[row] == class).count();
            assert_eq!(count(1), part.len() / 4);
            assert!(count(2) >= 1);
        }
    }

    #[test]
    fn the_seed_determines_the_parts() {
        let (labels, rows) = labels_and_rows();
        let parts = |seed| nested_subsets(&labels, &rows, seed);
        assert_eq!(parts(7), parts(7));
        assert_ne!(parts(7), parts(8));
    }

    #[test]
    fn a_row_a_class_leaves_one_part_and_no_rows_none_to_speak_of() {
        assert_eq!(nested_subsets(&[0, 1], &[0, 1], 1), [[0, 1]]);
        assert_eq!(nested_subsets(&[], &[], 1), [Vec::<usize>::new()]);
    }

    #[test]
    fn a_part_has_each_class_twice_and_the_large_ones_by_their_share() {
        let labels: Vec<_> = (0..100)
            .map(|row| [0, 0, 0, 1][row % 4])
            .chain([2, 3, 3])
            .collect();
        let part = stratified_part(&labels, 40, 5);
        let size = |class| part.iter().filter(|&&row| labels[row] == class).count();
        assert_eq!([0, 1, 2, 3].map(size), [29, 10, 1, 2]);
        assert_eq!(part, stratified_part(&labels, 40, 5));
        assert_ne!(part, stratified_part(&labels, 40, 6));
        assert_eq!(stratified_part(&labels, 1000, 5).len(), 103);
        assert!(stratified_part(&[], 40, 5).is_empty());
    }
}
