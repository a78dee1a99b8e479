//! Held-out samples in, how often the truth is among the first few guesses out.

use super::{HeldOut, wilson};
use crate::protocol::Proportion;

/// Share of samples whose true class is among the `k` largest logits. Of equal logits the first
/// class goes first, so that `k` of 1 is the accuracy.
pub fn top_k_accuracy(samples: &HeldOut, k: usize) -> Proportion {
    let hits = samples
        .rows()
        .filter(|(logits, truth)| rank(logits, *truth) < k);
    wilson(hits.count(), samples.len())
}

/// How many classes go before `class`.
fn rank(logits: &[f32], class: usize) -> usize {
    let goes_before = |(other, x): &(usize, &f32)| {
        **x > logits[class] || (**x == logits[class] && *other < class)
    };
    logits.iter().enumerate().filter(goes_before).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_guess_counts_from_two_on() {
        let rows: [&[f32]; 2] = [&[0.0, 2.0, 1.0], &[5.0, 0.0, 0.0]];
        let samples = HeldOut::new(rows, vec![2, 0], 3);
        let hits = [0, 1, 2, 3].map(|k| top_k_accuracy(&samples, k).hits);
        assert_eq!(hits, [0, 1, 2, 2]);
    }

    #[test]
    fn of_equals_the_first_class_goes_first() {
        assert_eq!(
            [0, 1, 2].map(|class| rank(&[1.0, 1.0, 2.0], class)),
            [1, 2, 0]
        );
    }
}
