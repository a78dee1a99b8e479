//! What changes in a session in, bytes to append to its project's file out; and back.
//!
//! Nothing is told before [`Command::Restore`](crate::protocol::Command::Restore): a page that
//! can't save anything pays for nothing.

use std::collections::{HashMap, HashSet};

use super::{Session, sentence};
use crate::{
    error::{Error, Result},
    export,
    features::{self, Features, Row},
    model::Model,
    project::{
        FeaturesRecord, ModelAbout, ModelRecord, Network, Record, Restored, RestoredSample,
        Restoring, Sample, Sieve, Writer, journal,
    },
    protocol::{
        Evaluation, Event, Import, ProjectSettings, Quality, Restoration, RestoredPicture,
        SampleId, SaveMark,
    },
};

/// A file that wastes less than this is not worth being written anew.
const MIN_WASTE: u64 = 4_000_000;

/// Between what is known and what the file says.
#[derive(Default)]
pub(super) struct Saving {
    /// Whether what changes is told.
    is_on: bool,
    /// Not told yet.
    journal: Vec<u8>,
    /// What a new file begins with, told once there is more to say.
    beginning: Vec<u8>,
    writer: Writer,
    mark: SaveMark,
    /// Name of the backbone in use.
    backbone: String,
    /// Whose features the file has, by the backbone that made them.
    told: HashMap<String, HashSet<SampleId>>,
    /// Of pictures that are being read.
    thumbnails: HashMap<SampleId, Vec<u8>>,
    /// The state and the number of pictures when training was last asked for.
    trained_on: (u32, usize),
    pub(super) model_is_unsaved: bool,
    restoring: Option<Restoring>,
    /// Can be read again if they are not in what was saved, by the path each came by.
    expected: HashMap<SampleId, String>,
    /// What was saved can't be used: nothing is to be saved over it.
    is_refused: bool,
    sieve: Option<Sieve>,
}

impl Saving {
    pub(super) fn keep_thumbnail(&mut self, sample: SampleId, jpeg: Vec<u8>) {
        if self.is_on {
            self.thumbnails.insert(sample, jpeg);
        }
    }

    pub(super) fn settings(&mut self, settings: ProjectSettings) {
        self.append(&Record::Settings(settings));
    }

    pub(super) fn expect(&mut self, files: Vec<Import>) {
        let files = files.into_iter().map(|file| (file.id, file.path));
        self.expected.extend(files);
    }

    /// A picture has been read.
    pub(super) fn sample(
        &mut self,
        id: SampleId,
        path: String,
        quality: Option<Quality>,
        row: &Row,
    ) {
        if !self.is_on {
            return;
        }
        let thumbnail = self.thumbnails.remove(&id).unwrap_or_default();
        let features = features::to_bytes(row);
        self.mark.num_samples += 1;
        self.note_told(id);
        self.append(&Record::Sample(Sample {
            id,
            path,
            quality,
            features: &features,
            thumbnail: &thumbnail,
        }));
    }

    /// Another backbone is in use; these are its features.
    pub(super) fn switched(&mut self, network: Network, rows: &Features) {
        if !self.is_on {
            return;
        }
        self.backbone.clone_from(&network.backbone);
        for sample in rows.ids() {
            let is_new = self.note_told(sample);
            if let Some(row) = rows.get(sample)
                && is_new
            {
                self.append(&Record::Features(FeaturesRecord {
                    sample,
                    backbone: network.backbone.clone(),
                    features: &features::to_bytes(row),
                }));
            }
        }
        // Last: until it is safe, the features before count.
        self.append(&Record::Network(network));
    }

    /// Whether the file didn't have it.
    fn note_told(&mut self, sample: SampleId) -> bool {
        let told = self.told.entry(self.backbone.clone()).or_default();
        told.insert(sample)
    }

    /// Pictures will not come.
    pub(super) fn gone(&mut self, samples: Vec<SampleId>) {
        for sample in &samples {
            self.thumbnails.remove(sample);
        }
        if !samples.is_empty() {
            self.append(&Record::Gone(samples));
        }
    }

    fn append(&mut self, record: &Record) {
        if self.is_on {
            record.append_to(&mut self.journal);
        }
    }
}

impl Session {
    pub(super) fn note_training(&mut self) {
        self.saving.trained_on = (self.dataset.revision(), self.saving.mark.num_samples);
    }

    /// Tells what has changed since the last time.
    pub(super) fn save(&mut self) {
        if !self.saving.is_on {
            return;
        }
        self.save_model();
        let Saving {
            journal,
            beginning,
            writer,
            mark,
            ..
        } = &mut self.saving;
        if mark.revision != self.dataset.revision() || writer.is_behind() {
            writer.write(&self.dataset.timeline(), journal);
            mark.revision = self.dataset.revision();
        }
        if !journal.is_empty() {
            let mut bytes = std::mem::take(beginning);
            bytes.append(journal);
            let mark = *mark;
            self.events.push(Event::Journal { bytes, mark });
        }
    }

