//! Labeled images in, a tuned backbone and head out, a few milliseconds at a time; plain Rust on the
//! CPU.
//!
//! The last blocks of the backbone, its last convolution and the head learn; what is before them is
//! frozen, and what it makes of an image is computed once and kept ([`Boundary`]). [`Tail`] has the
//! forward and the backward pass, an image at a time; [`TuneConfig`] → `init` → [`Tuning::step`]
//! trains it; [`Tail::write_to`] puts what was learned back into [`crate::backbone::Weights`].
//!
//! Batch norm is folded into the weights, that is, its statistics are frozen.
//!
//! # A run
//!
//! Images are given in a fixed order, which with the seeds determines the outcome. Between any two
//! steps all can be dropped, which is how to cancel; nothing is changed before `write_to`.
//!
//! ```no_run
//! use graft::backbone::{Backbone, Weights};
//! use graft::tune::*;
//!
//! # fn image(number: usize) -> (Vec<u8>, usize) { (vec![0; 224 * 224 * 3], number % 2) }
//! # fn run(served: &[u8], head: TunedHead) -> graft::error::Result<()> {
//! let mut weights = Weights::from_safetensors(served)?;
//! let (prepare, tune) = (PrepareConfig::default(), TuneConfig::default());
//! let work = Workload::new(&weights.architecture, &prepare, &tune, [80, 20]);
//! println!("{} MB", work.num_bytes / 1_000_000);
//!
//! // One image's pixels at a time; a step makes one view of it.
//! let mut preparation = prepare.init(&weights);
//! for number in 0..100 {
//!     let (pixels, label) = image(number); // 224 × 224 RGB
//!     let is_held_out = number % 5 == 0;
//!     let purpose = if is_held_out { Purpose::Validate } else { Purpose::Learn };
//!     preparation.begin(pixels, label, purpose)?;
//!     let start = web_time::Instant::now();
//!     while preparation.step() {}
//!     if !is_held_out {
//!         let per_view = start.elapsed().as_secs_f64() / prepare.num_views as f64;
//!         println!("{:.0} s in all", work.seconds(per_view));
//!     }
//! }
//!
//! // The head was trained on frozen features, with `TunedHead::WEIGHT_DECAY`. A step learns from
//! // one image, or validates one, or changes the parameters after a batch.
//! let tail = Tail::new(&weights, prepare.num_blocks, head);
//! let mut tuning = tune.init(tail, preparation.finish());
//! loop {
//!     match tuning.step() {
//!         TuneStep::Running => println!("{:.0} %", 100.0 * tuning.progress()),
//!         TuneStep::Epoch(epoch) => println!("{epoch:?}"),
//!         TuneStep::Finished => break,
//!     }
//! }
//!
//! // The epoch with the lowest validation loss; 0 if nothing was better than the head alone.
//! let Tuned { tail, epoch, examples } = tuning.finish();
//! tail.write_to(&mut weights);
//! let file = to_safetensors(&weights, served)?; // for workers and for export
//! let mut backbone = Backbone::new(&Weights::from_safetensors(&file)?);
//! let (pixels, _) = image(100);
//! let logits = tail.head().logits(backbone.forward(&pixels));
//! # Ok(()) }
//! ```
//!
//! Features of the tuned backbone and of the frozen one don't mix: a tuned head is for rows of
//! [`Tail::features`] or of a backbone with the tuned weights, and no other head is.
//!
//! # Time
//!
//! EfficientNet-Lite0 in WebAssembly on one core of an AMD EPYC, in Node 20 (`bench/tune.mjs`), CPU
//! milliseconds in the median; a batch of four, 224 × 224 pixels:
//!
//! | learning | a view to make | a step, plain SIMD | a step, relaxed SIMD | of it a slice at most |
//! |---|---|---|---|---|
//! | last convolution | 34 | 11 | 11 | 3 |
//! | and 1 block | 31 | 42 | 40 | 10 |
//! | and 3 blocks | 27 | 86 | 80 | 21 |
//! | and 5 blocks | 24 | 127 | 120 | 31 |
//! | and 6 blocks | 20 | 156 | 147 | 38 |
//!
//! Burn's flex backend takes 444 ms a step for three blocks. 340 images with six views each and ten
//! epochs are about two minutes.
//!
//! # Memory
//!
//! A view at the last three blocks takes 19 KB ([`Workload::num_bytes`]): 340 images with six views
//! 38 MB. Two million values learn, of which a run keeps six copies, with their gradients, Adam's
//! moments and the best epoch: 47 MB. The batch needs none, as gradients add up image by image.

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
