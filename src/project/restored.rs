//! A file in, piece by piece; what it brings back out.

use std::{
    any::Any,
    collections::{BTreeSet, HashMap, HashSet},
    rc::Rc,
};

use super::{
    journal::{Extent, Reader},
    record::{ListId, ModelAbout, Network, Record, StateRecord, TimelineRecord, kind},
    writer::{Writer, address},
};
use crate::{
    dataset::{Class, Contents, Dataset, State, Timeline},
    error::Result,
    protocol::{ProjectSettings, Quality, SampleId},
};

/// What a file says, as far as it has been read.
#[derive(Default)]
pub struct Restoring {
    reader: Reader,
    /// What the features in use come from.
    pub network: Option<Network>,
    /// The model in use: what was known of it, and its file.
    pub model: Option<(ModelAbout, Vec<u8>)>,
    /// How the page was set.
    pub settings: Option<ProjectSettings>,
    /// Pictures that never came.
    pub gone: HashSet<SampleId>,
    lists: HashMap<ListId, Vec<SampleId>>,
    states: HashMap<u32, StateRecord>,
    /// The newest last; those before it are there for when a state of the last one is damaged.
    timelines: Vec<TimelineRecord>,
    last_revision: u32,
    next_list: ListId,
    /// Sound records that say something wrong.
    num_wrong: usize,
    /// Bytes of each record by its kind and, where there are several, its id.
    sizes: HashMap<(u32, u32), usize>,
}

/// Something that is back.
pub enum Restored {
    /// A picture.
    Sample(RestoredSample),
    /// What another network makes of one.
    Features {
        /// Which picture.
        sample: SampleId,
        /// Name of the backbone.
        backbone: String,
        /// Little-endian `f32`s.
        features: Vec<u8>,
    },
}

/// One picture that is back.
pub struct RestoredSample {
    /// Its identity.
    pub id: SampleId,
    /// Where it came from.
    pub path: String,
    /// How it looks.
    pub quality: Option<Quality>,
    /// Name of the backbone that its features are of; empty if the file doesn't say.
    pub backbone: String,
    /// Little-endian `f32`s.
    pub features: Vec<u8>,
    /// A JPEG.
    pub thumbnail: Vec<u8>,
}

impl Restoring {
    /// Takes the next piece of the file; the pictures and features in it.
    ///
    /// # Errors
    ///
    /// When it is no project, or of a newer version.
    pub fn feed(&mut self, piece: &[u8]) -> Result<Vec<Restored>> {
        self.reader.feed(piece);
        let mut restored = Vec::new();
        while let Some(frame) = self.reader.next_frame()? {
            let (kind, size) = (frame.kind, frame.whole.len());
            let record = Record::parse(frame);
            let id = match &record {
                Ok(Record::Sample(sample)) => sample.id,
                Ok(Record::Features(row)) => row.sample,
                Ok(Record::List(id, _)) => *id,
                Ok(Record::State(state)) => state.revision,
                _ => 0,
            };
            self.sizes.insert((kind, id), size);
            match record {
                Ok(Record::Sample(sample)) => restored.push(Restored::Sample(RestoredSample {
                    id: sample.id,
                    path: sample.path,
                    quality: sample.quality,
                    backbone: backbone_of(self.network.as_ref()),
                    features: sample.features.to_vec(),
                    thumbnail: sample.thumbnail.to_vec(),
                })),
                Ok(Record::Features(row)) => restored.push(Restored::Features {
                    sample: row.sample,
                    backbone: row.backbone,
                    features: row.features.to_vec(),
                }),
                Ok(Record::Network(network)) => self.network = Some(network),
                Ok(Record::Gone(samples)) => self.gone.extend(samples),
                Ok(Record::List(id, samples)) => {
                    self.next_list = self.next_list.max(id.saturating_add(1));
                    self.lists.insert(id, samples);
                }
                Ok(Record::State(state)) => {
                    self.last_revision = self.last_revision.max(state.revision);
                    self.states.insert(state.revision, state);
                }
                Ok(Record::Timeline(timeline)) => {
                    // More than one only matter after damage, and then not many.
                    if self.timelines.len() >= MAX_TIMELINES {
                        self.timelines.remove(0);
                    }
                    self.timelines.push(timeline);
                }
                Ok(Record::Model(model)) => self.model = Some((model.about, model.file.to_vec())),
                Ok(Record::Settings(settings)) => self.settings = Some(settings),
                Ok(Record::Unknown) => {}
                Err(_) => self.num_wrong += 1,
            }
        }
        Ok(restored)
    }

    /// What there is to say of the file.
    pub fn extent(&self) -> Extent {
        self.reader.extent()
    }

    /// Sound records that say something wrong.
    pub fn num_wrong(&self) -> usize {
        self.num_wrong
    }

    /// The largest id of a picture in the file, whether or not it is in a class.
    pub fn last_sample(&self) -> Option<SampleId> {
        let samples = self.sizes.keys().filter(|(kind, _)| *kind == kind::SAMPLE);
        samples.map(|(_, id)| *id).max()
    }

