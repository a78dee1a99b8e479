//! What is kept from one visit to the next.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{SampleId, TrainingConfig};

/// How the page is set; belongs to a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectSettings {
    /// How to train.
    pub config: TrainingConfig,
    /// Whether edits are taken in at once, where that takes no time to speak of.
    pub keep_up_to_date: bool,
}

impl Default for ProjectSettings {
    fn default() -> Self {
        Self {
            config: TrainingConfig::default(),
            keep_up_to_date: true,
        }
    }
}

/// How much of a project is safe once something has been saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SaveMark {
    /// Pictures.
    pub num_samples: usize,
    /// The newest state of the classes.
    pub revision: u32,
}

/// A picture that is back from an earlier visit.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RestoredPicture {
    /// Its identity.
    pub id: SampleId,
    /// Its path as it was dropped.
    pub path: String,
    /// A JPEG.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array")]
    pub thumbnail: Vec<u8>,
}

/// What came back from an earlier visit, and what didn't.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Restoration {
    /// The first id that is free for a new picture.
    pub next_sample: SampleId,
    /// How the page was set; nothing if it was never changed.
    pub settings: Option<ProjectSettings>,
    /// Whether the classes have changed since the model was trained.
    pub is_stale: bool,
    /// What is safe.
    pub mark: SaveMark,
    /// Pictures of the classes that are not there: they had not been read yet, or got damaged.
    pub num_missing: usize,
    /// Pictures that are to be read again, of those that [`Command::Expect`](super::Command::Expect)
    /// announced.
    pub to_read: Vec<SampleId>,
    /// All pictures that are in the classes or that undo and redo can bring back there. What was kept
    /// of others is of no use any more.
    pub known: Vec<SampleId>,
    /// Whether something was damaged, other than what was being written when the page was closed.
    pub is_damaged: bool,
    /// Where the sound part of the file ends, in bytes: what is appended belongs there.
    pub sound_bytes: usize,
    /// Whether the file had better be written anew.
    pub should_compact: bool,
}
