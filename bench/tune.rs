//! Fine-tuning as plain WebAssembly exports, for bench/tune.mjs and nothing else.

use graft::{
    backbone::{Backbone, Weights},
    features::Normalizer,
    tune::{Boundary, Example, Tail, TuneConfig, TuneStep, TunedHead, Tuning},
};

const NUM_CLASSES: usize = 8;
const NUM_IMAGES: usize = 16;

/// Reserves `length` bytes for the caller to write to.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    Vec::leak(vec![0; length]).as_mut_ptr()
}

/// A run on computed images, from a weights file; null if the file is not in order.
///
/// # Safety
/// `length` bytes must be readable at `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tuning(
    bytes: *const u8,
    length: usize,
    num_blocks: usize,
    batch_size: usize,
) -> *mut Tuning {
    // SAFETY: promised by the caller.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, length) };
    let Ok(weights) = Weights::from_safetensors(bytes) else {
        return std::ptr::null_mut();
    };
    let mut backbone = Backbone::new(&weights);
    let num_features = weights.architecture.num_features;
    let weight = (0..num_features * NUM_CLASSES).map(|at| (at % 7) as f32 / 7.0 - 0.5);
    let head = TunedHead::new(
        Normalizer::from_mean(vec![0.1; num_features]),
        weight.collect(),
        vec![0.0; NUM_CLASSES],
    );
    let image = |index: usize| {
        let pixels = (0..224 * 224 * 3).map(|at| (at * (index + 3) / 97) as u8);
        let pixels: Vec<u8> = pixels.collect();
        Example {
            views: vec![Boundary::new(&mut backbone, &pixels, num_blocks)],
            label: index % NUM_CLASSES,
            weight: 1.0,
        }
    };
    let train = (0..NUM_IMAGES).map(image).collect();
    let config = TuneConfig {
        num_epochs: 1000,
        batch_size,
        ..TuneConfig::default()
    };
    let tail = Tail::new(&weights, num_blocks, head);
    Box::into_raw(Box::new(config.init(tail, train, Vec::new())))
}

/// One piece of work: 1 if it was the last of an epoch.
///
/// # Safety
/// `tuning` comes from [`tuning`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn step(tuning: *mut Tuning) -> u32 {
    // SAFETY: promised by the caller.
    let tuning = unsafe { &mut *tuning };
    u32::from(matches!(tuning.step(), TuneStep::Epoch(_)))
}
