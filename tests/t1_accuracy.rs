//! Graft's default head against scikit-learn's on task T1: same features, same splits.
//! The reference and how it was made: tests/golden/t1/reference.py.

use burn::tensor::Device;
use graft::{
    backbone::{Backbone, Weights},
    dataset::Split,
    metrics, pixels,
    protocol::TrainingConfig,
    train::{Advance, Labeled, Partition, Training},
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

fn accuracy(photos: &[Labeled], validation: &[usize], num_classes: usize) -> f64 {
    let train = (0..photos.len())
        .filter(|row| !validation.contains(row))
        .collect();
    let split = Split {
        train,
        validation: validation.to_vec(),
    };
    let partition = Partition::new(photos.to_vec(), &split, num_classes);
    let mut training = Training::new(TrainingConfig::default(), partition, &Device::flex());
    while !matches!(
        pollster::block_on(training.advance()).unwrap(),
        Advance::Finished
    ) {}
    let truths: Vec<_> = validation.iter().map(|&row| photos[row].label).collect();
    let outcome = pollster::block_on(training.finish()).unwrap();
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
        let accuracy = accuracy(&photos, &split.validation, num_classes);
        println!("Graft {accuracy:.4}, scikit-learn {:.4}", split.accuracy);
        ours += accuracy / n;
        theirs += split.accuracy / n;
    }
    println!("mean: Graft {ours:.4}, scikit-learn {theirs:.4}");
    assert!(
        ours > theirs - 0.01,
        "Graft {ours:.4}, scikit-learn {theirs:.4}"
    );
}
