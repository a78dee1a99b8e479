//! A head and normalized rows in, the probabilities of their classes out, some rows a step.

use super::domains::Rows;
use crate::{head::DenseHead, metrics};

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

/// Predictions in progress. Call [`Predictions::step`] until it returns true.
pub(super) struct Predictions {
    head: DenseHead,
    /// Of the first rows: `[…][num_classes]`.
    pub probabilities: Vec<Vec<f32>>,
}

impl Predictions {
    pub fn new(head: DenseHead) -> Self {
        Self {
            head,
            probabilities: Vec::new(),
        }
    }

    /// Predicts the next rows, the same at each step; true when all have been.
    pub fn step(&mut self, rows: &Rows) -> bool {
        let num_classes = self.head.layers.last().map_or(0, |layer| layer.bias.len());
        let cost = rows.num_features * num_classes;
        let num_next = 1 + PRODUCTS_PER_STEP / cost.max(1);
        let next = rows.iter().skip(self.probabilities.len()).take(num_next);
        let head = &self.head;
        self.probabilities.extend(next.map(|row| {
            let mut logits = head.logits(row);
            metrics::softmax(&mut logits);
            logits
        }));
        self.probabilities.len() >= rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Dense;

    #[test]
    fn rows_of_several_steps_come_in_order() {
        // 4,096 features and 1,000 classes: two rows a step.
        let head = DenseHead::new(vec![Dense {
            weight: (0..4096 * 1000)
                .map(|at| [3f32.ln(), 0.0][at.min(1)])
                .collect(),
            bias: vec![0.0; 1000],
        }]);
        let mut values = vec![0.0; 3 * 4096];
        values[2 * 4096] = 1.0;
        let rows = Rows {
            values,
            num_features: 4096,
        };
        let mut predictions = Predictions::new(head);
        assert!(!predictions.step(&rows));
        assert!(predictions.step(&rows));
        let of_first: Vec<_> = predictions.probabilities.iter().map(|row| row[0]).collect();
        for (actual, expected) in of_first.iter().zip([0.001, 0.001, 3.0 / 1002.0]) {
            assert!((actual - expected).abs() < 1e-6, "{of_first:?}");
        }
        assert_eq!(of_first.len(), 3);
    }
}
