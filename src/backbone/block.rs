//! One inverted residual block: `[size, size, in]` in, `[size / stride, size / stride, out]` out.
//!
//! The widened image between the two 1×1 convolutions is six times as large as what goes in
//! or out. It is therefore made, filtered and projected a strip of rows at a time, so that it
//! never leaves the second-level cache.

use std::ops::Range;

use super::architecture::{self, Padding};
use super::depthwise::Depthwise;
use super::finish::{Add, Store, StoreRelu6};
use super::pointwise::Pointwise;
use super::simd::Aligned;
use super::weights::Conv;

/// Floats in a strip of the widened image: 256 KiB, a quarter to half of a usual
/// second-level cache, which also holds the weights in use. Tests use little, so that small
/// images have several strips.
const STRIP_LENGTH: usize = if cfg!(test) { 4 * 1024 } else { 64 * 1024 };

/// Memory the blocks share. It grows when a block is made and never after.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// A strip of the widened image, with zeros left and right of each row.
    expanded: Aligned,
    /// The strip after the depthwise convolution.
    filtered: Aligned,
}

/// The depthwise and the projecting convolution of a block and how they walk the image.
#[derive(Clone, Debug)]
pub struct Block {
    geometry: Geometry,
    depthwise: Depthwise,
    project: Pointwise,
}

/// A block's expanding convolution.
#[derive(Clone, Debug)]
pub struct Expand {
    pointwise: Pointwise,
    in_row_length: usize,
    /// Where each pixel of a strip goes, counted from the strip's first pixel.
    offsets: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Geometry {
    /// Of input and widened image.
    size: usize,
    /// Of the output.
    out_size: usize,
    channels: usize,
    kernel_size: usize,
    stride: usize,
    /// Zeros above and left of the image.
    before: usize,
    /// Output rows a strip.
    strip_rows: usize,
    /// Pixels in a row of the strip, zeros included.
    padded_width: usize,
}

impl Block {
    /// Packs the weights of a block for images of `size` × `size` and makes room in `scratch`.
    pub fn new(
        block: &architecture::Block,
        size: usize,
        padding: Padding,
        depthwise: &Conv,
        project: &Conv,
        scratch: &mut Scratch,
    ) -> Self {
        let geometry = Geometry::new(block, size, padding);
        let num_rows = geometry.expanded_rows(geometry.strip_rows);
        scratch.expanded.grow(num_rows * geometry.row_length());
        let out_pixels = geometry.strip_rows * geometry.out_size;
        scratch.filtered.grow(out_pixels * geometry.channels);
        Self {
            geometry,
            depthwise: Depthwise::new(depthwise, block.kernel_size, block.stride),
            project: Pointwise::new(project),
        }
    }

    /// The convolution that widens this block's input.
    pub fn expand(&self, conv: &Conv) -> Expand {
        let geometry = &self.geometry;
        let in_channels = conv.weight.len() / geometry.channels;
        let num_rows = geometry
            .expanded_rows(geometry.strip_rows)
            .min(geometry.size);
        let pixels = (0..num_rows).flat_map(|y| (0..geometry.size).map(move |x| (y, x)));
        let offset = |(y, x)| y * geometry.row_length() + x * geometry.channels;
        Expand {
            pointwise: Pointwise::new(conv),
            in_row_length: geometry.size * in_channels,
            offsets: pixels.map(|pixel| offset(pixel) as u32).collect(),
        }
    }

    /// Computes the block on its whole input.
    pub fn forward(
        &self,
        expand: &Expand,
        has_residual: bool,
        input: &[f32],
        output: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let residual = has_residual.then_some(input);
        self.forward_from(residual, output, scratch, |rows, row_length, strip| {
            let input = &input[rows.start * expand.in_row_length..];
            let input = &input[..rows.len() * expand.in_row_length];
            debug_assert_eq!(row_length, self.geometry.row_length());
            let mut store = StoreRelu6 {
                offsets: &expand.offsets,
                output: strip,
            };
            expand.pointwise.forward(input, &mut store);
        });
    }

