//! Lanes of one SSE register, which every x86-64 has.

use core::arch::x86_64::*;

pub type Lanes = __m128;

#[inline(always)]
pub unsafe fn load(pointer: *const f32) -> Lanes {
    // SAFETY: the pointer is the caller's promise; every x86-64 has SSE.
    unsafe { _mm_loadu_ps(pointer) }
}

#[inline(always)]
pub unsafe fn load_splat(pointer: *const f32) -> Lanes {
    // SAFETY: the pointer is the caller's promise; every x86-64 has SSE.
    unsafe { _mm_set1_ps(*pointer) }
}

#[inline(always)]
pub unsafe fn store(lanes: Lanes, pointer: *mut f32) {
    // SAFETY: the pointer is the caller's promise; every x86-64 has SSE.
    unsafe { _mm_storeu_ps(pointer, lanes) }
}

#[inline(always)]
pub fn plus_product(sum: Lanes, a: Lanes, b: Lanes) -> Lanes {
    // SAFETY: every x86-64 has SSE.
    unsafe { _mm_add_ps(sum, _mm_mul_ps(a, b)) }
}

#[inline(always)]
pub fn plus(a: Lanes, b: Lanes) -> Lanes {
    // SAFETY: every x86-64 has SSE.
    unsafe { _mm_add_ps(a, b) }
}

#[inline(always)]
pub fn through_relu6(gradient: Lanes, activation: Lanes) -> Lanes {
    // SAFETY: every x86-64 has SSE.
    unsafe {
        let is_above = _mm_cmpgt_ps(activation, _mm_setzero_ps());
        let is_below = _mm_cmplt_ps(activation, _mm_set1_ps(6.0));
        _mm_and_ps(gradient, _mm_and_ps(is_above, is_below))
    }
}

#[inline(always)]
pub fn relu6(lanes: Lanes) -> Lanes {
    // SAFETY: every x86-64 has SSE.
    unsafe { _mm_min_ps(_mm_max_ps(lanes, _mm_setzero_ps()), _mm_set1_ps(6.0)) }
}
