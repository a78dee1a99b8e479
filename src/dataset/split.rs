//! Labels in; which rows to train on and which to hold out, out.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Rows to train on and rows held out: disjoint, together all rows, each class in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Rows the head learns from, ascending.
    pub train: Vec<usize>,
    /// Rows the head never sees, ascending.
    pub validation: Vec<usize>,
}

impl Split {
    /// Holds out about `fraction` of each class, never fewer than one row and never all.
    ///
    /// Rows with equal `groups` values stay on the same side, so that copies of a trained image
    /// cannot pass for unseen ones. `labels` and `groups` have one entry a row.
    ///
    /// # Errors
    ///
    /// The first class that cannot be on both sides, because its rows are all of one group.
    pub fn stratified(
        labels: &[usize],
        groups: &[usize],
        fraction: f64,
        seed: u64,
    ) -> Result<Self, usize> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut is_held_out = BTreeMap::new();
        for (class, members) in by_class(labels, groups) {
            let num_rows: usize = members.values().sum();
            let target = ((fraction * num_rows as f64).round() as usize).max(1);
            let mut order: Vec<_> = members.into_iter().collect();
            order.shuffle(&mut rng);
            hold_out(&order, target, &mut is_held_out).ok_or(class)?;
        }
        let (validation, train) = (0..labels.len()).partition(|&row| is_held_out[&groups[row]]);
        Ok(Self { train, validation })
    }
}

/// For each class, the size of each of its groups. A group belongs to the class of its first row.
fn by_class(labels: &[usize], groups: &[usize]) -> BTreeMap<usize, BTreeMap<usize, usize>> {
    let mut owner = BTreeMap::new();
    let mut classes = BTreeMap::<usize, BTreeMap<usize, usize>>::new();
    for (&label, &group) in labels.iter().zip(groups) {
        let class = *owner.entry(group).or_insert(label);
        *classes.entry(class).or_default().entry(group).or_default() += 1;
        classes.entry(label).or_default();
    }
    classes
}

/// Marks groups as held out until `target` rows are, keeping at least one group for training.
fn hold_out(
    order: &[(usize, usize)],
    target: usize,
    is_held_out: &mut BTreeMap<usize, bool>,
) -> Option<()> {
    let (last, rest) = order.split_last()?;
    let mut held_out = 0;
    for &(group, size) in rest {
        is_held_out.insert(group, held_out < target);
        held_out += size;
    }
    is_held_out.insert(last.0, false);
    (held_out > 0).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(n: usize) -> Vec<usize> {
        (0..n).collect()
    }

    #[test]
    fn split_keeps_every_class_on_both_sides() {
        let labels = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
        let split = Split::stratified(&labels, &alone(12), 0.2, 1).unwrap();
        let held_out: Vec<_> = split.validation.iter().map(|&row| labels[row]).collect();
        assert_eq!(held_out, [0, 0, 1]);
        assert_eq!(split.train.len(), 9);
    }

    #[test]
    fn the_seed_determines_the_split() {
        let labels = vec![0; 50];
        let split = |seed| Split::stratified(&labels, &alone(50), 0.2, seed).unwrap();
        assert_eq!(split(7), split(7));
        assert_ne!(split(7), split(8));
    }

    #[test]
    fn copies_stay_together() {
        let labels = [0; 20];
        let groups: Vec<_> = (0..20).map(|row| row / 2).collect();
        let split = Split::stratified(&labels, &groups, 0.3, 3).unwrap();
        for pair in (0..20).step_by(2) {
            let held_out = |row| split.validation.contains(&row);
            assert_eq!(held_out(pair), held_out(pair + 1));
        }
        assert_eq!(split.validation.len(), 6);
    }

    #[test]
    fn a_class_of_one_image_cannot_be_split() {
        assert_eq!(Split::stratified(&[0, 0, 1], &alone(3), 0.2, 0), Err(1));
        assert_eq!(
            Split::stratified(&[0, 0, 1, 1], &[0, 1, 2, 2], 0.2, 0),
            Err(1)
        );
    }
}