    /// Computes the block on a widened image that `widen` makes: it gets a range of rows,
    /// the distance between them and the place of the first row's first pixel.
    pub fn forward_from(
        &self,
        residual: Option<&[f32]>,
        output: &mut [f32],
        scratch: &mut Scratch,
        mut widen: impl FnMut(Range<usize>, usize, &mut [f32]),
    ) {
        let geometry = &self.geometry;
        let row_length = geometry.row_length();
        let left = geometry.before * geometry.channels;
        geometry.clear_borders(&mut scratch.expanded);
        let mut ready = 0;
        for first in (0..geometry.out_size).step_by(geometry.strip_rows) {
            let strip = geometry.strip(first);
            if first > 0 {
                geometry.keep_overlap(&mut scratch.expanded);
            }
            if ready < strip.end {
                let place = (ready + geometry.before - strip.top) * row_length + left;
                widen(ready..strip.end, row_length, &mut scratch.expanded[place..]);
                ready = strip.end;
            }
            let num_pixels = strip.num_rows * geometry.out_size;
            let filtered = &mut scratch.filtered[..num_pixels * geometry.channels];
            self.filter(&strip, &scratch.expanded, filtered);
            let first_value = first * geometry.out_size * self.project.out_channels();
            let length = num_pixels * self.project.out_channels();
            let output = &mut output[first_value..][..length];
            let residual = residual.map(|input| &input[first_value..][..length]);
            self.project(filtered, residual, output);
        }
    }

    fn filter(&self, strip: &Strip, expanded: &[f32], filtered: &mut [f32]) {
        let geometry = &self.geometry;
        let row_length = geometry.row_length();
        let rows = filtered.chunks_exact_mut(geometry.out_size * geometry.channels);
        for (y, output) in rows.enumerate() {
            let above = strip.top + y * geometry.stride;
            let window = &expanded[y * geometry.stride * row_length..];
            let first = geometry.before.saturating_sub(above);
            let last = (geometry.size + geometry.before - above).min(geometry.kernel_size);
            self.depthwise
                .forward_row(window, row_length, first..last, output);
        }
    }

    fn project(&self, filtered: &[f32], residual: Option<&[f32]>, output: &mut [f32]) {
        let out_channels = self.project.out_channels();
        match residual {
            None => self.project.forward(
                filtered,
                &mut Store {
                    out_channels,
                    output,
                },
            ),
            Some(residual) => {
                self.project.forward(
                    filtered,
                    &mut Add {
                        out_channels,
                        residual,
                        output,
                    },
                );
            }
        }
    }
}

/// A run of output rows and the rows of the widened image they need.
struct Strip {
    /// First row under the kernel, counted from the topmost row of zeros.
    top: usize,
    /// One past the last row of the image that is needed.
    end: usize,
    /// Output rows.
    num_rows: usize,
}

impl Geometry {
    fn new(block: &architecture::Block, size: usize, padding: Padding) -> Self {
        let architecture::Block {
            expanded_channels,
            kernel_size,
            stride,
            ..
        } = *block;
        let out_size = size.div_ceil(stride);
        let before = padding.before(size, kernel_size, stride);
        let mut geometry = Self {
            size,
            out_size,
            channels: expanded_channels,
            kernel_size,
            stride,
            before,
            strip_rows: 1,
            padded_width: (before + size).max((out_size - 1) * stride + kernel_size),
        };
        let fits = |rows| geometry.expanded_rows(rows) * geometry.row_length() <= STRIP_LENGTH;
        geometry.strip_rows = (1..=out_size)
            .take_while(|rows| fits(*rows))
            .last()
            .unwrap_or(1);
        geometry
    }

    fn row_length(&self) -> usize {
        self.padded_width * self.channels
    }

    /// Rows of the widened image that `out_rows` rows of the output need.
    fn expanded_rows(&self, out_rows: usize) -> usize {
        (out_rows - 1) * self.stride + self.kernel_size
    }

    fn strip(&self, first: usize) -> Strip {
        let top = first * self.stride;
        let num_rows = self.strip_rows.min(self.out_size - first);
        let end = (top + self.expanded_rows(num_rows) - self.before).min(self.size);
        Strip { top, end, num_rows }
    }

    /// Zeros the columns left and right of the image.
    fn clear_borders(&self, expanded: &mut [f32]) {
        let left = self.before * self.channels;
        let right = (self.before + self.size) * self.channels;
        let num_rows = self.expanded_rows(self.strip_rows);
        for row in expanded.chunks_exact_mut(self.row_length()).take(num_rows) {
            row[..left].fill(0.0);
            row[right..].fill(0.0);
        }
    }

    /// Moves the rows that the next strip shares with this one to its beginning.
    fn keep_overlap(&self, expanded: &mut [f32]) {
        let row_length = self.row_length();
        let from = self.strip_rows * self.stride;
        let to = self.expanded_rows(self.strip_rows).max(from);
        expanded.copy_within(from * row_length..to * row_length, 0);
    }
}
