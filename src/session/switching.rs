//! Another backbone: all samples are read again, beside what is in use, and take its place when
//! they are complete.
//!
//! Classes, labels, marks and undo stay. Models don't: they are for the features there were. Those
//! are kept on a shelf, so that the way back is short.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    rc::Rc,
};

use super::{GPU_BATCH, LazyBackbone, Live, Session, sentence};
use crate::{
    backbone::{Architecture, Weights},
    device::Checked,
    error::{Error, Result},
    features::{self, Features, Row},
    protocol::{DeviceKind, Event, Extracted, SampleId},
};

/// Features by backbones that are not in use.
pub(super) type Shelf = HashMap<String, Features>;

/// A change in progress.
pub(super) struct Switch {
    file: Rc<[u8]>,
    architecture: Architecture,
    extracting: Extracting,
    features: Features,
    /// Asked for and not heard of.
    waiting: BTreeSet<SampleId>,
    /// Read, and waiting for the GPU.
    queue: VecDeque<(SampleId, Vec<u8>)>,
    /// Can't be read any more.
    lost: BTreeSet<SampleId>,
    num_done: usize,
    /// What the page was told last: samples done and all.
    told: Option<(usize, usize)>,
}

/// What runs the new backbone.
enum Extracting {
    /// On the GPU, once it is there and has proven itself.
    ToBegin(Box<Weights>),
    /// The GPU, or the extractor workers.
    By(Option<Box<Checked>>),
}

impl Switch {
    /// Whether there is nothing to do until the page has sent something; `is_importing` says that
    /// samples are on their way for the backbone still in use.
    pub(super) fn is_waiting(&self, is_importing: bool) -> bool {
        let has_begun = matches!(self.extracting, Extracting::By(_));
        let is_wanting = is_importing || !self.waiting.is_empty();
        has_begun && self.queue.is_empty() && is_wanting
    }

    fn accepts(&self, pixels: &[u8]) -> bool {
        pixels.len() == 3 * self.architecture.input_size.pow(2)
    }

    fn settle(&mut self, sample: SampleId, row: Option<Row>) {
        self.num_done += 1;
        match row {
            Some(row) => self.features.insert(sample, row),
            None => {
                self.lost.insert(sample);
            }
        }
    }
}

impl Session {
    /// Begins to change to the backbone of a weights file.
    pub(super) fn start_switch(&mut self, file: Vec<u8>) -> Result<()> {
        let weights = Weights::from_safetensors(&file)?;
        let architecture = weights.architecture.clone();
        self.shelve_switch();
        self.switch = Some(Switch {
            file: file.into(),
            features: self.shelf.remove(architecture.name).unwrap_or_default(),
            architecture,
            extracting: Extracting::ToBegin(Box::new(weights)),
            waiting: BTreeSet::new(),
            queue: VecDeque::new(),
            lost: BTreeSet::new(),
            num_done: 0,
            told: None,
        });
        self.ask_for_readings();
        Ok(())
    }

    /// Stays with the backbone in use. What was read already goes on the shelf.
    pub(super) fn cancel_switch(&mut self) {
        if self.shelve_switch() {
            self.events.push(Event::BackboneKept { message: None });
        }
    }

    /// Puts what was read so far on the shelf; whether a change was going on.
    fn shelve_switch(&mut self) -> bool {
        let switch = self.switch.take();
        let shelve = |switch: Switch| {
            let name = switch.architecture.name.to_owned();
            self.shelf.insert(name, switch.features);
        };
        switch.map(shelve).is_some()
    }

    /// Takes what the page has read again; nothing if the file can't be read any more.
    pub(super) fn take_reading(&mut self, sample: SampleId, extracted: Option<Extracted>) {
        let on_gpu = self.compute.kind == DeviceKind::Webgpu;
        let Some(switch) = &mut self.switch else {
            return;
        };
        if !switch.waiting.remove(&sample) {
            return;
        }
        match extracted {
            Some(Extracted::Pixels { bytes }) if on_gpu && switch.accepts(&bytes) => {
                switch.queue.push_back((sample, bytes));
            }
            Some(Extracted::Features { bytes }) => {
                switch.settle(sample, features::from_bytes(&bytes, self.num_features));
            }
            _ => switch.settle(sample, None),
        }
    }

