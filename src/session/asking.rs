//! Questions: studies one after the other, and why the model says what it says.

use std::{collections::VecDeque, rc::Rc};

use super::{SLICE, Session, sentence};
use crate::{
    backbone::{Architecture, Backbone, Weights},
    error::{Error, Result},
    explain::{Occluding, explain},
    metrics::argmax,
    protocol::{
        Event, Explanation, ModelClass, SampleId, Study, StudyKind, TeacherKind, TrainingConfig,
        Voice, Voices,
    },
    study::{Distillation, Inquiry, Material, Network, Student, Tutor},
    tensor_file::TensorFile,
};

/// Samples that speak, of each kind.
const NUM_VOICES: usize = 8;

/// Studies that wait and the one whose turn it is.
#[derive(Default)]
pub(super) struct Studies {
    waiting: VecDeque<Study>,
    running: Option<(StudyKind, Inquiry)>,
    /// What the last distillation came to.
    students: Vec<Student>,
}

impl Studies {
    /// Whether there is something to do, now.
    pub(super) fn is_busy(&self) -> bool {
        match &self.running {
            Some((_, Inquiry::Distillation(study))) => !study.is_waiting(),
            Some(_) => true,
            None => !self.waiting.is_empty(),
        }
    }

    /// Takes what the page has read again; nothing if the file can't be read any more.
    pub(super) fn take_pixels(&mut self, sample: SampleId, pixels: Option<&Vec<u8>>) {
        if let Some((_, Inquiry::Distillation(study))) = &mut self.running {
            study.take_pixels(sample, pixels.cloned());
        }
    }

    /// Takes a question out of line; whether it was there.
    fn remove(&mut self, kind: StudyKind) -> bool {
        let num_waiting = self.waiting.len();
        self.waiting.retain(|study| study.kind() != kind);
        let is_running = self
            .running
            .as_ref()
            .is_some_and(|(running, _)| *running == kind);
        if is_running {
            self.running = None;
        }
        is_running || self.waiting.len() < num_waiting
    }
}

/// The backbone on the CPU, made when it is first needed: explanations ask for what is inside it,
/// which no extractor tells.
pub(super) struct LazyBackbone {
    /// A safetensors file.
    file: Rc<[u8]>,
    weights: Option<Rc<Weights>>,
    backbone: Option<Backbone>,
}

impl LazyBackbone {
    pub(super) fn new(file: Rc<[u8]>) -> Self {
        Self {
            file,
            weights: None,
            backbone: None,
        }
    }

    /// What the file says it is; nothing if that can't be read.
    pub(super) fn architecture(&self) -> Option<Architecture> {
        let file = TensorFile::parse(&self.file).ok()?;
        Architecture::by_name(file.metadata("backbone")?)
    }

    pub(super) fn file(&self) -> Rc<[u8]> {
        self.file.clone()
    }

    /// Read once; fine-tuning asks for them.
    pub(super) fn weights(&mut self) -> Result<Rc<Weights>> {
        if self.weights.is_none() {
            self.weights = Some(Rc::new(Weights::from_safetensors(&self.file)?));
        }
        Ok(self.weights.clone().expect("just read"))
    }

    pub(super) fn get(&mut self) -> Result<&mut Backbone> {
        if self.backbone.is_none() {
            let weights = Weights::from_safetensors(&self.file)?;
            self.backbone = Some(Backbone::new(&weights));
        }
        Ok(self.backbone.as_mut().expect("just made"))
    }
}

/// An occlusion in progress.
pub(super) struct Occlusion {
    request: u32,
    occluding: Occluding,
}

impl Session {
    /// Puts a question at the end of the line.
    pub(super) fn ask(&mut self, study: Study) {
        self.studies.remove(study.kind());
        self.studies.waiting.push_back(study);
    }

    pub(super) fn stop_study(&mut self, study: StudyKind) {
        if self.studies.remove(study) {
            let message = None;
            self.events.push(Event::StudyEnded { study, message });
        }
    }

