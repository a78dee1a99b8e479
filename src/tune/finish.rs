//! What becomes of gradients while still in registers.

use crate::backbone::{
    finish::Finish,
    planes::{Planes, PlanesMut},
    simd::F32x4,
    tile::{load_pair, store_pair},
};

/// Stores gradients at a table of places, after ReLU6 has stopped some of them.
pub(super) struct StoreThroughRelu6<'a> {
    /// What came out of ReLU6 at the same pixels.
    pub activation: Planes<'a>,
    /// Where each pixel goes; they rise.
    pub places: &'a [u32],
    pub output: PlanesMut<'a>,
}

impl Finish for StoreThroughRelu6<'_> {
    fn holds(&self, num_planes: usize, num_pixels: usize) -> bool {
        let places = self.places.get(..num_pixels);
        let last = places.map(|places| places.last().map_or(0, |last| *last as usize + 1));
        let has_room = last.is_some_and(|num_places| self.output.holds(num_planes, num_places));
        has_room && self.activation.holds(num_planes, num_pixels)
    }

    #[inline(always)]
    unsafe fn finish(&mut self, plane: usize, pixel: usize, sums: [F32x4; 2]) {
        // SAFETY: `holds` has found room up to the last place, and every pixel's activation.
        unsafe {
            let activation = load_pair(self.activation.at(plane, pixel));
            let place = *self.places.get_unchecked(pixel) as usize;
            let gradient = [0, 1].map(|half| sums[half].through_relu6(activation[half]));
            store_pair(gradient, self.output.at(plane, place));
        }
    }
}
