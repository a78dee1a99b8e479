//! Samples, a teacher and the backbone in, models with less of a backbone that have learned from it
//! out.
//!
//! The teacher learns first, if it hasn't ([`TeacherKind::Heads`]), and says what it makes of every
//! sample. Then the page sends pixels, from which each student's cut backbone makes its features:
//! some 12 KB a sample for three students. Last each student learns twice, from the labels alone
//! and from the teacher, and is judged by the samples that neither it nor the teacher has learned
//! from.

mod course;
mod looking;
mod outcome;
mod tutor;

use web_time::Instant;

use super::{Division, Guard, Material, SLICE, train};
use crate::{
    distill::{DistillConfig, DistillFit, Pupil},
    error::{Error, Result},
    features::Normalizer,
    head::DenseHead,
    protocol::{Distilled, Finding, SampleId, TrainingConfig},
    train::Training,
    transfer::Transferred,
};
use course::Picture;
use looking::Looking;
pub use outcome::Student;
pub use tutor::{Network, Tutor};

/// Blocks that each student's backbone lacks.
///
/// Of EfficientNet-Lite0's 16: 15 leave about three quarters of the weights, 11 about a quarter. What
/// that costs in accuracy is in docs/methods.md.
const MISSING_BLOCKS: [usize; 3] = [1, 3, 5];

/// A study in progress.
pub struct Distillation {
    config: TrainingConfig,
    material: Material,
    network: Network,
    tutor: Tutor,
    stage: Stage,
    students: Vec<Student>,
}

enum Stage {
    /// Finding out which samples must be on one side of the division.
    Divide(Guard),
    Teach(Box<Teaching>),
    Look(Box<Looking>),
    Learn(Box<Learning>),
    /// Only from one stage to the next, and at the end.
    Between,
}

/// The heads that are to teach, one after the other.
struct Teaching {
    division: Division,
    pictures: Vec<Picture>,
    waiting: Vec<TrainingConfig>,
    running: Option<Training>,
    /// A head that has learned, and the next picture it is to say something of.
    speaking: Option<(Transferred, usize)>,
    /// Parameters of all heads so far.
    num_parameters: usize,
    num_heads: usize,
}

/// Students at their books.
struct Learning {
    course: course::Course,
    /// Heads that have learned: for each student without the teacher, then with it.
    heads: Vec<(Normalizer, DenseHead)>,
    running: Option<Box<DistillFit>>,
}

impl Distillation {
    /// Sets it up, with settings that are [`TrainingConfig::clamped`].
    ///
    /// # Errors
    ///
    /// A sentence for the user, when the samples or the teacher won't do.
    pub fn new(
        material: Material,
        config: TrainingConfig,
        network: Network,
        tutor: Tutor,
    ) -> std::result::Result<Self, String> {
        if material.classes.len() < 2 {
            return Err("Add pictures of at least two classes.".to_owned());
        }
        let rows = material.labeled.iter().map(|s| s.row.clone()).collect();
        let study = Self {
            stage: Stage::Divide(Guard::new(rows, config.duplicate_threshold)),
            config,
            material,
            network,
            tutor,
            students: Vec::new(),
        };
        // Copies alone may make it impossible; better said at once.
        let copies = crate::train::copies(study.material.labeled.iter().map(|s| &s.row));
        study.divide(&copies)?;
        Ok(study)
    }

    fn divide(&self, groups: &[usize]) -> std::result::Result<Division, String> {
        match &self.tutor {
            Tutor::Heads => Division::new(&self.material, groups, &self.config),
            Tutor::Model { lineage, .. } => Division::again(&self.material, groups, lineage),
        }
    }

    /// Samples whose pixels the page should send.
    pub fn wishes(&mut self) -> Option<Vec<SampleId>> {
        match &mut self.stage {
            Stage::Look(looking) => looking.wanted.wishes(),
            _ => None,
        }
    }

    /// Takes pixels; nothing if the file can't be read any more.
    pub fn take_pixels(&mut self, sample: SampleId, pixels: Option<Vec<u8>>) {
        if let Stage::Look(looking) = &mut self.stage {
            looking.wanted.arrive(sample, pixels);
        }
    }

    /// Whether there is nothing to do until the page has sent pixels.
    pub fn is_waiting(&self) -> bool {
        match &self.stage {
            Stage::Look(looking) => looking.is_waiting(),
            _ => false,
        }
    }

    /// The models, when there is an answer.
    pub fn into_students(self) -> Vec<Student> {
        self.students
    }

