//! Learning from some of the labeled pictures, or from all with weights: where that helps, and where
//! it does not, on real data.
//!
//! Heads are trained as the page trains them. Labels of what a head is judged by are used for nothing
//! but counting hits. Photos are of tuxpaint-stamps-default; what needs openclipart-png and
//! dataset-fashion-mnist is run with `--ignored`, and prints the tables in docs/methods.md.

mod t1;
mod transfer_data;

use std::sync::LazyLock;

use burn::tensor::Device;
use graft::{
    dataset::Split,
    metrics::argmax,
    protocol::{HeadKind, TrainingConfig, Weighting},
    train::{Advance, Labeled, Partition, Training},
};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use transfer_data::{Data, clothes, drawings, photos, photos_of_what_is_drawn};

static PHOTOS: LazyLock<Data> = LazyLock::new(photos);
static DRAWINGS: LazyLock<Data> = LazyLock::new(drawings);
static CLOTHES: LazyLock<Data> = LazyLock::new(|| clothes(120));

const CHOICES: [&str; 4] = [
    "select_nearest",
    "select_k_center",
    "select_typical",
    "select_hardest",
];

/// Pictures to learn from, with the labels they go by, and pictures to judge by, of which the rows
/// are known to the head, too.
struct Trial {
    rows: Vec<Labeled>,
    num_learned: usize,
    num_classes: usize,
}

impl Trial {
    fn new(num_classes: usize) -> Self {
        Self {
            rows: Vec::new(),
            num_learned: 0,
            num_classes,
        }
    }

    /// To be called before [`Trial::judging`].
    fn learning(mut self, data: &Data, at: &[usize]) -> Self {
        self.push(data, at);
        self.num_learned = self.rows.len();
        self
    }

    fn judging(mut self, data: &Data, at: &[usize]) -> Self {
        self.push(data, at);
        self
    }

    fn push(&mut self, data: &Data, at: &[usize]) {
        let rows = data.rows(at).into_iter().zip(data.labels(at));
        let first = self.rows.len();
        self.rows
            .extend(rows.enumerate().map(|(place, (row, label))| Labeled {
                sample: (first + place) as u32,
                row,
                label,
            }));
    }

    /// A share of the labels to learn from are another class's.
    fn mislabeled(mut self, share: f64, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let num_classes = self.num_classes;
        for labeled in &mut self.rows[..self.num_learned] {
            if random.random_bool(share) {
                labeled.label = (labeled.label + random.random_range(1..num_classes)) % num_classes;
            }
        }
        self
    }

    fn partition(&self) -> Partition {
        let split = Split {
            train: (0..self.num_learned).collect(),
            validation: (self.num_learned..self.rows.len()).collect(),
        };
        let unlabeled = self.rows[self.num_learned..].iter();
        Partition::new(self.rows.clone(), &split, self.num_classes)
            .with_unlabeled(unlabeled.map(|labeled| labeled.row.clone()).collect())
    }

    /// Percent of hits.
    fn accuracy(&self, config: TrainingConfig) -> f64 {
        run(config, self.partition())
    }

    fn weighed(&self, head: HeadKind, weighting: Weighting) -> f64 {
        self.accuracy(TrainingConfig {
            head,
            weighting,
            ..TrainingConfig::default()
        })
    }

    fn chosen(&self, method: &str, selected_share: f64) -> f64 {
        self.accuracy(TrainingConfig {
            method: method.to_owned(),
            selected_share,
            ..TrainingConfig::default()
        })
    }

    /// Of a share of each class, by chance.
    fn random(&self, share: f64, seed: u64) -> f64 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut data = self.partition();
        let mut kept = Vec::new();
        for class in 0..self.num_classes {
            let members = data.train.iter().filter(|labeled| labeled.label == class);
            let mut members: Vec<_> = members.cloned().collect();
            members.shuffle(&mut random);
            members.truncate(((share * members.len() as f64).round() as usize).max(1));
            kept.extend(members);
        }
        data.weights = vec![1.0; kept.len()];
        data.train = kept;
        run(TrainingConfig::default(), data)
    }
}

