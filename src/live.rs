//! Labeled rows in; out, without a Train button, how a quick head fares on each row that it has
//! not seen, and whose label it doubts.
//!
//! The head is ridge regression in closed form ([`crate::head::ridge`]), whose exact leave-one-out
//! scores cost no more than the fit. What two fits have in common, the products of all pairs of
//! rows, is kept while labels and samples change.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use web_time::Instant;

use crate::{
    curation::suspects,
    head::ridge::{Fit, Gram, Lambda, Ridge},
    metrics,
    protocol::{ClassId, Doubt, LeaveOneOut, SampleId},
    train::{Labeled, copies},
};

/// Longest time between two looks at the message queue.
const SLICE: Duration = Duration::from_millis(40);

/// Where the search for λ begins before anything is known.
const FIRST_LAMBDA: f64 = 0.3;

/// A class needs one sample to be left out and one to stay.
const MIN_SAMPLES: usize = 2;

/// More rows than this are not fitted at every change: a fit takes a second for 5,000 and grows
/// with them.
const MAX_ROWS: usize = 20_000;

/// Follows the labeled samples and fits whenever they have changed.
#[derive(Debug)]
pub struct Live {
    gram: Gram,
    /// Whose the rows of `gram` are.
    samples: Vec<SampleId>,
    labels: Vec<usize>,
    /// What the labels stand for.
    classes: Vec<ClassId>,
    /// The last fit's.
    lambda: f64,
    stage: Stage,
    fitted: Option<Fitted>,
}

/// The last fit, and what its rows and labels stand for.
#[derive(Debug)]
pub struct Fitted {
    /// The head and what it was fitted to.
    pub ridge: Ridge,
    /// Whose the rows are.
    pub samples: Vec<SampleId>,
    /// What the labels stand for.
    pub classes: Vec<ClassId>,
}

#[derive(Debug)]
enum Stage {
    /// Nothing to do until something changes.
    Idle,
    /// There is nothing to say any more.
    Withdraw,
    /// Products of new rows are missing.
    Multiply,
    Fit(Box<Fit>),
}

impl Default for Live {
    fn default() -> Self {
        Self {
            gram: Gram::default(),
            samples: Vec::new(),
            labels: Vec::new(),
            classes: Vec::new(),
            lambda: FIRST_LAMBDA,
            stage: Stage::Idle,
            fitted: None,
        }
    }
}

impl Live {
    /// Takes note of all labeled samples and of what their labels stand for. If they are as before, nothing happens; if not, what was
    /// being fitted is given up.
    pub fn update(&mut self, labeled: &[Labeled], classes: Vec<ClassId>) {
        let wanted: HashMap<_, _> = labeled.iter().map(|s| (s.sample, s)).collect();
        let label = |sample: &SampleId| wanted.get(sample).map(|s| s.label);
        let labels: Option<Vec<_>> = self.samples.iter().map(label).collect();
        if self.samples.len() == labeled.len()
            && labels.as_ref() == Some(&self.labels)
            && classes == self.classes
        {
            return;
        }
        for at in (0..self.samples.len()).rev() {
            if !wanted.contains_key(&self.samples[at]) {
                self.samples.remove(at);
                self.gram.remove(at);
            }
        }
        let known: HashSet<_> = self.samples.iter().copied().collect();
        for sample in labeled.iter().filter(|s| !known.contains(&s.sample)) {
            self.samples.push(sample.sample);
            self.gram.push(sample.row.clone());
        }
        self.labels = self.samples.iter().map(|id| wanted[id].label).collect();
        self.classes = classes;
        self.stage = match self.is_worthwhile() {
            true => Stage::Multiply,
            false => Stage::Withdraw,
        };
    }

    /// The last fit, which may be about samples as they were some edits ago.
    pub fn fitted(&self) -> Option<&Fitted> {
        self.fitted.as_ref()
    }

    /// Whether [`Live::work`] has something to do.
    pub fn is_busy(&self) -> bool {
        !matches!(self.stage, Stage::Idle)
    }

