//! Every head and every method on the same samples: which does best, and by more than chance?

use super::{Division, Guard, Material, SLICE, too_few, train};
use crate::{
    dataset::{Folds, Split},
    error::Result,
    metrics::{argmax, sign_test, wilson},
    protocol::{
        DomainDistance, DomainGap, FINE_TUNING, Finding, HeadKind, JudgedBy, MethodComparison,
        MethodScore, PLAIN, TrainingConfig, Weighting,
    },
    train::{Outcome, Partition, Training, copies},
    transfer::{self, Distance, DomainDistances, Family, METHODS},
};

/// Rounds, whatever was typed.
const NUM_FOLDS: std::ops::RangeInclusive<usize> = 2..=20;

/// Heads of the plain method that are compared; a perceptron takes too long.
const HEADS: [HeadKind; 3] = [HeadKind::Softmax, HeadKind::Ridge, HeadKind::Blend];

/// Those that are compared with weights, too; a blend is between them.
const WEIGHED_HEADS: [HeadKind; 2] = [HeadKind::Softmax, HeadKind::Ridge];

/// A comparison in progress.
pub struct Methods {
    material: Material,
    config: TrainingConfig,
    num_folds: usize,
    guard: Option<Guard>,
    /// Between the two domains, while it is measured and afterwards.
    measuring: Option<DomainDistances>,
    distance: Option<DomainDistance>,
    /// Rounds; each candidate goes through all of them.
    splits: Vec<Split>,
    judged_by: JudgedBy,
    candidates: Vec<Candidate>,
    /// Candidates and, within one, rounds that are over.
    next: (usize, usize),
    running: Option<Training>,
}

/// A method, or a head of the plain one.
struct Candidate {
    config: TrainingConfig,
    refusal: Option<String>,
    /// Of each labeled sample, whether it was named right; nothing if it did not judge.
    is_right: Vec<Option<bool>>,
}

impl Methods {
    pub(super) fn new(
        material: Material,
        config: TrainingConfig,
        num_folds: usize,
    ) -> std::result::Result<Self, String> {
        if material.classes.len() < 2 {
            return Err("Add pictures of at least two classes.".to_owned());
        }
        let rows = material.labeled.iter().map(|s| s.row.clone()).collect();
        let mut study = Self {
            guard: Some(Guard::new(rows, config.duplicate_threshold)),
            num_folds: num_folds.clamp(*NUM_FOLDS.start(), *NUM_FOLDS.end()),
            measuring: None,
            distance: None,
            splits: Vec::new(),
            judged_by: JudgedBy::Alike,
            candidates: Vec::new(),
            next: (0, 0),
            running: None,
            material,
            config,
        };
        // Copies alone may make it impossible; better said at once.
        study.divide(&study.copies())?;
        Ok(study)
    }

    fn copies(&self) -> Vec<usize> {
        copies(self.material.labeled.iter().map(|sample| &sample.row))
    }

    /// Folds of one domain, or the one division that two have.
    fn divide(&mut self, groups: &[usize]) -> std::result::Result<(), String> {
        if !self.material.target.is_empty() {
            let division = Division::new(&self.material, groups, &self.config)?;
            self.judged_by = division.judged_by;
            self.splits = vec![division.split];
            return Ok(());
        }
        let labels = self.material.labels();
        let folds = Folds::stratified(&labels, groups, self.num_folds, self.config.seed.into())
            .map_err(|class| too_few(&self.material.classes[class].1.name))?;
        self.splits = (0..folds.num_folds())
            .map(|fold| folds.split(fold))
            .collect();
        Ok(())
    }

    /// What is to be compared, when the rounds are known.
    fn line_up(&mut self) {
        let heads = HEADS.map(|head| TrainingConfig {
            method: PLAIN.to_owned(),
            head,
            weighting: Weighting::Even,
            ..self.config.clone()
        });
        let weighed = WEIGHED_HEADS.iter().flat_map(|&head| {
            [Weighting::MeanMatching, Weighting::DensityRatio].map(|weighting| TrainingConfig {
                method: PLAIN.to_owned(),
                head,
                weighting,
                ..self.config.clone()
            })
        });
        let methods = METHODS
            .iter()
            .filter(|method| method.family != Family::Plain)
            .map(|method| TrainingConfig {
                method: method.id.to_owned(),
                head: HeadKind::Softmax,
                weighting: Weighting::Even,
                ..self.config.clone()
            });
        let candidate = |config: TrainingConfig| Candidate {
            refusal: self.refusal(&config),
            config,
            is_right: vec![None; self.material.labeled.len()],
        };
        let all = heads.into_iter().chain(weighed).chain(methods);
        self.candidates = all.map(candidate).collect();
        if !self.material.target.is_empty() {
            let task = self.partition(0).task(self.config.seed.into());
            if task.rows.len() > 1 && task.unlabeled.len() > 1 {
                self.measuring = Some(DomainDistances::new(&task));
            }
        }
        if self.judged_by == JudgedBy::Source {
            // Nothing here says how anything does on the target.
            self.candidates.clear();
        }
    }

