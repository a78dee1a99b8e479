//! Lanes as an array, for machines without their own file.

use super::LANES;

pub type Lanes = [f32; LANES];

#[inline(always)]
pub unsafe fn load(pointer: *const f32) -> Lanes {
    // SAFETY: promised by the caller.
    unsafe { pointer.cast::<Lanes>().read_unaligned() }
}

#[inline(always)]
pub unsafe fn load_splat(pointer: *const f32) -> Lanes {
    // SAFETY: promised by the caller.
    [unsafe { pointer.read() }; LANES]
}

#[inline(always)]
pub unsafe fn store(lanes: Lanes, pointer: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe { pointer.cast::<Lanes>().write_unaligned(lanes) }
}

#[inline(always)]
pub fn plus_product(sum: Lanes, a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|lane| sum[lane] + a[lane] * b[lane])
}

#[inline(always)]
pub fn plus(a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|lane| a[lane] + b[lane])
}

#[inline(always)]
pub fn through_relu6(gradient: Lanes, activation: Lanes) -> Lanes {
    let is_inside = |lane: usize| activation[lane] > 0.0 && activation[lane] < 6.0;
    std::array::from_fn(|lane| if is_inside(lane) { gradient[lane] } else { 0.0 })
}

#[inline(always)]
pub fn relu6(lanes: Lanes) -> Lanes {
    lanes.map(|value| value.clamp(0.0, 6.0))
}
