//! Learning from images without labels, where there are one or five labels a class, on three real
//! tasks; and corrections for labeled images that are not like the others.
//!
//! Labels of unlabeled images are used for nothing but counting hits. Two things are counted: hits
//! on the unlabeled images that were learned from, and on a third of the images, held out.
//!
//! Photos are of tuxpaint-stamps-default. What needs other data is run with `--ignored`.

mod t1;
mod transfer_data;

use std::sync::LazyLock;

use graft::{
    features::Normalizer,
    metrics,
    protocol::TrainingConfig,
    train::{Advance, Labeled, Partition, SoftmaxFit},
    transfer::{Family, ImportanceWeights, METHODS, Method, Task, Transferred},
};
use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use transfer_data::{Data, clothes, drawings, photos, photos_of_what_is_drawn};

static PHOTOS: LazyLock<Data> = LazyLock::new(photos);

const AUTOMATIC: &str = "semi_supervised_automatic";

fn method(id: &str) -> &'static Method {
    METHODS.iter().find(|method| method.id == id).unwrap()
}

/// A task, the classes of its unlabeled rows, and images that are not in it.
struct Trial<'a> {
    data: &'a Data,
    task: Task,
    unlabeled: Vec<usize>,
    held_out: Vec<usize>,
}

impl Trial<'_> {
    fn fit(&self, id: &str) -> Transferred {
        assert_eq!((method(id).refusal)(&self.task), None);
        let mut fit = (method(id).init)(self.task.clone());
        while !fit.step() {}
        fit.finish()
    }

    /// Shares of hits on unlabeled and on held-out images.
    fn accuracies(&self, id: &str) -> [f64; 2] {
        let model = self.fit(id);
        [&self.unlabeled, &self.held_out].map(|at| accuracy(&model, self.data, at))
    }
}

fn accuracy(model: &Transferred, data: &Data, at: &[usize]) -> f64 {
    let predicted = |at: &usize| metrics::argmax(&model.logits(&data.features[*at]));
    let is_hit = |at: &&usize| predicted(at) == data.labels[**at];
    at.iter().filter(is_hit).count() as f64 / at.len().max(1) as f64
}

/// Images of each class in random order.
fn shuffled(data: &Data, seed: u64) -> Vec<Vec<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut classes: Vec<_> = (0..data.num_classes).map(|class| data.of(class)).collect();
    classes
        .iter_mut()
        .for_each(|class| class.shuffle(&mut random));
    classes
}

fn task(data: &Data, labeled: &[usize], unlabeled: &[usize], seed: u64) -> Task {
    Task {
        names: None,
        rows: data.rows(labeled),
        labels: data.labels(labeled),
        unlabeled: data.rows(unlabeled),
        num_classes: data.num_classes,
        seed,
    }
}

/// Some labels a class; of the other images a third is held out.
fn trial(data: &Data, num_labels: usize, seed: u64) -> Trial<'_> {
    let (mut labeled, mut unlabeled, mut held_out) = (Vec::new(), Vec::new(), Vec::new());
    for class in shuffled(data, seed) {
        let (first, others) = class.split_at(num_labels);
        let (learned, kept) = others.split_at((2 * others.len()).div_ceil(3));
        labeled.extend(first);
        unlabeled.extend(learned);
        held_out.extend(kept);
    }
    Trial {
        data,
        task: task(data, &labeled, &unlabeled, seed),
        unlabeled,
        held_out,
    }
}

/// As many labels of each class, but of unlabeled images each class has `ratio` of those of the one
/// before, in an order that depends on the seed.
fn uneven(data: &Data, num_labels: usize, most: usize, ratio: f64, seed: u64) -> Trial<'_> {
    let (mut labeled, mut unlabeled) = (Vec::new(), Vec::new());
    let mut classes = shuffled(data, seed);
    classes.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    for (rank, class) in classes.iter().enumerate() {
        let size = (most as f64 * ratio.powi(rank as i32)).round().max(2.0);
        let (first, others) = class.split_at(num_labels);
        labeled.extend(first);
        unlabeled.extend(&others[..others.len().min(size as usize)]);
    }
    Trial {
        data,
        task: task(data, &labeled, &unlabeled, seed),
        unlabeled,
        held_out: Vec::new(),
    }
}

