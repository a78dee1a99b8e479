//! Labeled rows in, the head of ridge regression out, a piece at a time.

use super::Partition;
use crate::{
    head::{
        DenseHead,
        ridge::{Fit, Gram, Lambda, Ridge},
    },
    train::copies,
};

/// Where the search for the penalty begins; what most sets of photos end near.
const FIRST_LAMBDA: f64 = 0.3;

/// A fit in progress.
#[derive(Debug)]
pub(super) enum ClosedForm {
    /// Products of pairs of rows are being computed.
    Multiply(Gram),
    Solve(Box<Fit>),
    Finished(Box<Ridge>),
    /// Only inside [`ClosedForm::step`].
    Between,
}

impl ClosedForm {
    /// Sets up a fit to the training rows.
    pub(super) fn new(data: &Partition) -> Self {
        let mut gram = Gram::default();
        data.train.iter().for_each(|s| gram.push(s.row.clone()));
        Self::Multiply(gram)
    }

    /// Does the next piece of work, at most 25 ms in a browser; true at the end.
    pub(super) fn step(&mut self, data: &Partition) -> bool {
        *self = match std::mem::replace(self, Self::Between) {
            Self::Multiply(mut gram) => match gram.step() {
                true => Self::Solve(Box::new(fit(&gram, data))),
                false => Self::Multiply(gram),
            },
            Self::Solve(mut fit) => match fit.step() {
                true => Self::Finished(Box::new(fit.finish())),
                false => Self::Solve(fit),
            },
            finished => finished,
        };
        self.ridge().is_some()
    }

    /// The outcome, once it is there.
    pub(super) fn ridge(&self) -> Option<&Ridge> {
        match self {
            Self::Finished(ridge) => Some(ridge),
            _ => None,
        }
    }
}

fn fit(gram: &Gram, data: &Partition) -> Fit {
    let labels: Vec<_> = data.train.iter().map(|sample| sample.label).collect();
    let search = Lambda::Search {
        start: FIRST_LAMBDA,
    };
    Fit::new(
        gram,
        &labels,
        &copies(gram.rows()),
        data.num_classes,
        search,
    )
    .weighted(&data.weights)
}

/// One linear layer whose logits are the mean of those of two.
pub(super) fn blend(a: &DenseHead, b: &DenseHead) -> DenseHead {
    let mean = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect();
    let layers = a
        .layers
        .iter()
        .zip(&b.layers)
        .map(|(a, b)| crate::head::Dense {
            weight: mean(&a.weight, &b.weight),
            bias: mean(&a.bias, &b.bias),
        });
    DenseHead::new(layers.collect())
}
