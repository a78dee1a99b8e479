//! Commands in, events out: the state of one page, without any JavaScript.
//!
//! [`Session::handle`] takes a command and is done at once. What takes time — the GPU's share of
//! extraction, training — is left for [`Session::work`], which does one short slice and is called
//! again until there is nothing left, so that commands such as Stop get through in between.

use std::collections::{HashMap, VecDeque};

use crate::{
    dataset::{self, Dataset, Split},
    device::Compute,
    error::{Error, Result},
    export,
    features::{self, Features, Row},
    live::Live,
    metrics::{self, HeldOut, Report},
    model::{Model, Provenance},
    protocol::{
        ClassView, Command, DeviceKind, Evaluation, Event, Extracted, HeadKind, HeldOutPrediction,
        Import, ModelClass, Problem, SampleId, TrainingConfig,
    },
    train::{Advance, Labeled, Outcome, Partition, Training, copies},
};

/// Images per forward pass on the GPU. Larger batches gain little and delay the first result.
const GPU_BATCH: usize = 8;

/// Name of the download.
const PACKAGE: &str = "graft-model.zip";

/// The state of one page.
pub struct Session {
    compute: Compute,
    num_features: usize,
    dataset: Dataset,
    features: Features,
    /// Announced and not yet read, with the path each came by.
    pending: HashMap<SampleId, String>,
    /// Read, and waiting for the GPU.
    queue: VecDeque<(Target, Vec<u8>)>,
    progress: Progress,
    training: Option<Run>,
    model: Option<Model>,
    events: Vec<Event>,
    dataset_changed: bool,
    /// As last told; while it is not empty it may change with every picture that arrives.
    missing: Vec<String>,
    live: Live,
    /// Whether labels or features have changed since `live` was told.
    live_is_behind: bool,
}

/// What features are wanted for.
#[derive(Clone, Copy, Debug)]
enum Target {
    Sample(SampleId),
    Prediction(u32),
}

/// How far the imports since the last pause are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    done: usize,
    total: usize,
}

/// A training run and the classes it is for.
struct Run {
    training: Training,
    config: TrainingConfig,
    classes: Vec<ModelClass>,
}

impl Session {
    /// An empty session on `compute`, for features of a given width.
    pub fn new(compute: Compute, num_features: usize) -> Self {
        let ready = Event::Ready {
            device: compute.kind,
            reason: compute.reason.clone(),
            defaults: TrainingConfig::default(),
        };
        Self {
            compute,
            num_features,
            dataset: Dataset::default(),
            features: Features::default(),
            pending: HashMap::new(),
            queue: VecDeque::new(),
            progress: Progress::default(),
            training: None,
            model: None,
            events: vec![ready],
            dataset_changed: true,
            missing: Vec::new(),
            live: Live::default(),
            live_is_behind: false,
        }
    }

    /// Carries out one command. Nothing in a command can make it panic.
    pub fn handle(&mut self, command: Command) {
        match command {
            Command::Import { files, class } => self.import(files, class),
            Command::Sample { id, extracted } => self.take(Target::Sample(id), extracted),
            Command::Unreadable { id, problem } => self.give_up(id, problem),
            Command::CancelImport => self.cancel_import(),
            Command::Train { config } => {
                if let Err(message) = self.start_training(config) {
                    self.events.push(Event::Refused { message });
                }
            }
            // What is left of the run is finished by the next slice of work.
            Command::StopTraining => {
                if let Some(run) = &mut self.training {
                    run.training.stop();
                }
            }
            Command::Predict { request, extracted } => {
                self.take(Target::Prediction(request), extracted);
            }
            Command::ExportModel { backbone } => {
                let packed = self.export(&backbone);
                self.answer(packed);
            }
            Command::LoadModel { file, bytes } => match export::unpack(&bytes) {
                Ok(model) => self.use_loaded(model),
                Err(error) => {
                    let problem = error.into_problem(file);
                    self.events.push(Event::Problem { problem });
                }
            },
            edit => self.edit(edit),
        }
    }

