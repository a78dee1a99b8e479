//! Training runs: from a command to a model in use.

use super::{SLICE, Session, too_few};
use crate::{
    dataset::Split,
    error::Result,
    evaluation::evaluate,
    model::{Familiarity, Model, Provenance},
    protocol::{DeviceKind, Event, HeadKind, ModelClass, Origin, TrainingConfig},
    study::{Guard, shared},
    train::{Advance, Labeled, Partition, Training, copies},
};

/// A training run and the classes it is for.
pub(super) struct Run {
    stage: Stage,
    config: TrainingConfig,
    classes: Vec<ModelClass>,
}

enum Stage {
    /// Finding out which samples must be on one side of the split.
    Divide {
        guard: Guard,
        rows: Vec<Labeled>,
        is_stopped: bool,
    },
    Train(Box<Training>),
}

impl Run {
    /// Ends the run with what it has reached.
    pub(super) fn stop(&mut self) {
        match &mut self.stage {
            Stage::Divide { is_stopped, .. } => *is_stopped = true,
            Stage::Train(training) => training.stop(),
        }
    }
}

impl Session {
    pub(super) fn start_training(
        &mut self,
        config: TrainingConfig,
    ) -> std::result::Result<(), String> {
        if self.training.is_some() {
            return Err("Training is running already; stop it first.".to_owned());
        }
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(missing.join(" "));
        }
        let config = config.clamped();
        let (classes, rows) = self.labeled();
        let classes: Vec<_> = classes.into_iter().map(super::model_class).collect();
        // Copies alone may make it impossible; better said at once.
        split(&rows, &copies_of(&rows), &config).map_err(|at| too_few(&classes[at].name))?;
        let features = rows.iter().map(|sample| sample.row.clone()).collect();
        self.training = Some(Run {
            stage: Stage::Divide {
                guard: Guard::new(features, config.duplicate_threshold),
                rows,
                is_stopped: false,
            },
            config,
            classes,
        });
        Ok(())
    }

    /// Does a slice of the run, if there is one.
    pub(super) async fn train(&mut self) -> Result<()> {
        let Some(mut run) = self.training.take() else {
            return Ok(());
        };
        match &mut run.stage {
            Stage::Divide {
                is_stopped: true, ..
            } => self.abandon(),
            Stage::Divide { guard, .. } => {
                if guard.advance(SLICE) {
                    run = self.divide(run);
                }
                self.training = Some(run);
            }
            Stage::Train(training) => match training.advance().await? {
                Advance::Running => self.training = Some(run),
                Advance::Epoch(metrics) => {
                    self.events.push(Event::Epoch { metrics });
                    self.training = Some(run);
                }
                Advance::Finished => self.finish_training(run).await?,
                Advance::Abandoned => self.abandon(),
            },
        }
        Ok(())
    }

    fn abandon(&mut self) {
        let message = "Training was stopped before there was anything to keep.".to_owned();
        self.events.push(Event::TrainingFailed { message });
    }

    /// From knowing what belongs together to training.
    fn divide(&mut self, run: Run) -> Run {
        let Run {
            stage: Stage::Divide { guard, rows, .. },
            config,
            classes,
        } = run
        else {
            return run;
        };
        let groups = guard.into_groups();
        let num_near_duplicates = shared(&groups).iter().map(Vec::len).sum();
        // Where a class is all near-duplicates, only copies can be kept together.
        let split = split(&rows, &groups, &config)
            .or_else(|_| split(&rows, &copies_of(&rows), &config))
            .expect("checked when the run was asked for");
        let partition = Partition::new(rows, &split, classes.len());
        self.events.push(Event::TrainingStarted {
            num_train: partition.train.len(),
            num_validation: partition.validation.len(),
            num_near_duplicates,
            num_epochs: match config.head {
                HeadKind::Softmax | HeadKind::Ridge | HeadKind::Blend => None,
                HeadKind::Mlp => Some(config.num_epochs),
            },
        });
        let training = Training::new(config.clone(), partition, &self.compute.device);
        Run {
            stage: Stage::Train(Box::new(training)),
            config,
            classes,
        }
    }

    async fn finish_training(&mut self, run: Run) -> Result<()> {
        let Run {
            stage: Stage::Train(training),
            config,
            classes,
        } = run
        else {
            return Ok(());
        };
        let outcome = training.finish().await?;
        let device = match config.head {
            HeadKind::Softmax | HeadKind::Ridge | HeadKind::Blend => DeviceKind::Cpu,
            HeadKind::Mlp => self.compute.kind,
        };
        let familiarity = Familiarity::calibrate(&outcome.validation_logits);
        let origin = Origin::HeldOut {
            kept: outcome.kept,
            num_train: outcome.data.train.len(),
            device,
            familiar_share: familiarity.map(|known| known.share),
        };
        let (held_out, logits) = (&outcome.data.validation, &outcome.validation_logits);
        let evaluation = evaluate(&classes, held_out, logits, origin);
        self.model = Some(Model {
            classes,
            normalizer: outcome.normalizer,
            head: outcome.head,
            familiarity,
            provenance: Some(Provenance {
                accuracy: evaluation.accuracy,
                num_train: outcome.data.train.len(),
                config,
                device,
            }),
        });
        self.events.push(Event::Trained {
            evaluation: Box::new(evaluation),
        });
        Ok(())
    }
}

fn copies_of(rows: &[Labeled]) -> Vec<usize> {
    copies(rows.iter().map(|sample| &sample.row))
}

/// The first class that can't be on both sides is the error.
fn split(
    rows: &[Labeled],
    groups: &[usize],
    config: &TrainingConfig,
) -> std::result::Result<Split, usize> {
    let labels: Vec<_> = rows.iter().map(|sample| sample.label).collect();
    Split::stratified(
        &labels,
        groups,
        config.validation_fraction,
        config.seed.into(),
    )
}
