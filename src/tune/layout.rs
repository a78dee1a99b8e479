//! The sizes of a depthwise convolution in, where its input and its output's gradient lie in
//! padded images out.
//!
//! Forward, the convolution reads its input with zeros around it. Backward, the input's gradient is
//! a convolution again: with the kernel turned around, of stride 1, over the output's gradient
//! with zeros around it and, for a stride of 2, between its pixels.

use std::ops::Range;

use crate::backbone::{Block, Padding, depthwise::Rows};

/// Both padded images of one convolution.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Side of the input.
    pub size: usize,
    /// Side of the output.
    pub out_size: usize,
    /// Side of the padded input.
    pub padded_size: usize,
    /// Side of the padded gradient.
    pub gradient_size: usize,
    /// Where each pixel of the input is in its padded image.
    pub input_places: Vec<u32>,
    /// Where each pixel of the output is in the padded gradient.
    pub gradient_places: Vec<u32>,
    kernel_size: usize,
    stride: usize,
    /// Zeros above and left of the input.
    before: usize,
    /// Zeros above and left of the gradient.
    gradient_before: usize,
}

impl Layout {
    pub fn new(block: &Block, size: usize, padding: Padding) -> Self {
        let Block {
            kernel_size,
            stride,
            ..
        } = *block;
        let out_size = size.div_ceil(stride);
        let before = padding.before(size, kernel_size, stride);
        let gradient_before = kernel_size - 1 - before;
        let padded_size = (before + size).max((out_size - 1) * stride + kernel_size);
        let gradient_size = size + kernel_size - 1;
        Self {
            size,
            out_size,
            padded_size,
            gradient_size,
            input_places: places(size, 1, before, padded_size),
            gradient_places: places(out_size, stride, gradient_before, gradient_size),
            kernel_size,
            stride,
            before,
            gradient_before,
        }
    }

    /// The rows of the output, over the padded input.
    pub fn rows(&self) -> Rows {
        Rows {
            num_rows: self.out_size,
            width: self.out_size,
            in_width: self.padded_size,
        }
    }

    /// The rows of the input, over the padded gradient.
    pub fn gradient_rows(&self) -> Rows {
        Rows {
            num_rows: self.size,
            width: self.size,
            in_width: self.gradient_size,
        }
    }

    /// The rows of the kernel that meet the input at output row `y`.
    pub fn taps(&self, y: usize) -> Range<usize> {
        meeting(y * self.stride, self.before, self.size, self.kernel_size)
    }

    /// The rows of the turned kernel that meet the gradient at input row `y`.
    pub fn gradient_taps(&self, y: usize) -> Range<usize> {
        let extent = (self.out_size - 1) * self.stride + 1;
        meeting(y, self.gradient_before, extent, self.kernel_size)
    }

    /// Pixels of the input.
    pub fn num_pixels(&self) -> usize {
        self.size * self.size
    }

    /// Pixels of the output.
    pub fn num_outputs(&self) -> usize {
        self.out_size * self.out_size
    }
}

fn meeting(top: usize, before: usize, extent: usize, kernel_size: usize) -> Range<usize> {
    let end = (extent + before).saturating_sub(top).min(kernel_size);
    before.saturating_sub(top).min(end)..end
}

fn places(size: usize, stride: usize, before: usize, width: usize) -> Vec<u32> {
    let along = |index: usize| before + index * stride;
    let pixels = (0..size).flat_map(|y| (0..size).map(move |x| (y, x)));
    pixels
        .map(|(y, x)| (along(y) * width + along(x)) as u32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stride_leaves_zeros_between_the_gradients_pixels() {
        let block = Block {
            in_channels: 8,
            expanded_channels: 48,
            out_channels: 8,
            kernel_size: 3,
            stride: 2,
        };
        let layout = Layout::new(&block, 4, Padding::Same);
        // No zero above, one below: the gradient has two above, as the kernel is turned around.
        assert_eq!((layout.padded_size, layout.gradient_size), (5, 6));
        assert_eq!(layout.input_places[..5], [0, 1, 2, 3, 5]);
        assert_eq!(layout.gradient_places, [14, 16, 26, 28]);
        assert_eq!([0, 1].map(|y| layout.taps(y)), [0..3, 0..2]);
        assert_eq!(
            [0, 1, 2, 3].map(|y| layout.gradient_taps(y)),
            [2..3, 1..3, 0..3, 0..2]
        );
    }
}
