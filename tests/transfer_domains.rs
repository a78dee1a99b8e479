//! Domain adaptation between photos and drawings of the same subjects, in both directions.
//!
//! The data and how it was chosen: tests/golden/transfer/domains.py; the drawings come from the
//! Debian package openclipart-png, 131 MB: install it and run these with
//! `--ignored`. Labels of the target are used for nothing but counting hits.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use graft::{
    backbone::{Backbone, Weights},
    features::{Normalizer, Row},
    metrics, pixels,
    protocol::TrainingConfig,
    train::{Advance, Labeled, Partition, SoftmaxFit},
    transfer::{DomainDistances, Family, METHODS, Method, Task, Transferred},
};
use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

const STAMPS: &str = "/usr/share/tuxpaint/stamps";
const CLIPART: &str = "/usr/share/openclipart/png";

/// What a method must gain over the plain head to be worth offering.
const BAR: f64 = 0.07;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Domain {
    Photo,
    Drawing,
}

use Domain::{Drawing, Photo};

struct Image {
    /// Not a [`Row`], which threads cannot share.
    features: Vec<f32>,
    class: usize,
    domain: Domain,
}

/// A task, and the classes of its unlabeled rows.
#[derive(Clone)]
struct Pair {
    task: Task,
    truth: Vec<usize>,
}

/// A file of this repository, or one at an absolute path.
fn read(path: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let missing = |error| {
        panic!(
            "{}: {error}; ./build.sh test gets everything",
            path.display()
        )
    };
    std::fs::read(&path).unwrap_or_else(missing)
}

static IMAGES: LazyLock<Vec<Image>> = LazyLock::new(|| {
    let weights = read("www/public/weights/efficientnet-lite0.safetensors");
    let mut backbone = Backbone::new(&Weights::from_safetensors(&weights).unwrap());
    let list = String::from_utf8(read("tests/golden/transfer/domains.csv")).unwrap();
    let mut names: Vec<String> = Vec::new();
    let image = |line: &str| {
        let [path, name, domain] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        if names.last().is_none_or(|last| last != name) {
            names.push(name.to_owned());
        }
        let (folder, domain) = match domain {
            "photo" => (STAMPS, Photo),
            _ => (CLIPART, Drawing),
        };
        let image = pixels::extract(&read(&format!("{folder}/{path}")), 224).unwrap();
        Image {
            features: backbone.forward(&image.pixels).to_vec(),
            class: names.len() - 1,
            domain,
        }
    };
    list.lines().skip(1).map(image).collect()
});

fn num_classes() -> usize {
    IMAGES.last().unwrap().class + 1
}

/// Images of `domain` whose class is one of `classes`, counted from 0 in that order.
fn rows(domain: Domain, classes: &[usize]) -> (Vec<Row>, Vec<usize>) {
    let is_in = |image: &&Image| image.domain == domain && classes.contains(&image.class);
    let row = |image: &Image| {
        let class = classes.iter().position(|class| *class == image.class);
        (Row::from(image.features.as_slice()), class.unwrap())
    };
    IMAGES.iter().filter(is_in).map(row).unzip()
}

/// Labeled images of the other domain, and those of `target` without labels.
fn pair(target: Domain, classes: &[usize], in_target: &[usize]) -> Pair {
    let source = if target == Photo { Drawing } else { Photo };
    let (labeled, labels) = rows(source, classes);
    let (unlabeled, among) = rows(target, in_target);
    let class = |at: &usize| classes.iter().position(|c| c == &in_target[*at]).unwrap();
    Pair {
        truth: among.iter().map(class).collect(),
        task: Task {
            names: None,
            rows: labeled,
            labels,
            unlabeled,
            num_classes: classes.len(),
            seed: 1,
        },
    }
}

fn everything(target: Domain) -> Pair {
    let classes: Vec<_> = (0..num_classes()).collect();
    pair(target, &classes, &classes)
}

/// Some of the classes, chosen by `seed`.
fn some(count: usize, seed: u64) -> Vec<usize> {
    let mut classes: Vec<_> = (0..num_classes()).collect();
    classes.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    classes.truncate(count);
    classes
}

/// Plain softmax regression on the source, as Graft trains it without a domain to adapt to.
fn source_only(task: &Task) -> Transferred {
    let label = |(row, &label): (&Row, &usize)| Labeled {
        sample: 0,
        row: row.clone(),
        label,
    };
    let data = Partition {
        train: task.rows.iter().zip(&task.labels).map(label).collect(),
        weights: vec![1.0; task.rows.len()],
        left_out: Vec::new(),
        names: None,
        validation: Vec::new(),
        unlabeled: Vec::new(),
        num_classes: task.num_classes,
    };
    let normalizer = Normalizer::fit(task.rows.iter().map(|row| &**row), task.rows[0].len());
    let mut fit = SoftmaxFit::new(&TrainingConfig::default(), &data, &normalizer);
    while !matches!(fit.advance(&data, || false), Advance::Finished) {}
    Transferred {
        head: fit.head(),
        normalizer,
    }
}

fn fit(method: &Method, task: &Task) -> Transferred {
    assert_eq!((method.refusal)(task), None);
    let mut fit = (method.init)(task.clone());
    let (mut before, mut longest) = (0.0, Duration::ZERO);
    loop {
        let start = Instant::now();
        let is_over = fit.step();
        longest = longest.max(start.elapsed());
        if is_over {
            break;
        }
        let progress = fit.progress();
        assert!((before..=1.0).contains(&progress), "{before} {progress}");
        before = progress;
    }
    println!("{}: longest step {longest:.1?}", method.id);
    fit.finish()
}

