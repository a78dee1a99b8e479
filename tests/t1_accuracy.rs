//! Graft's default head against scikit-learn's on task T1: same features, same splits, and so the
//! same optimum.
//! The reference and how it was made: tests/golden/t1/reference.py.

use burn::tensor::Device;
use graft::{
    backbone::{Backbone, Weights},
    dataset::Split,
    features::Normalizer,
    metrics, pixels,
    protocol::{Kept, TrainingConfig},
    train::{Advance, Labeled, Partition, SoftmaxFit, Training},
};

const STAMPS: &str = "/usr/share/tuxpaint/stamps";

#[derive(serde::Deserialize)]
struct Reference {
    splits: Vec<ReferenceSplit>,
}

#[derive(serde::Deserialize)]
struct ReferenceSplit {
    validation: Vec<usize>,
    accuracy: f64,
    loss: f64,
}

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

/// Features and labels of all photos, and how many classes there are.
fn task() -> (Vec<Labeled>, usize) {
    let weights = read("www/public/weights/efficientnet-lite0.safetensors");
    let mut backbone = Backbone::new(&Weights::from_safetensors(&weights).unwrap());
    let list = String::from_utf8(read("tests/golden/t1/photos.csv")).unwrap();
    let mut names = Vec::new();
    let photos = list.lines().skip(1).enumerate().map(|(sample, line)| {
        let (path, name) = line.rsplit_once(',').unwrap();
        let label = names
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
        let image = pixels::extract(&read(&format!("{STAMPS}/{path}")), 224).unwrap();
        let row = backbone.forward(&image.pixels).into();
        Labeled {
            sample: sample as u32,
            row,
            label,
        }
    });
    let photos: Vec<_> = photos.collect();
    (photos, names.len())
}

fn partition(photos: &[Labeled], validation: &[usize], num_classes: usize) -> Partition {
    let train = (0..photos.len())
        .filter(|row| !validation.contains(row))
        .collect();
    let split = Split {
        train,
        validation: validation.to_vec(),
    };
    Partition::new(photos.to_vec(), &split, num_classes)
}

/// The objective at the end of a fit, penalty included.
fn loss(data: &Partition) -> f64 {
    let rows = data.train.iter().map(|sample| &*sample.row);
    let normalizer = Normalizer::fit(rows, data.train[0].row.len());
    let mut fit = SoftmaxFit::new(&TrainingConfig::default(), data, &normalizer);
    while !matches!(fit.advance(data, || false), Advance::Finished) {}
    fit.loss()
}

/// Accuracy on the held-out photos, by the product's own way.
fn accuracy(data: Partition) -> f64 {
    let truths: Vec<_> = data.validation.iter().map(|sample| sample.label).collect();
    let mut training = Training::new(TrainingConfig::default(), data, &Device::flex());
    while !matches!(
        pollster::block_on(training.advance()).unwrap(),
        Advance::Finished
    ) {}
    let outcome = pollster::block_on(training.finish()).unwrap();
    let Kept::Optimum {
        num_steps,
        gradient_norm,
    } = outcome.kept
    else {
        panic!("{:?}", outcome.kept);
    };
    println!("{num_steps} steps, gradient norm {gradient_norm:.1e}");
    let predicted = outcome
        .validation_logits
        .iter()
        .map(|logits| metrics::argmax(logits));
    let hits = predicted.zip(&truths).filter(|(a, b)| a == *b).count();
    hits as f64 / truths.len() as f64
}

#[test]
fn default_head_is_within_a_point_of_scikit_learn() {
    let (photos, num_classes) = task();
    let reference: Reference =
        serde_json::from_slice(&read("tests/golden/t1/reference.json")).unwrap();
    let n = reference.splits.len() as f64;
    let (mut ours, mut theirs) = (0.0, 0.0);
    for split in &reference.splits {
        let data = partition(&photos, &split.validation, num_classes);
        let excess = loss(&data) / split.loss - 1.0;
        let accuracy = accuracy(data);
        println!("Graft {accuracy:.4}, scikit-learn {:.4}", split.accuracy);
        println!("loss above scikit-learn's, relatively: {excess:.1e}");
        assert!(excess.abs() < 1e-6, "{excess:.1e}");
        ours += accuracy / n;
        theirs += split.accuracy / n;
    }
    println!("mean: Graft {ours:.4}, scikit-learn {theirs:.4}");
    assert!(
        ours > theirs - 0.01,
        "Graft {ours:.4}, scikit-learn {theirs:.4}"
    );
}
