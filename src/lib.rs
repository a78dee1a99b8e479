//! Graft trains image classifiers inside the browser.
//!
//! The modules in the order the data takes: image files → pixels → features → head → metrics →
//! export.
#![deny(missing_docs)]

pub mod backbone;
pub mod dataset;
pub mod metrics;
pub mod pixels;

#[cfg(feature = "trainer")]
pub mod features;
#[cfg(feature = "trainer")]
pub mod head;
#[cfg(feature = "trainer")]
pub mod train;

pub mod error;
pub mod protocol;
