//! Samples in, those to learn from and those to judge by out.
//!
//! With one domain a part of each class is held out. With two, heads learn from the labeled samples
//! of the source and are judged by those of the target, which nothing learns from; where the target
//! has none, by a part of the source, which says little about the target.

use std::collections::{BTreeSet, HashSet};

use super::{Material, too_few};
use crate::{
    dataset::Split,
    features::Row,
    protocol::{JudgedBy, SampleId, TrainingConfig},
    train::{Partition, copies},
};

/// Which labeled samples are learned from, and which judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Division {
    /// Places in [`Material::labeled`].
    pub split: Split,
    /// What the judging samples are.
    pub judged_by: JudgedBy,
}

/// Which samples have judged a model, so that none of them has taught it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineage {
    /// Those.
    pub held_out: BTreeSet<SampleId>,
    /// What they are.
    pub judged_by: JudgedBy,
}

impl Division {
    /// Divides so that rows of a group are on one side; where a class is all near-duplicates, so
    /// that copies are.
    ///
    /// # Errors
    ///
    /// A sentence for the user, when even copies can't be kept together.
    pub fn new(
        material: &Material,
        groups: &[usize],
        config: &TrainingConfig,
    ) -> Result<Self, String> {
        Self::of_groups(material, groups, config).or_else(|_| Self::unguarded(material, config))
    }

    /// With only copies kept together, before near-duplicates are known.
    ///
    /// # Errors
    ///
    /// A sentence for the user, when there is none.
    pub fn unguarded(material: &Material, config: &TrainingConfig) -> Result<Self, String> {
        Self::of_groups(material, &copies_of(material), config)
    }

    /// Divides as for the training of a model: what judged it judges again, and teaches nothing,
    /// nor does any other of its group.
    ///
    /// # Errors
    ///
    /// A sentence for the user, when too little of that is left.
    pub fn again(material: &Material, groups: &[usize], lineage: &Lineage) -> Result<Self, String> {
        let labeled = 0..material.labeled.len();
        let (held_out, mut train): (Vec<_>, Vec<_>) =
            labeled.partition(|&at| lineage.held_out.contains(&material.labeled[at].sample));
        if held_out.is_empty() {
            return Err(
                "None of the pictures that judged the model is left. Train again.".to_owned(),
            );
        }
        let told = groups_of(&held_out, groups);
        train.retain(|&at| !told.contains(&groups[at]));
        let class = without_any(material, &train);
        match class {
            Some(class) => Err(too_few(class)),
            None => Ok(Self {
                split: Split {
                    train,
                    validation: held_out,
                },
                judged_by: lineage.judged_by,
            }),
        }
    }

    fn of_groups(
        material: &Material,
        groups: &[usize],
        config: &TrainingConfig,
    ) -> Result<Self, String> {
        let (target, source): (Vec<_>, Vec<_>) =
            (0..material.labeled.len()).partition(|&at| material.is_target(at));
        if !target.is_empty() {
            return by_target(material, groups, source, target);
        }
        let labels = material.labels();
        let fraction = config.validation_fraction;
        let split = Split::stratified(&labels, groups, fraction, config.seed.into());
        Ok(Self {
            split: split.map_err(|class| too_few(&material.classes[class].1.name))?,
            judged_by: match material.target.is_empty() {
                true => JudgedBy::Alike,
                false => JudgedBy::Source,
            },
        })
    }

    /// The samples themselves, with those that have no label.
    pub fn partition(&self, material: &Material) -> Partition {
        Partition::new(
            material.labeled.clone(),
            &self.split,
            material.classes.len(),
        )
        .with_unlabeled(material.unlabeled())
        .with_names(material.names.clone())
    }
}

/// Source samples of which the target shows nearly the same teach nothing, lest it be told.
fn by_target(
    material: &Material,
    groups: &[usize],
    mut source: Vec<usize>,
    target: Vec<usize>,
) -> Result<Division, String> {
    let told = groups_of(&target, groups);
    source.retain(|&at| !told.contains(&groups[at]));
    if let Some(class) = without_any(material, &source) {
        return Err(format!(
            "“{class}” has pictures of the target only. Add some of the source, or mark a few of them as source."
        ));
    }
    Ok(Division {
        split: Split {
            train: source,
            validation: target,
        },
        judged_by: JudgedBy::Target,
    })
}

