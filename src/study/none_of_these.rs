//! One class after the other is made unknown: how well are its pictures told from the others?

use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{Material, train};
use crate::{
    dataset::Split,
    error::Result,
    features::Row,
    metrics::{Familiar, Separation, energy, max_probability, separation},
    protocol::{FamiliarityScore, Finding, ScoreSeparation, TrainingConfig},
    train::{Labeled, Outcome, Partition, Training, copies},
};

/// Classes made unknown, at most: a head is trained for each.
const MAX_UNKNOWN: usize = 12;

/// The scores, the one in use first.
const SCORES: [FamiliarityScore; 4] = [
    FamiliarityScore::Energy,
    FamiliarityScore::Probability,
    FamiliarityScore::Neighbor,
    FamiliarityScore::ClassMean,
];

/// A comparison in progress.
pub struct NoneOfThese {
    material: Material,
    config: TrainingConfig,
    /// Classes to be made unknown.
    unknown: Vec<usize>,
    next: usize,
    running: Option<Training>,
    /// Of each class made unknown, in the order of [`SCORES`].
    separations: Vec<[Separation; SCORES.len()]>,
}

impl NoneOfThese {
    pub(super) fn new(
        material: Material,
        config: TrainingConfig,
    ) -> std::result::Result<Self, String> {
        if material.classes.len() < 3 {
            return Err(
                "With three classes or more, one at a time can play the unknown.".to_owned(),
            );
        }
        let mut unknown: Vec<_> = (0..material.classes.len()).collect();
        unknown.shuffle(&mut ChaCha8Rng::seed_from_u64(config.seed.into()));
        unknown.truncate(MAX_UNKNOWN);
        unknown.sort_unstable();
        let study = Self {
            unknown,
            next: 0,
            running: None,
            separations: Vec::new(),
            material,
            config,
        };
        for &class in &study.unknown {
            study.partition(class)?;
        }
        Ok(study)
    }

    /// The samples of all classes but one, divided.
    fn partition(&self, unknown: usize) -> std::result::Result<Partition, String> {
        let known = self.material.labeled.iter().filter(|s| s.label != unknown);
        let rows: Vec<_> = known
            .map(|sample| Labeled {
                label: sample.label - usize::from(sample.label > unknown),
                ..sample.clone()
            })
            .collect();
        let labels: Vec<_> = rows.iter().map(|sample| sample.label).collect();
        let groups = copies(rows.iter().map(|sample| &sample.row));
        let fraction = self.config.validation_fraction;
        let split = Split::stratified(&labels, &groups, fraction, self.config.seed.into());
        let split = split.map_err(|label| {
            let class = label + usize::from(label >= unknown);
            super::too_few(&self.material.classes[class].1.name)
        })?;
        Ok(
            Partition::new(rows, &split, self.material.classes.len() - 1)
                .with_unlabeled(self.material.unlabeled()),
        )
    }

    pub(super) async fn advance(&mut self) -> Result<Option<Finding>> {
        let Some(&unknown) = self.unknown.get(self.next) else {
            return Ok(Some(self.finding()));
        };
        if self.running.is_none() {
            let partition = self.partition(unknown).expect("checked when it was set up");
            let training = Training::new(self.config.clone(), partition, &self.material.device);
            self.running = Some(training);
        }
        if let Some(outcome) = train(&mut self.running).await? {
            let strangers = self.material.labeled.iter();
            let strangers = strangers.filter(|sample| sample.label == unknown);
            let strangers: Vec<_> = strangers.map(|sample| &sample.row).collect();
            self.separations.extend(separations(&outcome, &strangers));
            self.next += 1;
        }
        Ok(None)
    }

    fn finding(&self) -> Finding {
        let num = self.separations.len().max(1) as f64;
        let mean = |of: &dyn Fn(&[Separation; SCORES.len()]) -> f64| {
            self.separations.iter().map(of).sum::<f64>() / num
        };
        let scores = SCORES
            .iter()
            .enumerate()
            .map(|(at, &score)| ScoreSeparation {
                score,
                area: mean(&|of| of[at].area),
                false_positive_rate: mean(&|of| of[at].false_positive_rate),
            });
        Finding::NoneOfThese {
            scores: scores.collect(),
            num_unknown: self.separations.len(),
        }
    }

    pub(super) fn progress(&self) -> f64 {
        self.next as f64 / self.unknown.len() as f64
    }
}

/// How well each score tells the held-out samples from the strangers.
fn separations(outcome: &Outcome, strangers: &[&Row]) -> Option<[Separation; SCORES.len()]> {
    let normalizer = &outcome.normalizer;
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for sample in &outcome.data.train {
        normalizer.push_normalized(&sample.row, &mut rows);
        labels.push(sample.label);
    }
    let familiar = Familiar::new(rows, &labels, outcome.data.num_classes);
    let scores = |row: &Row| {
        let normalized = normalizer.normalized(row);
        let logits = outcome.head.logits(&normalized);
        [
            energy(&logits),
            max_probability(&logits),
            familiar.neighbor(&normalized),
            familiar.class_mean(&normalized),
        ]
    };
    let known: Vec<_> = outcome
        .data
        .validation
        .iter()
        .map(|s| scores(&s.row))
        .collect();
    let unknown: Vec<_> = strangers.iter().map(|row| scores(row)).collect();
    let column = |of: &[[f64; SCORES.len()]], at: usize| of.iter().map(|row| row[at]).collect();
    let separate = |at| -> Option<Separation> {
        let (known, unknown): (Vec<_>, Vec<_>) = (column(&known, at), column(&unknown, at));
        separation(&known, &unknown)
    };
    Some([separate(0)?, separate(1)?, separate(2)?, separate(3)?])
}
