//! Fine-tuning as plain WebAssembly exports, for bench/tune.mjs and nothing else.

use graft::{
    backbone::Weights,
    features::Normalizer,
    tune::{Preparation, PrepareConfig, Purpose, Tail, TuneConfig, TuneStep, TunedHead, Tuning},
};

const NUM_CLASSES: usize = 8;

/// Images and what they are prepared for.
pub struct Run {
    weights: Weights,
    preparation: Preparation,
    num_blocks: usize,
    num_images: usize,
}

/// Reserves `length` bytes for the caller to write to.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    Vec::leak(vec![0; length]).as_mut_ptr()
}

/// The preparation of a run, from a weights file; null if the file is not in order.
///
/// # Safety
/// `length` bytes must be readable at `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn prepare(
    bytes: *const u8,
    length: usize,
    num_blocks: usize,
    num_views: usize,
) -> *mut Run {
    // SAFETY: promised by the caller.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, length) };
    let Ok(weights) = Weights::from_safetensors(bytes) else {
        return std::ptr::null_mut();
    };
    let config = PrepareConfig {
        num_blocks,
        num_views,
        ..PrepareConfig::default()
    };
    Box::into_raw(Box::new(Run {
        preparation: config.init(&weights),
        weights,
        num_blocks,
        num_images: 0,
    }))
}

/// Begins another computed image.
///
/// # Safety
/// `run` comes from [`prepare`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image(run: *mut Run) {
    // SAFETY: promised by the caller.
    let run = unsafe { &mut *run };
    let index = run.num_images;
    let pixels = (0..224 * 224 * 3).map(|at| (at * (index + 3) / 97) as u8);
    let begun = run
        .preparation
        .begin(pixels.collect(), index % NUM_CLASSES, Purpose::Learn);
    begun.expect("pixels of the right size");
    run.num_images += 1;
}

/// Makes a view of it: 1 if it has more.
///
/// # Safety
/// `run` comes from [`prepare`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn view(run: *mut Run) -> u32 {
    // SAFETY: promised by the caller.
    u32::from(unsafe { &mut *run }.preparation.step())
}

/// The run itself, which takes over from its preparation.
///
/// # Safety
/// `run` comes from [`prepare`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tuning(run: *mut Run, batch_size: usize) -> *mut Tuning {
    // SAFETY: promised by the caller.
    let run = *unsafe { Box::from_raw(run) };
    let num_features = run.weights.architecture.num_features;
    let weight = (0..num_features * NUM_CLASSES).map(|at| (at % 7) as f32 / 7.0 - 0.5);
    let head = TunedHead::new(
        Normalizer::from_mean(vec![0.1; num_features]),
        weight.collect(),
        vec![0.0; NUM_CLASSES],
    );
    let config = TuneConfig {
        num_epochs: 1000,
        batch_size,
        ..TuneConfig::default()
    };
    let tail = Tail::new(&run.weights, run.num_blocks, head);
    Box::into_raw(Box::new(config.init(tail, run.preparation.finish())))
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