fn run(config: TrainingConfig, data: Partition) -> f64 {
    let mut training = Training::new(config, data, &Device::flex());
    while !matches!(
        pollster::block_on(training.advance()).unwrap(),
        Advance::Finished
    ) {}
    let outcome = pollster::block_on(training.finish()).unwrap();
    let rows = outcome.data.validation.iter();
    let rows = rows.zip(&outcome.validation_logits);
    let hits = rows.filter(|(labeled, logits)| argmax(logits) == labeled.label);
    100.0 * hits.count() as f64 / outcome.data.validation.len() as f64
}

/// Mean accuracies over trials, printed: all, then by chance and by each choice at each share.
fn compare_choices(name: &str, trials: &[Trial], shares: &[f64]) -> Vec<[f64; 5]> {
    let mean = |accuracy: &dyn Fn(usize, &Trial) -> f64| {
        let sum: f64 = trials
            .iter()
            .enumerate()
            .map(|(at, trial)| accuracy(at, trial))
            .sum();
        sum / trials.len() as f64
    };
    let all = mean(&|_, trial| trial.weighed(HeadKind::Softmax, Weighting::Even));
    println!("{name}: all {all:.1}");
    let at_share = |&share: &f64| {
        let by_chance = mean(&|at, trial| {
            let draws = (0..3).map(|draw| trial.random(share, (3 * at + draw) as u64));
            draws.sum::<f64>() / 3.0
        });
        let [nearest, center, typical, hardest] =
            CHOICES.map(|id| mean(&|_, trial| trial.chosen(id, share)));
        println!(
            "{name}, {share}: chance {by_chance:.1}, nearest {nearest:.1}, k-center {center:.1}, typical {typical:.1}, hardest {hardest:.1}"
        );
        [by_chance, nearest, center, typical, hardest]
    };
    shares.iter().map(at_share).collect()
}

/// Mean accuracies over trials, printed: of each head with each weighting.
fn compare_weights(name: &str, trials: &[Trial]) -> [[f64; 3]; 2] {
    let weightings = [
        Weighting::Even,
        Weighting::MeanMatching,
        Weighting::DensityRatio,
    ];
    [HeadKind::Softmax, HeadKind::Ridge].map(|head| {
        let means = weightings.map(|weighting| {
            let accuracies = trials.iter().map(|trial| trial.weighed(head, weighting));
            accuracies.sum::<f64>() / trials.len() as f64
        });
        let [even, matching, ratio] = means;
        println!("{name}, {head:?}: even {even:.1}, matching {matching:.1}, ratio {ratio:.1}");
        means
    })
}

/// Images of each class in random order, the first of each to learn from, others to judge by.
fn divided(data: &Data, num_learned: usize, num_judging: usize, seed: u64) -> [Vec<usize>; 2] {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let [mut learned, mut judging] = [Vec::new(), Vec::new()];
    for class in 0..data.num_classes {
        let mut members = data.of(class);
        members.shuffle(&mut random);
        let num = num_learned.min(members.len() * 2 / 3);
        learned.extend(&members[..num]);
        judging.extend(members[num..].iter().take(num_judging));
    }
    [learned, judging]
}

fn trial(data: &Data, num_learned: usize, num_judging: usize, seed: u64) -> Trial {
    let [learned, judging] = divided(data, num_learned, num_judging, seed);
    Trial::new(data.num_classes)
        .learning(data, &learned)
        .judging(data, &judging)
}

/// Of each class, images are learned from with a chance that falls off along the direction in which
/// the class varies most (as in Huang et al. 2006); those to judge by are of all kinds.
fn biased(data: &Data, num_learned: usize, seed: u64) -> Trial {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let [mut learned, mut judging] = [Vec::new(), Vec::new()];
    for class in 0..data.num_classes {
        let mut members = data.of(class);
        let scores = along_main_direction(data, &members);
        let mut ranked: Vec<_> = members.iter().zip(scores).collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        // The first of them are likely, the last unlikely: e⁻⁴ as likely as the first.
        let num = ranked.len() as f64;
        let keyed = ranked.iter().enumerate().map(|(rank, (member, _))| {
            let weight = (-4.0 * rank as f64 / num).exp();
            (random.random::<f64>().ln() / weight, **member)
        });
        let mut keyed: Vec<_> = keyed.collect();
        keyed.sort_by(|a, b| b.0.total_cmp(&a.0));
        learned.extend(keyed.iter().take(num_learned).map(|(_, member)| *member));
        members.retain(|member| !learned.contains(member));
        judging.extend(members);
    }
    Trial::new(data.num_classes)
        .learning(data, &learned)
        .judging(data, &judging)
}

