//! Samples and who judges in; each sample with all that is known of it out.

use super::super::{Division, Material};
use crate::{
    distill::Teacher,
    features::Row,
    protocol::{JudgedBy, ModelCost, SampleId, TeacherKind},
    train::Labeled,
};

/// A sample and all that is known of it.
pub(super) struct Picture {
    pub sample: SampleId,
    /// What the whole backbone makes of it.
    pub row: Row,
    pub label: Option<usize>,
    /// Whether it judges, and nothing learns from it.
    pub is_held_out: bool,
    /// What the teacher's members say of it: logits.
    pub said: Vec<Vec<f32>>,
    /// What each student's backbone makes of it.
    pub seen: Vec<Row>,
}

/// All samples when they have been looked at.
pub(super) struct Course {
    pub pictures: Vec<Picture>,
    pub judged_by: JudgedBy,
    pub teacher: TeacherKind,
    pub teacher_cost: ModelCost,
    /// Heads that teach together.
    pub num_members: usize,
    pub classrooms: Vec<Classroom>,
    /// Samples whose files could not be read any more.
    pub num_gone: usize,
}

/// A student's backbone.
pub(super) struct Classroom {
    pub num_blocks: usize,
    /// Its weights file.
    pub file: Vec<u8>,
    pub millis: f64,
    pub multiply_adds: f64,
}

/// Those learned from, those without a label, those held out.
pub(super) fn pictures(material: &Material, division: &Division) -> Vec<Picture> {
    let picture = |sample: SampleId, row: &Row, label, is_held_out| Picture {
        sample,
        row: row.clone(),
        label,
        is_held_out,
        said: Vec::new(),
        seen: Vec::new(),
    };
    let labeled = |at: &usize, is_held_out| {
        let Labeled { sample, row, label } = &material.labeled[*at];
        picture(*sample, row, Some(*label), is_held_out)
    };
    let learned = division.split.train.iter().map(|at| labeled(at, false));
    let unlabeled = material.unlabeled_samples();
    let unlabeled = unlabeled.map(|(sample, row)| picture(*sample, row, None, false));
    let held_out = division.split.validation.iter();
    let held_out = held_out.map(|at| labeled(at, true));
    learned.chain(unlabeled).chain(held_out).collect()
}

impl Picture {
    pub fn teacher(&self) -> Teacher {
        Teacher(self.said.clone())
    }
}

impl Course {
    pub fn num_students(&self) -> usize {
        self.classrooms.len()
    }

    /// What students may learn from.
    pub fn learned(&self) -> impl Iterator<Item = &Picture> {
        self.pictures.iter().filter(|picture| !picture.is_held_out)
    }

    /// What judges them, with its class.
    pub fn judges(&self) -> impl Iterator<Item = (&Picture, usize)> {
        let held_out = self.pictures.iter().filter(|picture| picture.is_held_out);
        held_out.filter_map(|picture| Some((picture, picture.label?)))
    }

    /// Whether every class is there to learn, and something to judge.
    pub fn is_complete(&self, num_classes: usize) -> bool {
        let is_there = |class| self.learned().any(|picture| picture.label == Some(class));
        (0..num_classes).all(is_there) && self.judges().next().is_some()
    }
}
