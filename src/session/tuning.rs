//! Fine-tuning: the head first, then the last blocks of the backbone, on pixels that the page reads
//! again.

use std::rc::Rc;

use web_time::Instant;

use super::{SLICE, Session};
use crate::{
    backbone::Weights,
    error::{Error, Result},
    evaluation::evaluate,
    head::{Dense, DenseHead},
    model::{Familiarity, Model, Provenance},
    protocol::{
        DeviceKind, EpochMetrics, Event, HeadKind, JudgedBy, Kept, Origin, PLAIN, SampleId,
        TrainingConfig, TuningConfig,
    },
    study::{Division, Lineage, Material, Wanted},
    train::{Advance, Labeled, Training},
    tune::{
        Augmentation, Boundary, Preparation, PrepareConfig, Purpose, Tail, TuneConfig, TuneStep,
        Tuned, TunedEpoch, TunedHead, Tuning, Workload, to_safetensors,
    },
};

/// A run, from the division on.
pub(super) struct TuneRun {
    config: TrainingConfig,
    material: Material,
    judged_by: JudgedBy,
    /// Those learned from, then those held out; of each its place among the labeled samples.
    order: Vec<(usize, Purpose)>,
    stage: Stage,
    is_stopped: bool,
}

enum Stage {
    /// The head, on features of the frozen backbone.
    Head(Box<Training>),
    Prepare(Box<Preparing>),
    /// And which samples are held out.
    Tune(Box<Tuning>, Vec<usize>),
    /// Only from one stage to the next.
    Between,
}

/// Images on their way to the boundary.
struct Preparing {
    head: TunedHead,
    preparation: Preparation,
    wanted: Wanted,
    is_busy: bool,
    /// Held-out samples that have been prepared.
    held_out: Vec<usize>,
}

/// What a slice came to.
pub(super) enum Outcome {
    Running,
    Abandoned,
    Finished,
}

impl TuningConfig {
    fn prepare(&self, seed: u64) -> PrepareConfig {
        PrepareConfig {
            num_blocks: self.num_blocks,
            num_views: self.num_views,
            augmentation: self.augmentation(),
            seed,
        }
    }

    fn tune(&self, seed: u64) -> TuneConfig {
        TuneConfig {
            num_epochs: self.num_epochs,
            learning_rate: self.learning_rate as f32,
            seed,
            ..TuneConfig::default()
        }
    }

    fn augmentation(&self) -> Augmentation {
        Augmentation {
            strength: self.strength,
            flips: self.flips,
        }
    }
}

impl TuneRun {
    /// Begins with the head.
    pub(super) fn new(
        config: TrainingConfig,
        material: Material,
        division: &Division,
        device: &burn::tensor::Device,
    ) -> Self {
        let head = TrainingConfig {
            method: PLAIN.to_owned(),
            head: HeadKind::Softmax,
            weight_decay: TunedHead::WEIGHT_DECAY,
            ..config.clone()
        };
        let with = |purpose: Purpose| move |&at: &usize| (at, purpose);
        let learned = division.split.train.iter().map(with(Purpose::Learn));
        let held_out = division
            .split
            .validation
            .iter()
            .map(with(Purpose::Validate));
        Self {
            order: learned.chain(held_out).collect(),
            judged_by: division.judged_by,
            stage: Stage::Head(Box::new(Training::new(
                head,
                division.partition(&material),
                device,
            ))),
            is_stopped: false,
            config,
            material,
        }
    }

    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// Whether there is nothing to do until the page has sent pixels.
    pub(super) fn is_waiting(&self) -> bool {
        match &self.stage {
            Stage::Prepare(preparing) => {
                !self.is_stopped && !preparing.is_busy && preparing.wanted.is_waiting()
            }
            _ => false,
        }
    }

    fn num(&self, purpose: Purpose) -> usize {
        self.order.iter().filter(|(_, of)| *of == purpose).count()
    }

    fn work(&self, weights: &Weights) -> Workload {
        let seed = self.config.seed.into();
        let counts = [Purpose::Learn, Purpose::Validate].map(|purpose| self.num(purpose));
        let (prepare, tune) = (
            self.config.tuning.prepare(seed),
            self.config.tuning.tune(seed),
        );
        Workload::new(&weights.architecture, &prepare, &tune, counts)
    }
}

impl Session {
    /// Takes what the page has read again; nothing if the file can't be read any more.
    pub(super) fn take_pixels(&mut self, sample: SampleId, pixels: Option<Vec<u8>>) {
        let Some(run) = self.training.as_mut().and_then(super::Run::tuning) else {
            return;
        };
        if let Stage::Prepare(preparing) = &mut run.stage {
            preparing.wanted.arrive(sample, pixels);
        }
    }

