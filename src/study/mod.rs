//! Questions about samples and heads in, answers out, one slice of work at a time.
//!
//! A study looks at the samples as they were when its turn came ([`Material`]); edits made
//! meanwhile don't disturb it.

mod cross_validation;
mod distillation;
mod division;
#[cfg(test)]
mod fixtures;
mod guard;
mod health;
mod learning_curve;
mod likeness;
mod map;
mod methods;
mod next_labels;
mod none_of_these;
mod wanted;

use std::{collections::BTreeSet, time::Duration};

use burn::tensor::Device;

pub use distillation::{Distillation, Network, Student, Tutor};
pub use division::{Division, Lineage};
pub use guard::{Guard, shared};
pub use wanted::Wanted;

use crate::{
    error::Result,
    features::Row,
    protocol::{ClassId, Finding, ModelClass, Quality, SampleId, Study},
    train::{Advance, Labeled, Outcome, Training},
    transfer::Names,
};
use cross_validation::CrossValidation;
use health::HealthCheck;
use learning_curve::LearningCurve;
use likeness::Likeness;
use map::Map;
use methods::Methods;
use next_labels::NextLabels;
use none_of_these::NoneOfThese;

/// Longest time between two looks at the message queue.
const SLICE: Duration = Duration::from_millis(40);

/// What studies are about.
#[derive(Clone)]
pub struct Material {
    /// Classes that have samples with features, in the order of labels.
    pub classes: Vec<(ClassId, ModelClass)>,
    /// Their samples.
    pub labeled: Vec<Labeled>,
    /// Samples without a class.
    pub unsorted: Vec<(SampleId, Row)>,
    /// Samples of the target domain; none if there is one domain.
    pub target: BTreeSet<SampleId>,
    /// How samples look, in no order.
    pub qualities: Vec<(SampleId, Quality)>,
    /// What the names of the classes say, if they have been read.
    pub names: Option<Names>,
    /// Classes that have no pictures, in the order of [`Names::further`].
    pub further_classes: Vec<ModelClass>,
    /// Where heads are trained that need it.
    pub device: Device,
}

impl Material {
    /// The classes as a model of them would have them.
    pub fn model_classes(&self) -> Vec<ModelClass> {
        self.classes
            .iter()
            .map(|(_, class)| class.clone())
            .collect()
    }

    /// What names say of the classes that there are pictures of.
    fn names(&self) -> Option<Names> {
        self.names.as_ref().map(Names::of_pictured)
    }

    /// All samples, the labeled ones first.
    fn rows(&self) -> Vec<(SampleId, Row)> {
        let labeled = self.labeled.iter().map(|s| (s.sample, s.row.clone()));
        labeled.chain(self.unsorted.iter().cloned()).collect()
    }

    fn labels(&self) -> Vec<usize> {
        self.labeled.iter().map(|sample| sample.label).collect()
    }
}

/// A study in progress. Call [`Inquiry::advance`] until it has an answer.
pub enum Inquiry {
    /// [`Study::CrossValidation`]
    CrossValidation(Box<CrossValidation>),
    /// [`Study::LearningCurve`]
    LearningCurve(Box<LearningCurve>),
    /// [`Study::NoneOfThese`]
    NoneOfThese(Box<NoneOfThese>),
    /// [`Study::Methods`]
    Methods(Box<Methods>),
    /// [`Study::Likeness`]
    Likeness(Box<Likeness>),
    /// [`Study::Health`]
    Health(Box<HealthCheck>),
    /// [`Study::Map`]
    Map(Box<Map>),
    /// [`Study::NextLabels`]
    NextLabels(Box<NextLabels>),
    /// [`Study::Distillation`], which takes more than samples to set up.
    Distillation(Box<Distillation>),
}

impl Inquiry {
    /// Sets up a study. Distillation is set up by [`Distillation::new`].
    ///
    /// # Errors
    ///
    /// A sentence for the user, when the samples can't answer the question.
    pub fn new(study: Study, material: Material) -> std::result::Result<Self, String> {
        if let Study::CrossValidation { config, .. }
        | Study::LearningCurve { config }
        | Study::NoneOfThese { config } = &study
            && let Some(refusal) = methods::refusal(&material, config)
        {
            return Err(refusal);
        }
        Ok(match study {
            Study::CrossValidation { config, num_folds } => {
                let study = CrossValidation::new(material, config.clamped(), num_folds)?;
                Self::CrossValidation(Box::new(study))
            }
            Study::LearningCurve { config } => {
                Self::LearningCurve(Box::new(LearningCurve::new(material, config.clamped())?))
            }
            Study::NoneOfThese { config } => {
                Self::NoneOfThese(Box::new(NoneOfThese::new(material, config.clamped())?))
            }
            Study::Methods { config, num_folds } => {
                let study = Methods::new(material, config.clamped(), num_folds)?;
                Self::Methods(Box::new(study))
            }
            Study::Likeness => Self::Likeness(Box::new(Likeness::new(material)?)),
            Study::Health {
                duplicate_threshold,
            } => Self::Health(Box::new(HealthCheck::new(material, duplicate_threshold))),
            Study::Map => Self::Map(Box::new(Map::new(&material))),
            Study::NextLabels { count, skip } => {
                Self::NextLabels(Box::new(NextLabels::new(material, count, &skip)))
            }
            Study::Distillation { .. } => unreachable!("set up by Distillation::new"),
        })
    }

    /// Works for a slice of time; the answer at the end.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn advance(&mut self) -> Result<Option<Finding>> {
        Ok(match self {
            Self::CrossValidation(study) => study.advance().await?,
            Self::LearningCurve(study) => study.advance().await?,
            Self::NoneOfThese(study) => study.advance().await?,
            Self::Methods(study) => study.advance().await?,
            Self::Likeness(study) => study.advance(),
            Self::Health(study) => study.advance(),
            Self::Map(study) => study.advance(),
            Self::NextLabels(study) => study.advance(),
            Self::Distillation(study) => study.advance().await?,
        })
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        match self {
            Self::CrossValidation(study) => study.progress(),
            Self::LearningCurve(study) => study.progress(),
            Self::NoneOfThese(study) => study.progress(),
            Self::Methods(study) => study.progress(),
            Self::Likeness(study) => study.progress(),
            Self::Health(study) => study.progress(),
            Self::Map(study) => study.progress(),
            Self::NextLabels(study) => study.progress(),
            Self::Distillation(study) => study.progress(),
        }
    }
}

/// Does a slice of a training run; the outcome at its end.
async fn train(running: &mut Option<Training>) -> Result<Option<Outcome>> {
    let training = running.as_mut().expect("a run in progress");
    match training.advance().await? {
        Advance::Finished | Advance::Abandoned => {
            let training = running.take().expect("a run in progress");
            training.finish().await.map(Some)
        }
        Advance::Running | Advance::Epoch(_) => Ok(None),
    }
}

/// What is said of a class that can't be divided.
pub fn too_few(class: &str) -> String {
    format!("“{class}” needs two different pictures: one to learn from and one to check with.")
}
