//! A task whose unlabeled images are of the same kind as the labeled ones in; all rows, centered on
//! one mean and scaled to length 1, out.
//!
//! With a label a class the mean of the labeled rows is mostly chance. That of all rows is not, and
//! unlabeled rows are what semi-supervised learning has.

use super::{Task, domains::Domains, plain};

/// Fewest images without a label that can teach anything.
const LEAST_UNLABELED: usize = 10;

/// All rows less the mean of all.
pub(super) fn pooled(task: &Task) -> Domains {
    let rows = task.rows.iter().chain(&task.unlabeled);
    let num_features = task.rows.first().map_or(0, |row| row.len());
    let normalizer = crate::features::Normalizer::fit(rows.map(|row| &**row), num_features);
    Domains::new(task, &normalizer, normalizer.clone())
}

/// Why unlabeled images can't help, if so.
pub(super) fn refusal(task: &Task) -> Option<String> {
    plain::refusal(task).or_else(|| {
        let num_missing = LEAST_UNLABELED.saturating_sub(task.unlabeled.len());
        let pictures = if num_missing == 1 { "picture" } else { "pictures" };
        (num_missing > 0).then(|| {
            format!(
                "This learns from pictures without a label and there are {} of them; put {num_missing} \
                 more {pictures} into Unsorted.",
                task.unlabeled.len()
            )
        })
    })
}