    fn save_model(&mut self) {
        if !std::mem::take(&mut self.saving.model_is_unsaved) {
            return;
        }
        let evaluation = self.events.iter().rev().find_map(|event| match event {
            Event::Trained { evaluation, .. } => Some(evaluation.clone()),
            _ => None,
        });
        let Some(file) = self.model.as_ref().map(|model| self.model_file(model)) else {
            return;
        };
        let (revision, num_samples) = match evaluation {
            Some(_) => self.saving.trained_on,
            None => (self.dataset.revision(), self.saving.mark.num_samples),
        };
        match file {
            Ok(file) if journal::fits(file.len() + MAX_EVALUATION) => {
                let about = ModelAbout {
                    evaluation,
                    revision,
                    num_samples,
                };
                let file = &file;
                self.saving
                    .append(&Record::Model(ModelRecord { about, file }));
            }
            Ok(_) => {}
            Err(error) => self.refuse(&error),
        }
    }

    /// The model, and of the backbone only what the page doesn't have.
    fn model_file(&self, model: &Model) -> Result<Vec<u8>> {
        let served = export::without_tensors(&self.backbone.file())?;
        export::to_safetensors(model, &served)
    }

    pub(super) fn network(&self) -> Network {
        Network {
            backbone: export::backbone_name(&self.backbone.file()).unwrap_or_default(),
            num_features: self.num_features,
        }
    }

    /// Takes a piece of what was saved.
    pub(super) fn restore(&mut self, piece: &[u8], is_last: bool) {
        if self.saving.is_refused {
            return;
        }
        let mut restoring = self.saving.restoring.take().unwrap_or_default();
        match self.take_saved(&mut restoring, piece, is_last) {
            Ok(()) if is_last => self.go_on_with(restoring),
            Ok(()) => self.saving.restoring = Some(restoring),
            Err(error) => {
                self.saving.is_refused = true;
                self.events.push(Event::NotRestored {
                    message: sentence(&error),
                    backbone: match error {
                        Error::OtherNetwork(backbone) => Some(backbone),
                        _ => None,
                    },
                });
            }
        }
    }

    fn take_saved(&mut self, restoring: &mut Restoring, piece: &[u8], is_last: bool) -> Result<()> {
        let restored = restoring.feed(piece)?;
        // Only the last one counts.
        if is_last
            && let Some(network) = &restoring.network
            && *network != self.network()
        {
            return Err(Error::OtherNetwork(network.backbone.clone()));
        }
        let pictures = restored.into_iter().filter_map(|it| self.bring_back(it));
        let samples: Vec<_> = pictures.collect();
        if !samples.is_empty() {
            self.events.push(Event::RestoredSamples { samples });
        }
        Ok(())
    }

    /// Features go on the shelf until all is read. Nothing if they are damaged, or no picture.
    fn bring_back(&mut self, restored: Restored) -> Option<RestoredPicture> {
        match restored {
            Restored::Sample(sample) => self.bring_sample_back(sample),
            Restored::Features {
                sample,
                backbone,
                features,
            } => {
                self.bring_row_back(sample, backbone, &features);
                None
            }
        }
    }

    /// Whether it is sound.
    fn bring_row_back(&mut self, sample: SampleId, backbone: String, features: &[u8]) -> bool {
        let row = features::from_bytes(features, self.num_features);
        let is_sound = row.is_some();
        if let Some(row) = row {
            let told = self.saving.told.entry(backbone.clone()).or_default();
            told.insert(sample);
            self.shelf.entry(backbone).or_default().insert(sample, row);
        }
        is_sound
    }

    fn bring_sample_back(&mut self, sample: RestoredSample) -> Option<RestoredPicture> {
        if !self.bring_row_back(sample.id, sample.backbone, &sample.features) {
            return None;
        }
        self.saving.mark.num_samples += 1;
        if let Some(quality) = sample.quality {
            self.qualities.insert(sample.id, quality);
        }
        Some(RestoredPicture {
            id: sample.id,
            path: sample.path,
            thumbnail: sample.thumbnail,
        })
    }

