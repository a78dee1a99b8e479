//! Training runs: from a command to a model in use.

use super::{
    SLICE, Session,
    tuning::{Outcome, TuneRun},
};
use crate::{
    error::Result,
    evaluation::evaluate,
    model::{ClassRecord, Familiarity, Model, Provenance},
    protocol::{
        DeviceKind, Event, FINE_TUNING, HeadKind, JudgedBy, Origin, SampleWeight, TrainingConfig,
    },
    study::{Division, Guard, Lineage, Material, shared},
    train::{Advance, Partition, Training},
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
    Tune(Box<TuneRun>),
}

impl Run {
    /// Ends the run with what it has reached.
    pub(super) fn stop(&mut self) {
        match &mut self.stage {
            Stage::Divide { is_stopped, .. } => *is_stopped = true,
            Stage::Train { training, .. } => training.stop(),
            Stage::Tune(run) => run.stop(),
        }
    }

    pub(super) fn tuning(&mut self) -> Option<&mut TuneRun> {
        match &mut self.stage {
            Stage::Tune(run) => Some(run),
            _ => None,
        }
    }

    /// Whether there is nothing to do until the page has sent something.
    pub(super) fn is_waiting(&self) -> bool {
        match &self.stage {
            Stage::Tune(run) => run.is_waiting(),
            _ => false,
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
        let task = division.partition(&material).task(config.seed.into());
        if let Some(refusal) = transfer::refusal(&config, &task, !material.target.is_empty()) {
            return Err(refusal);
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
            Stage::Tune(tuning) => match self.tune(tuning).await? {
                Outcome::Running => self.training = Some(run),
                Outcome::Abandoned => self.abandon(),
                Outcome::Finished => {
                    if let Stage::Tune(tuning) = run.stage {
                        self.finish_tuning(*tuning)?;
                    }
                }
            },
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
        let division =
            Division::new(&material, &groups, &config).expect("checked when the run was asked for");
        let partition = division.partition(&material);
        self.events.push(Event::TrainingStarted {
            num_train: partition.train.len(),
            num_validation: partition.validation.len(),
            num_near_duplicates,
            num_epochs: num_epochs(&config),
        });
        if config.method == FINE_TUNING {
            let device = &self.compute.device;
            let run = TuneRun::new(config.clone(), material.clone(), &division, device);
            return Run {
                stage: Stage::Tune(Box::new(run)),
                config,
                material,
            };
        }
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
            stage: Stage::Train {
                training,
                judged_by,
            },
            config,
            material,
        } = run
        else {
            return Ok(());
        };
        let mut classes = material.model_classes();
        let outcome = training.finish().await?;
        // Those that a method knows by name.
        if outcome.head.num_classes() > classes.len() {
            classes.extend(material.further_classes);
        }
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
        let teachers = teachers(&outcome.data);
        let lineage = Lineage {
            held_out: held_out.iter().map(|sample| sample.sample).collect(),
            judged_by,
        };
        let model = Model {
            classes,
            normalizer: outcome.normalizer,
            head: outcome.head,
            backbone: None,
            familiarity,
            provenance: Some(Provenance {
                accuracy: evaluation.accuracy,
                num_train: outcome.data.train.len(),
                per_class: ClassRecord::all(
                    outcome.data.train.iter().map(|sample| sample.label),
                    &evaluation.confusion,
                ),
                config,
                device,
            }),
        };
        self.adopt(model, Some(lineage));
        self.events.push(Event::Trained {
            evaluation: Box::new(evaluation),
            is_tuned: false,
            teachers,
        });
        Ok(())
    }
}

/// What each training sample counted, the heaviest first; empty if all did the same.
fn teachers(data: &Partition) -> Vec<SampleWeight> {
    let is_even = data.weights.iter().all(|weight| *weight == 1.0);
    if is_even && data.left_out.is_empty() {
        return Vec::new();
    }
    let taught = data
        .train
        .iter()
        .map(|sample| sample.sample)
        .zip(&data.weights);
    let taught = taught.map(|(sample, &weight)| SampleWeight { sample, weight });
    let left_out = data.left_out.iter().map(|&sample| SampleWeight {
        sample,
        weight: 0.0,
    });
    let mut weights: Vec<_> = taught.chain(left_out).collect();
    weights.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    weights
}

/// Only a perceptron has epochs and uses the device.
fn is_perceptron(config: &TrainingConfig) -> bool {
    transfer::has_head_of_choice(&config.method) && config.head == HeadKind::Mlp
}

/// Nothing where a run ends at its optimum.
fn num_epochs(config: &TrainingConfig) -> Option<usize> {
    match config.method == FINE_TUNING {
        true => Some(config.tuning.num_epochs),
        false => is_perceptron(config).then_some(config.num_epochs),
    }
}
