//! A text in, a point that is near those of texts with a like meaning out.
//!
//! all-MiniLM-L6-v2: a BERT of six layers (Wang et al., *MiniLM*, arXiv:2002.10957), trained so
//! that the mean over a sentence's pieces stands for the sentence (Reimers and Gurevych,
//! *Sentence-BERT*, arXiv:1908.10084). It knows English.

use super::{
    layer::{Layer, WIDTH},
    linear::Quantized,
    norm::Norm,
    vocabulary::Vocabulary,
};
use crate::{
    error::Result,
    tensor_file::{TensorFile, damaged},
};

/// Length of an embedding.
pub const NUM_DIMENSIONS: usize = WIDTH;

/// Layers of the network.
pub const NUM_LAYERS: usize = 6;

/// Word pieces in the vocabulary.
pub const NUM_PIECES: usize = 30_522;

/// What is longer is cut off; the model was trained with 128 and published with 256. A class name
/// with a description has a few dozen.
pub const MAX_PIECES: usize = 128;

/// The network that reads.
#[derive(Debug)]
pub struct Tower {
    vocabulary: Vocabulary,
    /// `[NUM_PIECES, WIDTH]`
    pieces: Quantized,
    /// `[MAX_PIECES, WIDTH]`; what all texts have in common is added in.
    positions: Quantized,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Tower {
    /// Reads a file made by `convert_text`.
    ///
    /// # Errors
    ///
    /// When something is missing in it or is of another shape.
    pub(super) fn read(file: &TensorFile) -> Result<Self> {
        let lines = std::str::from_utf8(file.all_bytes_of("vocabulary")?)
            .map_err(|_| damaged("the vocabulary is not text"))?;
        let vocabulary = Vocabulary::parse(lines)?;
        if vocabulary.num_pieces() != NUM_PIECES {
            return Err(damaged(format!(
                "the vocabulary has {} pieces",
                vocabulary.num_pieces()
            )));
        }
        Ok(Self {
            vocabulary,
            pieces: Quantized::read(file, "pieces", [NUM_PIECES, WIDTH])?,
            positions: Quantized::read(file, "positions", [MAX_PIECES, WIDTH])?,
            norm: Norm::read(file, "norm")?,
            layers: (0..NUM_LAYERS)
                .map(|at| Layer::read(file, at))
                .collect::<Result<_>>()?,
        })
    }

    /// The numbers of the word pieces that a text is read as, its marks of start and end included.
    pub fn pieces(&self, text: &str) -> Vec<u32> {
        self.vocabulary.pieces(text, MAX_PIECES)
    }

    /// The embedding of a text, of length 1: `[NUM_DIMENSIONS]`.
    pub fn embed(&self, text: &str) -> Vec<f32> {
        let pieces = self.pieces(text);
        let embedded = |(at, &piece): (usize, &u32)| {
            let sums = self.pieces.row(piece as usize).zip(self.positions.row(at));
            self.norm.of(&sums
                .map(|(piece, position)| piece + position)
                .collect::<Vec<_>>())
        };
        let mut rows: Vec<_> = pieces.iter().enumerate().map(embedded).collect();
        for layer in &self.layers {
            rows = layer.forward(&rows);
        }
        let mut sum = vec![0.0; WIDTH];
        for row in &rows {
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        unit(sum)
    }
}

/// The same direction with length 1; zeros stay.
pub(super) fn unit(mut row: Vec<f32>) -> Vec<f32> {
    let square: f64 = row.iter().map(|&x| f64::from(x).powi(2)).sum();
    let scale = square.max(f64::MIN_POSITIVE).sqrt().recip() as f32;
    row.iter_mut().for_each(|x| *x *= scale);
    row
}
