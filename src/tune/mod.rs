//! Images at the boundary between frozen and learning blocks in, a tuned backbone and head out;
//! plain Rust on the CPU.
//!
//! The last blocks of the backbone, its last convolution and the head learn; what is before them is
//! frozen, and what it makes of an image is computed once and kept ([`Boundary`]). [`Tail`] has the
//! forward and the backward pass, an image at a time; [`TuneConfig`] → `init` → [`Tuning::step`]
//! trains it; [`Tail::write_to`] puts what was learned back into [`crate::backbone::Weights`].
//!
//! Batch norm is folded into the weights, that is, its statistics are frozen.

mod adam;
mod augment;
mod block;
mod boundary;
mod config;
mod depthwise;
mod estimate;
mod example;
mod finish;
mod fit;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod gradients;
mod head;
mod layout;
mod parameter;
mod pointwise;
mod prepare;
mod tail;
mod top;
mod weights_file;

pub use augment::Augmentation;
pub use boundary::{Boundary, max_blocks};
pub use config::TuneConfig;
pub use estimate::Workload;
pub use example::Example;
pub use fit::{TuneStep, Tuned, TunedEpoch, Tuning};
pub use head::{Judged, Target, TunedHead};
pub use prepare::{Preparation, PrepareConfig, Purpose};
pub use tail::Tail;
pub use weights_file::to_safetensors;