    fn partition(&self, round: usize) -> Partition {
        Division {
            split: self.splits[round].clone(),
            judged_by: self.judged_by,
        }
        .partition(&self.material)
        .with_names(self.material.names())
    }

    fn refusal(&self, config: &TrainingConfig) -> Option<String> {
        let has_target = !self.material.target.is_empty();
        let tasks = (0..self.splits.len()).map(|round| self.partition(round));
        let mut refusals = tasks.map(|data| transfer::refusal(config, &data.task(0), has_target));
        refusals.find_map(|refusal| refusal)
    }

    pub(super) async fn advance(&mut self) -> Result<Option<Finding>> {
        if let Some(guard) = &mut self.guard {
            if guard.advance(SLICE) {
                let groups = self.guard.take().expect("just advanced").into_groups();
                if self.divide(&groups).is_err() {
                    let copies = self.copies();
                    self.divide(&copies).expect("checked when it was set up");
                }
                self.line_up();
            }
            return Ok(None);
        }
        if let Some(measuring) = &mut self.measuring {
            if measuring.step() {
                let [before, centered] = self.measuring.take().expect("just stepped").finish();
                self.distance = Some(DomainDistance {
                    before: gap(before),
                    centered: gap(centered),
                });
            }
            return Ok(None);
        }
        let (at, round) = self.next;
        let Some(candidate) = self.candidates.get(at) else {
            return Ok(Some(self.finding()));
        };
        if candidate.refusal.is_some() || round == self.splits.len() {
            self.next = (at + 1, 0);
            return Ok(None);
        }
        if self.running.is_none() {
            let config = candidate.config.clone();
            let training = Training::new(config, self.partition(round), &self.material.device);
            self.running = Some(training);
        }
        if let Some(outcome) = train(&mut self.running).await? {
            self.record(&outcome);
        }
        Ok(None)
    }

    fn record(&mut self, outcome: &Outcome) {
        let (at, round) = self.next;
        let is_right = &mut self.candidates[at].is_right;
        let judged = self.splits[round].validation.iter();
        for (&row, logits) in judged.zip(&outcome.validation_logits) {
            is_right[row] = Some(argmax(logits) == self.material.labeled[row].label);
        }
        self.next.1 += 1;
    }

    fn finding(&self) -> Finding {
        let plain = self.candidates.first();
        let score = |candidate: &Candidate| {
            let plain = plain.map_or(&candidate.is_right, |plain| &plain.is_right);
            candidate.score(plain)
        };
        let mut scores: Vec<_> = self.candidates.iter().map(score).collect();
        let hits = |score: &MethodScore| score.accuracy.map(|accuracy| accuracy.hits);
        // Of equally good ones the simpler comes first, as they were lined up.
        scores.sort_by_key(|score| std::cmp::Reverse(hits(score)));
        let num_judged = scores.iter().find_map(|score| score.accuracy);
        Finding::Methods {
            comparison: MethodComparison {
                num_judged: num_judged.map_or(0, |accuracy| accuracy.total),
                num_folds: self.material.target.is_empty().then_some(self.splits.len()),
                num_unlabeled: self.material.unlabeled().len(),
                distance: self.distance,
                scores,
            },
        }
    }

    pub(super) fn progress(&self) -> f64 {
        if let Some(guard) = &self.guard {
            return 0.05 * guard.progress();
        }
        let (at, round) = self.next;
        let rounds = self.splits.len() as f64;
        let running = self.running.as_ref().and_then(Training::progress);
        let done = at as f64 + (round as f64 + running.unwrap_or(0.0)) / rounds;
        0.05 + 0.95 * done / self.candidates.len().max(1) as f64
    }
}

