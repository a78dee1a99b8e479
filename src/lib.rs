//! Graft trains image classifiers inside the browser.
//!
//! The modules in the order the data takes: image files → pixels → features → head → metrics →
//! export.
#![deny(missing_docs)]

pub mod archive;
pub mod backbone;
pub mod classifier;
pub mod dataset;
pub mod features;
pub mod metrics;
pub mod pixels;
pub mod project;
pub mod sample_set;
pub mod text;
pub mod tune;

#[cfg(feature = "trainer")]
pub mod curation;
#[cfg(feature = "trainer")]
pub mod device;
#[cfg(feature = "trainer")]
pub mod distill;
#[cfg(feature = "trainer")]
pub mod evaluation;
#[cfg(feature = "trainer")]
pub mod explain;
pub mod export;
pub mod head;
#[cfg(feature = "trainer")]
pub mod live;
pub mod model;
#[cfg(feature = "trainer")]
pub mod session;
#[cfg(feature = "trainer")]
pub mod study;
#[cfg(feature = "trainer")]
pub mod train;
#[cfg(feature = "trainer")]
pub mod transfer;

pub mod error;
pub mod protocol;
mod tensor_file;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod web;