fn accuracy(model: &Transferred, pair: &Pair) -> f64 {
    let rows = pair.task.unlabeled.iter().zip(&pair.truth);
    let is_hit = |(row, truth): &(&Row, &usize)| metrics::argmax(&model.logits(row)) == **truth;
    rows.filter(is_hit).count() as f64 / pair.truth.len() as f64
}

fn adaptation() -> impl Iterator<Item = &'static Method> {
    let is_adaptation = |method: &&Method| method.family == Family::DomainAdaptation;
    METHODS.iter().filter(is_adaptation)
}

/// Accuracy of the plain head and of each method, printed.
fn compare(name: &str, pair: &Pair) -> (f64, Vec<(&'static str, f64)>) {
    let plain = accuracy(&source_only(&pair.task), pair);
    println!("{name}: source only {plain:.3}");
    let measure = |method: &'static Method| {
        let start = Instant::now();
        let accuracy = accuracy(&fit(method, &pair.task), pair);
        let seconds = start.elapsed().as_secs_f64();
        println!("{name}: {} {accuracy:.3}, {seconds:.1} s", method.id);
        (method.id, accuracy)
    };
    (plain, adaptation().map(measure).collect())
}

fn of(methods: &[(&str, f64)], id: &str) -> f64 {
    methods.iter().find(|(other, _)| *other == id).unwrap().1
}

/// `least`: accuracy gained by the automatic choice, two points below what was measured.
fn assert_bars(name: &str, pair: &Pair, least: f64) {
    let (plain, methods) = compare(name, pair);
    let best = methods.iter().map(|x| x.1).fold(0.0, f64::max);
    let automatic = of(&methods, "domain_automatic");
    assert!(best >= plain + BAR, "{best} {plain}");
    assert!(automatic >= best - 0.02, "{automatic} {best}");
    assert!(automatic >= plain + least, "{automatic} {plain}");
    assert!(of(&methods, "domain_centering") >= plain + 0.03);
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn drawings_teach_photos() {
    assert_bars("drawings → photos", &everything(Photo), 0.08);
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn photos_teach_drawings() {
    assert_bars("photos → drawings", &everything(Drawing), 0.12);
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn with_six_classes_the_automatic_choice_is_as_good_on_average() {
    let (mut gains, mut behind) = (Vec::new(), Vec::new());
    for target in [Photo, Drawing] {
        for seed in 0..3 {
            let classes = some(6, seed);
            let name = format!("to {target:?}, six classes, {seed}");
            let (plain, methods) = compare(&name, &pair(target, &classes, &classes));
            let automatic = of(&methods, "domain_automatic");
            let best = methods.iter().map(|x| x.1).fold(0.0, f64::max);
            gains.push(automatic - plain);
            behind.push(best - automatic);
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    println!(
        "gains {gains:.3?}, mean {:.3}; behind the best {behind:.3?}, mean {:.3}",
        mean(&gains),
        mean(&behind)
    );
    assert!(mean(&gains) >= BAR);
    assert!(mean(&behind) <= 0.02);
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn where_most_classes_are_missing_the_automatic_choice_is_no_worse_than_none() {
    let all: Vec<_> = (0..num_classes()).collect();
    let mut sums = (0.0, 0.0, 0.0);
    for target in [Photo, Drawing] {
        for seed in 0..4 {
            let pair = pair(target, &all, &some(3, 10 + seed));
            let plain = accuracy(&source_only(&pair.task), &pair);
            let by = |id: &str| {
                let method = METHODS.iter().find(|method| method.id == id).unwrap();
                accuracy(&fit(method, &pair.task), &pair)
            };
            let (automatic, centered) = (by("domain_automatic"), by("domain_centering"));
            println!(
                "to {target:?}: plain {plain:.3}, automatic {automatic:.3}, centering {centered:.3}"
            );
            sums = (sums.0 + plain, sums.1 + automatic, sums.2 + centered);
        }
    }
    assert!(sums.1 >= sums.0, "{sums:?}");
    assert!(sums.1 >= sums.2, "{sums:?}");
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn distances_see_the_domains_and_that_centering_brings_them_nearer() {
    let mut distances = DomainDistances::new(&everything(Photo).task);
    while !distances.step() {}
    let [before, after] = distances.finish();
    println!("before {before:?}, after {after:?}");
    assert!(before.p_value <= 0.002 && before.proxy_a > 1.0);
    assert!(after.discrepancy < 0.8 * before.discrepancy);
    assert!(after.proxy_a < before.proxy_a - 0.3);
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn the_same_seed_gives_the_same_head() {
    let classes = some(3, 0);
    let pair = pair(Photo, &classes, &classes);
    for method in adaptation() {
        let (once, again) = (fit(method, &pair.task), fit(method, &pair.task));
        assert!(once == again, "{}", method.id);
    }
}

#[test]
#[ignore = "needs openclipart-png, and minutes"]
fn odd_tasks_end_with_numbers() {
    // Copies of one image, a class of one image, hardly any target.
    let classes = some(3, 0);
    let Pair { mut task, .. } = pair(Photo, &classes, &classes);
    let first: Vec<_> = (0..3)
        .map(|class| {
            task.labels
                .iter()
                .position(|label| *label == class)
                .unwrap()
        })
        .collect();
    task.rows = first.iter().map(|&at| task.rows[at].clone()).collect();
    task.labels = vec![0, 1, 2];
    task.unlabeled = vec![task.unlabeled[0].clone(); 10];
    for method in adaptation() {
        let model = fit(method, &task);
        let logits = model.logits(&task.rows[0]);
        assert!(logits.iter().all(|z| z.is_finite()), "{}", method.id);
    }
}