/// What each method gains over the plain one, on average; printed.
fn mean_gains<'a>(
    name: &str,
    ids: &[&str],
    seeds: std::ops::Range<u64>,
    trial: impl Fn(u64) -> Trial<'a>,
) -> Vec<[f64; 2]> {
    let mut sums = vec![[0.0; 2]; ids.len() + 1];
    for seed in seeds.clone() {
        let trial = trial(seed);
        for (sum, id) in sums.iter_mut().zip([&["plain"], ids].concat()) {
            let accuracies = trial.accuracies(id);
            sum.iter_mut().zip(accuracies).for_each(|(s, x)| *s += x);
        }
    }
    let num_trials = seeds.count() as f64;
    let means: Vec<_> = sums.iter().map(|sum| sum.map(|s| s / num_trials)).collect();
    for (mean, id) in means.iter().zip([&["plain"], ids].concat()) {
        let [unlabeled, held_out] = mean.map(|share| 100.0 * share);
        println!("{name}: {id} {unlabeled:.1} / {held_out:.1}");
    }
    let plain = means[0];
    let gain = |mean: &[f64; 2]| [mean[0] - plain[0], mean[1] - plain[1]];
    means[1..].iter().map(gain).collect()
}

#[test]
fn at_one_label_a_class_photos_without_labels_are_worth_ten_points() {
    let gains = mean_gains("photos, 1", &[AUTOMATIC], 0..6, |seed| {
        trial(&PHOTOS, 1, seed)
    });
    assert!(gains[0].iter().all(|gain| *gain >= 0.10), "{gains:?}");
}

#[test]
fn at_five_labels_a_class_photos_without_labels_are_worth_two_points() {
    let gains = mean_gains("photos, 5", &[AUTOMATIC], 0..4, |seed| {
        trial(&PHOTOS, 5, seed)
    });
    assert!(gains[0].iter().all(|gain| *gain >= 0.02), "{gains:?}");
}

