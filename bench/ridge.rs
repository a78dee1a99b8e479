//! The ridge head as plain WebAssembly exports, for `bench/ridge.mjs` and nothing else.
#![deny(missing_docs)]

use graft::{
    features::Row,
    head::ridge::{Fit, Gram, Lambda},
};
use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Rows of `num_classes` seeded classes and what has been computed of them.
pub struct Task {
    gram: Gram,
    labels: Vec<usize>,
    num_classes: usize,
    fit: Option<Fit>,
}

/// Seeded rows of `num_features` positive numbers around a center for each class.
#[unsafe(no_mangle)]
pub extern "C" fn task(num_rows: usize, num_features: usize, num_classes: usize) -> *mut Task {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut row = || -> Row {
        (0..num_features)
            .map(|_| rng.random_range(0.0..1.0))
            .collect()
    };
    let centers: Vec<Row> = (0..num_classes).map(|_| row()).collect();
    let labels: Vec<_> = (0..num_rows).map(|at| at % num_classes).collect();
    let near = |&label: &usize| -> Row {
        let noise = row();
        let pairs = centers[label].iter().zip(noise.iter());
        pairs.map(|(center, noise)| 0.2 * center + noise).collect()
    };
    let gram = labels.iter().map(near).collect();
    let task = Task {
        gram,
        labels,
        num_classes,
        fit: None,
    };
    Box::into_raw(Box::new(task))
}

/// A step of the products of all pairs; 1 when none are missing.
///
/// # Safety
/// `task` comes from [`task`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn multiply(task: *mut Task) -> i32 {
    // SAFETY: promised by the caller.
    let task = unsafe { &mut *task };
    i32::from(task.gram.step())
}

/// Takes the first row out and puts it back as the last.
///
/// # Safety
/// `task` comes from [`task`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn replace(task: *mut Task) {
    // SAFETY: promised by the caller.
    let task = unsafe { &mut *task };
    let row = task.gram.rows()[0].clone();
    task.gram.remove(0);
    task.gram.push(row);
    task.labels.rotate_left(1);
}

/// Begins a fit, with this λ or, if it is 0, the best.
///
/// # Safety
/// `task` comes from [`task`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn begin(task: *mut Task, lambda: f64) {
    // SAFETY: promised by the caller.
    let task = unsafe { &mut *task };
    let groups: Vec<_> = (0..task.labels.len()).collect();
    let lambda = match lambda > 0.0 {
        true => Lambda::Fixed(lambda),
        false => Lambda::Search { start: 0.316 },
    };
    task.fit = Some(Fit::new(
        &task.gram,
        &task.labels,
        &groups,
        task.num_classes,
        lambda,
    ));
}

/// A step of the fit; 1 when nothing is left to do.
///
/// # Safety
/// `task` comes from [`task`], and [`begin`] has been called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn step(task: *mut Task) -> i32 {
    // SAFETY: promised by the caller.
    let task = unsafe { &mut *task };
    i32::from(task.fit.as_mut().is_none_or(Fit::step))
}

/// Ends the fit; the share of samples whose class it gets right without them.
///
/// # Safety
/// `task` comes from [`task`], and [`step`] has returned 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn finish(task: *mut Task) -> f64 {
    // SAFETY: promised by the caller.
    let task = unsafe { &mut *task };
    let Some(fit) = task.fit.take() else {
        return 0.0;
    };
    let classes = fit.finish().held_out_classes();
    let hits = classes.iter().zip(&task.labels).filter(|(a, b)| a == b);
    hits.count() as f64 / task.labels.len() as f64
}