    /// Does a slice of a run.
    pub(super) async fn tune(&mut self, run: &mut TuneRun) -> Result<Outcome> {
        let is_stopped = run.is_stopped;
        match &mut run.stage {
            Stage::Head(_) | Stage::Prepare(_) if is_stopped => return Ok(Outcome::Abandoned),
            Stage::Head(training) => {
                if let Advance::Finished | Advance::Abandoned = training.advance().await? {
                    self.begin_preparing(run).await?;
                }
            }
            Stage::Prepare(_) => self.prepare(run)?,
            Stage::Tune(tuning, _) => {
                let start = Instant::now();
                while !is_stopped && start.elapsed() < SLICE {
                    match tuning.step() {
                        TuneStep::Running => {}
                        TuneStep::Epoch(epoch) => {
                            let metrics = metrics_of(epoch);
                            self.events
                                .extend(metrics.map(|metrics| Event::Epoch { metrics }));
                        }
                        TuneStep::Finished => return Ok(Outcome::Finished),
                    }
                }
                if is_stopped {
                    return Ok(Outcome::Finished);
                }
            }
            Stage::Between => return Ok(Outcome::Abandoned),
        }
        self.tell_tuning(run)?;
        Ok(Outcome::Running)
    }

    async fn begin_preparing(&mut self, run: &mut TuneRun) -> Result<()> {
        let Stage::Head(training) = std::mem::replace(&mut run.stage, Stage::Between) else {
            return Ok(());
        };
        let outcome = training.finish().await?;
        let [layer] = outcome.head.layers.try_into().expect("a linear head");
        let prepare = run.config.tuning.prepare(run.config.seed.into());
        let weights = self.backbone.weights()?;
        let labeled = &run.material.labeled;
        let samples = run.order.iter().map(|&(at, _)| labeled[at].sample);
        run.stage = Stage::Prepare(Box::new(Preparing {
            head: TunedHead::new(outcome.normalizer, layer.weight, layer.bias),
            preparation: prepare.init(&weights),
            wanted: Wanted::new(samples.collect()),
            is_busy: false,
            held_out: Vec::new(),
        }));
        Ok(())
    }

    /// Makes views of the pixels that have come, for a slice of time.
    fn prepare(&mut self, run: &mut TuneRun) -> Result<()> {
        let start = Instant::now();
        let (labeled, order) = (&run.material.labeled, &run.order);
        let Stage::Prepare(preparing) = &mut run.stage else {
            return Ok(());
        };
        while start.elapsed() < SLICE {
            let wishes = preparing.wanted.wishes();
            let need = wishes.map(|samples| Event::NeedPixels { samples });
            self.events.extend(need);
            if preparing.is_busy {
                preparing.is_busy = preparing.preparation.step();
                continue;
            }
            if preparing.wanted.is_over() {
                return self.begin_tuning(run);
            }
            let Some((place, pixels)) = preparing.wanted.take() else {
                return Ok(());
            };
            let (at, purpose) = order[place];
            // A file that can't be read any more is left out; the page has said so.
            let Some(pixels) = pixels else { continue };
            let label = labeled[at].label;
            if preparing.preparation.begin(pixels, label, purpose).is_ok() {
                preparing.is_busy = true;
                if purpose == Purpose::Validate {
                    preparing.held_out.push(at);
                }
            }
        }
        Ok(())
    }

    fn begin_tuning(&mut self, run: &mut TuneRun) -> Result<()> {
        let Stage::Prepare(preparing) = std::mem::replace(&mut run.stage, Stage::Between) else {
            return Ok(());
        };
        let weights = self.backbone.weights()?;
        let TuningConfig { num_blocks, .. } = run.config.tuning;
        let tail = Tail::new(&weights, num_blocks, preparing.head);
        let examples = preparing.preparation.finish();
        if examples.iter().any(Vec::is_empty) {
            return Err(Error::Unreadable);
        }
        let tuning = run.config.tuning.tune(run.config.seed.into());
        let tuning = tuning.init(tail, examples);
        run.stage = Stage::Tune(Box::new(tuning), preparing.held_out);
        Ok(())
    }

    /// How far the run is, by the work that is done of all.
    fn tell_tuning(&mut self, run: &TuneRun) -> Result<()> {
        let weights = self.backbone.weights()?;
        let work = run.work(&weights);
        let views = work.per_view * work.num_views as f64;
        let learning = work.per_learning * work.num_learnings as f64
            + work.per_validation * work.num_validations as f64;
        let done = match &run.stage {
            Stage::Head(_) | Stage::Between => 0.0,
            Stage::Prepare(preparing) => views * preparing.wanted.progress(),
            Stage::Tune(tuning, _) => views + learning * tuning.progress(),
        };
        let progress = (done / (views + learning)).min(1.0);
        self.events.push(Event::TrainingProgress { progress });
        Ok(())
    }

