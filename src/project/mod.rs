//! A session in, a file that brings it back out: what is autosaved, and what `.graft` files hold.
//!
//! There is one format for both. A [`journal`] is a sequence of [`Record`]s; what changes is
//! appended, and of what is said twice the last counts. So saving costs what has changed, and a
//! file is never rewritten in place.

pub mod journal;
mod live;
mod package;
mod record;
mod restored;
mod writer;

pub use live::Sieve;
pub use package::{Package, Packer};
pub use record::{
    ClassRecord, FeaturesRecord, ModelAbout, ModelRecord, Network, Record, Sample, StateRecord,
    TimelineRecord,
};
pub use restored::{Restored, RestoredSample, Restoring};
pub use writer::Writer;
