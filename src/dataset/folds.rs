//! Labels in; which rows to hold out in each round of a cross-validation, out.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::Split;

/// Rows dealt into folds, each of which is held out once while the others are trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// The fold of each row.
    fold_of: Vec<usize>,
    num_folds: usize,
}

/// Rows that must not be divided.
struct Group {
    rows: Vec<usize>,
    /// How many of the rows are of each class.
    labels: BTreeMap<usize, usize>,
}

impl Folds {
    /// Deals the rows into `num_folds` folds, fewer if there are not that many groups and two at
    /// least. Each has about the same share of every class, and some of every class that has
    /// enough groups.
    ///
    /// Rows with equal `groups` values are in the same fold. `labels` and `groups` have one entry
    /// a row.
    ///
    /// # Errors
    ///
    /// The first class that cannot be learned in every round, because its rows are all of one
    /// group.
    pub fn stratified(
        labels: &[usize],
        groups: &[usize],
        num_folds: usize,
        seed: u64,
    ) -> Result<Self, usize> {
        let groups = gather(labels, groups);
        if let Some(class) = undividable_class(&groups) {
            return Err(class);
        }
        let num_folds = num_folds.min(groups.len()).max(2);
        let mut fold_of = vec![0; labels.len()];
        let mut dealt = vec![BTreeMap::<usize, usize>::new(); num_folds];
        for (class, group) in dealing_order(groups, labels, seed) {
            // The fold with the fewest rows of the class; of equals the smallest fold.
            let load = |fold: &usize| {
                let counts = &dealt[*fold];
                let of_class = counts.get(&class).copied().unwrap_or(0);
                (of_class, counts.values().sum::<usize>())
            };
            let fold = (0..num_folds).min_by_key(load).expect("at least two folds");
            group.rows.iter().for_each(|&row| fold_of[row] = fold);
            for (label, count) in group.labels {
                *dealt[fold].entry(label).or_default() += count;
            }
        }
        Ok(Self { fold_of, num_folds })
    }

    /// How many rounds there are.
    pub fn num_folds(&self) -> usize {
        self.num_folds
    }

    /// The rows to hold out and the rows to train on in round `fold`.
    pub fn split(&self, fold: usize) -> Split {
        let rows = 0..self.fold_of.len();
        let (validation, train) = rows.partition(|&row| self.fold_of[row] == fold);
        Split { train, validation }
    }
}

/// The rows of each group, in the order of the groups' first rows.
fn gather(labels: &[usize], groups: &[usize]) -> Vec<Group> {
    let mut place = BTreeMap::new();
    let mut gathered = Vec::<Group>::new();
    for (row, (&label, &group)) in labels.iter().zip(groups).enumerate() {
        let at = *place.entry(group).or_insert(gathered.len());
        if at == gathered.len() {
            gathered.push(Group {
                rows: Vec::new(),
                labels: BTreeMap::new(),
            });
        }
        gathered[at].rows.push(row);
        *gathered[at].labels.entry(label).or_default() += 1;
    }
    gathered
}

/// The first class whose rows are all of one group.
fn undividable_class(groups: &[Group]) -> Option<usize> {
    let mut num_groups = BTreeMap::<usize, usize>::new();
    for &label in groups.iter().flat_map(|group| group.labels.keys()) {
        *num_groups.entry(label).or_default() += 1;
    }
    let only = num_groups.into_iter().find(|(_, num)| *num < 2);
    only.map(|(class, _)| class)
}

