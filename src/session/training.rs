//! Training runs: from a command to a model in use.

use super::{SLICE, Session};
use crate::{
    error::Result,
    evaluation::evaluate,
    model::{Familiarity, Model, Provenance},
    protocol::{DeviceKind, Event, HeadKind, JudgedBy, Origin, PLAIN, TrainingConfig},
    study::{Division, Guard, Material, shared},
    train::{Advance, Training},
    transfer,
};

/// A training run and the classes it is for.
pub(super) struct Run {
    stage: Stage,
    config: TrainingConfig,
    material: Material,
}

enum Stage {
    /// Finding out which samples must be on one side of the split.
    Divide {
        guard: Guard,
        is_stopped: bool,
    },
    Train {
        training: Box<Training>,
        judged_by: JudgedBy,
    },
}

impl Run {
    /// Ends the run with what it has reached.
    pub(super) fn stop(&mut self) {
        match &mut self.stage {
            Stage::Divide { is_stopped, .. } => *is_stopped = true,
            Stage::Train { training, .. } => training.stop(),
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
        let material = self.material();
        // Copies alone may make it impossible; better said at once.
        let division = Division::unguarded(&material, &config)?;
        if config.method != PLAIN {
            let method = transfer::method(&config.method)
                .ok_or_else(|| format!("There is no method “{}”.", config.method))?;
            let task = division.partition(&material).task(config.seed.into());
            if let Some(refusal) = method.refusal(&task, !material.target.is_empty()) {
                return Err(refusal);
            }
        }
        let rows = material.labeled.iter().map(|s| s.row.clone()).collect();
        self.training = Some(Run {
            stage: Stage::Divide {
                guard: Guard::new(rows, config.duplicate_threshold),
                is_stopped: false,
            },
            config,
            material,
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
            Stage::Train { training, .. } => match training.advance().await? {
                Advance::Running => {
                    if let Some(progress) = training.progress() {
                        self.events.push(Event::TrainingProgress { progress });
                    }
                    self.training = Some(run);
                }
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
            stage: Stage::Divide { guard, .. },
            config,
            material,
        } = run
        else {
            return run;
        };
        let groups = guard.into_groups();
        let num_near_duplicates = shared(&groups).iter().map(Vec::len).sum();
        let division = Division::new(&material, &groups, &config)
            .expect("checked when the run was asked for");
        let partition = division.partition(&material);
        self.events.push(Event::TrainingStarted {
            num_train: partition.train.len(),
            num_validation: partition.validation.len(),
            num_near_duplicates,
            num_epochs: is_perceptron(&config).then_some(config.num_epochs),
        });
        let training = Training::new(config.clone(), partition, &self.compute.device);
        Run {
            stage: Stage::Train {
                training: Box::new(training),
                judged_by: division.judged_by,
            },
            config,
            material,
        }
    }

    async fn finish_training(&mut self, run: Run) -> Result<()> {
        let Run {
            stage:
                Stage::Train {
                    training,
                    judged_by,
                },
            config,
            material,
        } = run
        else {
            return Ok(());
        };
        let classes = material.model_classes();
        let outcome = training.finish().await?;
        let device = match is_perceptron(&config) {
            true => self.compute.kind,
            false => DeviceKind::Cpu,
        };
        // What is familiar in the source says nothing of the target.
        let familiarity = match judged_by {
            JudgedBy::Source => None,
            JudgedBy::Alike | JudgedBy::Target => {
                Familiarity::calibrate(&outcome.validation_logits)
            }
        };
        let origin = Origin::HeldOut {
            kept: outcome.kept,
            judged_by,
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

/// Only a perceptron has epochs and uses the device.
fn is_perceptron(config: &TrainingConfig) -> bool {
    config.method == PLAIN && config.head == HeadKind::Mlp
}
