//! Where a 1×1 convolution's sums start and what becomes of them while still in registers.

use super::planes::{PANEL, Planes, PlanesMut};
use super::simd::F32x4;
use super::tile::{load_pair, store_pair};

/// Starts and takes the sums of one pixel's eight channels of a plane at a time.
pub trait Finish {
    /// Whether there is room for so many planes with so many pixels. The other methods may be
    /// called for those and no others.
    fn holds(&self, num_planes: usize, num_pixels: usize) -> bool;

    /// What the products are added to; the bias unless said otherwise.
    ///
    /// # Safety
    /// There must be room for the pixel.
    #[inline(always)]
    unsafe fn start(&mut self, _plane: usize, _pixel: usize, bias: [F32x4; 2]) -> [F32x4; 2] {
        bias
    }

    /// Takes the finished sums.
    ///
    /// # Safety
    /// As in [`Finish::start`].
    unsafe fn finish(&mut self, plane: usize, pixel: usize, sums: [F32x4; 2]);
}

/// Stores sums after ReLU6 at a table of places.
pub struct StoreRelu6<'a> {
    places: &'a [u32],
    output: PlanesMut<'a>,
}

impl<'a> StoreRelu6<'a> {
    /// `places`, which must rise, has the place of each pixel in the planes of `output`.
    pub fn new(places: &'a [u32], output: PlanesMut<'a>) -> Self {
        Self { places, output }
    }
}

impl Finish for StoreRelu6<'_> {
    fn holds(&self, num_planes: usize, num_pixels: usize) -> bool {
        let places = self.places.get(..num_pixels);
        let last = places.map(|places| places.last().map_or(0, |last| *last as usize + 1));
        last.is_some_and(|num_places| self.output.holds(num_planes, num_places))
    }

    #[inline(always)]
    unsafe fn finish(&mut self, plane: usize, pixel: usize, sums: [F32x4; 2]) {
        // SAFETY: `holds` has found room up to the last place.
        unsafe {
            let place = *self.places.get_unchecked(pixel) as usize;
            store_pair(sums.map(F32x4::relu6), self.output.at(plane, place));
        }
    }
}

/// Stores sums pixel after pixel.
pub struct Store<'a>(pub PlanesMut<'a>);

impl Finish for Store<'_> {
    fn holds(&self, num_planes: usize, num_pixels: usize) -> bool {
        self.0.holds(num_planes, num_pixels)
    }

    #[inline(always)]
    unsafe fn finish(&mut self, plane: usize, pixel: usize, sums: [F32x4; 2]) {
        // SAFETY: promised by the caller.
        unsafe { store_pair(sums, self.0.at(plane, pixel)) }
    }
}

/// Stores sums plus the block's input.
pub struct StoreWithResidual<'a> {
    /// The block's input at the same pixels.
    pub residual: Planes<'a>,
    /// Where the sums go.
    pub output: PlanesMut<'a>,
}

impl Finish for StoreWithResidual<'_> {
    fn holds(&self, num_planes: usize, num_pixels: usize) -> bool {
        self.residual.holds(num_planes, num_pixels) && self.output.holds(num_planes, num_pixels)
    }

    #[inline(always)]
    unsafe fn start(&mut self, plane: usize, pixel: usize, bias: [F32x4; 2]) -> [F32x4; 2] {
        // SAFETY: promised by the caller.
        let residual = unsafe { load_pair(self.residual.at(plane, pixel)) };
        [bias[0].plus(residual[0]), bias[1].plus(residual[1])]
    }

    #[inline(always)]
    unsafe fn finish(&mut self, plane: usize, pixel: usize, sums: [F32x4; 2]) {
        // SAFETY: promised by the caller.
        unsafe { store_pair(sums, self.output.at(plane, pixel)) }
    }
}

/// Stores sums after ReLU6, all channels of a pixel together.
pub struct StorePixelsRelu6<'a> {
    /// `[pixels, channels]`
    output: &'a mut [f32],
    num_channels: usize,
}

impl<'a> StorePixelsRelu6<'a> {
    /// `output`: `[pixels, num_channels]`
    pub fn new(output: &'a mut [f32], num_channels: usize) -> Self {
        Self {
            output,
            num_channels,
        }
    }
}

impl Finish for StorePixelsRelu6<'_> {
    fn holds(&self, num_planes: usize, num_pixels: usize) -> bool {
        num_planes * PANEL <= self.num_channels
            && num_pixels * self.num_channels <= self.output.len()
    }

    #[inline(always)]
    unsafe fn finish(&mut self, plane: usize, pixel: usize, sums: [F32x4; 2]) {
        // SAFETY: `holds` has found room for every channel of every pixel.
        unsafe {
            let place = pixel * self.num_channels + plane * PANEL;
            let place = self.output.as_mut_ptr().add(place);
            store_pair(sums.map(F32x4::relu6), place);
        }
    }
}

/// Adds sums up over all pixels after ReLU6.
pub struct AddUpRelu6<'a>(PlanesMut<'a>);

impl<'a> AddUpRelu6<'a> {
    /// `totals`: `[channels]`
    pub fn new(totals: &'a mut [f32]) -> Self {
        Self(PlanesMut::new(totals, PANEL))
    }
}

impl Finish for AddUpRelu6<'_> {
    fn holds(&self, num_planes: usize, _num_pixels: usize) -> bool {
        self.0.holds(num_planes, 1)
    }

    #[inline(always)]
    unsafe fn finish(&mut self, plane: usize, _pixel: usize, sums: [F32x4; 2]) {
        // SAFETY: there is a total for every channel of every plane.
        unsafe {
            let totals = self.0.at(plane, 0);
            let before = load_pair(totals);
            let sums = sums.map(F32x4::relu6);
            store_pair([before[0].plus(sums[0]), before[1].plus(sums[1])], totals);
        }
    }
}