#[test]
fn the_plain_head_is_the_softmax_regression_of_the_page() {
    let trial = trial(&PHOTOS, 5, 0);
    let label = |(row, &label): (_, &usize)| Labeled {
        sample: 0,
        row: std::rc::Rc::clone(row),
        label,
    };
    let Task { rows, labels, .. } = &trial.task;
    let data = Partition {
        train: rows.iter().zip(labels).map(label).collect(),
        weights: vec![1.0; rows.len()],
        left_out: Vec::new(),
        names: None,
        validation: Vec::new(),
        unlabeled: Vec::new(),
        num_classes: PHOTOS.num_classes,
    };
    let normalizer = Normalizer::fit(rows.iter().map(|row| &**row), rows[0].len());
    let mut fit = SoftmaxFit::new(&TrainingConfig::default(), &data, &normalizer);
    while !matches!(fit.advance(&data, || false), Advance::Finished) {}
    let of_page = Transferred {
        head: fit.head(),
        normalizer,
    };
    let plain = trial.fit("plain");
    for row in &trial.task.unlabeled {
        let [ours, theirs] = [&plain, &of_page].map(|model| {
            let mut logits = model.logits(row);
            metrics::softmax(&mut logits);
            logits
        });
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!((ours - theirs).abs() < 0.01, "{ours} {theirs}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_head() {
    let trial = trial(&PHOTOS, 1, 0);
    for method in METHODS
        .iter()
        .filter(|method| method.family == Family::SemiSupervised)
    {
        assert!(
            trial.fit(method.id) == trial.fit(method.id),
            "{}",
            method.id
        );
    }
}

/// The table in src/transfer/pooled.rs.
#[test]
#[ignore = "needs openclipart-png and dataset-fashion-mnist, and minutes"]
fn on_no_task_is_the_automatic_choice_worse_than_the_plain_head() {
    let semi_supervised = METHODS
        .iter()
        .filter(|method| method.family == Family::SemiSupervised);
    let ids: Vec<_> = semi_supervised.map(|method| method.id).collect();
    let automatic = ids.iter().position(|id| *id == AUTOMATIC).unwrap();
    let tasks = [
        ("photos", photos()),
        ("drawings", drawings()),
        ("clothes", clothes(40)),
    ];
    for num_labels in [1, 5] {
        for (name, data) in &tasks {
            let name = format!("{name}, {num_labels}");
            let gains = mean_gains(&name, &ids, 0..6, |seed| trial(data, num_labels, seed));
            assert!(
                gains[automatic].iter().all(|gain| *gain >= -0.01),
                "{name}: {gains:?}"
            );
        }
    }
}

/// The table in src/transfer/label_shift.rs.
#[test]
#[ignore = "needs dataset-fashion-mnist, and minutes"]
fn expecting_other_class_sizes_helps_where_they_are_uneven_and_costs_little_where_not() {
    let clothes = clothes(170);
    let ids = [
        "label_shift",
        "label_spreading",
        "spreading_then_maximization",
    ];
    let gains_at = |num_labels: usize, ratio: f64| {
        let name = format!("clothes, {num_labels} labels, sizes × {ratio}");
        let gains = mean_gains(&name, &ids, 0..6, |seed| {
            uneven(&clothes, num_labels, 150, ratio, seed)
        });
        gains.iter().map(|gain| gain[0]).collect::<Vec<_>>()
    };
    let [_few_even, few, even, many] =
        [(5, 1.0), (5, 0.6), (20, 1.0), (20, 0.6)].map(|(labels, ratio)| gains_at(labels, ratio));
    assert!(many[0] >= 0.02 && few[0] >= 0.0, "{many:?} {few:?}");
    assert!(even[0] >= -0.015, "{even:?}");
}

/// What label shift does to drawings and photos: src/transfer/label_shift.rs.
#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn weights_go_to_photos_among_drawings_and_class_sizes_mislead_between_them() {
    let (photos, drawings) = (photos_of_what_is_drawn(), drawings());
    let ids = ["plain", "label_shift"];
    for num_labels in [0, 3] {
        let mut sums = [0.0; 2];
        for seed in 0..6 {
            let (mut labeled, mut unlabeled) = (Vec::new(), Vec::new());
            for class in shuffled(&photos, seed) {
                labeled.extend(&class[..num_labels]);
                unlabeled.extend(&class[num_labels..]);
            }
            let mut mixed = task(&photos, &labeled, &unlabeled, seed);
            let all: Vec<_> = (0..drawings.labels.len()).collect();
            mixed.rows.extend(drawings.rows(&all));
            mixed.labels.extend(&drawings.labels);
            let trial = Trial {
                data: &photos,
                task: mixed,
                unlabeled,
                held_out: Vec::new(),
            };
            for (sum, id) in sums.iter_mut().zip(ids) {
                *sum += trial.accuracies(id)[0] / 6.0;
            }
            assert_photos_weigh_more(&trial.task, labeled.len());
        }
        println!("drawings and {num_labels} photos a class → photos: {ids:?} {sums:.3?}");
        assert!(sums[1] < sums[0] - 0.05, "{sums:?}");
    }
}

fn assert_photos_weigh_more(task: &Task, num_photos: usize) {
    let mut matching = ImportanceWeights::new(task);
    while !matching.step() {}
    let weights = matching.finish();
    let (photos, drawings) = weights.split_at(num_photos);
    let mean = |weights: &[f32]| weights.iter().sum::<f32>() / weights.len().max(1) as f32;
    println!("mean weights: {} {}", mean(photos), mean(drawings));
    assert!(photos.is_empty() || mean(photos) > 3.0 * mean(drawings));
}
