//! Feature rows and labels in; which images to look at, and which to label next, out.
//!
//! Everything here is plain arithmetic on rows that a [`Normalizer`](crate::features::Normalizer)
//! has centered and scaled to length 1, so that a product of two rows is the cosine of the angle
//! between them. What takes longer than a few milliseconds is a struct with a `step`.

mod balance;
mod mislabeled;
mod neighbors;
mod outliers;
mod suggest;
mod suitability;
mod transferability;

pub use balance::num_distinct;
pub use mislabeled::{Suspect, suspects};
pub use neighbors::{Neighbor, Neighbors};
pub use outliers::{Outlier, outliers};
pub use suggest::{Suggestions, is_early, smallest_margins};
pub use suitability::{Suitability, most_suitable};
pub use transferability::Transferability;

/// Σ a b, in lanes that a compiler can make vectors of.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}
