//! Normalized features in, logits out: the part that learns.
//!
//! [`DenseHead`] is a trained head of either kind. Softmax regression is trained as plain numbers;
//! a perceptron is a Burn module while it learns, [`Mlp`].

mod dense;
#[cfg(feature = "trainer")]
mod mlp;
#[cfg(feature = "trainer")]
pub mod ridge;

pub use dense::{Activation, Dense, DenseHead};
#[cfg(feature = "trainer")]
pub(crate) use mlp::linear;
#[cfg(feature = "trainer")]
pub use mlp::{Mlp, MlpConfig};
