//! How the numbers of convolutions are stored in files.

use half::f16;

/// Bits of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// f32, as all programs read it.
    Full,
    /// f16 where that loses nothing, turned into f32 when the model is loaded: about half the size
    /// and the same answers. Backbones are served with weights in f16; their biases and heads,
    /// which are small, are in f32.
    Half,
}

impl Precision {
    /// The numbers in f16, if that is asked for and loses nothing: little-endian.
    pub(super) fn halves(self, values: &[f32]) -> Option<Vec<u8>> {
        let bytes = |x: &f32| f16::from_f32(*x).to_le_bytes();
        (self == Self::Half && are_halves(values)).then(|| values.iter().flat_map(bytes).collect())
    }
}

/// Whether each number has 16 bits only.
pub(super) fn are_halves(values: &[f32]) -> bool {
    values.iter().all(|&x| f16::from_f32(x).to_f32() == x)
}
