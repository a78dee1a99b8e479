//! 224 × 224 RGB pixels in, one row of 1280 features out.
//!
//! [`architecture`] says which convolutions there are, [`weights`] reads their parameters.

pub mod architecture;
pub mod weights;

pub use architecture::{Architecture, Block, Convolution, NUM_FEATURES, Padding};
pub use weights::{Conv, Weights};
