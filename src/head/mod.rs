//! Normalized features in, logits out: the part that learns.
//!
//! [`DenseHead`] is a trained head of either kind. Softmax regression is trained as plain numbers;
//! a perceptron is a Burn module while it learns, [`Mlp`].

mod dense;
mod mlp;
pub mod ridge;

pub use dense::{Activation, Dense, DenseHead};
pub(crate) use mlp::linear;
pub use mlp::{Mlp, MlpConfig};
