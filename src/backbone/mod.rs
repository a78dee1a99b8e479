//! RGB pixels of the backbone's size in, one row of 1280 features out.
//!
//! [`architecture`] says which convolutions there are, `cost` what they take, and [`weights`] reads their parameters;
//! [`Backbone`] runs them on the CPU: the `stem`, then each `block` piece by `piece`, then
//! the top with its average. The arithmetic is in `pointwise` and `depthwise`, which share
//! the vectors of `simd` and keep images as `planes`.

pub mod architecture;
pub mod weights;

mod block;
mod cost;
mod cut;
pub(crate) mod depthwise;
pub(crate) mod finish;
mod forward;
#[cfg(feature = "kernels")]
pub mod gpu;
#[cfg(feature = "trainer")]
mod network;
mod piece;
pub(crate) mod planes;
pub(crate) mod pointwise;
#[cfg(test)]
pub(crate) mod reference;
pub(crate) mod simd;
mod stem;
#[cfg(all(test, feature = "trainer"))]
pub(crate) mod testing;
pub(crate) mod tile;

pub use architecture::{Architecture, Block, Convolution, NUM_FEATURES, Padding};
pub use forward::Backbone;
#[cfg(feature = "trainer")]
pub use network::Network;
pub use weights::{Conv, Weights};
