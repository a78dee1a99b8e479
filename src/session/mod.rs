//! Commands in, events out: the state of one page, without any JavaScript.
//!
//! [`Session::handle`] takes a command and is done at once. What takes time — the GPU's share of
//! extraction, training — is left for [`Session::work`], which does one short slice and is called
//! again until there is nothing left, so that commands such as Stop get through in between.

mod asking;
mod exporting;
mod names;
mod rating;
mod reading;
mod saving;
mod switching;
mod training;
mod tuning;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::{
    backbone::Architecture,
    dataset::{self, Dataset},
    device::Compute,
    error::{Error, Result},
    export,
    features::Features,
    live::Live,
    model::Model,
    protocol::{
        ClassView, Command, Event, FINE_TUNING, MethodFamily, MethodView, ModelClass, Quality,
        SampleId, TrainingConfig,
    },
    study::{Lineage, too_few},
    train::Labeled,
    transfer,
};
use asking::{LazyBackbone, Occlusion, Studies};
use names::Names;
use rating::Rating;
use reading::{GPU_BATCH, Progress, Target};
use saving::Saving;
use switching::{Shelf, Switch};
use training::Run;

/// Longest time between two looks at the message queue.
const SLICE: Duration = Duration::from_millis(40);

/// The state of one page.
pub struct Session {
    compute: Compute,
    num_features: usize,
    dataset: Dataset,
    features: Features,
    qualities: HashMap<SampleId, Quality>,
    /// Announced and not yet read, with the path each came by.
    pending: HashMap<SampleId, String>,
    /// Read, and waiting for the GPU.
    queue: VecDeque<(Target, Vec<u8>)>,
    progress: Progress,
    training: Option<Run>,
    model: Option<Model>,
    /// Which samples have judged it; not known of one from a file.
    lineage: Option<Lineage>,
    studies: Studies,
    occlusion: Option<Occlusion>,
    backbone: LazyBackbone,
    /// Another backbone, on its way to take that one's place.
    switch: Option<Switch>,
    shelf: Shelf,
    /// Backbones being weighed.
    rating: Option<Rating>,
    names: Names,
    /// That of the model in use, if it has one of its own.
    tuned_backbone: Option<LazyBackbone>,
    events: Vec<Event>,
    dataset_changed: bool,
    /// As last told; while it is not empty it may change with every picture that arrives.
    missing: Vec<String>,
    live: Live,
    /// Whether labels or features have changed since `live` was told.
    live_is_behind: bool,
    saving: Saving,
    /// The GPU is gone, which was told.
    is_lost: bool,
}

impl Session {
    /// An empty session on `compute`, for features of a given width. `backbone` is the safetensors
    /// file of what made them; it is read when an explanation is asked for.
    pub fn new(compute: Compute, num_features: usize, backbone: Vec<u8>) -> Self {
        let ready = Event::Ready {
            device: compute.kind,
            reason: compute.reason.clone(),
            defaults: TrainingConfig::default(),
            methods: methods(),
        };
        Self {
            compute,
            num_features,
            dataset: Dataset::default(),
            features: Features::default(),
            qualities: HashMap::new(),
            pending: HashMap::new(),
            queue: VecDeque::new(),
            progress: Progress::default(),
            training: None,
            model: None,
            lineage: None,
            studies: Studies::default(),
            occlusion: None,
            backbone: LazyBackbone::new(backbone.into()),
            switch: None,
            shelf: Shelf::new(),
            rating: None,
            names: Names::default(),
            tuned_backbone: None,
            events: vec![ready],
            dataset_changed: true,
            missing: Vec::new(),
            live: Live::default(),
            live_is_behind: false,
            saving: Saving::default(),
            is_lost: false,
        }
    }