    /// Does a slice of the change.
    pub(super) async fn work_on_switch(&mut self) -> Result<()> {
        let Some(mut switch) = self.switch.take() else {
            return Ok(());
        };
        let outcome = self.advance_switch(&mut switch).await;
        if let Err(error) = outcome {
            self.keep_backbone(switch, sentence(&error));
            return match error {
                Error::DeviceLost => Err(error),
                _ => Ok(()),
            };
        }
        self.tell_switch_progress(&mut switch);
        let is_read = switch.waiting.is_empty() && switch.queue.is_empty();
        self.switch = Some(switch);
        // Samples may have come meanwhile, with features by the backbone still in use.
        if is_read && self.pending.is_empty() && !self.ask_for_readings() {
            self.complete_switch();
        }
        Ok(())
    }

    async fn advance_switch(&mut self, switch: &mut Switch) -> Result<()> {
        match &mut switch.extracting {
            Extracting::ToBegin(weights) => {
                let extractor = self.compute.extractor_for(weights).await?;
                switch.extracting = Extracting::By(extractor.map(Box::new));
            }
            Extracting::By(Some(extractor)) => {
                let num_images = switch.queue.len().min(GPU_BATCH);
                let batch: Vec<_> = switch.queue.drain(..num_images).collect();
                let images: Vec<_> = batch.iter().map(|(_, pixels)| pixels.as_slice()).collect();
                let rows = extractor.features(&images).await?;
                for ((sample, _), row) in batch.into_iter().zip(rows) {
                    switch.settle(sample, Some(row.into()));
                }
            }
            Extracting::By(None) => {}
        }
        Ok(())
    }

    fn tell_switch_progress(&mut self, switch: &mut Switch) {
        let done = switch.num_done;
        let total = done + switch.waiting.len() + switch.queue.len();
        if switch.told.replace((done, total)) == Some((done, total)) {
            return;
        }
        let event = Event::SwitchProgress { done, total };
        match self.events.last_mut() {
            Some(last @ Event::SwitchProgress { .. }) => *last = event,
            _ => self.events.push(event),
        }
    }

    /// Asks for samples that the new backbone has not seen; whether there are any.
    fn ask_for_readings(&mut self) -> bool {
        let Some(switch) = &mut self.switch else {
            return false;
        };
        let is_known = |id: &SampleId| {
            switch.features.get(*id).is_some()
                || switch.waiting.contains(id)
                || switch.lost.contains(id)
        };
        let samples: Vec<_> = self.features.ids().filter(|id| !is_known(id)).collect();
        switch.waiting.extend(&samples);
        let are_any = !samples.is_empty();
        if are_any {
            self.events.push(Event::NeedReadings { samples });
        }
        are_any
    }

    fn complete_switch(&mut self) {
        let Some(switch) = self.switch.take() else {
            return;
        };
        if !switch.lost.is_empty() && switch.features.ids().next().is_none() {
            return self.keep_backbone(switch, sentence(&Error::NothingReadable));
        }
        let earlier = std::mem::replace(&mut self.features, switch.features);
        if let Some(architecture) = self.backbone.architecture() {
            self.shelf.insert(architecture.name.to_owned(), earlier);
        }
        self.backbone = LazyBackbone::new(switch.file);
        self.saving.switched(self.network(), &self.features);
        if let Extracting::By(extractor) = switch.extracting {
            self.compute.extractor = extractor.map(|extractor| *extractor);
        }
        self.forget_models();
        self.events.push(Event::BackboneInUse {
            backbone: switch.architecture.name.to_owned(),
            lost: switch.lost.into_iter().collect(),
        });
        self.dataset_changed = true;
    }

    /// All that was made of the features there were.
    fn forget_models(&mut self) {
        self.training = None;
        self.model = None;
        self.tuned_backbone = None;
        self.lineage = None;
        self.occlusion = None;
        self.rating = None;
        self.studies = super::Studies::default();
        self.live = Live::default();
        self.live_is_behind = true;
    }

    fn keep_backbone(&mut self, switch: Switch, message: String) {
        let name = switch.architecture.name.to_owned();
        self.shelf.insert(name, switch.features);
        let message = Some(message);
        self.events.push(Event::BackboneKept { message });
    }
}