    /// Works for a slice of time. When a fit is over, what it says; `None` within if there are too
    /// few samples to say anything.
    pub fn work(&mut self) -> Option<Option<LeaveOneOut>> {
        let start = Instant::now();
        while start.elapsed() < SLICE {
            match std::mem::replace(&mut self.stage, Stage::Idle) {
                Stage::Idle => return None,
                Stage::Withdraw => {
                    self.fitted = None;
                    return Some(None);
                }
                Stage::Multiply => {
                    self.stage = match self.gram.step() {
                        true => Stage::Fit(Box::new(self.fit())),
                        false => Stage::Multiply,
                    };
                }
                Stage::Fit(mut fit) => {
                    if fit.step() {
                        return Some(Some(self.complete(fit.finish())));
                    }
                    self.stage = Stage::Fit(fit);
                }
            }
        }
        None
    }

    fn is_worthwhile(&self) -> bool {
        let mut sizes = vec![0; self.classes.len()];
        self.labels.iter().for_each(|&label| sizes[label] += 1);
        self.classes.len() > 1
            && self.samples.len() <= MAX_ROWS
            && sizes.iter().all(|&size| size >= MIN_SAMPLES)
    }

    fn fit(&self) -> Fit {
        let start = self.lambda;
        let groups = copies(self.gram.rows());
        let (labels, num_classes) = (&self.labels, self.classes.len());
        Fit::new(
            &self.gram,
            labels,
            &groups,
            num_classes,
            Lambda::Search { start },
        )
    }

    fn complete(&mut self, ridge: Ridge) -> LeaveOneOut {
        self.lambda = ridge.lambda;
        let predicted = ridge.held_out_classes();
        let hits = predicted.iter().zip(&self.labels).filter(|(a, b)| a == b);
        let doubts = suspects(&ridge.held_out_probabilities(), &self.labels);
        let doubts = doubts.into_iter().filter(|suspect| suspect.is_likely);
        let estimate = LeaveOneOut {
            accuracy: metrics::wilson(hits.count(), self.labels.len()),
            doubts: doubts
                .map(|suspect| Doubt {
                    sample: self.samples[suspect.row],
                    suggestion: self.classes[suspect.suggestion],
                })
                .collect(),
        };
        self.fitted = Some(Fitted {
            ridge,
            samples: self.samples.clone(),
            classes: self.classes.clone(),
        });
        estimate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(sample: SampleId, label: usize, row: [f32; 3]) -> Labeled {
        Labeled {
            sample,
            row: row.into(),
            label,
        }
    }

    /// Two classes apart from each other, four samples each.
    fn separable() -> Vec<Labeled> {
        (0..8)
            .map(|i| {
                let (label, step) = (i % 2, (i / 2) as f32 * 0.1);
                let side = if label == 0 { 1.0 } else { -1.0 };
                sample(i as u32, label, [side + step, step * step, 1.0 - side])
            })
            .collect()
    }

    fn settle(live: &mut Live) -> Option<Option<LeaveOneOut>> {
        while live.is_busy() {
            if let Some(answer) = live.work() {
                return Some(answer);
            }
        }
        None
    }

    #[test]
    fn separable_samples_are_all_named_right_without_having_been_seen() {
        let mut live = Live::default();
        live.update(&separable(), vec![10, 11]);
        let estimate = settle(&mut live).unwrap().unwrap();
        assert_eq!((estimate.accuracy.hits, estimate.accuracy.total), (8, 8));
        assert!(estimate.doubts.is_empty());
    }

    #[test]
    fn nothing_new_is_nothing_to_do_and_a_new_label_is_fitted_again() {
        let mut live = Live::default();
        let mut samples = separable();
        live.update(&samples, vec![10, 11]);
        settle(&mut live);
        samples.reverse();
        live.update(&samples, vec![10, 11]);
        assert!(!live.is_busy());
        samples[0].label = 1 - samples[0].label;
        live.update(&samples, vec![10, 11]);
        let estimate = settle(&mut live).unwrap().unwrap();
        assert!(estimate.accuracy.hits < 8);
        let doubt = Doubt {
            sample: samples[0].sample,
            suggestion: 10 + (1 - samples[0].label) as u32,
        };
        assert_eq!(estimate.doubts.first(), Some(&doubt));
    }

    #[test]
    fn what_is_taken_away_is_forgotten() {
        let mut live = Live::default();
        live.update(&separable(), vec![10, 11]);
        settle(&mut live);
        live.update(&separable()[..4], vec![10, 11]);
        let estimate = settle(&mut live).unwrap().unwrap();
        assert_eq!(estimate.accuracy.total, 4);
        live.update(&separable()[..3], vec![10, 11]);
        assert_eq!(
            settle(&mut live),
            Some(None),
            "a class of one can't be left out"
        );
    }
}
