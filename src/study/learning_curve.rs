//! Heads trained on more and more of the samples: how accuracy grows, and whether it would go on.

use super::{Guard, Material, SLICE, too_few, train};
use crate::{
    dataset::{Folds, nested_subsets},
    error::Result,
    metrics::{self, LearningCurve as Curve, advice, argmax, wilson},
    protocol::{
        ClassOutlook, Finding, FittedPoint, LearningCurveView, MeasuredPoint, TrainingConfig,
    },
    train::{Outcome, Partition, Training, copies},
};

/// Each sample is tested once at each size.
const NUM_FOLDS: usize = 5;

/// Points of the curve that is drawn.
const NUM_FITTED: usize = 40;

/// A learning curve in progress.
pub struct LearningCurve {
    material: Material,
    config: TrainingConfig,
    guard: Option<Guard>,
    /// What there is to train, the smallest heads first.
    runs: Vec<Run>,
    next: usize,
    running: Option<Training>,
    /// Of each size.
    sizes: Vec<Tally>,
}

struct Run {
    size: usize,
    train: Vec<usize>,
    validation: Vec<usize>,
}

/// What all folds say of one size.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Training samples of each class, in all folds together.
    num_train: Vec<usize>,
    /// Hits and held-out samples of each class.
    hits: Vec<(usize, usize)>,
}

impl LearningCurve {
    pub(super) fn new(
        material: Material,
        config: TrainingConfig,
    ) -> std::result::Result<Self, String> {
        if material.classes.len() < 2 {
            return Err("Add pictures of at least two classes.".to_owned());
        }
        let rows = material.labeled.iter().map(|s| s.row.clone()).collect();
        let mut study = Self {
            guard: Some(Guard::new(rows, config.duplicate_threshold)),
            runs: Vec::new(),
            next: 0,
            running: None,
            sizes: Vec::new(),
            material,
            config,
        };
        // Copies alone may make it impossible; better said at once.
        study.plan(&study.copies())?;
        Ok(study)
    }

    fn copies(&self) -> Vec<usize> {
        copies(self.material.labeled.iter().map(|sample| &sample.row))
    }

    fn plan(&mut self, groups: &[usize]) -> std::result::Result<(), String> {
        let labels = self.material.labels();
        let seed = self.config.seed.into();
        let folds = Folds::stratified(&labels, groups, NUM_FOLDS, seed)
            .map_err(|class| too_few(&self.material.classes[class].1.name))?;
        self.runs.clear();
        for fold in 0..folds.num_folds() {
            let split = folds.split(fold);
            let parts = nested_subsets(&labels, &split.train, seed);
            // Sizes are counted from the largest, which every fold has.
            let num_parts = parts.len();
            self.runs
                .extend(parts.into_iter().enumerate().map(|(at, train)| Run {
                    size: num_parts - 1 - at,
                    train,
                    validation: split.validation.clone(),
                }));
        }
        self.runs.sort_by_key(|run| std::cmp::Reverse(run.size));
        let num_sizes = self.runs.first().map_or(0, |run| run.size + 1);
        let empty = Tally {
            num_train: vec![0; self.material.classes.len()],
            hits: vec![(0, 0); self.material.classes.len()],
        };
        self.sizes = vec![empty; num_sizes];
        Ok(())
    }

    pub(super) async fn advance(&mut self) -> Result<Option<Finding>> {
        if let Some(guard) = &mut self.guard {
            if guard.advance(SLICE) {
                let groups = self.guard.take().expect("just advanced").into_groups();
                if self.plan(&groups).is_err() {
                    let copies = self.copies();
                    self.plan(&copies).expect("checked when it was set up");
                }
            }
            return Ok(None);
        }
        let Some(run) = self.runs.get(self.next) else {
            let curve = self.curve();
            return Ok(Some(Finding::LearningCurve { curve }));
        };
        if self.running.is_none() {
            let split = crate::dataset::Split {
                train: run.train.clone(),
                validation: run.validation.clone(),
            };
            let rows = self.material.labeled.clone();
            let partition = Partition::new(rows, &split, self.material.classes.len())
                .with_unlabeled(self.material.unlabeled());
            let training = Training::new(self.config.clone(), partition, &self.material.device);
            self.running = Some(training);
        }
        if let Some(outcome) = train(&mut self.running).await? {
            self.record(&outcome);
        }
        Ok(None)
    }