    /// Carries out one command. Nothing in a command can make it panic.
    pub fn handle(&mut self, command: Command) {
        match command {
            Command::Import { files, into } => self.import(files, into),
            Command::Sample {
                id,
                extracted,
                quality,
            } => self.take_sample(id, extracted, quality),
            Command::Unreadable { id, problem } => self.give_up(id, problem),
            Command::CancelImport => self.cancel_import(),
            Command::Train { config } => {
                self.note_training();
                if let Err(message) = self.start_training(config) {
                    self.events.push(Event::Refused { message });
                }
            }
            Command::ReadNames { reader } => self.read_names(&reader),
            // What is left of the run is finished by the next slice of work.
            Command::StopTraining => {
                if let Some(run) = &mut self.training {
                    run.stop();
                }
            }
            Command::Pixels { sample, pixels } => {
                self.studies.take_pixels(sample, pixels.as_ref());
                self.take_pixels(sample, pixels);
            }
            Command::EstimateTuning { config } => {
                if let Err(error) = self.estimate_tuning(config) {
                    self.refuse(&error);
                }
            }
            Command::Augment {
                pixels,
                tuning,
                count,
            } => self.augment(&pixels, &tuning, count),
            Command::Predict { request, extracted } => {
                self.take(Target::Prediction(request), extracted);
            }
            Command::Study { study } => self.ask(study),
            Command::StopStudy { study } => self.stop_study(study),
            Command::KeepStudent { num_blocks } => self.keep_student(num_blocks),
            Command::Explain {
                request,
                pixels,
                class,
                with_voices,
            } => {
                let explained = self.explain(&pixels, class, with_voices);
                self.answer(explained.map(|explanation| Event::Explained {
                    request,
                    explanation,
                }));
            }
            Command::Occlude {
                request,
                pixels,
                class,
            } => {
                if let Err(error) = self.start_occlusion(request, pixels, class) {
                    self.refuse(&error);
                }
            }
            Command::StopOcclusion => self.occlusion = None,
            Command::ListFormats => {
                let formats = self.formats();
                self.answer(formats);
            }
            Command::ExportModel {
                format,
                half,
                date,
                page,
            } => {
                let packed = self.export(format, half, &date, page.as_deref());
                self.answer(packed);
            }
            Command::LoadModel { file, bytes } => {
                if let Err(error) = self.load(&file, &bytes) {
                    let problem = error.into_problem(file);
                    self.events.push(Event::Problem { problem });
                }
            }
            Command::DrawLabeled { seed } => self.draw_labeled(seed),
            Command::RateBackbones {
                samples,
                candidates,
            } => {
                if let Err(error) = self.rate(&samples, candidates) {
                    self.refuse(&error);
                }
            }
            Command::UseBackbone { backbone } => {
                if let Err(error) = self.start_switch(backbone) {
                    let message = Some(sentence(&error));
                    self.events.push(Event::BackboneKept { message });
                }
            }
            Command::Reading { sample, extracted } => self.take_reading(sample, extracted),
            Command::KeepBackbone => self.cancel_switch(),
            Command::Expect { files } => self.saving.expect(files),
            Command::Restore { bytes, is_last } => self.restore(&bytes, is_last),
            Command::Compact { bytes, is_last } => self.compact(&bytes, is_last),
            Command::Thumbnail { sample, jpeg } => self.saving.keep_thumbnail(sample, jpeg),
            Command::KeepSettings { settings } => self.saving.settings(settings),
            edit => self.edit(edit),
        }
    }

    /// Does one slice of whatever takes time. Returns whether there is more to do.
    pub async fn work(&mut self) -> bool {
        if self.is_lost {
            return false;
        }
        if let Err(error) = self.work_on_device().await {
            self.give_up_work(&error);
        }
        if self.occlusion.is_some() {
            self.occlude();
        }
        self.weigh();
        let is_busy = !self.queue.is_empty()
            || self.rating.is_some()
            || self.is_switching()
            || self.training.as_ref().is_some_and(|run| !run.is_waiting())
            || self.occlusion.is_some()
            || self.studies.is_busy();
        // While pictures are being read, each would begin it anew.
        is_busy || self.read_next_name() || (self.pending.is_empty() && self.keep_live())
    }

    /// Whether a change of backbone has something to do.
    fn is_switching(&self) -> bool {
        let is_importing = !self.pending.is_empty();
        let switch = self.switch.as_ref();
        switch.is_some_and(|it| !it.is_waiting(is_importing))
    }

