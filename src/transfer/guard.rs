//! A few labeled rows and many without labels in; the head of the method that does best on labeled
//! rows it has not been told the labels of, which may be the plain one, out.
//!
//! In turn a part of the labeled rows joins the unlabeled ones, and what each method makes of them
//! is counted. Where classes have one labeled image each nothing can be held out, and the method
//! that was best on photos, drawings and clothes alike is taken.
//!
//! Percent of unlabeled / of held-out images named right with so many labels a class: photos (T1, 12
//! classes), drawings (11) and clothes (Fashion-MNIST, 10). Means of six divisions
//! (`tests/transfer_semi.rs`).
//!
//! | | photos 1 | photos 5 | drawings 1 | drawings 5 | clothes 1 | clothes 5 |
//! |---|---|---|---|---|---|---|
//! | plain | 59.3 / 59.5 | 82.5 / 83.3 | 34.9 / 35.0 | 57.5 / 56.0 | 58.2 / 55.9 | 76.8 / 76.7 |
//! | this | 72.2 / 73.5 | 86.9 / 86.7 | 48.8 / 48.1 | 63.1 / 61.0 | 66.0 / 64.5 | 76.9 / 76.4 |
//! | label spreading | 70.6 / 72.4 | 86.5 / 85.6 | 46.4 / 45.4 | 62.7 / 59.6 | 62.9 / 63.5 | 76.8 / 74.2 |
//! | spreading, then maximization | 72.2 / 73.5 | 87.5 / 87.4 | 48.8 / 48.1 | 63.3 / 62.2 | 66.0 / 64.5 | 77.6 / 75.9 |
//! | information maximization | 67.8 / 71.3 | 85.4 / 86.9 | 41.6 / 41.1 | 57.7 / 55.6 | 68.3 / 68.3 | 79.7 / 77.0 |
//! | pseudo-labels | 63.4 / 66.2 | 83.6 / 85.0 | 37.6 / 37.6 | 57.8 / 57.9 | 62.7 / 61.7 | 78.0 / 76.2 |

use std::collections::BTreeSet;

use super::{
    Family, Fit, Method, Task, Transferred, information_maximization, label_spreading, plain,
    pooled,
};
use crate::{dataset::Folds, metrics, train::copies};

pub(super) const METHOD: Method = Method {
    id: "semi_supervised_automatic",
    name: "Use unlabeled pictures if they help",
    sentence: "Tries ways to learn from unlabeled pictures on your labels and keeps one only if it does best.",
    family: Family::SemiSupervised,
    refusal: pooled::refusal,
    init: |task| Box::new(Guard::new(task)),
};

const NUM_CANDIDATES: usize = 3;

/// What is tried; of equally good ones the first is taken.
static CANDIDATES: [Method; NUM_CANDIDATES] = [
    information_maximization::AFTER_SPREADING,
    label_spreading::METHOD,
    plain::METHOD,
];

/// Parts that are held out in turn.
const NUM_FOLDS: usize = 5;

/// Fewest labeled rows that can be held out for what they say to be more than chance.
const LEAST_TRIALS: usize = 20;

struct Guard {
    task: Task,
    /// Labeled rows to hold out, in turn with each candidate.
    folds: Vec<Vec<usize>>,
    /// Trials that are over.
    num_done: usize,
    /// Held-out rows classified right by each candidate.
    num_hits: [usize; NUM_CANDIDATES],
    /// A trial or, after the last one, the chosen method on everything. There is always one
    /// between two steps.
    running: Option<Box<dyn Fit>>,
}

impl Guard {
    fn new(task: Task) -> Self {
        let mut guard = Self {
            folds: folds(&task),
            task,
            num_done: 0,
            num_hits: [0; NUM_CANDIDATES],
            running: None,
        };
        guard.running = Some(guard.next());
        guard
    }

    fn num_trials(&self) -> usize {
        self.folds.len() * NUM_CANDIDATES
    }

    fn next(&self) -> Box<dyn Fit> {
        match self.folds.get(self.num_done / NUM_CANDIDATES) {
            Some(held_out) => {
                let candidate = &CANDIDATES[self.num_done % NUM_CANDIDATES];
                (candidate.init)(unlabeling(&self.task, held_out))
            }
            None => (CANDIDATES[best(&self.num_hits)].init)(self.task.clone()),
        }
    }

    /// Counts the hits of a trial that is over and begins what comes next.
    fn turn(&mut self) {
        let trial = self.running.take().expect("a trial");
        let model = trial.finish();
        let held_out = &self.folds[self.num_done / NUM_CANDIDATES];
        let hits = held_out.iter().filter(|row| {
            let logits = model.logits(&self.task.rows[**row]);
            metrics::argmax(&logits) == self.task.labels[**row]
        });
        self.num_hits[self.num_done % NUM_CANDIDATES] += hits.count();
        self.num_done += 1;
        self.running = Some(self.next());
    }
}

