//! Training a softmax head as plain WebAssembly exports, for the benchmark page and nothing else.
#![deny(missing_docs)]

use graft::{
    dataset::Split,
    features::Normalizer,
    protocol::TrainingConfig,
    train::{Advance, Labeled, Partition, SoftmaxFit},
};

/// What a fit came to: a steady place for the page to read four doubles from.
#[repr(C)]
pub struct Report {
    num_steps: f64,
    /// Mean cross-entropy and half the weight decay times the squared norm of the weights.
    loss: f64,
    gradient_norm: f64,
    /// Mean cross-entropy alone.
    cross_entropy: f64,
}

/// Reserves `length` floats for the page to write to.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut f32 {
    Vec::leak(vec![0.0; length]).as_mut_ptr()
}

/// Rows kept one by one, as the session keeps them; row i is of class i mod `num_classes`. One row
/// a class is held out too, for there has to be something.
///
/// # Safety
/// `num_rows * num_features` floats must be readable at `rows`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn data(
    rows: *const f32,
    num_rows: usize,
    num_features: usize,
    num_classes: usize,
) -> *mut Partition {
    // SAFETY: promised by the caller.
    let rows = unsafe { std::slice::from_raw_parts(rows, num_rows * num_features) };
    let sample = |(at, row): (usize, &[f32])| Labeled {
        sample: at as u32,
        row: row.into(),
        label: at % num_classes,
    };
    let rows = rows.chunks(num_features).enumerate().map(sample).collect();
    let split = Split {
        train: (0..num_rows).collect(),
        validation: (0..num_classes).collect(),
    };
    Box::into_raw(Box::new(Partition::new(rows, &split, num_classes)))
}

/// Fits a head to the optimum, everything from the kept rows on included.
///
/// # Safety
/// `data` comes from [`data`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fit(data: *const Partition) -> *const Report {
    // SAFETY: promised by the caller.
    let data = unsafe { &*data };
    let rows = data.train.iter().map(|sample| &*sample.row);
    let normalizer = Normalizer::fit(rows, data.train[0].row.len());
    let mut fit = SoftmaxFit::new(&TrainingConfig::default(), data, &normalizer);
    let mut cross_entropy = f64::NAN;
    loop {
        match fit.advance(data, || false) {
            Advance::Running => {}
            Advance::Epoch(metrics) => cross_entropy = metrics.train_loss,
            Advance::Finished | Advance::Abandoned => break,
        }
    }
    Box::into_raw(Box::new(Report {
        num_steps: fit.num_steps() as f64,
        loss: fit.loss(),
        gradient_norm: fit.gradient_norm(),
        cross_entropy,
    }))
}