    /// Bytes of the file that nothing needs any more, if these samples are what undo can bring
    /// back.
    pub fn num_wasted(&self, writer: &Writer, samples: &HashSet<SampleId>) -> u64 {
        let (lists, revisions) = writer.live();
        let is_needed = |&(kind, id): &(u32, u32)| match kind {
            kind::SAMPLE | kind::FEATURES => samples.contains(&id),
            kind::LIST => lists.contains(&id),
            kind::STATE => revisions.contains(&id),
            _ => true,
        };
        let needed = self.sizes.iter().filter(|(key, _)| is_needed(key));
        let needed: usize = needed.map(|(_, size)| size).sum();
        self.extent().sound.saturating_sub(needed as u64)
    }

    /// The classes as they were last, and what goes on with the file. The newest timeline that is
    /// whole counts; of one that has lost states in its past or future the rest is kept.
    pub fn dataset(&mut self) -> (Dataset, Writer) {
        let timelines = std::mem::take(&mut self.timelines);
        let newest = timelines.last().cloned();
        let mut lists = Lists::new(&self.lists);
        for record in timelines.into_iter().rev() {
            if let Some(timeline) = self.timeline(record, &mut lists)
                && let Some(dataset) = Dataset::from_timeline(timeline, self.last_revision)
                && let Some(newest) = newest.clone()
            {
                let held = std::mem::take(&mut lists.held);
                let writer = Writer::resume(&dataset.timeline(), newest, held, self.next_list);
                return (dataset, writer);
            }
        }
        let nothing = Dataset::default().timeline();
        let dataset = Dataset::from_timeline(nothing, self.last_revision).expect("one state");
        (dataset, Writer::beginning_at(self.next_list))
    }

    /// Nothing if the state the dataset was in is not there.
    fn timeline(&self, record: TimelineRecord, lists: &mut Lists) -> Option<Timeline> {
        let found: Vec<_> = record
            .states
            .into_iter()
            .map(|(revision, label)| {
                let contents = lists.contents(self.states.get(&revision)?)?;
                Some(State { label, contents })
            })
            .collect();
        let (past, rest) = found.split_at_checked(record.position)?;
        let whole = |state: &Option<State>| state.is_some();
        let num_past = past.iter().rev().take_while(|state| whole(state)).count();
        let states: Vec<State> = past[past.len() - num_past..]
            .iter()
            .chain(rest.iter().take_while(|state| whole(state)))
            .flatten()
            .cloned()
            .collect();
        (states.len() > num_past).then_some(Timeline {
            states,
            position: num_past,
        })
    }
}

/// Timelines looked at when the newest is damaged.
const MAX_TIMELINES: usize = 100;

/// Whether no sample is in two places and no class is there twice.
fn is_consistent(contents: &Contents) -> bool {
    let mut samples = HashSet::new();
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    let lists = contents.classes.iter().map(|class| &class.samples);
    let is_new = |class: &Class| ids.insert(class.id) && names.insert(class.name.clone());
    contents.classes.iter().all(is_new)
        && lists
            .chain([&contents.unsorted])
            .all(|list| list.iter().all(|&id| samples.insert(id)))
}

/// Lists by their ids, each in memory once, however many states share it.
struct Lists<'a> {
    found: &'a HashMap<ListId, Vec<SampleId>>,
    samples: HashMap<ListId, Rc<Vec<SampleId>>>,
    targets: HashMap<ListId, Rc<BTreeSet<SampleId>>>,
    held: HashMap<usize, (Rc<dyn Any>, ListId)>,
}

impl<'a> Lists<'a> {
    fn new(found: &'a HashMap<ListId, Vec<SampleId>>) -> Self {
        Self {
            found,
            samples: HashMap::new(),
            targets: HashMap::new(),
            held: HashMap::new(),
        }
    }

    fn contents(&mut self, state: &StateRecord) -> Option<Contents> {
        let classes = state.classes.iter().map(|class| {
            Some(Class {
                id: class.id,
                name: class.name.clone(),
                color: class.color,
                samples: self.samples(class.samples)?,
                is_imported: class.is_imported,
            })
        });
        let contents = Contents {
            classes: classes.collect::<Option<_>>()?,
            unsorted: self.samples(state.unsorted)?,
            target: self.target(state.target)?,
            revision: state.revision,
        };
        is_consistent(&contents).then_some(contents)
    }

    fn samples(&mut self, id: ListId) -> Option<Rc<Vec<SampleId>>> {
        if let Some(list) = self.samples.get(&id) {
            return Some(list.clone());
        }
        let list = Rc::new(self.found.get(&id)?.clone());
        self.held.insert(address(&list), (list.clone(), id));
        self.samples.insert(id, list.clone());
        Some(list)
    }

    fn target(&mut self, id: ListId) -> Option<Rc<BTreeSet<SampleId>>> {
        if let Some(list) = self.targets.get(&id) {
            return Some(list.clone());
        }
        let list: Rc<BTreeSet<_>> = Rc::new(self.found.get(&id)?.iter().copied().collect());
        self.held.insert(address(&list), (list.clone(), id));
        self.targets.insert(id, list.clone());
        Some(list)
    }
}
/// Empty if the file hasn't said yet.
fn backbone_of(network: Option<&Network>) -> String {
    network.map_or_else(String::new, |network| network.backbone.clone())
}
