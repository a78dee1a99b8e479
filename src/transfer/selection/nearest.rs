//! Labeled rows and rows of what a head is for in, the labeled ones nearest to the latter out.
//!
//! A row's score is its mean cosine with its [`NUM_NEIGHBORS`] most similar new rows, as in choosing
//! source samples for a target by neighbors (Ge & Yu 2017, *Borrowing treasures from the wealthy*,
//! arXiv:1702.08690, with features for their filter responses).

use super::{Chosen, PRODUCTS_PER_STEP, Pool, Search};
use crate::{
    features::dot,
    transfer::{Family, Method, Task, plain},
};

/// One alone may be an oddity.
const NUM_NEIGHBORS: usize = 5;

/// New rows that are looked at; of more, every so many-th.
const MAX_NEW: usize = 2000;

/// Fewest new rows: of fewer, what they have in common is mostly chance.
const LEAST_NEW: usize = 10;

pub(super) const METHOD: Method = Method {
    id: "select_nearest",
    name: "Only those most like the new ones",
    sentence: "Learns from the part of each class that is most like the pictures without a class.",
    family: Family::Selection,
    refusal,
    init: |task| Box::new(Chosen::new(begin, task)),
};

pub(super) fn begin(_: &Task) -> Box<dyn Search> {
    Box::new(Nearest { scores: Vec::new() })
}

struct Nearest {
    /// Of the first rows.
    scores: Vec<f32>,
}

impl Search for Nearest {
    fn step(&mut self, pool: &Pool) -> bool {
        let (rows, new) = (pool.rows(), &pool.domains.target);
        let stride = new.len().div_ceil(MAX_NEW).max(1);
        let cost = new.len().div_ceil(stride) * rows.num_features;
        let first = self.scores.len();
        let num = 1 + PRODUCTS_PER_STEP / cost.max(1);
        self.scores
            .extend(rows.iter().skip(first).take(num).map(|row| {
                let cosines = new.iter().step_by(stride).map(|other| dot(row, other));
                mean_of_highest(cosines.collect())
            }));
        self.scores.len() == rows.len()
    }

    fn progress(&self, pool: &Pool) -> f64 {
        self.scores.len() as f64 / pool.rows().len().max(1) as f64
    }

    fn finish(self: Box<Self>, pool: &Pool) -> Vec<Vec<usize>> {
        pool.highest(&self.scores)
    }
}

/// Of [`NUM_NEIGHBORS`], or of all if there are fewer; 0 if there are none.
fn mean_of_highest(mut values: Vec<f32>) -> f32 {
    if values.len() > NUM_NEIGHBORS {
        values.select_nth_unstable_by(NUM_NEIGHBORS - 1, |a, b| b.total_cmp(a));
        values.truncate(NUM_NEIGHBORS);
    }
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn refusal(task: &Task) -> Option<String> {
    plain::refusal(task).or_else(|| {
        let num = task.unlabeled.len();
        (num < LEAST_NEW).then(|| {
            format!(
                "This looks at pictures without a class like those the model is for; there are {num}, \
                 and it takes {LEAST_NEW}. Put more into Unsorted, as target if they are of another kind."
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{choose, circle},
        *,
    };

    #[test]
    fn what_is_near_the_new_rows_is_chosen() {
        let labeled = [(0, 0), (30, 0), (60, 0), (90, 0), (100, 1), (180, 1)];
        let task = circle(&labeled, &[80, 85, 90, 95, 100]);
        assert_eq!(choose(&METHOD, &task, 0.5), [2, 3, 4]);
    }

    #[test]
    fn the_five_highest_count() {
        assert_eq!(mean_of_highest(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), 3.0);
        assert_eq!(mean_of_highest(vec![1.0, 2.0]), 1.5);
        assert_eq!(mean_of_highest(Vec::new()), 0.0);
    }

    #[test]
    fn without_new_pictures_the_remedy_is_said() {
        let reason = refusal(&circle(&[(0, 0), (90, 1)], &[1, 2, 3])).unwrap();
        assert!(reason.contains("there are 3") && reason.contains("Unsorted"));
    }
}
