//! How a block's widened image is cut into pieces that stay in the cache: large images into strips
//! of rows, small ones into groups of channels.

use std::ops::Range;

use super::architecture::{Block, Padding};
use super::planes::PANEL;

/// Floats of a strip of the widened image: 384 KiB, a good part of a usual second-level cache,
/// which also holds the weights in use. Half or twice as many measure alike. Tests use few, so
/// that small images have several pieces.
const STRIP_LENGTH: usize = if cfg!(test) { 4 * 1024 } else { 96 * 1024 };

/// Floats of a group of channels of the widened image, when the image is not cut into strips.
const GROUP_LENGTH: usize = if cfg!(test) { 1024 } else { 32 * 1024 };

/// Floats of the whole filtered image up to which it is not cut into strips: 640 KiB.
const FILTERED_LENGTH: usize = if cfg!(test) { 1024 } else { 160 * 1024 };

/// The extent of one piece and its way through the image.
#[derive(Clone, Debug)]
pub struct Geometry {
    /// Side of input and widened image.
    pub size: usize,
    /// Side of the output.
    pub out_size: usize,
    /// Widened channels in a piece.
    pub channels: usize,
    /// Of the depthwise convolution.
    pub stride: usize,
    kernel_size: usize,
    /// Zeros above and left of the image.
    before: usize,
    /// Output rows a strip.
    strip_rows: usize,
    /// Pixels in a row of the piece, zeros included.
    pub padded_width: usize,
}

/// A run of output rows and what they need of the widened image.
pub struct Strip {
    /// First output row.
    pub first: usize,
    /// Output rows.
    pub num_rows: usize,
    /// Rows of the widened image that the strips before didn't need.
    pub new_rows: Range<usize>,
    /// The pixel of the piece that is the first of them.
    pub new_place: usize,
}

impl Geometry {
    /// Cuts a block that works on images of `size` × `size`.
    pub fn new(block: &Block, size: usize, padding: Padding) -> Self {
        let Block {
            expanded_channels,
            kernel_size,
            stride,
            ..
        } = *block;
        let out_size = size.div_ceil(stride);
        let before = padding.before(size, kernel_size, stride);
        let whole = Self {
            size,
            out_size,
            channels: expanded_channels,
            stride,
            kernel_size,
            before,
            strip_rows: out_size,
            padded_width: (before + size).max((out_size - 1) * stride + kernel_size),
        };
        let fits = whole.strip_pixels() * expanded_channels <= FILTERED_LENGTH;
        let group = (fits && block.has_expansion())
            .then(|| {
                whole
                    .groups()
                    .find(|it| it.expanded_length() <= GROUP_LENGTH)
            })
            .flatten();
        let strip = || {
            whole
                .strips_of_all()
                .find(|it| it.expanded_length() <= STRIP_LENGTH)
        };
        let one_row = || Self {
            strip_rows: 1,
            ..whole.clone()
        };
        group.or_else(strip).unwrap_or_else(one_row)
    }

    /// The whole image with fewer and fewer channels, always in whole planes.
    fn groups(&self) -> impl Iterator<Item = Self> + '_ {
        let num_planes = self.channels / PANEL;
        let divisors = (1..=num_planes).filter(move |groups| num_planes.is_multiple_of(*groups));
        divisors.map(|groups| Self {
            channels: self.channels / groups,
            ..self.clone()
        })
    }

    /// All channels of strips with fewer and fewer rows.
    fn strips_of_all(&self) -> impl Iterator<Item = Self> + '_ {
        let strip_rows = (1..=self.out_size).rev();
        strip_rows.map(|strip_rows| Self {
            strip_rows,
            ..self.clone()
        })
    }

    /// Values from one plane of the piece to the next.
    pub fn plane_length(&self) -> usize {
        self.expanded_rows(self.strip_rows) * self.padded_width * PANEL
    }

    /// Values in the piece.
    pub fn expanded_length(&self) -> usize {
        self.plane_length() * (self.channels / PANEL)
    }

    /// Pixels of a strip of the output.
    pub fn strip_pixels(&self) -> usize {
        self.strip_rows * self.out_size
    }

    /// Where each pixel of a piece goes, counted in pixels from the first.
    pub fn places(&self) -> Vec<u32> {
        let num_rows = self.expanded_rows(self.strip_rows).min(self.size);
        let pixels = (0..num_rows).flat_map(|y| (0..self.size).map(move |x| (y, x)));
        pixels
            .map(|(y, x)| (y * self.padded_width + x) as u32)
            .collect()
    }

    /// The strips from top to bottom.
    pub fn strips(&self) -> impl Iterator<Item = Strip> + '_ {
        let mut ready = 0;
        (0..self.out_size)
            .step_by(self.strip_rows)
            .map(move |first| {
                let num_rows = self.strip_rows.min(self.out_size - first);
                let top = first * self.stride;
                let end = (top + self.expanded_rows(num_rows) - self.before)
                    .min(self.size)
                    .max(ready);
                let place = (ready + self.before - top) * self.padded_width;
                let new_rows = ready..end;
                ready = end;
                let new_place = place + self.before;
                Strip {
                    first,
                    num_rows,
                    new_rows,
                    new_place,
                }
            })
    }

    /// The rows of the kernel that meet the image for output row `y`.
    pub fn taps(&self, y: usize) -> Range<usize> {
        let above = y * self.stride;
        let end = (self.size + self.before - above).min(self.kernel_size);
        self.before.saturating_sub(above)..end
    }

    /// Zeros the columns left and right of the image.
    pub fn clear_borders(&self, expanded: &mut [f32]) {
        let left = self.before * PANEL;
        let right = (self.before + self.size) * PANEL;
        let expanded = &mut expanded[..self.expanded_length()];
        for row in expanded.chunks_exact_mut(self.padded_width * PANEL) {
            row[..left].fill(0.0);
            row[right..].fill(0.0);
        }
    }

    /// Moves the rows that the next strip shares with this one to its beginning.
    pub fn keep_overlap(&self, expanded: &mut [f32]) {
        let row_length = self.padded_width * PANEL;
        let from = (self.strip_rows * self.stride * row_length).min(self.plane_length());
        let expanded = &mut expanded[..self.expanded_length()];
        for plane in expanded.chunks_exact_mut(self.plane_length()) {
            plane.copy_within(from.., 0);
        }
    }

    /// Rows of the widened image that `out_rows` rows of the output need.
    fn expanded_rows(&self, out_rows: usize) -> usize {
        (out_rows - 1) * self.stride + self.kernel_size
    }
}

#[cfg(test)]
mod tests {
    use super::super::architecture::Architecture;
    use super::*;

    #[test]
    fn strips_need_every_row_once_and_give_every_output_row() {
        for architecture in Architecture::all() {
            for (block, size) in architecture
                .blocks
                .iter()
                .zip([1, 2, 7, 13, 20, 56, 112].iter().cycle())
            {
                let geometry = Geometry::new(block, *size, architecture.padding);
                let (mut rows, mut out_rows) = (0, 0);
                for strip in geometry.strips() {
                    assert_eq!((strip.new_rows.start, strip.first), (rows, out_rows));
                    rows = strip.new_rows.end;
                    out_rows += strip.num_rows;
                }
                let needed = ((out_rows - 1) * block.stride + block.kernel_size)
                    .saturating_sub(geometry.before)
                    .min(*size);
                assert_eq!((rows, out_rows), (needed, geometry.out_size));
            }
        }
    }
}
