//! 1×1 convolution: `[pixels, in]` in, `[pixels, out]` handed to a [`Finish`], eight channels
//! of one pixel at a time.
//!
//! Nine tenths of a backbone's arithmetic is here. It is a matrix product in tiles of up to
//! [`MAX_ROWS`] pixels × [`PANEL`] channels whose sums never leave registers.

use super::finish::Finish;
use super::simd::Aligned;
use super::tile::{MAX_ROWS, PANEL, add_products, pack_panels, pair, tiles};
use super::weights::Conv;

/// Above this many weights a layer is walked panel by panel, so that the panel stays in the
/// first-level cache; below it tile by tile, so that the output is written in order.
const WEIGHTS_THAT_STAY_CACHED: usize = 6 * 1024;

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
        let channels = || (0..self.out_channels).step_by(PANEL);
        if self.panels.len() <= WEIGHTS_THAT_STAY_CACHED {
            for (pixel, rows) in tiles(num_pixels) {
                channels().for_each(|channel| self.tile(input, pixel, rows, channel, finish));
            }
        } else {
            for channel in channels() {
                tiles(num_pixels)
                    .for_each(|(pixel, rows)| self.tile(input, pixel, rows, channel, finish));
            }
        }
    }

    #[inline(always)]
    fn tile(
        &self,
        input: &[f32],
        pixel: usize,
        rows: usize,
        channel: usize,
        finish: &mut impl Finish,
    ) {
        match rows {
            1 => self.tile_of::<1>(input, pixel, channel, finish),
            2 => self.tile_of::<2>(input, pixel, channel, finish),
            3 => self.tile_of::<3>(input, pixel, channel, finish),
            4 => self.tile_of::<4>(input, pixel, channel, finish),
            5 => self.tile_of::<5>(input, pixel, channel, finish),
            _ => self.tile_of::<MAX_ROWS>(input, pixel, channel, finish),
        }
    }

    #[inline(never)]
    fn tile_of<const ROWS: usize>(
        &self,
        input: &[f32],
        pixel: usize,
        channel: usize,
        finish: &mut impl Finish,
    ) {
        let depth = self.in_channels;
        let rows = &input[pixel * depth..][..ROWS * depth];
        let rows = std::array::from_fn(|row| rows[row * depth..].as_ptr());
        let panel = &self.panels[channel * depth..][..PANEL * depth];
        let mut sums = [pair(&self.bias[channel..]); ROWS];
        // SAFETY: the slices above hold `depth` values a row and `PANEL * depth` weights.
        unsafe { add_products(&mut sums, rows, panel.as_ptr(), depth) };
        for (row, sums) in sums.into_iter().enumerate() {
            finish.finish(pixel + row, channel, sums);
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
            let mut store = Store {
                out_channels,
                output: &mut output,
            };
            Pointwise::new(&conv).forward(&input, &mut store);
            let shape = reference::Shape::pointwise(num_pixels, in_channels, out_channels);
            reference::assert_close(&output, &reference::convolve(&input, &shape, &conv));
        }
    }
}
