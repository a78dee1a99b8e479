//! 1×1 convolution: `[pixels, in]` in, `[pixels, out]` handed to a [`Finish`], eight channels
//! of one pixel at a time.
//!
//! Nine tenths of a backbone's arithmetic is here. It is a matrix product in tiles of up to
//! [`MAX_ROWS`] pixels × [`PANEL`] channels whose sums never leave registers.

use std::ops::Range;

use super::finish::Finish;
use super::simd::Aligned;
use super::tile::{MAX_ROWS, PANEL, Run, add_products, load_pair, pack_panels, runs};
use super::weights::Conv;

/// Above this many weights a layer is walked panel by panel, so that the panel stays in the
/// first-level cache; below it tile by tile, so that the output is written in order.
const WEIGHTS_THAT_STAY_CACHED: usize = 24 * 1024;

/// A 1×1 convolution with its weights packed for the tile loop.
#[derive(Clone, Debug)]
pub struct Pointwise {
    in_channels: usize,
    out_channels: usize,
    /// `[out / PANEL, in, PANEL]`
    panels: Aligned,
    /// `[out]`
    bias: Aligned,
}

impl Pointwise {
    /// Packs a convolution whose output channels are a multiple of [`PANEL`], as in every
    /// architecture here.
    pub fn new(conv: &Conv) -> Self {
        let out_channels = conv.bias.len();
        let in_channels = conv.weight.len() / out_channels;
        assert_eq!(
            out_channels % PANEL,
            0,
            "output channels come in panels of {PANEL}"
        );
        Self {
            in_channels,
            out_channels,
            panels: pack_panels(&conv.weight, in_channels),
            bias: Aligned::from(conv.bias.as_slice()),
        }
    }

    /// Channels that come in.
    pub fn in_channels(&self) -> usize {
        self.in_channels
    }

    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        self.out_channels
    }

    /// Computes all pixels of `input`: `[pixels, in]`.
    pub fn forward(&self, input: &[f32], finish: &mut impl Finish) {
        let num_pixels = input.len() / self.in_channels;
        assert!(
            num_pixels <= finish.num_pixels(self.out_channels),
            "room for every pixel"
        );
        if self.panels.len() <= WEIGHTS_THAT_STAY_CACHED {
            for run in runs(num_pixels) {
                self.run(input, run, 0..self.out_channels, finish);
            }
        } else {
            for channel in (0..self.out_channels).step_by(PANEL) {
                for run in runs(num_pixels) {
                    self.run(input, run, channel..channel + PANEL, finish);
                }
            }
        }
    }

    fn run(&self, input: &[f32], run: Run, channels: Range<usize>, finish: &mut impl Finish) {
        let length = run.rows * run.num_tiles * self.in_channels;
        let input = &input[run.first * self.in_channels..][..length];
        // SAFETY: `forward` has found room for every pixel.
        unsafe {
            match run.rows {
                1 => self.tiles::<1>(input, run.first, channels, finish),
                2 => self.tiles::<2>(input, run.first, channels, finish),
                3 => self.tiles::<3>(input, run.first, channels, finish),
                4 => self.tiles::<4>(input, run.first, channels, finish),
                5 => self.tiles::<5>(input, run.first, channels, finish),
                _ => self.tiles::<MAX_ROWS>(input, run.first, channels, finish),
            }
        }
    }

    /// Computes `channels` of a run of tiles.
    ///
    /// # Safety
    /// `finish` must have room for every pixel of `input`, counted from `first`.
    #[inline(never)]
    unsafe fn tiles<const ROWS: usize>(
        &self,
        input: &[f32],
        first: usize,
        channels: Range<usize>,
        finish: &mut impl Finish,
    ) {
        let depth = self.in_channels;
        let panels = &self.panels[channels.start * depth..channels.end * depth];
        let biases = &self.bias[channels.clone()];
        for (tile, input) in input.chunks_exact(ROWS * depth).enumerate() {
            let pixel = first + tile * ROWS;
            let panels = panels
                .chunks_exact(PANEL * depth)
                .zip(biases.chunks_exact(PANEL));
            for (panel, (weights, bias)) in panels.enumerate() {
                let channel = channels.start + panel * PANEL;
                // SAFETY: the chunks are as long as needed, the rest is the caller's promise.
                unsafe {
                    let bias = load_pair(bias.as_ptr());
                    let rows = std::array::from_fn(|row| input.as_ptr().add(row * depth));
                    let mut sums =
                        std::array::from_fn(|row| finish.start(pixel + row, channel, bias));
                    add_products::<ROWS>(&mut sums, rows, weights.as_ptr(), depth);
                    for (row, sums) in sums.into_iter().enumerate() {
                        finish.finish(pixel + row, channel, sums);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finish::Store;
    use super::super::reference::{self, Random};
    use super::*;

    #[test]
    fn random_shapes_agree_with_the_scalar_reference() {
        let mut random = Random::new(1);
        for _ in 0..60 {
            let num_pixels = random.between(1, 50);
            let in_channels = random.between(1, 300);
            let out_channels = PANEL * random.between(1, 10);
            let conv = random.conv([out_channels, in_channels, 1, 1]);
            let input = random.values(num_pixels * in_channels);
            let mut output = vec![0.0; num_pixels * out_channels];
            Pointwise::new(&conv).forward(&input, &mut Store::new(out_channels, &mut output));
            let shape = reference::Shape::pointwise(num_pixels, in_channels, out_channels);
            reference::assert_close(&output, &reference::convolve(&input, &shape, &conv));
        }
    }
}
