//! A file in, the same without what nothing refers to any more out.

use std::collections::{BTreeMap, HashSet};

use super::{
    journal::{self, Reader},
    record::{ListId, Record, kind},
    writer::Writer,
};
use crate::{error::Result, protocol::SampleId};

/// Lets through what a project still needs. Records are copied as they are.
pub struct Sieve {
    reader: Reader,
    needs: Needs,
    /// The last of each kind of which the last counts, in the order of the kinds.
    last: BTreeMap<u32, Vec<u8>>,
    has_begun: bool,
}

impl Sieve {
    /// For a file that `writer` knows. `samples` are those that undo can still bring back.
    pub fn new(writer: &Writer, samples: HashSet<SampleId>) -> Self {
        let (lists, revisions) = writer.live();
        Self {
            reader: Reader::default(),
            needs: Needs {
                samples,
                lists,
                revisions,
            },
            last: BTreeMap::new(),
            has_begun: false,
        }
    }

    /// Takes the next piece of the file; what of it is to be kept.
    ///
    /// # Errors
    ///
    /// As [`Reader::next_frame`].
    pub fn sift(&mut self, piece: &[u8]) -> Result<Vec<u8>> {
        let mut kept = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            kept.extend(journal::PREAMBLE);
        }
        self.reader.feed(piece);
        while let Some(frame) = self.reader.next_frame()? {
            let (kind, whole) = (frame.kind, frame.whole);
            match Record::parse(frame) {
                Ok(Record::Timeline(_) | Record::Model(_) | Record::Settings(_)) => {
                    self.last.insert(kind, whole.to_vec());
                }
                Ok(record) if !self.needs.include(&record) => {}
                Ok(_) => kept.extend_from_slice(whole),
                Err(_) => {}
            }
        }
        Ok(kept)
    }

    /// What comes last.
    pub fn finish(self) -> Vec<u8> {
        debug_assert!(self.last.keys().all(|&last| last != kind::SAMPLE));
        self.last.into_values().flatten().collect()
    }
}

/// What a project refers to.
struct Needs {
    samples: HashSet<SampleId>,
    lists: HashSet<ListId>,
    revisions: HashSet<u32>,
}

impl Needs {
    fn include(&self, record: &Record) -> bool {
        match record {
            Record::Sample(sample) => self.samples.contains(&sample.id),
            Record::Features(row) => self.samples.contains(&row.sample),
            Record::Gone(samples) => samples.iter().any(|id| self.samples.contains(id)),
            Record::List(id, _) => self.lists.contains(id),
            Record::State(state) => self.revisions.contains(&state.revision),
            _ => true,
        }
    }
}
