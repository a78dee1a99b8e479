//! Graft's default head against scikit-learn's on task T1: same features, same splits, and so the
//! same optimum.
//! The reference and how it was made: tests/golden/t1/reference.py.

mod t1;

use burn::tensor::Device;
use graft::{
    dataset::Split,
    features::Normalizer,
    metrics,
    protocol::{HeadKind, Kept, TrainingConfig},
    train::{Advance, Labeled, Partition, SoftmaxFit, Training},
};

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

/// Features and labels of all photos, and how many classes there are.
fn task() -> (Vec<Labeled>, usize) {
    let (rows, labels) = t1::task();
    let num_classes = labels.iter().max().map_or(0, |most| most + 1);
    let photos = rows.into_iter().zip(labels).enumerate();
    let photo = |(at, (row, label)): (usize, _)| Labeled {
        sample: at as u32,
        row,
        label,
    };
    (photos.map(photo).collect(), num_classes)
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

/// Accuracy and mean loss on the held-out photos, by the product's own way.
fn judge(data: Partition, head: HeadKind) -> (f64, f64) {
    let truths: Vec<_> = data.validation.iter().map(|sample| sample.label).collect();
    let config = TrainingConfig {
        head,
        ..TrainingConfig::default()
    };
    let mut training = Training::new(config, data, &Device::flex());
    while !matches!(
        pollster::block_on(training.advance()).unwrap(),
        Advance::Finished
    ) {}
    let outcome = pollster::block_on(training.finish()).unwrap();
    assert!(
        matches!(outcome.kept, Kept::Optimum { .. } | Kept::ClosedForm { .. }),
        "{:?}",
        outcome.kept
    );
    let judged = outcome.validation_logits.iter().zip(&truths);
    let loss = judged
        .clone()
        .map(|(logits, &truth)| metrics::cross_entropy(logits, truth));
    let num = truths.len() as f64;
    let loss = loss.sum::<f64>() / num;
    let hits = judged.filter(|(logits, truth)| metrics::argmax(logits) == **truth);
    (hits.count() as f64 / num, loss)
}

#[test]
fn default_head_is_within_a_point_of_scikit_learn() {
    let (photos, num_classes) = task();
    let reference: Reference =
        serde_json::from_slice(&t1::read("tests/golden/t1/reference.json")).unwrap();
    let n = reference.splits.len() as f64;
    let (mut ours, mut theirs) = (0.0, 0.0);
    for split in &reference.splits {
        let data = partition(&photos, &split.validation, num_classes);
        let excess = loss(&data) / split.loss - 1.0;
        let (accuracy, _) = judge(data, HeadKind::Softmax);
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

#[test]
fn a_blend_is_surer_of_what_is_right_than_its_parts() {
    let (photos, num_classes) = task();
    let reference: Reference =
        serde_json::from_slice(&t1::read("tests/golden/t1/reference.json")).unwrap();
    let n = reference.splits.len() as f64;
    let mean = |head| {
        let judged = reference.splits.iter().map(|split| {
            let data = partition(&photos, &split.validation, num_classes);
            judge(data, head)
        });
        let sum = judged.fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        (sum.0 / n, sum.1 / n)
    };
    let [softmax, ridge, blend] = [HeadKind::Softmax, HeadKind::Ridge, HeadKind::Blend].map(mean);
    println!("softmax {softmax:?}, ridge {ridge:?}, blend {blend:?}: accuracy, loss");
    assert!(blend.1 <= softmax.1.min(ridge.1));
    assert!(blend.0 >= softmax.0.max(ridge.0) - 0.01);
}
