//! Lanes of one WebAssembly v128.

use core::arch::wasm32::*;

pub type Lanes = v128;

#[inline(always)]
pub unsafe fn load(pointer: *const f32) -> Lanes {
    // SAFETY: promised by the caller.
    unsafe { v128_load(pointer.cast()) }
}

#[inline(always)]
pub unsafe fn load_splat(pointer: *const f32) -> Lanes {
    // SAFETY: promised by the caller.
    unsafe { v128_load32_splat(pointer.cast()) }
}

#[inline(always)]
pub unsafe fn store(lanes: Lanes, pointer: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe { v128_store(pointer.cast(), lanes) }
}

#[inline(always)]
pub fn plus_product(sum: Lanes, a: Lanes, b: Lanes) -> Lanes {
    #[cfg(target_feature = "relaxed-simd")]
    return f32x4_relaxed_madd(a, b, sum);
    #[cfg(not(target_feature = "relaxed-simd"))]
    return f32x4_add(sum, f32x4_mul(a, b));
}

#[inline(always)]
pub fn plus(a: Lanes, b: Lanes) -> Lanes {
    f32x4_add(a, b)
}

#[inline(always)]
pub fn through_relu6(gradient: Lanes, activation: Lanes) -> Lanes {
    let is_above = f32x4_gt(activation, f32x4_splat(0.0));
    let is_below = f32x4_lt(activation, f32x4_splat(6.0));
    v128_and(gradient, v128_and(is_above, is_below))
}

/// The pseudo-minimum is one instruction on x86 where the NaN-keeping minimum is five; weights
/// and pixels are checked to be numbers.
#[inline(always)]
pub fn relu6(lanes: Lanes) -> Lanes {
    let positive = f32x4_pmax(f32x4_splat(0.0), lanes);
    f32x4_pmin(f32x4_splat(6.0), positive)
}
