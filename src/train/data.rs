//! The samples of one training run.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

use crate::{dataset::Split, features::Row, protocol::SampleId, transfer::Names};

/// A feature row and the class it should be given.
#[derive(Clone, Debug)]
pub struct Labeled {
    /// Whose features these are.
    pub sample: SampleId,
    /// `[num_features]`, raw.
    pub row: Row,
    /// Index into the run's classes.
    pub label: usize,
}

/// A group for each row; copies of one image have equal features and share one.
pub fn copies<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<usize> {
    let mut seen = HashMap::new();
    let group = |row: &'a Row| {
        let next = seen.len();
        *seen.entry(Bits(row)).or_insert(next)
    };
    rows.into_iter().map(group).collect()
}

/// A row that is equal to another if every bit is.
struct Bits<'a>(&'a [f32]);

impl Bits<'_> {
    fn words(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|x| x.to_bits())
    }
}

impl PartialEq for Bits<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.words().eq(other.words())
    }
}

impl Eq for Bits<'_> {}

impl Hash for Bits<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.words().for_each(|word| state.write_u32(word));
    }
}

/// Samples to train on and samples held out.
#[derive(Clone, Debug)]
pub struct Partition {
    /// What the head learns from; not empty.
    pub train: Vec<Labeled>,
    /// What it never sees; not empty.
    pub validation: Vec<Labeled>,
    /// Rows without a label, which transfer-learning methods learn from, too.
    pub unlabeled: Vec<Row>,
    /// Classes in the run.
    pub num_classes: usize,
    /// What the names of classes say, if they have been read.
    pub names: Option<Names>,
}

impl Partition {
    /// Divides `rows` as `split` says.
    pub fn new(rows: Vec<Labeled>, split: &Split, num_classes: usize) -> Self {
        let pick = |indices: &[usize]| indices.iter().map(|&at| rows[at].clone()).collect();
        Self {
            train: pick(&split.train),
            validation: pick(&split.validation),
            unlabeled: Vec::new(),
            num_classes,
            names: None,
        }
    }

    /// The same with rows that have no label.
    pub fn with_unlabeled(self, unlabeled: Vec<Row>) -> Self {
        Self { unlabeled, ..self }
    }

    /// The same with what the classes' names say.
    pub fn with_names(self, names: Option<Names>) -> Self {
        Self { names, ..self }
    }

    pub(super) fn num_features(&self) -> usize {
        self.train.first().map_or(0, |sample| sample.row.len())
    }

    /// The weight of each class in the loss: 1, or inverse to its size with a mean of 1 a sample.
    pub(super) fn class_weights(&self, balance: bool) -> Vec<f32> {
        let mut sizes = vec![0usize; self.num_classes];
        self.train
            .iter()
            .for_each(|sample| sizes[sample.label] += 1);
        let fair = self.train.len() as f32 / self.num_classes as f32;
        let weigh = |size: usize| {
            if balance {
                fair / size.max(1) as f32
            } else {
                1.0
            }
        };
        sizes.into_iter().map(weigh).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_a_group() {
        let rows: [Row; 4] = [[1.0, 2.0], [1.0, 3.0], [1.0, 2.0], [-0.0, 0.0]].map(Row::from);
        assert_eq!(copies(&rows), [0, 1, 0, 2]);
    }

    #[test]
    fn balanced_classes_weigh_the_same_in_total() {
        let sample = |label| Labeled {
            sample: 0,
            row: [0.0].into(),
            label,
        };
        let rows = vec![sample(0), sample(0), sample(0), sample(1)];
        let split = Split {
            train: vec![0, 1, 2, 3],
            validation: vec![0, 3],
        };
        let weights = Partition::new(rows, &split, 2).class_weights(true);
        assert_eq!(weights, [2.0 / 3.0, 2.0]);
    }
}