/// The groups in the order to deal them, each with the class it is dealt for: the rarest of its
/// classes. Rare classes go first, for which there is the least choice, and of each class the
/// large groups, so that small ones can level what they leave uneven; equals are shuffled.
fn dealing_order(groups: Vec<Group>, labels: &[usize], seed: u64) -> Vec<(usize, Group)> {
    let mut sizes = BTreeMap::<usize, usize>::new();
    labels
        .iter()
        .for_each(|&label| *sizes.entry(label).or_default() += 1);
    let rarity = |class: usize| (sizes[&class], class);
    let with_rarest = |group: Group| {
        let classes = group.labels.keys().copied();
        let rarest = classes.min_by_key(|&class| rarity(class));
        (rarest.expect("a group has rows"), group)
    };
    let mut order: Vec<_> = groups.into_iter().map(with_rarest).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order.sort_by_key(|(class, group)| (rarity(*class), std::cmp::Reverse(group.labels[class])));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(n: usize) -> Vec<usize> {
        (0..n).collect()
    }

    /// `counts[fold][class]` of held-out rows.
    fn held_out(folds: &Folds, labels: &[usize]) -> Vec<Vec<usize>> {
        let num_classes = labels.iter().max().map_or(0, |most| most + 1);
        let count = |fold| {
            let mut counts = vec![0; num_classes];
            let split = folds.split(fold);
            split
                .validation
                .iter()
                .for_each(|&row| counts[labels[row]] += 1);
            counts
        };
        (0..folds.num_folds()).map(count).collect()
    }

    #[test]
    fn every_fold_has_its_share_of_every_class() {
        let labels: Vec<_> = (0..57).map(|row| [0, 0, 0, 0, 1, 2][row % 6]).collect();
        let folds = Folds::stratified(&labels, &alone(57), 5, 1).unwrap();
        for counts in held_out(&folds, &labels) {
            assert!((7..=8).contains(&counts[0]), "{counts:?}");
            assert!((1..=2).contains(&counts[1]), "{counts:?}");
            assert!((1..=2).contains(&counts[2]), "{counts:?}");
            assert!(
                (11..=12).contains(&counts.iter().sum::<usize>()),
                "{counts:?}"
            );
        }
    }

    #[test]
    fn every_row_is_held_out_once() {
        let labels: Vec<_> = (0..40).map(|row| row % 3).collect();
        let folds = Folds::stratified(&labels, &alone(40), 4, 1).unwrap();
        let mut rows: Vec<_> = (0..4)
            .flat_map(|fold| folds.split(fold).validation)
            .collect();
        rows.sort_unstable();
        assert_eq!(rows, alone(40));
        assert!((0..4).all(|fold| folds.split(fold).train.len() == 30));
    }

    #[test]
    fn groups_are_never_divided_and_classes_stay_even() {
        // Bursts of 1 to 7 frames, two classes.
        let groups: Vec<_> = (0..40)
            .flat_map(|group| vec![group; group % 7 + 1])
            .collect();
        let labels: Vec<_> = groups.iter().map(|group| group % 2).collect();
        let folds = Folds::stratified(&labels, &groups, 5, 3).unwrap();
        for group in 0..40 {
            let mut of_group: Vec<_> = (0..groups.len())
                .filter(|&row| groups[row] == group)
                .map(|row| folds.fold_of[row])
                .collect();
            of_group.dedup();
            assert_eq!(of_group.len(), 1);
        }
        for counts in held_out(&folds, &labels) {
            assert!(
                counts.iter().all(|count| (14..=17).contains(count)),
                "{counts:?}"
            );
        }
    }

    #[test]
    fn a_group_across_classes_does_not_keep_a_class_from_any_fold() {
        // Group 0 holds rows of both classes; class 1 is rare.
        let labels = [0, 1, 1, 1, 0, 0, 0, 0, 0];
        let groups = [0, 0, 1, 2, 3, 4, 5, 6, 7];
        let folds = Folds::stratified(&labels, &groups, 3, 1).unwrap();
        for counts in held_out(&folds, &labels) {
            assert_eq!(counts, [2, 1]);
        }
    }

    #[test]
    fn a_class_of_fewer_images_than_folds_is_still_learned_in_every_round() {
        let labels = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
        let folds = Folds::stratified(&labels, &alone(10), 5, 1).unwrap();
        for fold in 0..5 {
            let train = folds.split(fold).train;
            assert!(train.contains(&8) || train.contains(&9));
            assert_eq!(train.len(), 8);
        }
    }

    #[test]
    fn the_seed_determines_the_folds() {
        let labels = vec![0; 50];
        let folds = |seed| Folds::stratified(&labels, &alone(50), 5, seed).unwrap();
        assert_eq!(folds(7), folds(7));
        assert_ne!(folds(7), folds(8));
    }

    #[test]
    fn a_class_of_one_group_cannot_be_held_out() {
        assert_eq!(Folds::stratified(&[0, 0, 1], &alone(3), 5, 0), Err(1));
        let pair = Folds::stratified(&[0, 0, 1, 1], &[0, 1, 2, 2], 5, 0);
        assert_eq!(pair, Err(1));
    }

    #[test]
    fn there_are_no_more_folds_than_groups() {
        let folds = Folds::stratified(&[0, 0, 0], &alone(3), 10, 0).unwrap();
        assert_eq!(folds.num_folds(), 3);
        assert_eq!(
            Folds::stratified(&[0, 0], &alone(2), 0, 0)
                .unwrap()
                .num_folds(),
            2
        );
    }
}