    /// From here on what changes is told.
    fn go_on_with(&mut self, mut restoring: Restoring) {
        let (extent, network) = (restoring.extent(), self.network());
        let (dataset, writer) = restoring.dataset();
        self.dataset = dataset;
        let rows = self.shelf.remove(&network.backbone);
        self.features = rows.unwrap_or_default();
        self.saving.backbone.clone_from(&network.backbone);
        self.saving.is_on = true;
        self.saving.sieve = None;
        self.dataset_changed = true;
        let beginning = &mut self.saving.beginning;
        if extent.sound == 0 {
            beginning.extend(journal::PREAMBLE);
        }
        if restoring.network.is_none() {
            Record::Network(network).append_to(beginning);
        }
        self.saving.mark.revision = self.dataset.revision();
        let all = self.all_samples();
        let newest = all.iter().copied().max().max(restoring.last_sample());
        let next_sample = newest.map_or(0, |id| id + 1);
        let num_wasted = restoring.num_wasted(&writer, &all);
        let mut known: Vec<_> = all.into_iter().collect();
        known.sort_unstable();
        self.saving.writer = writer;
        let is_there = |id: &SampleId| self.features.get(*id).is_some();
        let current = self.current_samples();
        let mut missing: Vec<_> = current
            .into_iter()
            .filter(|id| !is_there(id) && !restoring.gone.contains(id))
            .collect();
        missing.sort_unstable();
        let mut expected = std::mem::take(&mut self.saving.expected);
        // Undo may bring back what is in no class now.
        expected.retain(|id, _| {
            known.binary_search(id).is_ok() && !is_there(id) && !restoring.gone.contains(id)
        });
        missing.retain(|id| !expected.contains_key(id));
        let to_read = self.wait_again(expected);
        let num_missing = missing.len();
        // They are told of once.
        self.saving.gone(missing);
        let Self {
            dataset,
            features,
            pending,
            ..
        } = self;
        dataset.drop_empty_imports(|id| features.get(id).is_some() || pending.contains_key(&id));
        let is_damaged = extent.damaged > 0 || restoring.num_wrong() > 0;
        let is_stale = self.bring_model_back(restoring.model.take());
        self.events.push(Event::Restored {
            restoration: Restoration {
                next_sample,
                settings: restoring.settings.take(),
                is_stale,
                mark: self.saving.mark,
                num_missing,
                to_read,
                known,
                is_damaged,
                sound_bytes: extent.sound as usize,
                should_compact: is_damaged
                    || (num_wasted > MIN_WASTE && num_wasted > extent.sound / 2),
            },
        });
    }

    /// Whether the classes have changed since it was trained.
    fn bring_model_back(&mut self, saved: Option<(ModelAbout, Vec<u8>)>) -> bool {
        let Some((about, file)) = saved else {
            return false;
        };
        let Ok(model) = export::from_safetensors(&file) else {
            return false;
        };
        let is_tuned = model.backbone.is_some();
        // It went when the backbone was changed.
        let made_for = export::backbone_name(&file).unwrap_or_default();
        if !is_tuned && made_for != self.network().backbone {
            return false;
        }
        self.events.push(match about.evaluation {
            Some(evaluation) if is_of(&evaluation, &model) => Event::Trained {
                evaluation,
                is_tuned,
                teachers: Vec::new(),
            },
            _ => Event::ModelLoaded {
                classes: model.classes.clone(),
                accuracy: model.provenance.as_ref().map(|known| known.accuracy),
                familiar_share: model.familiarity.map(|known| known.share),
                is_tuned,
            },
        });
        self.adopt(model, None);
        self.saving.model_is_unsaved = false;
        self.saving.trained_on = (about.revision, about.num_samples);
        self.saving.trained_on != (self.dataset.revision(), self.saving.mark.num_samples)
    }

    /// Says what of a piece of the file is still needed.
    pub(super) fn compact(&mut self, piece: &[u8], is_last: bool) {
        // Nothing is known yet of what is needed.
        if !self.saving.is_on {
            return;
        }
        let mut sieve = match self.saving.sieve.take() {
            Some(sieve) => sieve,
            None => Sieve::new(&self.saving.writer, self.all_samples()),
        };
        match sieve.sift(piece) {
            Ok(mut bytes) => {
                if is_last {
                    bytes.extend(sieve.finish());
                } else {
                    self.saving.sieve = Some(sieve);
                }
                self.events.push(Event::Compacted { bytes, is_last });
            }
            Err(error) => self.refuse(&error),
        }
    }

    /// Samples of the classes as they are now.
    fn current_samples(&self) -> HashSet<SampleId> {
        let classes = self.dataset.classes().iter();
        let lists = classes.map(|class| class.samples.as_slice());
        let lists = lists.chain([self.dataset.unsorted()]);
        lists.flatten().copied().collect()
    }

    /// Samples that undo and redo can bring back, and those that are there.
    fn all_samples(&self) -> HashSet<SampleId> {
        let timeline = self.dataset.timeline();
        let contents = timeline.states.iter().map(|state| &state.contents);
        let lists = contents.flat_map(|contents| {
            let classes = contents
                .classes
                .iter()
                .map(|class| class.samples.as_slice());
            classes.chain([contents.unsorted.as_slice()])
        });
        lists.flatten().copied().collect()
    }
}

/// Room left in a record for what is known of a model.
const MAX_EVALUATION: usize = 20_000_000;

/// Whether every index in an evaluation is one of the model's classes: views look them up.
fn is_of(evaluation: &Evaluation, model: &Model) -> bool {
    let num_classes = model.classes.len();
    let is_class = |at: usize| at < num_classes;
    evaluation.classes == model.classes
        && evaluation.confusion.len() == num_classes
        && evaluation
            .confusion
            .iter()
            .all(|row| row.len() == num_classes)
        && evaluation
            .predictions
            .iter()
            .all(|said| is_class(said.truth) && is_class(said.predicted))
}
