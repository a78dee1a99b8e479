//! Every sample is held out once: the accuracy with its spread, and what leaks would add to it.

use super::{
    Material, SLICE,
    guard::{Guard, shared},
    too_few, train,
};
use crate::{
    dataset::Folds,
    error::Result,
    evaluation::evaluate,
    metrics::{across_folds, argmax, wilson},
    protocol::{Finding, Origin, TrainingConfig},
    train::{Outcome, Partition, Training},
};

/// Rounds, whatever was typed.
const NUM_FOLDS: std::ops::RangeInclusive<usize> = 2..=20;

/// A cross-validation in progress.
pub struct CrossValidation {
    material: Material,
    config: TrainingConfig,
    num_folds: usize,
    stage: Stage,
}

enum Stage {
    /// Finding out what must stay together.
    Guard(Option<Guard>),
    /// Training and judging with groups kept together.
    Guarded(Box<Rounds>),
    /// The same with groups divided by chance, to see what that would pretend.
    Unguarded {
        guarded: Box<Rounds>,
        unguarded: Box<Rounds>,
    },
}

/// One pass over all folds.
struct Rounds {
    folds: Folds,
    groups: Vec<usize>,
    next: usize,
    running: Option<Training>,
    /// Logits of each sample by the head that has not seen it.
    logits: Vec<Vec<f32>>,
    /// Hits and held-out samples of each fold that is over.
    hits: Vec<(usize, usize)>,
}

impl CrossValidation {
    pub(super) fn new(
        material: Material,
        config: TrainingConfig,
        num_folds: usize,
    ) -> std::result::Result<Self, String> {
        let rows = material.labeled.iter().map(|s| s.row.clone()).collect();
        let guard = Guard::new(rows, config.duplicate_threshold);
        if material.classes.len() < 2 {
            return Err("Add pictures of at least two classes.".to_owned());
        }
        let study = Self {
            stage: Stage::Guard(Some(guard)),
            num_folds: num_folds.clamp(*NUM_FOLDS.start(), *NUM_FOLDS.end()),
            material,
            config,
        };
        // Copies alone may make it impossible; better said at once.
        study.rounds(crate::train::copies(
            study.material.labeled.iter().map(|sample| &sample.row),
        ))?;
        Ok(study)
    }

    fn rounds(&self, groups: Vec<usize>) -> std::result::Result<Box<Rounds>, String> {
        let labels = self.material.labels();
        let seed = self.config.seed.into();
        let folds = Folds::stratified(&labels, &groups, self.num_folds, seed);
        let folds = folds.map_err(|class| too_few(&self.material.classes[class].1.name))?;
        Ok(Box::new(Rounds {
            folds,
            groups,
            next: 0,
            running: None,
            logits: vec![Vec::new(); labels.len()],
            hits: Vec::new(),
        }))
    }

    pub(super) async fn advance(&mut self) -> Result<Option<Finding>> {
        match &mut self.stage {
            Stage::Guard(guard) => {
                let guard_ref = guard.as_mut().expect("until it is over");
                if guard_ref.advance(SLICE) {
                    let groups = guard.take().expect("until it is over").into_groups();
                    self.stage = Stage::Guarded(self.grouped(groups));
                }
            }
            Stage::Guarded(rounds) => {
                if rounds.advance(&self.material, &self.config).await? {
                    return Ok(self.compare());
                }
            }
            Stage::Unguarded { guarded, unguarded } => {
                if unguarded.advance(&self.material, &self.config).await? {
                    let unguarded = across_folds(&unguarded.hits).accuracy;
                    let origin = origin(guarded, &self.material, Some(unguarded));
                    return Ok(Some(self.finding(origin)));
                }
            }
        }
        Ok(None)
    }

    /// By near-duplicates; by copies where a class would then be of one group only.
    fn grouped(&self, groups: Vec<usize>) -> Box<Rounds> {
        self.rounds(groups)
            .or_else(|_| {
                let rows = self.material.labeled.iter().map(|sample| &sample.row);
                self.rounds(crate::train::copies(rows))
            })
            .expect("checked when it was set up")
    }

    /// Goes on to the divided groups if there are any, else to the answer.
    fn compare(&mut self) -> Option<Finding> {
        let stage = std::mem::replace(&mut self.stage, Stage::Guard(None));
        let Stage::Guarded(guarded) = stage else {
            unreachable!("the rounds were just over")
        };
        if shared(&guarded.groups).is_empty() {
            let origin = origin(&guarded, &self.material, None);
            self.stage = Stage::Guarded(guarded);
            return Some(self.finding(origin));
        }
        let alone = (0..self.material.labeled.len()).collect();
        let unguarded = self.rounds(alone).expect("more groups than before");
        self.stage = Stage::Unguarded { guarded, unguarded };
        None
    }

    fn finding(&self, origin: Origin) -> Finding {
        let rounds = match &self.stage {
            Stage::Guarded(rounds)
            | Stage::Unguarded {
                guarded: rounds, ..
            } => rounds,
            Stage::Guard(_) => unreachable!("the rounds are over"),
        };
        let classes = self.material.model_classes();
        let evaluation = evaluate(&classes, &self.material.labeled, &rounds.logits, origin);
        Finding::CrossValidation {
            evaluation: Box::new(evaluation),
        }
    }

    pub(super) fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Guard(guard) => guard.as_ref().map_or(0.0, |guard| 0.1 * guard.progress()),
            Stage::Guarded(rounds) => 0.1 + 0.45 * rounds.progress(),
            Stage::Unguarded { unguarded, .. } => 0.55 + 0.45 * unguarded.progress(),
        }
    }
}

fn origin(
    rounds: &Rounds,
    material: &Material,
    unguarded: Option<crate::protocol::Proportion>,
) -> Origin {
    let across = across_folds(&rounds.hits);
    let ids = |rows: Vec<usize>| rows.iter().map(|&at| material.labeled[at].sample).collect();
    Origin::CrossValidation {
        folds: rounds
            .hits
            .iter()
            .map(|&(hits, n)| wilson(hits, n))
            .collect(),
        mean: across.mean,
        deviation: across.deviation,
        unguarded,
        groups: shared(&rounds.groups).into_iter().map(ids).collect(),
    }
}

impl Rounds {
    /// Does a slice of the current round; true when all are over.
    async fn advance(&mut self, material: &Material, config: &TrainingConfig) -> Result<bool> {
        if self.next == self.folds.num_folds() {
            return Ok(true);
        }
        let split = self.folds.split(self.next);
        if self.running.is_none() {
            let rows = material.labeled.clone();
            let partition = Partition::new(rows, &split, material.classes.len())
                .with_unlabeled(material.unlabeled())
                .with_names(material.names());
            let training = Training::new(config.clone(), partition, &material.device);
            self.running = Some(training);
        }
        if let Some(outcome) = train(&mut self.running).await? {
            self.record(&split.validation, outcome);
        }
        Ok(false)
    }

    fn record(&mut self, rows: &[usize], outcome: Outcome) {
        let judged = outcome
            .data
            .validation
            .iter()
            .zip(&outcome.validation_logits);
        let is_hit =
            |(sample, logits): &(&crate::train::Labeled, &Vec<f32>)| argmax(logits) == sample.label;
        self.hits.push((judged.filter(is_hit).count(), rows.len()));
        for (&row, logits) in rows.iter().zip(outcome.validation_logits) {
            self.logits[row] = logits;
        }
        self.next += 1;
    }

    fn progress(&self) -> f64 {
        self.next as f64 / self.folds.num_folds() as f64
    }
}
