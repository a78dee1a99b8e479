//! States of a dataset in, the records that are new among them out.

use std::{any::Any, collections::HashMap, collections::HashSet, rc::Rc};

use super::record::{ClassRecord, ListId, Record, StateRecord, TimelineRecord};
use crate::{
    dataset::{Contents, Timeline},
    protocol::SampleId,
};

/// Knows what a file says of the classes, and says what it doesn't.
///
/// Lists of samples are told apart by where they are in memory: two states that share one share
/// it in the file, too.
#[derive(Default)]
pub struct Writer {
    /// By address. The list itself is held on to, so that the address stays its own.
    lists: HashMap<usize, (Rc<dyn Any>, ListId)>,
    revisions: HashSet<u32>,
    next_list: ListId,
    last: Option<TimelineRecord>,
    is_behind: bool,
}

impl Writer {
    /// One that knows a file: `lists` is what it says, `next_list` an id above all in it, and
    /// `newest` what it says last of its states.
    pub(super) fn resume(
        timeline: &Timeline,
        newest: TimelineRecord,
        lists: HashMap<usize, (Rc<dyn Any>, ListId)>,
        next_list: ListId,
    ) -> Self {
        let mut writer = Self {
            lists,
            next_list,
            // After damage less has come back than it says.
            is_behind: newest != record_of(timeline),
            last: Some(newest),
            ..Self::default()
        };
        writer.forget_others(timeline);
        let states = timeline.states.iter();
        writer.revisions = states.map(|state| state.contents.revision).collect();
        writer
    }

    /// One for a file that says nothing of the classes; ids of lists begin at `next_list`.
    pub(super) fn beginning_at(next_list: ListId) -> Self {
        Self {
            next_list,
            ..Self::default()
        }
    }

    /// Whether the file says something else than is so, though nothing has changed.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Appends what the file doesn't say yet; whether there was anything.
    pub fn write(&mut self, timeline: &Timeline, out: &mut Vec<u8>) -> bool {
        let record = record_of(timeline);
        self.is_behind = false;
        if self.last.as_ref() == Some(&record) {
            return false;
        }
        for state in &timeline.states {
            if !self.revisions.contains(&state.contents.revision) {
                self.write_state(&state.contents, out);
            }
        }
        Record::Timeline(record.clone()).append_to(out);
        self.last = Some(record);
        self.forget_others(timeline);
        true
    }

    /// The lists and the states that the file is for.
    pub(super) fn live(&self) -> (HashSet<ListId>, HashSet<u32>) {
        let lists = self.lists.values().map(|(_, id)| *id);
        (lists.collect(), self.revisions.clone())
    }

    fn write_state(&mut self, contents: &Contents, out: &mut Vec<u8>) {
        let classes = contents.classes.iter().map(|class| ClassRecord {
            id: class.id,
            name: class.name.clone(),
            color: class.color,
            samples: self.list(&class.samples, |list| list.to_vec(), out),
            is_imported: class.is_imported,
        });
        let state = StateRecord {
            revision: contents.revision,
            classes: classes.collect(),
            unsorted: self.list(&contents.unsorted, |list| list.to_vec(), out),
            target: self.list(&contents.target, |list| list.iter().copied().collect(), out),
        };
        Record::State(state).append_to(out);
        self.revisions.insert(contents.revision);
    }

    /// The id of a list, which is written if the file doesn't have it.
    fn list<T: Any>(
        &mut self,
        list: &Rc<T>,
        samples: impl Fn(&T) -> Vec<SampleId>,
        out: &mut Vec<u8>,
    ) -> ListId {
        if let Some((_, id)) = self.lists.get(&address(list)) {
            return *id;
        }
        let id = self.next_list;
        self.next_list += 1;
        Record::List(id, samples(list)).append_to(out);
        self.lists.insert(address(list), (list.clone(), id));
        id
    }

    /// What undo can't reach any more.
    fn forget_others(&mut self, timeline: &Timeline) {
        let mut used = HashSet::new();
        let states = timeline.states.iter().map(|state| &state.contents);
        for contents in states.clone() {
            used.extend(contents.classes.iter().map(|class| address(&class.samples)));
            used.insert(address(&contents.unsorted));
            used.insert(address(&contents.target));
        }
        self.lists.retain(|address, _| used.contains(address));
        let revisions: HashSet<_> = states.map(|contents| contents.revision).collect();
        self.revisions
            .retain(|revision| revisions.contains(revision));
    }
}

/// What tells shared lists apart.
pub(super) fn address<T>(list: &Rc<T>) -> usize {
    Rc::as_ptr(list).cast::<()>() as usize
}

fn record_of(timeline: &Timeline) -> TimelineRecord {
    let states = timeline.states.iter();
    TimelineRecord {
        states: states
            .map(|state| (state.contents.revision, state.label.clone()))
            .collect(),
        position: timeline.position,
    }
}
