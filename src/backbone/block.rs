//! One inverted residual block: `[size, size, in]` in, `[size / stride, size / stride, out]` out.
//!
//! The widened image between the two 1×1 convolutions is six times as large as what goes in
//! or out. It is therefore made, filtered and projected piece by piece, so that it never leaves
//! the second-level cache: large images in strips of rows, small ones whole but a part of the
//! widened channels at a time, whose contributions to the output are added up.

use std::ops::Range;

use super::architecture;
use super::depthwise::Depthwise;
use super::finish::{AddToStored, Store, StoreRelu6, StoreWithResidual};
use super::piece::{Geometry, Strip};
use super::pointwise::Pointwise;
use super::simd::Aligned;
use super::weights::Conv;

/// Memory the blocks share. It grows when a block is made and never after.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// A piece of the widened image, with zeros left and right of each row.
    expanded: Aligned,
    /// The piece after the depthwise convolution.
    filtered: Aligned,
}

/// A block and how it walks the image.
#[derive(Clone, Debug)]
pub struct Block {
    geometry: Geometry,
    in_channels: usize,
    has_residual: bool,
    parts: Vec<Part>,
    /// Where each pixel of a strip goes, counted from the strip's first pixel.
    offsets: Vec<u32>,
}

/// The three convolutions, cut down to a part of the widened channels.
#[derive(Clone, Debug)]
struct Part {
    expand: Option<Pointwise>,
    depthwise: Depthwise,
    project: Pointwise,
}

impl Block {
    /// Packs the weights of a block and makes room in `scratch`.
    pub fn new(
        block: &architecture::Block,
        geometry: Geometry,
        [expand, depthwise, project]: [Option<&Conv>; 3],
        scratch: &mut Scratch,
    ) -> Self {
        let (depthwise, project) = depthwise.zip(project).expect("every block has these two");
        let part = |channels: Range<usize>| Part {
            expand: expand.map(|conv| Pointwise::new(&conv.outputs(channels.clone()))),
            depthwise: Depthwise::new(
                &depthwise.outputs(channels.clone()),
                block.kernel_size,
                block.stride,
            ),
            project: Pointwise::new(&project.inputs(channels)),
        };
        scratch.expanded.grow(geometry.expanded_length());
        scratch.filtered.grow(geometry.filtered_length());
        let starts = (0..block.expanded_channels).step_by(geometry.channels);
        Self {
            in_channels: block.in_channels,
            has_residual: block.has_residual(),
            parts: starts
                .map(|start| part(start..start + geometry.channels))
                .collect(),
            offsets: geometry.pixel_offsets(),
            geometry,
        }
    }

    /// Values in the block's input.
    pub fn in_length(&self) -> usize {
        self.geometry.size * self.geometry.size * self.in_channels
    }

    /// Computes the block on its whole input.
    pub fn forward(&self, input: &[f32], output: &mut [f32], scratch: &mut Scratch) {
        let row_length = self.geometry.size * self.in_channels;
        for (index, part) in self.parts.iter().enumerate() {
            let expand = part
                .expand
                .as_ref()
                .expect("only the first block lacks an expansion");
            let start = match index {
                0 if self.has_residual => Start::Residual(input),
                0 => Start::Bias,
                _ => Start::Output,
            };
            self.forward_part(part, start, output, scratch, |rows, strip| {
                let input = &input[rows.start * row_length..rows.end * row_length];
                expand.forward(input, &mut StoreRelu6::new(&self.offsets, strip));
            });
        }
    }

    /// Computes a block without expansion. `widen` fills rows of its input: it gets their
    /// numbers, the place of the first one and the distance to the next.
    pub fn forward_from(
        &self,
        output: &mut [f32],
        scratch: &mut Scratch,
        mut widen: impl FnMut(Range<usize>, &mut [f32], usize),
    ) {
        let row_length = self.geometry.row_length();
        for part in &self.parts {
            self.forward_part(part, Start::Bias, output, scratch, |rows, strip| {
                widen(rows, strip, row_length);
            });
        }
    }

    fn forward_part(
        &self,
        part: &Part,
        start: Start,
        output: &mut [f32],
        scratch: &mut Scratch,
        mut widen: impl FnMut(Range<usize>, &mut [f32]),
    ) {
        let geometry = &self.geometry;
        let out_row_length = geometry.out_size * part.project.out_channels();
        geometry.clear_borders(&mut scratch.expanded);
        for strip in geometry.strips() {
            if strip.first > 0 {
                geometry.keep_overlap(&mut scratch.expanded);
            }
            if !strip.new_rows.is_empty() {
                widen(
                    strip.new_rows.clone(),
                    &mut scratch.expanded[strip.new_place..],
                );
            }
            let filtered = geometry.out_size * geometry.channels * strip.num_rows;
            let filtered = &mut scratch.filtered[..filtered];
            self.filter(&part.depthwise, &strip, &scratch.expanded, filtered);
            let at = strip.first * out_row_length..(strip.first + strip.num_rows) * out_row_length;
            start
                .at(at.clone())
                .project(&part.project, filtered, &mut output[at]);
        }
    }

    fn filter(&self, layer: &Depthwise, strip: &Strip, expanded: &[f32], filtered: &mut [f32]) {
        let geometry = &self.geometry;
        let row_length = geometry.row_length();
        let rows = filtered.chunks_exact_mut(geometry.out_size * geometry.channels);
        for (y, output) in rows.enumerate() {
            let window = &expanded[y * geometry.stride * row_length..];
            layer.forward_row(window, row_length, geometry.taps(strip.first + y), output);
        }
    }
}

/// What the projection adds its products to.
#[derive(Clone, Copy)]
enum Start<'a> {
    Bias,
    /// Bias and the block's input.
    Residual(&'a [f32]),
    /// The sum over the parts so far.
    Output,
}

impl Start<'_> {
    fn at(&self, range: Range<usize>) -> Self {
        match self {
            Self::Residual(input) => Self::Residual(&input[range]),
            other => *other,
        }
    }

    fn project(self, layer: &Pointwise, filtered: &[f32], output: &mut [f32]) {
        let channels = layer.out_channels();
        match self {
            Self::Bias => layer.forward(filtered, &mut Store::new(channels, output)),
            Self::Residual(residual) => {
                layer.forward(
                    filtered,
                    &mut StoreWithResidual::new(channels, residual, output),
                );
            }
            Self::Output => {
                layer.forward(filtered, &mut AddToStored(Store::new(channels, output)));
            }
        }
    }
}