    /// Looking takes the most by far.
    pub(super) fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Divide(guard) => 0.02 * guard.progress(),
            Stage::Teach(teaching) => {
                let num = (teaching.num_heads + teaching.waiting.len() + 1) as f64;
                0.02 + 0.13 * teaching.num_heads as f64 / num
            }
            Stage::Look(looking) => 0.15 + 0.65 * looking.wanted.progress(),
            Stage::Learn(learning) => {
                let of_running = learning.running.as_ref().map_or(0.0, |fit| fit.progress());
                let num = 2.0 * MISSING_BLOCKS.len() as f64;
                0.8 + 0.2 * ((learning.heads.len() as f64 + of_running) / num).min(1.0)
            }
            Stage::Between => 1.0,
        }
    }

    pub(super) async fn advance(&mut self) -> Result<Option<Finding>> {
        let start = Instant::now();
        match &mut self.stage {
            Stage::Divide(guard) => {
                if guard.advance(SLICE) {
                    self.begin_teaching()?;
                }
            }
            Stage::Teach(teaching) => {
                if teaching.advance(&self.material, start).await? {
                    self.begin_looking()?;
                }
            }
            Stage::Look(looking) => {
                if looking.advance(start) {
                    self.begin_learning()?;
                }
            }
            Stage::Learn(learning) => {
                if learning.advance(&self.config, start) {
                    return self.conclude().map(Some);
                }
            }
            Stage::Between => {}
        }
        Ok(None)
    }

    fn begin_teaching(&mut self) -> Result<()> {
        let Stage::Divide(guard) = std::mem::replace(&mut self.stage, Stage::Between) else {
            return Ok(());
        };
        let copies = crate::train::copies(self.material.labeled.iter().map(|s| &s.row));
        let division = self
            .divide(&guard.into_groups())
            .or_else(|_| self.divide(&copies))
            .expect("checked when it was set up");
        let mut pictures = course::pictures(&self.material, &division);
        let waiting = match &self.tutor {
            Tutor::Heads => tutor::heads(&self.material, &division, &self.config),
            Tutor::Model { model, .. } => {
                if model.backbone.is_none() {
                    pictures.iter_mut().for_each(|picture| {
                        let row = model.normalizer.normalized(&picture.row);
                        picture.said.push(model.head.logits(&row));
                    });
                }
                Vec::new()
            }
        };
        self.stage = Stage::Teach(Box::new(Teaching {
            division,
            pictures,
            waiting,
            running: None,
            speaking: None,
            num_parameters: match &self.tutor {
                Tutor::Heads => 0,
                Tutor::Model { model, .. } => {
                    outcome::num_parameters(&model.normalizer, &model.head)
                }
            },
            num_heads: usize::from(matches!(self.tutor, Tutor::Model { .. })),
        }));
        Ok(())
    }

    fn begin_looking(&mut self) -> Result<()> {
        let Stage::Teach(teaching) = std::mem::replace(&mut self.stage, Stage::Between) else {
            return Ok(());
        };
        let looking = Looking::new(*teaching, &self.network, &self.tutor)?;
        self.stage = Stage::Look(Box::new(looking));
        Ok(())
    }

    /// With the pictures that could be read.
    fn begin_learning(&mut self) -> Result<()> {
        let Stage::Look(looking) = std::mem::replace(&mut self.stage, Stage::Between) else {
            return Ok(());
        };
        let course = looking.finish(&self.network)?;
        if !course.is_complete(self.material.classes.len()) {
            return Err(Error::Unreadable);
        }
        self.stage = Stage::Learn(Box::new(Learning {
            course,
            heads: Vec::new(),
            running: None,
        }));
        Ok(())
    }

    fn conclude(&mut self) -> Result<Finding> {
        let Stage::Learn(learning) = std::mem::replace(&mut self.stage, Stage::Between) else {
            return Err(Error::Unreadable);
        };
        let Learning { course, heads, .. } = *learning;
        let (view, students): (Distilled, _) =
            outcome::conclude(course, heads, &self.material, &self.config, &self.network)?;
        self.students = students;
        Ok(Finding::Distillation { distillation: view })
    }
}

impl Teaching {
    /// True when every head has learned and spoken.
    async fn advance(&mut self, material: &Material, start: Instant) -> Result<bool> {
        if let Some((head, next)) = &mut self.speaking {
            while start.elapsed() < SLICE {
                let Some(picture) = self.pictures.get_mut(*next) else {
                    self.speaking = None;
                    return Ok(false);
                };
                picture.said.push(head.logits(&picture.row));
                *next += 1;
            }
            return Ok(false);
        }
        if self.running.is_none() {
            let Some(config) = self.waiting.pop() else {
                return Ok(true);
            };
            let data = self.division.partition(material);
            self.running = Some(Training::new(config, data, &material.device));
        }
        if let Some(outcome) = train(&mut self.running).await? {
            self.num_parameters += outcome::num_parameters(&outcome.normalizer, &outcome.head);
            self.num_heads += 1;
            let head = Transferred {
                normalizer: outcome.normalizer,
                head: outcome.head,
            };
            self.speaking = Some((head, 0));
        }
        Ok(false)
    }
}

impl Learning {
    /// True when every student has learned without the teacher and with it.
    fn advance(&mut self, config: &TrainingConfig, start: Instant) -> bool {
        let fit = match &mut self.running {
            Some(fit) => fit,
            None => {
                let at = self.heads.len();
                if at == 2 * self.course.num_students() {
                    return true;
                }
                let fit = self.course.fit(at / 2, at % 2 == 1, config);
                self.running.insert(Box::new(fit))
            }
        };
        while start.elapsed() < SLICE {
            if fit.step() {
                let fit = self.running.take().expect("just stepped");
                self.heads.push(fit.finish());
                break;
            }
        }
        false
    }
}

impl course::Course {
    /// A student's fit, to the labels alone or taught.
    fn fit(&self, student: usize, is_taught: bool, config: &TrainingConfig) -> DistillFit {
        let settings = &config.distillation;
        let learned = self
            .learned()
            .filter(|picture| is_taught || picture.label.is_some());
        let pupils: Vec<_> = learned
            .map(|picture| Pupil {
                row: picture.seen[student].clone(),
                soft: picture.teacher().soft(settings.temperature),
                label: picture.label,
            })
            .collect();
        let config = DistillConfig {
            temperature: settings.temperature,
            label_share: if is_taught { settings.label_share } else { 1.0 },
            weight_decay: config.weight_decay,
        };
        DistillFit::new(pupils, config)
    }
}