/// Places of some images along the direction in which they vary most.
fn along_main_direction(data: &Data, members: &[usize]) -> Vec<f32> {
    let rows: Vec<&Vec<f32>> = members.iter().map(|&at| &data.features[at]).collect();
    let num_features = rows[0].len();
    let mut mean = vec![0.0; num_features];
    for row in &rows {
        let pairs = mean.iter_mut().zip(*row);
        pairs.for_each(|(sum, x)| *sum += x / rows.len() as f32);
    }
    let mut direction: Vec<f32> = rows[0].iter().zip(&mean).map(|(x, m)| x - m).collect();
    let place = |row: &[f32], direction: &[f32]| -> f32 {
        let centered = row.iter().zip(&mean).map(|(x, m)| x - m);
        centered.zip(direction).map(|(x, d)| x * d).sum()
    };
    for _ in 0..30 {
        let mut next = vec![0.0; num_features];
        for row in &rows {
            let along = place(row, &direction);
            for ((sum, x), m) in next.iter_mut().zip(*row).zip(&mean) {
                *sum += along * (x - m);
            }
        }
        let length = next.iter().map(|x| x * x).sum::<f32>().sqrt();
        direction = next.iter().map(|x| x / length).collect();
    }
    rows.iter().map(|row| place(row, &direction)).collect()
}

/// Everything of one domain, with some of the other, to learn from; the rest of the other judges.
fn across(source: &Data, target: &Data, num_known: usize, seed: u64) -> Trial {
    let all: Vec<_> = (0..source.labels.len()).collect();
    let [known, judging] = divided(target, num_known, usize::MAX, seed);
    Trial::new(source.num_classes)
        .learning(source, &all)
        .learning(target, &known)
        .judging(target, &judging)
}

#[test]
#[ignore = "needs openclipart-png and dataset-fashion-mnist, and minutes"]
fn few_to_learn_from() {
    for (name, data, num, judging) in [
        ("photos", &*PHOTOS, 20, usize::MAX),
        ("clothes", &*CLOTHES, 60, 60),
    ] {
        let trials: Vec<_> = (0..4).map(|seed| trial(data, num, judging, seed)).collect();
        compare_choices(name, &trials, &[0.1, 0.25, 0.5]);
    }
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn wrong_labels() {
    for (name, data) in [("photos", &*PHOTOS), ("drawings", &*DRAWINGS)] {
        let with_lies = |seed: u64| trial(data, 20, usize::MAX, seed).mislabeled(0.2, seed);
        let trials: Vec<_> = (0..4).map(with_lies).collect();
        compare_choices(
            &format!("{name}, a fifth mislabeled"),
            &trials,
            &[0.5, 0.75],
        );
    }
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn between_drawings_and_photos() {
    let (photos, drawings) = (photos_of_what_is_drawn(), &*DRAWINGS);
    for (name, source, target) in [
        ("drawings → photos", drawings, &photos),
        ("photos → drawings", &photos, drawings),
    ] {
        for num_known in [0, 3] {
            let name = format!("{name}, {num_known} known a class");
            let num_trials = if num_known == 0 { 1 } else { 3 };
            let seeds = 0..num_trials;
            let trials: Vec<_> = seeds
                .map(|seed| across(source, target, num_known, seed))
                .collect();
            compare_weights(&name, &trials);
            compare_choices(&name, &trials, &[0.25, 0.5]);
        }
    }
}

#[test]
#[ignore = "needs dataset-fashion-mnist, and minutes"]
fn chosen_otherwise() {
    for num_learned in [10, 30] {
        let name = format!("clothes, {num_learned} a class chosen otherwise");
        let trials: Vec<_> = (0..4)
            .map(|seed| biased(&CLOTHES, num_learned, seed))
            .collect();
        compare_weights(&name, &trials);
        compare_choices(&name, &trials, &[0.5]);
        let fair: Vec<_> = (0..4)
            .map(|seed| trial(&CLOTHES, num_learned, 90, seed))
            .collect();
        compare_weights("and chosen by chance", &fair);
    }
}
