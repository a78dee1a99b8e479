//! Four floats at a time: one WebAssembly v128, or a plain array elsewhere.
//!
//! The plain array is for native tests, which must run the same kernels as the browser.

use std::ops::{Deref, DerefMut};

/// Lanes of an [`F32x4`].
pub const LANES: usize = 4;

/// Four floats that are computed with together.
#[derive(Clone, Copy)]
pub struct F32x4(Lanes);

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32 as wasm;
#[cfg(target_arch = "wasm32")]
type Lanes = wasm::v128;

#[cfg(target_arch = "wasm32")]
impl F32x4 {
    /// Four values from `pointer` on.
    ///
    /// # Safety
    /// Four values must be readable there; alignment doesn't matter.
    #[inline(always)]
    pub unsafe fn load(pointer: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { wasm::v128_load(pointer.cast()) })
    }

    /// The value at `pointer` four times.
    ///
    /// # Safety
    /// It must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(pointer: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { wasm::v128_load32_splat(pointer.cast()) })
    }

    /// Writes the four values from `pointer` on.
    ///
    /// # Safety
    /// Four values must be writable there; alignment doesn't matter.
    #[inline(always)]
    pub unsafe fn store(self, pointer: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe { wasm::v128_store(pointer.cast(), self.0) }
    }

    /// `self` + `a` × `b`; rounded once where relaxed SIMD gives a fused instruction.
    #[inline(always)]
    pub fn plus_product(self, a: Self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(wasm::f32x4_relaxed_madd(a.0, b.0, self.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self(wasm::f32x4_add(self.0, wasm::f32x4_mul(a.0, b.0)));
    }

    /// Lane by lane.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(wasm::f32x4_add(self.0, other.0))
    }

    /// min(max(x, 0), 6). The pseudo-minimum is one instruction on x86 where the NaN-keeping
    /// minimum is five; weights and pixels are checked to be numbers.
    #[inline(always)]
    pub fn relu6(self) -> Self {
        let positive = wasm::f32x4_pmax(wasm::f32x4_splat(0.0), self.0);
        Self(wasm::f32x4_pmin(wasm::f32x4_splat(6.0), positive))
    }
}

#[cfg(not(target_arch = "wasm32"))]
type Lanes = [f32; LANES];

#[cfg(not(target_arch = "wasm32"))]
impl F32x4 {
    /// Four values from `pointer` on.
    ///
    /// # Safety
    /// Four values must be readable there; alignment doesn't matter.
    #[inline(always)]
    pub unsafe fn load(pointer: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { pointer.cast::<Lanes>().read_unaligned() })
    }

    /// The value at `pointer` four times.
    ///
    /// # Safety
    /// It must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(pointer: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self([unsafe { pointer.read() }; LANES])
    }

    /// Writes the four values from `pointer` on.
    ///
    /// # Safety
    /// Four values must be writable there; alignment doesn't matter.
    #[inline(always)]
    pub unsafe fn store(self, pointer: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe { pointer.cast::<Lanes>().write_unaligned(self.0) }
    }

    /// `self` + `a` × `b`.
    #[inline(always)]
    pub fn plus_product(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            self.0[lane] + a.0[lane] * b.0[lane]
        }))
    }

    /// Lane by lane.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    /// min(max(x, 0), 6).
    #[inline(always)]
    pub fn relu6(self) -> Self {
        Self(self.0.map(|value| value.clamp(0.0, 6.0)))
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
