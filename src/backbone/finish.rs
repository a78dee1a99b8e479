//! Where a 1×1 convolution's sums start and what becomes of them while still in registers.

use super::simd::F32x4;
use super::tile::{PANEL, load_pair, store_pair};

/// Starts and takes the sums of one pixel's [`PANEL`] channels at a time.
pub trait Finish {
    /// How many pixels there is room for, each with `channels` channels. The other methods may
    /// be called for those and no others.
    fn num_pixels(&self, channels: usize) -> usize;

    /// What the products are added to; the bias unless said otherwise.
    ///
    /// # Safety
    /// There must be room for `pixel` and for `channel..channel + PANEL`.
    #[inline(always)]
    unsafe fn start(&self, _pixel: usize, _channel: usize, bias: [F32x4; 2]) -> [F32x4; 2] {
        bias
    }

    /// Takes the finished sums.
    ///
    /// # Safety
    /// As in [`Finish::start`].
    unsafe fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]);
}

/// Stores sums after ReLU6 at a table of places.
pub struct StoreRelu6<'a> {
    offsets: &'a [u32],
    output: &'a mut [f32],
}

impl<'a> StoreRelu6<'a> {
    /// `offsets`, which must rise, has the place of each pixel's first channel in `output`.
    pub fn new(offsets: &'a [u32], output: &'a mut [f32]) -> Self {
        Self { offsets, output }
    }
}

impl Finish for StoreRelu6<'_> {
    fn num_pixels(&self, channels: usize) -> usize {
        let fits = |offset: &u32| *offset as usize + channels <= self.output.len();
        self.offsets.partition_point(fits)
    }

    #[inline(always)]
    unsafe fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]) {
        // SAFETY: `num_pixels` has found room for all channels of the pixel.
        unsafe {
            let at = *self.offsets.get_unchecked(pixel) as usize + channel;
            store_pair(sums.map(F32x4::relu6), self.output.as_mut_ptr().add(at));
        }
    }
}

/// Stores sums pixel after pixel.
pub struct Store<'a> {
    out_channels: usize,
    output: &'a mut [f32],
}

impl<'a> Store<'a> {
    /// `output`: `[pixels, out_channels]`
    pub fn new(out_channels: usize, output: &'a mut [f32]) -> Self {
        Self {
            out_channels,
            output,
        }
    }
}

impl Finish for Store<'_> {
    fn num_pixels(&self, channels: usize) -> usize {
        assert_eq!(channels, self.out_channels);
        self.output.len() / self.out_channels
    }

    #[inline(always)]
    unsafe fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]) {
        // SAFETY: the output is `[pixels, out_channels]`.
        unsafe {
            let at = pixel * self.out_channels + channel;
            store_pair(sums, self.output.as_mut_ptr().add(at));
        }
    }
}

/// Stores sums plus the block's input.
pub struct StoreWithResidual<'a> {
    store: Store<'a>,
    residual: &'a [f32],
}

impl<'a> StoreWithResidual<'a> {
    /// `residual` and `output`: `[pixels, out_channels]`
    pub fn new(out_channels: usize, residual: &'a [f32], output: &'a mut [f32]) -> Self {
        assert_eq!(
            residual.len(),
            output.len(),
            "input and output of a block alike"
        );
        Self {
            store: Store::new(out_channels, output),
            residual,
        }
    }
}

impl Finish for StoreWithResidual<'_> {
    fn num_pixels(&self, channels: usize) -> usize {
        self.store.num_pixels(channels)
    }

    #[inline(always)]
    unsafe fn start(&self, pixel: usize, channel: usize, bias: [F32x4; 2]) -> [F32x4; 2] {
        let at = pixel * self.store.out_channels + channel;
        // SAFETY: the residual is as long as the output.
        let residual = unsafe { load_pair(self.residual.as_ptr().add(at)) };
        [bias[0].plus(residual[0]), bias[1].plus(residual[1])]
    }

    #[inline(always)]
    unsafe fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]) {
        // SAFETY: promised by the caller.
        unsafe { self.store.finish(pixel, channel, sums) }
    }
}

/// Adds products to what is stored already, bias included.
pub struct AddToStored<'a>(pub Store<'a>);

impl Finish for AddToStored<'_> {
    fn num_pixels(&self, channels: usize) -> usize {
        self.0.num_pixels(channels)
    }

    #[inline(always)]
    unsafe fn start(&self, pixel: usize, channel: usize, _bias: [F32x4; 2]) -> [F32x4; 2] {
        let at = pixel * self.0.out_channels + channel;
        // SAFETY: the output is `[pixels, out_channels]`.
        unsafe { load_pair(self.0.output.as_ptr().add(at)) }
    }

    #[inline(always)]
    unsafe fn finish(&mut self, pixel: usize, channel: usize, sums: [F32x4; 2]) {
        // SAFETY: promised by the caller.
        unsafe { self.0.finish(pixel, channel, sums) }
    }
}

/// Adds sums up over all pixels after ReLU6.
pub struct AddUpRelu6<'a> {
    totals: &'a mut [f32],
}

impl<'a> AddUpRelu6<'a> {
    /// `totals`: `[out_channels]`
    pub fn new(totals: &'a mut [f32]) -> Self {
        Self { totals }
    }
}

impl Finish for AddUpRelu6<'_> {
    fn num_pixels(&self, channels: usize) -> usize {
        assert_eq!(channels, self.totals.len());
        usize::MAX
    }

    #[inline(always)]
    unsafe fn finish(&mut self, _pixel: usize, channel: usize, sums: [F32x4; 2]) {
        debug_assert!(channel + PANEL <= self.totals.len());
        // SAFETY: there is a total for every channel.
        unsafe {
            let totals = self.totals.as_mut_ptr().add(channel);
            let before = load_pair(totals);
            let now = [
                before[0].plus(sums[0].relu6()),
                before[1].plus(sums[1].relu6()),
            ];
            store_pair(now, totals);
        }
    }
}
