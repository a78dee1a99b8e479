//! Heads that have learned in; what they, and their teacher, are worth, and the models, out.

use std::rc::Rc;

use super::{
    super::Material,
    Network,
    course::{Course, Picture},
};
use crate::{
    error::Result,
    evaluation::evaluate,
    features::Normalizer,
    head::DenseHead,
    metrics::{argmax, wilson},
    model::{ClassRecord, Familiarity, Model, Provenance},
    protocol::{
        DISTILLATION, DeviceKind, Distilled, Evaluation, JudgedBy, Kept, ModelCost, Origin,
        Proportion, SampleId, StudentView, TeacherView, TrainingConfig,
    },
    study::Lineage,
    train::Labeled,
};

/// A smaller model, and how good it is.
pub struct Student {
    /// It.
    pub model: Model,
    /// By the samples that it has not learned from.
    pub evaluation: Evaluation,
    /// Which those are.
    pub lineage: Lineage,
    /// Blocks its backbone has.
    pub num_blocks: usize,
}

type Head = (Normalizer, DenseHead);

/// `heads`: of each student without the teacher, then with it.
pub(super) fn conclude(
    course: Course,
    heads: Vec<Head>,
    material: &Material,
    config: &TrainingConfig,
    network: &Network,
) -> Result<(Distilled, Vec<Student>)> {
    let judges: Vec<_> = course.judges().collect();
    let taught_by: Vec<_> = judges
        .iter()
        .map(|(picture, _)| picture.teacher().logits())
        .collect();
    let labels: Vec<_> = judges.iter().map(|(_, label)| *label).collect();
    let answers = |logits: &[Vec<f32>]| logits.iter().map(|row| argmax(row)).collect::<Vec<_>>();
    let teacher_says = answers(&taught_by);

    let mut views = Vec::new();
    let mut students = Vec::new();
    for (at, pair) in heads.chunks_exact(2).enumerate() {
        let logits = |(normalizer, head): &Head| -> Vec<Vec<f32>> {
            let of = |(picture, _): &(&Picture, usize)| {
                head.logits(&normalizer.normalized(&picture.seen[at]))
            };
            judges.iter().map(of).collect()
        };
        let [alone, taught] = [&pair[0], &pair[1]].map(logits);
        let (alone_says, taught_says) = (answers(&alone), answers(&taught));
        let classroom = &course.classrooms[at];
        let (normalizer, head) = &pair[1];
        let num_head_bytes = size_of::<f32>() * num_parameters(normalizer, head);
        views.push(StudentView {
            num_blocks: classroom.num_blocks,
            cost: ModelCost {
                num_bytes: classroom.file.len() + num_head_bytes,
                millis: classroom.millis,
                multiply_adds: classroom.multiply_adds,
            },
            taught: same(&taught_says, &labels),
            alone: same(&alone_says, &labels),
            agreement: same(&taught_says, &teacher_says),
            agreement_alone: same(&alone_says, &teacher_says),
        });
        students.push(student(&course, at, &pair[1], &taught, material, config));
    }
    let learned = |is_labeled: bool| {
        let of = course.learned();
        of.filter(|picture| picture.label.is_some() == is_labeled)
            .count()
    };
    let view = Distilled {
        num_blocks: network.weights.architecture.blocks.len(),
        teacher: TeacherView {
            kind: course.teacher,
            num_members: course.num_members,
            accuracy: same(&teacher_says, &labels),
            cost: course.teacher_cost,
        },
        students: views,
        num_train: learned(true),
        num_unlabeled: learned(false),
        num_gone: course.num_gone,
    };
    Ok((view, students))
}

fn student(
    course: &Course,
    at: usize,
    (normalizer, head): &Head,
    logits: &[Vec<f32>],
    material: &Material,
    config: &TrainingConfig,
) -> Student {
    let judges = course.judges().map(|(picture, label)| Labeled {
        sample: picture.sample,
        row: picture.seen[at].clone(),
        label,
    });
    let judges: Vec<_> = judges.collect();
    let classroom = &course.classrooms[at];
    // What is familiar in the source says nothing of the target.
    let familiarity = match course.judged_by {
        JudgedBy::Source => None,
        JudgedBy::Alike | JudgedBy::Target => Familiarity::calibrate(logits),
    };
    let num_train = course.learned().filter(|it| it.label.is_some()).count();
    let origin = Origin::HeldOut {
        kept: Kept::Distilled {
            num_blocks: classroom.num_blocks,
            teacher: course.teacher,
            num_unlabeled: course.learned().count() - num_train,
        },
        judged_by: course.judged_by,
        num_train,
        device: DeviceKind::Cpu,
        familiar_share: familiarity.map(|known| known.share),
    };
    let classes = material.model_classes();
    let evaluation = evaluate(&classes, &judges, logits, origin);
    let held_out: std::collections::BTreeSet<SampleId> =
        judges.iter().map(|judge| judge.sample).collect();
    Student {
        num_blocks: classroom.num_blocks,
        lineage: Lineage {
            held_out,
            judged_by: course.judged_by,
        },
        model: Model {
            classes,
            normalizer: normalizer.clone(),
            head: head.clone(),
            backbone: Some(Rc::from(classroom.file.as_slice())),
            familiarity,
            provenance: Some(Provenance {
                accuracy: evaluation.accuracy,
                num_train,
                per_class: ClassRecord::all(
                    course.learned().filter_map(|it| it.label),
                    &evaluation.confusion,
                ),
                config: TrainingConfig {
                    method: DISTILLATION.to_owned(),
                    ..config.clone()
                },
                device: DeviceKind::Cpu,
            }),
        },
        evaluation,
    }
}

/// The share of places where both say the same.
fn same(says: &[usize], expected: &[usize]) -> Proportion {
    let pairs = says.iter().zip(expected);
    wilson(pairs.filter(|(a, b)| a == b).count(), says.len())
}

/// Numbers in a head and what goes before it.
pub(super) fn num_parameters(normalizer: &Normalizer, head: &DenseHead) -> usize {
    let layers = head.layers.iter();
    let of_layers: usize = layers.map(|it| it.weight.len() + it.bias.len()).sum();
    normalizer.mean().len() + of_layers
}
