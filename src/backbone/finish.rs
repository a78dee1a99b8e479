//! What becomes of a 1×1 convolution's sums while they are still in registers.

use super::simd::F32x4;
use super::tile::{pair, store_pair};

/// Receives finished sums, bias included.
pub trait Finish {
    /// Takes channels `channel..channel + PANEL` of pixel number `pixel`.
    fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]);
}

/// Stores sums after ReLU6 at a table of places.
pub struct StoreRelu6<'a> {
    /// Place of each pixel's first channel.
    pub offsets: &'a [u32],
    /// Where to.
    pub output: &'a mut [f32],
}

impl Finish for StoreRelu6<'_> {
    #[inline(always)]
    fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]) {
        let at = self.offsets[pixel] as usize + channel;
        store_pair(sums.map(F32x4::relu6), &mut self.output[at..]);
    }
}

/// Stores sums pixel after pixel.
pub struct Store<'a> {
    /// Channels a pixel.
    pub out_channels: usize,
    /// Where to.
    pub output: &'a mut [f32],
}

impl Finish for Store<'_> {
    #[inline(always)]
    fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]) {
        store_pair(
            sums,
            &mut self.output[pixel * self.out_channels + channel..],
        );
    }
}

/// Stores sums plus the block's input.
pub struct Add<'a> {
    /// Channels a pixel.
    pub out_channels: usize,
    /// The block's input: `[pixels, out]`.
    pub residual: &'a [f32],
    /// Where to.
    pub output: &'a mut [f32],
}

impl Finish for Add<'_> {
    #[inline(always)]
    fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]) {
        let at = pixel * self.out_channels + channel;
        let input = pair(&self.residual[at..]);
        let sums = [sums[0].plus(input[0]), sums[1].plus(input[1])];
        store_pair(sums, &mut self.output[at..]);
    }
}

/// Adds sums up over all pixels after ReLU6.
pub struct AddUpRelu6<'a> {
    /// `[out]`
    pub totals: &'a mut [f32],
}

impl Finish for AddUpRelu6<'_> {
    #[inline(always)]
    fn finish(&mut self, _pixel: usize, channel: usize, sums: [F32x4; 2]) {
        let totals = &mut self.totals[channel..];
        let before = pair(totals);
        let totals_now = [
            before[0].plus(sums[0].relu6()),
            before[1].plus(sums[1].relu6()),
        ];
        store_pair(totals_now, totals);
    }
}
