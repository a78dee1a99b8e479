//! Four floats at a time: one WebAssembly v128, one SSE register, or a plain array elsewhere.

#[cfg_attr(target_arch = "wasm32", path = "simd/wasm.rs")]
#[cfg_attr(target_arch = "x86_64", path = "simd/sse.rs")]
#[cfg_attr(
    not(any(target_arch = "wasm32", target_arch = "x86_64")),
    path = "simd/array.rs"
)]
mod lanes;

#[cfg(test)]
#[path = "simd/array.rs"]
mod array;

use std::ops::{Deref, DerefMut};

/// Lanes of an [`F32x4`].
pub const LANES: usize = 4;

/// Four floats that are computed with together.
#[derive(Clone, Copy)]
pub struct F32x4(lanes::Lanes);

impl F32x4 {
    /// Four values from `pointer` on.
    ///
    /// # Safety
    /// Four values must be readable there; alignment doesn't matter.
    #[inline(always)]
    pub unsafe fn load(pointer: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { lanes::load(pointer) })
    }

    /// The value at `pointer` four times.
    ///
    /// # Safety
    /// It must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(pointer: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { lanes::load_splat(pointer) })
    }

    /// Writes the four values from `pointer` on.
    ///
    /// # Safety
    /// Four values must be writable there; alignment doesn't matter.
    #[inline(always)]
    pub unsafe fn store(self, pointer: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe { lanes::store(self.0, pointer) }
    }

    /// `self` + `a` × `b`; rounded once where relaxed SIMD gives a fused instruction.
    #[inline(always)]
    pub fn plus_product(self, a: Self, b: Self) -> Self {
        Self(lanes::plus_product(self.0, a.0, b.0))
    }

    /// Lane by lane.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(lanes::plus(self.0, other.0))
    }

    /// `self` where ReLU6 hasn't cut `activation` off, else 0: what its gradient becomes.
    #[inline(always)]
    pub fn through_relu6(self, activation: Self) -> Self {
        Self(lanes::through_relu6(self.0, activation.0))
    }

    /// min(max(x, 0), 6).
    #[inline(always)]
    pub fn relu6(self) -> Self {
        Self(lanes::relu6(self.0))
    }
}

/// Floats that start at a cache line, so that no vector of four straddles two lines.
#[derive(Clone, Debug, Default)]
pub struct Aligned {
    lines: Vec<Line>,
    length: usize,
}

/// 64 bytes: a cache line on every machine that matters here.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([f32; 16]);

impl Aligned {
    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        let mut zeros = Self::default();
        zeros.grow(length);
        zeros
    }

    /// Makes room for at least `length` values; the new ones are zero.
    pub fn grow(&mut self, length: usize) {
        let num_lines = length.div_ceil(16).max(self.lines.len());
        self.lines.resize(num_lines, Line([0.0; 16]));
        self.length = self.length.max(length);
    }
}

impl From<&[f32]> for Aligned {
    fn from(values: &[f32]) -> Self {
        let mut aligned = Self::zeros(values.len());
        aligned.copy_from_slice(values);
        aligned
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        let start = self.lines.as_ptr().cast();
        // SAFETY: a `Line` is 16 floats without padding, and `grow` keeps 16 × lines ≥ length.
        unsafe { std::slice::from_raw_parts(start, self.length) }
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        let start = self.lines.as_mut_ptr().cast();
        // SAFETY: as in `deref`.
        unsafe { std::slice::from_raw_parts_mut(start, self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_floats_start_at_a_cache_line_and_keep_their_values_when_growing() {
        let mut floats = Aligned::from([1.0, 2.0, 3.0].as_slice());
        floats.grow(1000);
        assert_eq!(&floats[..4], [1.0, 2.0, 3.0, 0.0]);
        assert_eq!((floats.len(), floats.as_ptr() as usize % 64), (1000, 0));
    }

    #[test]
    fn lanes_and_arrays_compute_alike() {
        let [a, b, sum] = [
            [1.5, -2.0, 0.0, 9.0],
            [2.0, 3.0, 1.0, 0.25],
            [0.5, 7.0, -1.0, 4.0],
        ];
        // SAFETY: all arrays hold four values.
        let both = |array: [f32; LANES], lanes: F32x4| unsafe {
            let mut out = [0.0; LANES];
            lanes.store(out.as_mut_ptr());
            assert_eq!(array, out);
        };
        // SAFETY: as above.
        let load = |values: [f32; LANES]| unsafe { F32x4::load(values.as_ptr()) };
        // SAFETY: as above.
        unsafe {
            both(array::load(a.as_ptr()), load(a));
            both(array::load_splat(&b[1]), F32x4::load_splat(&b[1]));
            let mut stored = [0.0; LANES];
            array::store(a, stored.as_mut_ptr());
            assert_eq!(stored, a);
        }
        both(array::plus(a, b), load(a).plus(load(b)));
        both(
            array::plus_product(sum, a, b),
            load(sum).plus_product(load(a), load(b)),
        );
        both(array::relu6(a), load(a).relu6());
        let activation = [0.0, 6.0, 0.1, 5.9];
        both(
            array::through_relu6(a, activation),
            load(a).through_relu6(load(activation)),
        );
    }

    #[test]
    fn relu6_cuts_on_both_sides() {
        let mut out = [0.0; 4];
        // SAFETY: both arrays hold four values.
        unsafe {
            F32x4::load([-1.0, 0.5, 6.0, 7.5].as_ptr())
                .relu6()
                .store(out.as_mut_ptr())
        };
        assert_eq!(out, [0.0, 0.5, 6.0, 6.0]);
    }
}