impl Candidate {
    fn score(&self, plain: &[Option<bool>]) -> MethodScore {
        let count = |is: &dyn Fn(bool, bool) -> bool| {
            let pairs = self.is_right.iter().zip(plain);
            let both = pairs.filter_map(|(&own, &other)| Some((own?, other?)));
            both.filter(|&(own, other)| is(own, other)).count()
        };
        let (num_gained, num_lost) = (
            count(&|own, other| own && !other),
            count(&|own, other| !own && other),
        );
        let judged = self.is_right.iter().flatten();
        let hits = judged.clone().filter(|is_right| **is_right).count();
        let accuracy = wilson(hits, judged.count());
        MethodScore {
            method: self.config.method.clone(),
            head: self.config.head,
            weighting: self.config.weighting,
            accuracy: self.refusal.is_none().then_some(accuracy),
            num_gained,
            num_lost,
            chance: sign_test(num_gained, num_lost),
            refusal: self.refusal.clone(),
        }
    }
}

fn gap(distance: Distance) -> DomainGap {
    DomainGap {
        discrepancy: distance.discrepancy,
        chance: distance.p_value,
        proxy_a: distance.proxy_a,
    }
}

const FOR_TARGET: &str = "This way to learn is for pictures of the target, and these numbers would be about others: “Compare methods” judges it, or choose another one.";

/// Why a method can't be judged by samples held out in turn, as other studies do, if so.
pub(super) fn refusal(material: &Material, config: &TrainingConfig) -> Option<String> {
    if config.method == FINE_TUNING {
        return Some("Fine-tuning takes minutes each time, so only its own held-out pictures judge it. Choose another method to ask this.".to_owned());
    }
    if transfer::is_for_target(config) {
        return Some(FOR_TARGET.to_owned());
    }
    if config.method == PLAIN {
        return None;
    }
    let labeled = (0..material.labeled.len()).collect::<Vec<_>>();
    let split = Split {
        train: labeled.clone(),
        validation: labeled,
    };
    let data = Partition::new(material.labeled.clone(), &split, material.classes.len());
    let data = data
        .with_unlabeled(material.unlabeled())
        .with_names(material.names());
    transfer::refusal(config, &data.task(0), false)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{config, material};
    use super::*;

    fn compare(material: Material) -> MethodComparison {
        let mut study = Methods::new(material, config(), 3).unwrap();
        let mut last = 0.0;
        loop {
            let finding = pollster::block_on(study.advance()).unwrap();
            assert!(study.progress() >= last && study.progress() <= 1.0);
            last = study.progress();
            if let Some(Finding::Methods { comparison }) = finding {
                return comparison;
            }
        }
    }

    fn labels() -> Vec<usize> {
        (0..24).map(|at| at % 2).collect()
    }

    #[test]
    fn with_one_domain_heads_are_compared_in_turn_and_adapting_is_refused() {
        let comparison = compare(material(&labels(), 0));
        assert_eq!(comparison.num_folds, Some(3));
        assert_eq!(comparison.num_judged, 24);
        let first = &comparison.scores[0];
        assert_eq!(
            (first.method.as_str(), first.head),
            ("plain", HeadKind::Softmax)
        );
        assert_eq!(first.accuracy.unwrap().hits, 24);
        assert_eq!(
            (first.num_gained, first.num_lost, first.chance),
            (0, 0, 1.0)
        );
        let refused = comparison
            .scores
            .iter()
            .filter(|score| score.refusal.is_some());
        let says = |score: &&MethodScore| score.refusal.as_ref().unwrap().contains("one domain");
        assert!(refused.clone().any(|score| says(&score)));
        assert!(refused.clone().all(|score| score.accuracy.is_none()));
        assert_eq!(comparison.distance, None);
    }

    #[test]
    fn with_two_domains_labels_of_the_target_judge() {
        let mut material = material(&labels(), 20);
        material.target = (20..44).collect();
        let comparison = compare(material);
        assert_eq!((comparison.num_folds, comparison.num_judged), (None, 4));
        assert_eq!(comparison.num_unlabeled, 20);
        assert!(comparison.distance.is_some());
        // All but the one that needs a reader of names.
        let refused = comparison.scores.iter().filter(|it| it.accuracy.is_none());
        let refused: Vec<_> = refused.map(|score| score.method.as_str()).collect();
        assert_eq!(refused, ["class_names"]);
    }

    #[test]
    fn without_them_only_the_distance_is_told() {
        let mut material = material(&labels(), 20);
        material.target = (24..44).collect();
        let comparison = compare(material);
        assert!(comparison.scores.is_empty() && comparison.distance.is_some());
    }
}
