//! The backbone as three plain WebAssembly exports, for the benchmark page and nothing else.
//!
//! It does not go through the product's JavaScript boundary, so what is measured is the forward
//! pass alone.
#![deny(missing_docs)]

use graft::backbone::{Backbone, Weights};

/// Reserves `length` bytes, aligned for floats, for the page to write to.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut f32 {
    Vec::leak(vec![0.0_f32; length.div_ceil(4)]).as_mut_ptr()
}

/// Builds a backbone from a weights file; null if the file is not in order.
///
/// # Safety
/// `length` bytes must be readable at `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn backbone(bytes: *const u8, length: usize) -> *mut Backbone {
    // SAFETY: promised by the caller.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, length) };
    match Weights::from_safetensors(bytes) {
        Ok(weights) => Box::into_raw(Box::new(Backbone::new(&weights))),
        Err(_) => std::ptr::null_mut(),
    }
}

/// The features of `length` floats of normalized images, one after another.
///
/// # Safety
/// `backbone` comes from [`backbone`]; `length` floats must be readable at `batch`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn forward_normalized(
    backbone: *mut Backbone,
    batch: *const f32,
    length: usize,
) -> *const f32 {
    // SAFETY: promised by the caller.
    let (backbone, batch) = unsafe { (&mut *backbone, std::slice::from_raw_parts(batch, length)) };
    backbone.forward_normalized(batch).as_ptr()
}

/// The features of one image of `length` RGB bytes.
///
/// # Safety
/// `backbone` comes from [`backbone`]; `length` bytes must be readable at `pixels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn forward(
    backbone: *mut Backbone,
    pixels: *const u8,
    length: usize,
) -> *const f32 {
    // SAFETY: promised by the caller.
    let (backbone, pixels) =
        unsafe { (&mut *backbone, std::slice::from_raw_parts(pixels, length)) };
    backbone.forward(pixels).as_ptr()
}