    /// Does one slice of whatever takes time. Returns whether there is more to do.
    pub async fn work(&mut self) -> bool {
        let mut slice = Ok(());
        if !self.queue.is_empty() {
            slice = self.extract_on_gpu().await;
        }
        if slice.is_ok() {
            slice = self.train().await;
        }
        if let Err(error) = slice {
            self.lose_device(&error);
        }
        if !self.queue.is_empty() || self.training.is_some() {
            return true;
        }
        // While pictures are being read, each would begin it anew.
        self.pending.is_empty() && self.keep_live()
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

    /// Ends all that was waiting for the device, so that nothing waits for ever.
    fn lose_device(&mut self, error: &Error) {
        for (target, _) in std::mem::take(&mut self.queue) {
            self.fail(target, error.clone());
        }
        if self.training.take().is_some() {
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
            Command::DeleteSamples { samples } => dataset.delete_samples(&samples),
            Command::Undo => dataset.undo(),
            Command::Redo => dataset.redo(),
            other => unreachable!("{other:?} is no edit"),
        }
        self.dataset_changed = true;
    }

    fn import(&mut self, files: Vec<Import>, class: Option<u32>) {
        let named: Vec<_> = files
            .iter()
            .map(|file| (file.id, file.path.as_str()))
            .collect();
        self.dataset.import(&named, class);
        self.progress.total += files.len();
        self.pending
            .extend(files.into_iter().map(|file| (file.id, file.path)));
        self.tell_progress();
        self.dataset_changed = true;
    }

    /// Takes what an extractor found. Features are used at once, pixels wait for the GPU.
    fn take(&mut self, target: Target, extracted: Extracted) {
        match (extracted, &self.compute.extractor) {
            (Extracted::Features { bytes }, _) => {
                match features::from_bytes(&bytes, self.num_features) {
                    Some(row) => self.settle(target, row),
                    None => self.fail(target, Error::DamagedFeatures),
                }
            }
            (Extracted::Pixels { bytes }, Some(extractor)) if extractor.accepts(&bytes) => {
                // Somebody is looking at the bars; an import can wait a moment.
                match target {
                    Target::Prediction(_) => self.queue.push_front((target, bytes)),
                    Target::Sample(_) => self.queue.push_back((target, bytes)),
                }
            }
            (Extracted::Pixels { .. }, _) => self.fail(target, Error::DamagedFeatures),
        }
    }

    async fn extract_on_gpu(&mut self) -> Result<()> {
        let num_images = self.queue.len().min(GPU_BATCH);
        let batch: Vec<_> = self.queue.drain(..num_images).collect();
        let extractor = self.compute.extractor.as_mut();
        let extractor = extractor.expect("only a GPU has a queue");
        let images: Vec<_> = batch.iter().map(|(_, pixels)| pixels.as_slice()).collect();
        match extractor.features(&images).await {
            Ok(rows) => {
                for ((target, _), row) in batch.into_iter().zip(rows) {
                    self.settle(target, row.into());
                }
                Ok(())
            }
            Err(error) => {
                // Back in line, to be given up with the rest.
                self.queue.extend(batch);
                Err(error)
            }
        }
    }

    /// Features have arrived.
    fn settle(&mut self, target: Target, row: Row) {
        match target {
            Target::Sample(id) => {
                if self.pending.remove(&id).is_some() {
                    self.features.insert(id, row);
                    self.step_progress();
                }
            }
            Target::Prediction(request) => match &self.model {
                Some(model) => {
                    let probabilities = model.probabilities(&row);
                    self.events.push(Event::Prediction {
                        request,
                        probabilities,
                    });
                }
                None => self.refuse(&Error::NoModel),
            },
        }
    }

    /// Features will not arrive.
    fn fail(&mut self, target: Target, error: Error) {
        match target {
            Target::Sample(id) => {
                let file = self.pending.get(&id).cloned().unwrap_or_default();
                self.give_up(id, error.into_problem(file));
            }
            Target::Prediction(_) => self.refuse(&error),
        }
    }

    fn give_up(&mut self, id: SampleId, problem: Problem) {
        if self.pending.remove(&id).is_some() {
            self.events.push(Event::Problem { problem });
            self.step_progress();
            self.dataset_changed = true;
        }
    }

    fn step_progress(&mut self) {
        self.progress.done += 1;
        self.tell_progress();
    }

    /// Only the newest of the progress events in a row is kept.
    fn tell_progress(&mut self) {
        let Progress { done, total } = self.progress;
        let event = Event::Progress { done, total };
        match self.events.last_mut() {
            Some(last @ Event::Progress { .. }) => *last = event,
            _ => self.events.push(event),
        }
    }

    fn cancel_import(&mut self) {
        self.queue
            .retain(|(target, _)| matches!(target, Target::Prediction(_)));
        self.progress.done += self.pending.len();
        self.pending.clear();
        self.tell_progress();
        self.dataset_changed = true;
    }

    /// Once nothing is pending, the next import counts from zero, and what is missing changes.
    fn settle_import(&mut self) {
        if self.progress.total > 0 && self.pending.is_empty() {
            self.progress = Progress::default();
            let features = &self.features;
            self.dataset
                .drop_empty_imports(|id| features.get(id).is_some());
            self.dataset_changed = true;
        }
    }

    fn start_training(&mut self, config: TrainingConfig) -> std::result::Result<(), String> {
        if self.training.is_some() {
            return Err("Training is running already; stop it first.".to_owned());
        }
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(missing.join(" "));
        }
        let config = config.clamped();
        let (classes, rows) = self.labeled();
        let classes: Vec<_> = classes.into_iter().map(model_class).collect();
        let split = split(&rows, &config).map_err(|class| too_few(&classes[class].name))?;
        let partition = Partition::new(rows, &split, classes.len());
        self.events.push(Event::TrainingStarted {
            num_train: partition.train.len(),
            num_validation: partition.validation.len(),
            num_epochs: match config.head {
                HeadKind::Softmax => None,
                HeadKind::Mlp => Some(config.num_epochs),
            },
        });
        let training = Training::new(config.clone(), partition, &self.compute.device);
        self.training = Some(Run {
            training,
            config,
            classes,
        });
        Ok(())
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

    async fn train(&mut self) -> Result<()> {
        let Some(run) = &mut self.training else {
            return Ok(());
        };
        match run.training.advance().await? {
            Advance::Running => {}
            Advance::Epoch(metrics) => self.events.push(Event::Epoch { metrics }),
            Advance::Finished => {
                let run = self.training.take().expect("it is running");
                self.finish_training(run).await?;
            }
        }
        Ok(())
    }

    async fn finish_training(&mut self, run: Run) -> Result<()> {
        let Run {
            training,
            config,
            classes,
        } = run;
        let outcome = training.finish().await?;
        let device = match config.head {
            HeadKind::Softmax => DeviceKind::Cpu,
            HeadKind::Mlp => self.compute.kind,
        };
        let evaluation = evaluate(&classes, &outcome, device);
        self.model = Some(Model {
            classes,
            normalizer: outcome.normalizer,
            head: outcome.head,
            provenance: Some(Provenance {
                accuracy: evaluation.accuracy,
                num_train: evaluation.num_train,
                config,
                device,
            }),
        });
        self.events.push(Event::Trained {
            evaluation: Box::new(evaluation),
        });
        Ok(())
    }

    fn export(&self, backbone: &[u8]) -> Result<Event> {
        let model = self.model.as_ref().ok_or(Error::NoModel)?;
        Ok(Event::Exported {
            file: PACKAGE.to_owned(),
            bytes: export::pack(model, backbone)?,
        })
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
        });
        self.model = Some(model);
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
        Event::Dataset {
            classes: self.dataset.classes().iter().map(view).collect(),
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

fn too_few(class: &str) -> String {
    format!("“{class}” needs two different pictures: one to learn from and one to check with.")
}

fn model_class(class: &dataset::Class) -> ModelClass {
    ModelClass {
        name: class.name.clone(),
        color: class.color,
    }
}

fn split(rows: &[Labeled], config: &TrainingConfig) -> std::result::Result<Split, usize> {
    let labels: Vec<_> = rows.iter().map(|sample| sample.label).collect();
    let groups = copies(rows.iter().map(|sample| &sample.row));
    Split::stratified(
        &labels,
        &groups,
        config.validation_fraction,
        config.seed.into(),
    )
}

fn evaluate(classes: &[ModelClass], outcome: &Outcome, device: DeviceKind) -> Evaluation {
    let data = &outcome.data;
    let rows = data.validation.iter().zip(&outcome.validation_logits);
    let predict = |(sample, logits): (&Labeled, &Vec<f32>)| {
        let mut probabilities = logits.clone();
        metrics::softmax(&mut probabilities);
        let predicted = metrics::argmax(&probabilities);
        HeldOutPrediction {
            sample: sample.sample,
            truth: sample.label,
            predicted,
            confidence: probabilities[predicted],
        }
    };
    let predictions: Vec<_> = rows.map(predict).collect();
    let held_out = HeldOut::new(
        outcome.validation_logits.iter().map(Vec::as_slice),
        data.validation.iter().map(|sample| sample.label).collect(),
        classes.len(),
    );
    let pairs = predictions.iter().map(|p| (p.truth, p.predicted));
    let hits = pairs
        .clone()
        .filter(|(truth, predicted)| truth == predicted)
        .count();
    Evaluation {
        classes: classes.to_vec(),
        accuracy: metrics::wilson(hits, predictions.len()),
        confusion: metrics::confusion_matrix(pairs, classes.len()),
        predictions,
        report: Report::new(&held_out),
        kept: outcome.kept,
        num_train: data.train.len(),
        device,
    }
}
