//! Graft trains image classifiers inside the browser.
//!
//! The modules in the order the data takes: image files → pixels → features → head → metrics →
//! export.
#![deny(missing_docs)]

pub mod archive;
pub mod error;
pub mod pixels;
pub mod protocol;