    fn record(&mut self, outcome: &Outcome) {
        let tally = &mut self.sizes[self.runs[self.next].size];
        for sample in &outcome.data.train {
            tally.num_train[sample.label] += 1;
        }
        let judged = outcome
            .data
            .validation
            .iter()
            .zip(&outcome.validation_logits);
        for (sample, logits) in judged {
            let (hits, total) = &mut tally.hits[sample.label];
            *hits += usize::from(argmax(logits) == sample.label);
            *total += 1;
        }
        self.next += 1;
    }

    fn curve(&self) -> LearningCurveView {
        let num_classes = self.material.classes.len();
        // Of folds, as many as trained at the size: smaller folds may lack the smallest.
        let num_folds = |size: usize| self.runs.iter().filter(|run| run.size == size).count();
        let mut measured = Vec::new();
        let mut of_classes = vec![Vec::new(); num_classes];
        for (size, tally) in self.sizes.iter().enumerate().rev() {
            let num_folds = num_folds(size) as f64;
            let num_train: usize = tally.num_train.iter().sum();
            let hits = tally.hits.iter().map(|of| of.0).sum();
            let total = tally.hits.iter().map(|of| of.1).sum();
            measured.push((
                num_train as f64 / num_folds / num_classes as f64,
                hits,
                total,
            ));
            for (class, points) in of_classes.iter_mut().enumerate() {
                let (hits, total) = tally.hits[class];
                points.push((tally.num_train[class] as f64 / num_folds, hits, total));
            }
        }
        let seed = self.config.seed.into();
        let overall = Curve::fit(&measured, seed);
        let of_classes: Vec<_> = of_classes
            .iter()
            .map(|points| Curve::fit(points, seed))
            .collect();
        let names = self
            .material
            .classes
            .iter()
            .map(|(_, class)| class.name.as_str());
        let named: Vec<_> = names.zip(of_classes.iter().map(Option::as_ref)).collect();
        LearningCurveView {
            points: measured
                .iter()
                .map(|&(num_images, hits, total)| MeasuredPoint {
                    num_images,
                    accuracy: wilson(hits, total),
                })
                .collect(),
            fitted: overall.as_ref().map(fitted).unwrap_or_default(),
            advice: advice(overall.as_ref(), &named),
            classes: self.outlooks(&of_classes),
        }
    }

    fn outlooks(&self, curves: &[Option<metrics::LearningCurve>]) -> Vec<ClassOutlook> {
        let classes = self.material.classes.iter().zip(curves);
        classes
            .filter_map(|((class, _), curve)| {
                let curve = curve.as_ref()?;
                Some(ClassOutlook {
                    class: *class,
                    outlook: curve.outlook(),
                    gain: curve.gain_by_doubling(),
                })
            })
            .collect()
    }

    pub(super) fn progress(&self) -> f64 {
        match &self.guard {
            Some(guard) => 0.1 * guard.progress(),
            // A head on twice the samples takes twice as long.
            None => {
                let cost = |runs: &[Run]| runs.iter().map(|run| run.train.len()).sum::<usize>();
                let all = cost(&self.runs).max(1);
                0.1 + 0.9 * cost(&self.runs[..self.next]) as f64 / all as f64
            }
        }
    }
}

/// Evenly spaced over the logarithm, from the first point to twice the last.
fn fitted(curve: &Curve) -> Vec<FittedPoint> {
    let (first, last) = (curve.points.first(), curve.points.last());
    let (Some(first), Some(last)) = (first, last) else {
        return Vec::new();
    };
    let ratio = 2.0 * last.num_images / first.num_images;
    let point = |at: usize| {
        let num_images = first.num_images * ratio.powf(at as f64 / (NUM_FITTED - 1) as f64);
        FittedPoint {
            num_images,
            accuracy: curve.accuracy(num_images),
        }
    };
    (0..NUM_FITTED).map(point).collect()
}
