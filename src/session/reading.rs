//! Announced files in, their features kept: from the extractors, or from the GPU.

use std::collections::HashMap;

use super::Session;
use crate::{
    error::{Error, Result},
    features::{self, Row},
    protocol::{Destination, Event, Extracted, Import, Problem, Quality, SampleId},
};

/// Images per forward pass on the GPU. Larger batches gain little and delay the first result.
pub(super) const GPU_BATCH: usize = 8;

/// What features are wanted for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Sample(SampleId),
    Prediction(u32),
}

/// How far the imports since the last pause are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) done: usize,
    pub(super) total: usize,
}

impl Session {
    pub(super) fn import(&mut self, files: Vec<Import>, into: Destination) {
        let named: Vec<_> = files
            .iter()
            .map(|file| (file.id, file.path.as_str()))
            .collect();
        self.dataset.import(&named, into);
        self.progress.total += files.len();
        self.pending
            .extend(files.into_iter().map(|file| (file.id, file.path)));
        self.tell_progress();
        self.dataset_changed = true;
    }

    /// Pictures of a project that were announced and not read; returns which.
    pub(super) fn wait_again(&mut self, files: HashMap<SampleId, String>) -> Vec<SampleId> {
        let mut samples: Vec<_> = files.keys().copied().collect();
        samples.sort_unstable();
        if !samples.is_empty() {
            self.progress.total += samples.len();
            self.pending.extend(files);
            self.tell_progress();
        }
        samples
    }

    /// Takes what an extractor found of a sample.
    pub(super) fn take_sample(&mut self, id: SampleId, extracted: Extracted, quality: Quality) {
        if self.pending.contains_key(&id) {
            self.qualities.insert(id, quality);
        }
        self.take(Target::Sample(id), extracted);
    }

    /// Takes what an extractor found. Features are used at once, pixels wait for the GPU.
    pub(super) fn take(&mut self, target: Target, extracted: Extracted) {
        match (extracted, &self.compute.extractor) {
            (Extracted::Pixels { bytes }, _) if self.predicts_pixels(target) => {
                if let Target::Prediction(request) = target {
                    let answer = self.predict_pixels(request, &bytes);
                    self.answer(answer);
                }
            }
            (Extracted::Features { .. }, _) if self.predicts_pixels(target) => {
                self.fail(target, Error::DamagedFeatures);
            }
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

    /// A model with a backbone of its own can't use features of the other.
    fn predicts_pixels(&self, target: Target) -> bool {
        matches!(target, Target::Prediction(_)) && self.tuned_backbone.is_some()
    }

    pub(super) async fn extract_on_gpu(&mut self) -> Result<()> {
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
                if let Some(path) = self.pending.remove(&id) {
                    let quality = self.qualities.get(&id).copied();
                    self.saving.sample(id, path, quality, &row);
                    self.features.insert(id, row);
                    self.step_progress();
                }
            }
            Target::Prediction(request) => match &self.model {
                Some(model) => {
                    let (probabilities, is_familiar) = model.answer(&row);
                    self.events.push(Event::Prediction {
                        request,
                        probabilities,
                        is_familiar,
                    });
                }
                None => self.refuse(&Error::NoModel),
            },
        }
    }

    /// Features will not arrive.
    pub(super) fn fail(&mut self, target: Target, error: Error) {
        match target {
            Target::Sample(id) => {
                let file = self.pending.get(&id).cloned().unwrap_or_default();
                self.give_up(id, error.into_problem(file));
            }
            Target::Prediction(_) => self.refuse(&error),
        }
    }

    pub(super) fn give_up(&mut self, id: SampleId, problem: Problem) {
        if self.pending.remove(&id).is_some() {
            self.saving.gone(vec![id]);
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

    pub(super) fn cancel_import(&mut self) {
        self.queue
            .retain(|(target, _)| matches!(target, Target::Prediction(_)));
        self.progress.done += self.pending.len();
        let canceled = self.pending.drain().map(|(id, _)| id);
        self.saving.gone(canceled.collect());
        self.tell_progress();
        self.dataset_changed = true;
    }

    /// Once nothing is pending, the next import counts from zero, and what is missing changes.
    pub(super) fn settle_import(&mut self) {
        if self.progress.total > 0 && self.pending.is_empty() {
            self.progress = Progress::default();
            let features = &self.features;
            self.dataset
                .drop_empty_imports(|id| features.get(id).is_some());
            self.dataset_changed = true;
        }
    }
}