impl Fit for Guard {
    fn step(&mut self) -> bool {
        let is_over = self.running.as_mut().expect("a trial").step();
        if is_over && self.num_done < self.num_trials() {
            self.turn();
            return false;
        }
        is_over
    }

    fn progress(&self) -> f64 {
        let of_running = self.running.as_ref().map_or(0.0, |fit| fit.progress());
        (self.num_done as f64 + of_running) / (self.num_trials() + 1) as f64
    }

    fn finish(self: Box<Self>) -> Transferred {
        self.running.expect("all steps are done").finish()
    }
}

/// The first of the highest.
fn best(num_hits: &[usize]) -> usize {
    let most = num_hits.iter().max();
    num_hits
        .iter()
        .position(|num| Some(num) == most)
        .unwrap_or(0)
}

/// The labeled rows to hold out in each round; none if they are too few. Copies are together, and
/// what is alone in its class stays where it can teach.
fn folds(task: &Task) -> Vec<Vec<usize>> {
    let copies = copies(&task.rows);
    let mut groups = vec![BTreeSet::new(); task.num_classes];
    let pairs = task.labels.iter().zip(&copies);
    pairs.for_each(|(&label, &group)| _ = groups[label].insert(group));
    let is_spare = |row: &usize| groups[task.labels[*row]].len() > 1;
    let rows: Vec<_> = (0..task.rows.len()).filter(is_spare).collect();
    let pick = |of: &[usize]| rows.iter().map(|&row| of[row]).collect::<Vec<_>>();
    let folds = Folds::stratified(&pick(&task.labels), &pick(&copies), NUM_FOLDS, task.seed);
    match folds {
        Ok(folds) if rows.len() >= LEAST_TRIALS => (0..folds.num_folds())
            .map(|fold| folds.split(fold).validation)
            .map(|held_out| held_out.into_iter().map(|at| rows[at]).collect())
            .collect(),
        _ => Vec::new(),
    }
}

/// The task as if nobody had labeled these rows.
fn unlabeling(task: &Task, held_out: &[usize]) -> Task {
    let rows = 0..task.rows.len();
    let kept: Vec<_> = rows.filter(|row| !held_out.contains(row)).collect();
    let mut unlabeled = task.unlabeled.clone();
    unlabeled.extend(held_out.iter().map(|&row| task.rows[row].clone()));
    Task {
        names: None,
        rows: kept.iter().map(|&row| task.rows[row].clone()).collect(),
        labels: kept.iter().map(|&row| task.labels[row]).collect(),
        unlabeled,
        ..*task
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Row;

    fn task(labels: &[usize]) -> Task {
        let row = |at: usize| Row::from([at as f32, 1.0]);
        Task {
            names: None,
            rows: (0..labels.len()).map(row).collect(),
            labels: labels.to_vec(),
            unlabeled: (100..110).map(row).collect(),
            num_classes: 3,
            seed: 1,
        }
    }

    #[test]
    fn every_class_keeps_a_label_in_every_round() {
        let labels: Vec<_> = (0..30).map(|at| [0, 1, 0, 1, 0, 1][at % 6]).collect();
        let task = task(&[&labels[..], &[2]].concat());
        let folds = folds(&task);
        assert_eq!(folds.len(), 5);
        let mut held_out = folds.concat();
        held_out.sort_unstable();
        assert_eq!(held_out, (0..30).collect::<Vec<_>>());
        let without = unlabeling(&task, &folds[0]);
        assert!((0..3).all(|class| without.labels.contains(&class)));
        assert_eq!(without.rows.len() + folds[0].len(), 31);
        assert_eq!(without.unlabeled.len(), 10 + folds[0].len());
    }

    #[test]
    fn few_labels_are_no_evidence() {
        assert!(folds(&task(&[0, 1, 2, 0, 1, 2])).is_empty());
    }

    #[test]
    fn of_equals_the_first_is_best() {
        assert_eq!(best(&[3, 5, 5]), 1);
        assert_eq!(best(&[0, 0, 0]), 0);
    }

    #[test]
    fn every_method_handles_labels_of_copies_and_of_one_image_only() {
        let mut task = task(&[0, 0, 1, 1, 2, 2]);
        task.rows.fill(Row::from([1.0, 2.0]));
        task.unlabeled.fill(Row::from([1.0, 2.0]));
        let is_ours = |method: &&Method| method.family != Family::DomainAdaptation;
        for method in super::super::METHODS.iter().filter(is_ours) {
            let mut fit = (method.init)(task.clone());
            while !fit.step() {}
            let logits = fit.finish().logits(&[3.0, 1.0]);
            assert!(
                logits.iter().all(|logit| logit.is_finite()),
                "{}",
                method.id
            );
        }
    }
}
