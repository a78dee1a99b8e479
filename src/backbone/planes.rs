//! How the kernels keep an image: planes of eight channels, `[channels / 8, pixels, 8]`.
//!
//! Neighboring pixels of a plane are a constant apart. The inner loops therefore have their
//! addresses in the instructions, where WebAssembly's would otherwise be computed one by one.

use super::simd::LANES;

/// Channels of a plane: two vectors.
pub const PANEL: usize = 2 * LANES;

/// An image, or some of its rows.
#[derive(Clone, Copy)]
pub struct Planes<'a> {
    values: &'a [f32],
    /// Values from one plane's first pixel to the next one's.
    distance: usize,
}

impl<'a> Planes<'a> {
    /// Planes that start at the first value and every `distance` values from there.
    pub fn new(values: &'a [f32], distance: usize) -> Self {
        Self { values, distance }
    }

    /// Without the first `num_pixels` of each plane.
    pub fn after(self, num_pixels: usize) -> Self {
        let values = &self.values[num_pixels * PANEL..];
        Self { values, ..self }
    }

    /// Values from one plane to the next.
    pub fn distance(&self) -> usize {
        self.distance
    }

    /// Whether so many planes with so many pixels are there.
    pub fn holds(&self, num_planes: usize, num_pixels: usize) -> bool {
        reach(num_planes, num_pixels, self.distance) <= self.values.len()
    }

    /// Where the eight values of a pixel are.
    ///
    /// # Safety
    /// The plane must hold the pixel.
    #[inline(always)]
    pub unsafe fn at(&self, plane: usize, pixel: usize) -> *const f32 {
        // SAFETY: promised by the caller.
        unsafe {
            self.values
                .as_ptr()
                .add(plane * self.distance + pixel * PANEL)
        }
    }
}

/// An image, or some of its rows, to be written.
pub struct PlanesMut<'a> {
    values: &'a mut [f32],
    distance: usize,
}

impl<'a> PlanesMut<'a> {
    /// As [`Planes::new`].
    pub fn new(values: &'a mut [f32], distance: usize) -> Self {
        Self { values, distance }
    }

    /// As [`Planes::holds`].
    pub fn holds(&self, num_planes: usize, num_pixels: usize) -> bool {
        reach(num_planes, num_pixels, self.distance) <= self.values.len()
    }

    /// As [`Planes::at`].
    ///
    /// # Safety
    /// The plane must hold the pixel.
    #[inline(always)]
    pub unsafe fn at(&mut self, plane: usize, pixel: usize) -> *mut f32 {
        // SAFETY: promised by the caller.
        unsafe {
            self.values
                .as_mut_ptr()
                .add(plane * self.distance + pixel * PANEL)
        }
    }
}

/// Values from the first to the last.
fn reach(num_planes: usize, num_pixels: usize, distance: usize) -> usize {
    match num_planes {
        0 => 0,
        planes => (planes - 1) * distance + num_pixels * PANEL,
    }
}

/// `[pixels, channels]` → `[channels / 8, pixels, 8]`
#[cfg(test)]
pub fn to_planes(pixels: &[f32], channels: usize) -> Vec<f32> {
    let planes = (0..channels).step_by(PANEL);
    let plane = |first| {
        pixels
            .chunks_exact(channels)
            .flat_map(move |pixel| &pixel[first..first + PANEL])
    };
    planes.flat_map(plane).copied().collect()
}

/// `[channels / 8, pixels, 8]` → `[pixels, channels]`
#[cfg(test)]
pub fn from_planes(planes: &[f32], channels: usize) -> Vec<f32> {
    let num_pixels = planes.len() / channels;
    let pixel = |pixel| {
        let planes = planes.chunks_exact(num_pixels * PANEL);
        planes.flat_map(move |plane| &plane[pixel * PANEL..][..PANEL])
    };
    (0..num_pixels).flat_map(pixel).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_and_pixels_are_the_same_values() {
        let pixels: Vec<f32> = (0..3 * 16).map(|value| value as f32).collect();
        let planes = to_planes(&pixels, 16);
        assert_eq!(planes[..9], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 16.0]);
        assert_eq!(from_planes(&planes, 16), pixels);
    }

    #[test]
    fn the_last_plane_may_end_with_its_last_pixel() {
        let values = [0.0; 100 + 2 * PANEL];
        assert!(Planes::new(&values, 100).holds(2, 2));
        assert!(!Planes::new(&values, 100).holds(2, 3));
    }
}