    /// Does a slice of the question whose turn it is.
    pub(super) async fn study(&mut self) -> Result<()> {
        let Some((kind, mut inquiry)) = self.next_inquiry() else {
            return Ok(());
        };
        match inquiry.advance().await {
            Ok(Some(finding)) => {
                self.events.push(Event::Studied { finding });
                if let Inquiry::Distillation(study) = inquiry {
                    self.studies.students = study.into_students();
                }
            }
            Ok(None) => {
                if let Inquiry::Distillation(study) = &mut inquiry
                    && let Some(samples) = study.wishes()
                {
                    self.events.push(Event::NeedPixels { samples });
                }
                let progress = inquiry.progress();
                self.events.push(Event::StudyProgress {
                    study: kind,
                    progress,
                });
                self.studies.running = Some((kind, inquiry));
            }
            Err(error) => {
                self.end_study(kind, sentence(&error));
                // Files and weights are no matter of the device, which others use, too.
                if !matches!(error, Error::Unreadable | Error::DamagedWeights(_)) {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn next_inquiry(&mut self) -> Option<(StudyKind, Inquiry)> {
        if let Some(running) = self.studies.running.take() {
            return Some(running);
        }
        let study = self.studies.waiting.pop_front()?;
        let kind = study.kind();
        let inquiry = match study {
            Study::Distillation { config } => self.distillation(config),
            study => Inquiry::new(study, self.material()),
        };
        match inquiry {
            Ok(inquiry) => Some((kind, inquiry)),
            Err(message) => {
                self.end_study(kind, message);
                None
            }
        }
    }

    /// # Errors
    ///
    /// A sentence for the user, when there is no such teacher, or too little to learn from.
    fn distillation(&mut self, config: TrainingConfig) -> std::result::Result<Inquiry, String> {
        let material = self.material();
        let tutor = match config.distillation.teacher {
            TeacherKind::Heads => Tutor::Heads,
            TeacherKind::Model => self.tutor(&material)?,
        };
        let weights = self.backbone.weights();
        let network = Network {
            file: self.backbone.file(),
            weights: weights.map_err(|error| sentence(&error))?,
        };
        let study = Distillation::new(material, config.clamped(), network, tutor)?;
        Ok(Inquiry::Distillation(Box::new(study)))
    }

    /// The model in use as a teacher.
    fn tutor(&self, material: &Material) -> std::result::Result<Tutor, String> {
        let model = self.model.as_ref();
        let model = model.ok_or("There is no model yet that could teach. Train one.")?;
        let lineage = self.lineage.clone().ok_or(
            "A model from a file can't teach: which pictures it has learned from isn't known,              so none could judge. Train one here.",
        )?;
        let names = |classes: &[ModelClass]| -> Vec<String> {
            classes.iter().map(|class| class.name.clone()).collect()
        };
        match names(&model.classes) == names(&material.model_classes()) {
            true => Ok(Tutor::Model {
                model: Box::new(model.clone()),
                lineage,
            }),
            false => {
                Err("The classes have changed since the model was trained. Train again.".to_owned())
            }
        }
    }

    /// Takes a student of the last distillation into use.
    pub(super) fn keep_student(&mut self, num_blocks: usize) {
        let students = self.studies.students.iter();
        let Some(student) = students.clone().find(|it| it.num_blocks == num_blocks) else {
            return self.refuse(&Error::NoModel);
        };
        let evaluation = Box::new(student.evaluation.clone());
        let (model, lineage) = (student.model.clone(), student.lineage.clone());
        self.adopt(model, Some(lineage));
        self.events.push(Event::Trained {
            evaluation,
            is_tuned: true,
            teachers: Vec::new(),
        });
    }

    fn end_study(&mut self, study: StudyKind, message: String) {
        let message = Some(message);
        self.events.push(Event::StudyEnded { study, message });
    }

    pub(super) fn material(&self) -> Material {
        let (classes, labeled) = self.labeled();
        let (names, further_classes) = self.names_of(&classes);
        let classes = classes
            .into_iter()
            .map(|class| (class.id, super::model_class(class)));
        let with_row = |&id: &SampleId| Some((id, self.features.get(id)?.clone()));
        let unsorted: Vec<_> = self
            .dataset
            .unsorted()
            .iter()
            .filter_map(with_row)
            .collect();
        let ids = labeled
            .iter()
            .map(|s| s.sample)
            .chain(unsorted.iter().map(|(id, _)| *id));
        let with_quality = |id: SampleId| Some((id, *self.qualities.get(&id)?));
        Material {
            qualities: ids.filter_map(with_quality).collect(),
            classes: classes.collect(),
            labeled,
            unsorted,
            target: self.dataset.target().clone(),
            names,
            further_classes,
            device: self.compute.device.clone(),
        }
    }

    /// Why the model in use says what it says.
    pub(super) fn explain(
        &mut self,
        pixels: &[u8],
        class: Option<usize>,
        with_voices: bool,
    ) -> Result<Explanation> {
        let looking = self.tuned_backbone.as_mut().unwrap_or(&mut self.backbone);
        let model = self.model.as_ref().ok_or(Error::NoModel)?;
        let backbone = looking.get()?;
        if !is_image(pixels, backbone) || class.is_some_and(|at| at >= model.classes.len()) {
            return Err(Error::DamagedFeatures);
        }
        let (mut explanation, features) = explain(backbone, model, pixels);
        if with_voices {
            let class = class.unwrap_or_else(|| argmax(&explanation.probabilities));
            // Samples speak by the features that are kept of them, which are the served backbone's.
            let features = match model.backbone {
                Some(_) => self.backbone.get()?.forward(pixels).to_vec(),
                None => features,
            };
            let name = &self.model.as_ref().ok_or(Error::NoModel)?.classes[class].name;
            explanation.voices = self.voices(name, &features);
        }
        Ok(explanation)
    }

    /// The samples that speak about a class, by name, of an image with these features.
    fn voices(&self, class: &str, features: &[f32]) -> Option<Voices> {
        let fitted = self.live.fitted()?;
        let class = self
            .dataset
            .classes()
            .iter()
            .find(|other| other.name == class)?;
        let class = fitted.classes.iter().position(|&id| id == class.id)?;
        let influences = fitted.ridge.influences(features, class, NUM_VOICES);
        let voices = |of: Vec<crate::head::ridge::Influence>| {
            let voice = |influence: crate::head::ridge::Influence| Voice {
                sample: fitted.samples[influence.row],
                contribution: influence.contribution,
                cosine: influence.cosine,
            };
            of.into_iter().map(voice).collect()
        };
        Some(Voices {
            supporting: voices(influences.positive),
            opposing: voices(influences.negative),
            nearest: voices(influences.nearest),
        })
    }

    /// Starts to hide parts of an image.
    pub(super) fn start_occlusion(
        &mut self,
        request: u32,
        pixels: Vec<u8>,
        class: usize,
    ) -> Result<()> {
        let looking = self.tuned_backbone.as_mut().unwrap_or(&mut self.backbone);
        let model = self.model.as_ref().ok_or(Error::NoModel)?;
        let backbone = looking.get()?;
        if !is_image(&pixels, backbone) || class >= model.classes.len() {
            return Err(Error::DamagedFeatures);
        }
        // As many as the heat maps have.
        let num_cells = backbone.architecture().num_cells();
        let occluding = Occluding::new(pixels, class, num_cells);
        self.occlusion = Some(Occlusion { request, occluding });
        Ok(())
    }

    /// Hides parts for a slice of time, one pass at least.
    pub(super) fn occlude(&mut self) {
        let (Some(occlusion), Some(model)) = (&mut self.occlusion, &self.model) else {
            self.occlusion = None;
            return;
        };
        let looking = self.tuned_backbone.as_mut().unwrap_or(&mut self.backbone);
        let Ok(backbone) = looking.get() else {
            return;
        };
        let request = occlusion.request;
        let start = web_time::Instant::now();
        while start.elapsed() < SLICE {
            if let Some(found) = occlusion.occluding.step(backbone, model) {
                self.events.push(Event::Occluded {
                    request,
                    occlusion: found,
                });
                self.occlusion = None;
                return;
            }
        }
        let progress = occlusion.occluding.progress();
        self.events
            .push(Event::OcclusionProgress { request, progress });
    }
}

fn is_image(pixels: &[u8], backbone: &Backbone) -> bool {
    pixels.len() == 3 * backbone.architecture().input_size.pow(2)
}