fn groups_of(rows: &[usize], groups: &[usize]) -> HashSet<usize> {
    rows.iter().map(|&at| groups[at]).collect()
}

/// The name of a class that none of these rows is of.
fn without_any<'a>(material: &'a Material, rows: &[usize]) -> Option<&'a str> {
    let is_there = |label| rows.iter().any(|&at| material.labeled[at].label == label);
    let missing = (0..material.classes.len()).find(|&label| !is_there(label))?;
    Some(&material.classes[missing].1.name)
}

fn copies_of(material: &Material) -> Vec<usize> {
    copies(material.labeled.iter().map(|sample| &sample.row))
}

impl Material {
    /// Whether a labeled sample is of the target domain.
    pub(super) fn is_target(&self, at: usize) -> bool {
        self.target.contains(&self.labeled[at].sample)
    }

    /// Rows without a label; with two domains, those of the target.
    pub fn unlabeled(&self) -> Vec<Row> {
        self.unlabeled_samples()
            .map(|(_, row)| row.clone())
            .collect()
    }

    /// The samples of [`Material::unlabeled`].
    pub(super) fn unlabeled_samples(&self) -> impl Iterator<Item = &(SampleId, Row)> {
        let counts = |id| self.target.is_empty() || self.target.contains(id);
        self.unsorted.iter().filter(move |(id, _)| counts(id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{config, material};
    use super::*;

    #[test]
    fn labeled_samples_of_the_target_judge_and_their_near_duplicates_do_not_teach() {
        let mut material = material(&[0, 0, 0, 1, 1, 1], 2);
        material.target = [2, 5, 7].into();
        let groups = [0, 1, 2, 3, 2, 5];
        let division = Division::new(&material, &groups, &config()).unwrap();
        assert_eq!(division.judged_by, JudgedBy::Target);
        assert_eq!(division.split.train, [0, 1, 3]);
        assert_eq!(division.split.validation, [2, 5]);
        assert_eq!(division.partition(&material).unlabeled.len(), 1);
    }

    #[test]
    fn a_target_without_labels_leaves_the_source_to_judge() {
        let mut material = material(&[0, 0, 1, 1], 3);
        material.target = [4, 5].into();
        let division = Division::new(&material, &[0, 1, 2, 3], &config()).unwrap();
        assert_eq!(division.judged_by, JudgedBy::Source);
        assert_eq!(material.unlabeled().len(), 2);
    }

    #[test]
    fn what_judged_a_model_judges_again_and_its_near_duplicates_do_not_teach() {
        let material = material(&[0, 0, 0, 1, 1, 1], 0);
        let lineage = |held_out: &[SampleId]| Lineage {
            held_out: held_out.iter().copied().collect(),
            judged_by: JudgedBy::Alike,
        };
        // The last one is new, and nearly the same as one that judges. One that judged is gone.
        let groups = [0, 1, 2, 3, 4, 3];
        let division = Division::again(&material, &groups, &lineage(&[0, 3, 99])).unwrap();
        assert_eq!(division.split.train, [1, 2, 4]);
        assert_eq!(division.split.validation, [0, 3]);
        let nothing_left = Division::again(&material, &groups, &lineage(&[99]));
        assert!(nothing_left.unwrap_err().contains("Train again"));
        let no_teacher = Division::again(&material, &groups, &lineage(&[3, 4]));
        assert!(no_teacher.unwrap_err().contains("class 1"));
    }

    #[test]
    fn a_class_of_the_target_alone_can_not_be_learned() {
        let mut material = material(&[0, 0, 1, 1], 0);
        material.target = [2, 3].into();
        let error = Division::unguarded(&material, &config()).unwrap_err();
        assert!(error.contains("class 1"), "{error}");
    }
}