    async fn work_on_device(&mut self) -> Result<()> {
        if !self.queue.is_empty() {
            self.extract_on_gpu().await?;
        }
        self.work_on_switch().await?;
        if self.training.is_some() {
            return self.train().await;
        }
        self.study().await
    }

    /// A slice of the fit that needs no button and nobody waits for; whether there is more to do.
    fn keep_live(&mut self) -> bool {
        self.settle_import();
        if std::mem::take(&mut self.live_is_behind) || self.dataset_changed {
            let (classes, rows) = self.labeled();
            let classes = classes.into_iter().map(|class| class.id).collect();
            self.live.update(&rows, classes);
        }
        if let Some(estimate) = self.live.work() {
            self.events.push(Event::Live { estimate });
        }
        self.live.is_busy()
    }

    /// Without a GPU that works, nothing can go on here. Other trouble ends what had it.
    fn give_up_work(&mut self, error: &Error) {
        if matches!(error, Error::DeviceLost | Error::WrongAnswer) {
            self.is_lost = true;
            let message = error.to_string();
            self.events.push(Event::DeviceLost { message });
        } else if self.training.take().is_some() {
            let message = sentence(error);
            self.events.push(Event::TrainingFailed { message });
        }
    }

    /// The events since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.settle_import();
        if !self.missing.is_empty() && self.missing() != self.missing {
            self.dataset_changed = true;
        }
        if std::mem::take(&mut self.dataset_changed) {
            self.missing = self.missing();
            self.live_is_behind = true;
            let dataset = self.view();
            self.events.push(dataset);
        }
        self.save();
        std::mem::take(&mut self.events)
    }

    fn edit(&mut self, command: Command) {
        let Self {
            dataset,
            features,
            pending,
            ..
        } = self;
        match command {
            Command::AddClass { name } => dataset.add_class(&name),
            Command::RenameClass { class, name } => dataset.rename_class(class, &name),
            Command::MergeClasses { from, into } => dataset.merge_classes(from, into),
            Command::DeleteClass { class } => dataset.delete_class(class),
            Command::SortClasses { by } => {
                let is_live = |id| features.get(id).is_some() || pending.contains_key(&id);
                dataset.sort_classes(by, is_live);
            }
            Command::MoveSamples { samples, class } => dataset.move_samples(&samples, class),
            Command::MarkTarget { samples, is_target } => dataset.mark_target(&samples, is_target),
            Command::DeleteSamples { samples } => dataset.delete_samples(&samples),
            Command::Undo => dataset.undo(),
            Command::Redo => dataset.redo(),
            other => unreachable!("{other:?} is no edit"),
        }
        self.dataset_changed = true;
    }

    /// Every class that has samples, and every sample that has features.
    fn labeled(&self) -> (Vec<&dataset::Class>, Vec<Labeled>) {
        let (mut classes, mut rows) = (Vec::new(), Vec::new());
        for class in self.dataset.classes() {
            let label = classes.len();
            let before = rows.len();
            rows.extend(class.samples.iter().filter_map(|&sample| {
                let row = self.features.get(sample)?.clone();
                Some(Labeled { sample, row, label })
            }));
            if rows.len() > before {
                classes.push(class);
            }
        }
        (classes, rows)
    }

    fn load(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let model = export::unpack(bytes)?;
        let made_for = export::architecture(bytes)?;
        match self.backbone.architecture() {
            Some(in_use) if !fits(&model, &made_for, &in_use) => {
                self.events.push(Event::OtherBackbone {
                    file: file.to_owned(),
                    backbone: made_for.name.to_owned(),
                });
            }
            _ => self.use_loaded(model),
        }
        Ok(())
    }

    fn use_loaded(&mut self, mut model: Model) {
        // A run in progress would replace the loaded model when it ends.
        self.training = None;
        for class in &mut model.classes {
            class.color = self.dataset.ensure_class(&class.name, class.color);
        }
        self.dataset_changed = true;
        self.events.push(Event::ModelLoaded {
            classes: model.classes.clone(),
            accuracy: model.provenance.as_ref().map(|known| known.accuracy),
            familiar_share: model.familiarity.map(|known| known.share),
            is_tuned: model.backbone.is_some(),
        });
        self.adopt(model, None);
    }

    /// Takes a model into use.
    fn adopt(&mut self, model: Model, lineage: Option<Lineage>) {
        self.lineage = lineage;
        self.tuned_backbone = model.backbone.clone().map(LazyBackbone::new);
        self.model = Some(model);
        self.saving.model_is_unsaved = true;
    }

    fn answer(&mut self, outcome: Result<Event>) {
        match outcome {
            Ok(event) => self.events.push(event),
            Err(error) => self.refuse(&error),
        }
    }

    fn refuse(&mut self, error: &Error) {
        let message = sentence(error);
        self.events.push(Event::Refused { message });
    }

    fn view(&self) -> Event {
        let is_live =
            |id: &SampleId| self.features.get(*id).is_some() || self.pending.contains_key(id);
        let view = |class: &dataset::Class| ClassView {
            id: class.id,
            name: class.name.clone(),
            color: class.color,
            samples: class.samples.iter().copied().filter(is_live).collect(),
        };
        let classes: Vec<_> = self.dataset.classes().iter().map(view).collect();
        let unsorted = self.dataset.unsorted().iter().copied();
        let unsorted: Vec<_> = unsorted.filter(is_live).collect();
        let shown = classes
            .iter()
            .map(|class| &class.samples)
            .chain([&unsorted]);
        let is_target = |id: &SampleId| self.dataset.target().contains(id);
        let mut target: Vec<_> = shown.flatten().copied().filter(is_target).collect();
        target.sort_unstable();
        Event::Dataset {
            classes,
            unsorted,
            target,
            undo: self.dataset.undo_label().map(str::to_owned),
            redo: self.dataset.redo_label().map(str::to_owned),
            missing: self.missing.clone(),
        }
    }

    /// What has to happen before training makes sense, one sentence each.
    fn missing(&self) -> Vec<String> {
        let ready = |class: &dataset::Class| {
            class
                .samples
                .iter()
                .filter(|&&id| self.features.get(id).is_some())
                .count()
        };
        let sizes = self
            .dataset
            .classes()
            .iter()
            .map(|class| (class, ready(class)));
        let used: Vec<_> = sizes.filter(|(_, size)| *size > 0).collect();
        let mut missing = match used.len() {
            0 => vec!["Add pictures of at least two classes.".to_owned()],
            1 => vec!["Add pictures of a second class.".to_owned()],
            _ => Vec::new(),
        };
        let small = used.iter().filter(|(_, size)| *size < 2);
        missing.extend(small.map(|(class, _)| too_few(&class.name)));
        // What is on its way may be what is missing.
        match missing.is_empty() || self.pending.is_empty() {
            true => missing,
            false => vec!["Still reading the first pictures.".to_owned()],
        }
    }
}

/// Whether a model can be used with the backbone in use. One with a backbone of its own is asked
/// about pixels: they have to be of the size it sees.
fn fits(model: &Model, made_for: &Architecture, in_use: &Architecture) -> bool {
    match model.backbone {
        Some(_) => made_for.input_size == in_use.input_size,
        None => made_for.name == in_use.name,
    }
}

/// Trouble and remedy, as one reads them.
fn sentence(error: &Error) -> String {
    let trouble = error.to_string();
    let mut letters = trouble.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}. {}", letters.as_str(), error.remedy())
}

/// All methods as they are offered.
fn methods() -> Vec<MethodView> {
    let mut methods: Vec<_> = transfer::METHODS
        .iter()
        .map(transfer::Method::view)
        .collect();
    methods.push(MethodView {
        id: FINE_TUNING.to_owned(),
        name: "Fine-tune the network".to_owned(),
        sentence: "Lets the last blocks of the network learn, too: takes minutes, and needs all \
                   pictures to be read again."
            .to_owned(),
        family: MethodFamily::FineTuning,
    });
    methods
}

fn model_class(class: &dataset::Class) -> ModelClass {
    ModelClass {
        name: class.name.clone(),
        color: class.color,
        by_name: false,
    }
}