    /// The best epoch as the model in use.
    pub(super) fn finish_tuning(&mut self, run: TuneRun) -> Result<()> {
        let Stage::Tune(tuning, held_out) = run.stage else {
            return Ok(());
        };
        let served = self.backbone.file();
        let mut weights = Weights::clone(&*self.backbone.weights()?);
        let Tuned {
            mut tail,
            epoch,
            examples: [learned, validated],
        } = tuning.finish();
        let logits: Vec<_> = validated
            .iter()
            .map(|example| tail.logits(&example.views[0]))
            .collect();
        tail.write_to(&mut weights);
        let file = to_safetensors(&weights, &served)?;
        let classes = run.material.model_classes();
        let familiarity = match run.judged_by {
            JudgedBy::Source => None,
            JudgedBy::Alike | JudgedBy::Target => Familiarity::calibrate(&logits),
        };
        let samples: Vec<Labeled> = held_out
            .iter()
            .map(|&at| run.material.labeled[at].clone())
            .collect();
        let origin = Origin::HeldOut {
            kept: Kept::Tuned {
                epoch: epoch.map_or(0, |epoch| epoch.epoch),
                num_epochs: run.config.tuning.num_epochs,
                num_blocks: tail.num_blocks(),
            },
            judged_by: run.judged_by,
            num_train: learned.len(),
            device: DeviceKind::Cpu,
            familiar_share: familiarity.map(|known| known.share),
        };
        let evaluation = evaluate(&classes, &samples, &logits, origin);
        // One that could not be read again has not taught either.
        let held_out = run.order.iter().filter(|(_, of)| *of == Purpose::Validate);
        let lineage = Lineage {
            held_out: held_out
                .map(|&(at, _)| run.material.labeled[at].sample)
                .collect(),
            judged_by: run.judged_by,
        };
        let head = tail.head();
        let model = Model {
            classes,
            normalizer: head.normalizer().clone(),
            head: DenseHead::new(vec![Dense {
                weight: head.weight().to_vec(),
                bias: head.bias().to_vec(),
            }]),
            backbone: Some(Rc::from(file)),
            familiarity,
            provenance: Some(Provenance {
                accuracy: evaluation.accuracy,
                num_train: learned.len(),
                config: run.config,
                device: DeviceKind::Cpu,
            }),
        };
        self.adopt(model, Some(lineage));
        self.events.push(Event::Trained {
            evaluation: Box::new(evaluation),
            is_tuned: true,
        });
        Ok(())
    }

    /// How long a run would take and what it would need, from a view made now.
    pub(super) fn estimate_tuning(&mut self, config: TrainingConfig) -> Result<()> {
        let config = config.clamped();
        let material = self.material();
        let Ok(division) = Division::unguarded(&material, &config) else {
            return Ok(());
        };
        let weights = self.backbone.weights()?;
        let seed = config.seed.into();
        let (prepare, tune) = (config.tuning.prepare(seed), config.tuning.tune(seed));
        let counts = [division.split.train.len(), division.split.validation.len()];
        let work = Workload::new(&weights.architecture, &prepare, &tune, counts);
        let side = weights.architecture.input_size;
        let gray = vec![128; side * side * 3];
        let backbone = self.backbone.get()?;
        // The first time warms up.
        let mut seconds = 0.0;
        for _ in 0..2 {
            let start = Instant::now();
            let variant = prepare.augmentation.apply(&gray, seed);
            Boundary::new(backbone, &variant, prepare.num_blocks);
            seconds = start.elapsed().as_secs_f64();
        }
        self.events.push(Event::TuningEstimate {
            seconds: work.seconds(seconds),
            bytes: work.num_bytes,
        });
        Ok(())
    }

    /// Variants of an image, as fine-tuning would see it.
    pub(super) fn augment(&mut self, pixels: &[u8], tuning: &TuningConfig, count: usize) {
        let side = (pixels.len() / 3).isqrt();
        if side == 0 || side * side * 3 != pixels.len() {
            return self.refuse(&Error::DamagedFeatures);
        }
        let augmentation = tuning.augmentation();
        let variants = (0..count.min(16) as u64).map(|seed| augmentation.apply(pixels, seed));
        self.events.push(Event::Augmented {
            pixels: variants.collect::<Vec<_>>().concat(),
        });
    }

    /// Probabilities of an image by a model with a backbone of its own.
    pub(super) fn predict_pixels(&mut self, request: u32, pixels: &[u8]) -> Result<Event> {
        let backbone = self
            .tuned_backbone
            .as_mut()
            .unwrap_or(&mut self.backbone)
            .get()?;
        if pixels.len() != 3 * backbone.architecture().input_size.pow(2) {
            return Err(Error::DamagedFeatures);
        }
        let features = backbone.forward(pixels).to_vec();
        let model = self.model.as_ref().ok_or(Error::NoModel)?;
        let (probabilities, is_familiar) = model.answer(&features);
        Ok(Event::Prediction {
            request,
            probabilities,
            is_familiar,
        })
    }
}

fn metrics_of(epoch: TunedEpoch) -> Option<EpochMetrics> {
    Some(EpochMetrics {
        epoch: epoch.epoch,
        train_loss: epoch.train_loss?,
        train_accuracy: epoch.train_accuracy?,
        validation_loss: epoch.validation_loss?,
        validation_accuracy: epoch.validation_accuracy?,
    })
}
