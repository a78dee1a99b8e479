//! Heads on other features than the backbone's, on 340 photos in 12 classes, and what an
//! autoencoder makes of photos that don't belong.

mod t1;

use graft::{
    curation::{Neighbors, outliers},
    features::{Normalizer, Row},
    metrics,
    transfer::{METHODS, Task, reconstruction_errors},
};
use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Five labels a class, the other photos unlabeled; percent of those named right.
fn accuracy(id: &str, rows: &[Row], labels: &[usize], seed: u64) -> f64 {
    let mut order: Vec<_> = (0..rows.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut counts = [0; 12];
    let (labeled, others): (Vec<_>, Vec<_>) = order.into_iter().partition(|&at| {
        counts[labels[at]] += 1;
        counts[labels[at]] <= 5
    });
    let pick = |at: &[usize]| at.iter().map(|&at| rows[at].clone()).collect::<Vec<_>>();
    let method = METHODS.iter().find(|method| method.id == id).unwrap();
    let mut fit = (method.init)(Task {
        names: None,
        rows: pick(&labeled),
        labels: labeled.iter().map(|&at| labels[at]).collect(),
        unlabeled: pick(&others),
        num_classes: 12,
        seed,
    });
    while !fit.step() {}
    let model = fit.finish();
    let is_hit = |at: &&usize| metrics::argmax(&model.logits(&rows[**at])) == labels[**at];
    100.0 * others.iter().filter(is_hit).count() as f64 / others.len() as f64
}

#[test]
fn kernels_and_main_directions_are_as_good_as_all_features_and_whitening_is_worse() {
    let (rows, labels) = t1::task();
    let mean = |id: &str| {
        let accuracies = (0..4).map(|seed| accuracy(id, &rows, &labels, seed));
        let mean = accuracies.sum::<f64>() / 4.0;
        println!("{id}: {mean:.1}");
        mean
    };
    let plain = mean("plain");
    for id in ["principal_components", "random_fourier", "nystrom"] {
        assert!((mean(id) - plain).abs() < 3.0, "{id}");
    }
    assert!(mean("whitening") < plain - 3.0);
}

/// Probability that a planted photo is judged odder than one that belongs.
fn area(scores: &[f32], num_planted: usize) -> f64 {
    let (planted, others) = scores.split_at(num_planted);
    let wins = planted
        .iter()
        .flat_map(|a| others.iter().map(move |b| (a, b)));
    let count: f64 = wins
        .map(|(a, b)| match a.total_cmp(b) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .sum();
    count / (planted.len() * others.len()) as f64
}

/// Of each class in turn five photos are planted among those of all others: 12 classes, area under
/// the ROC curve.
#[test]
fn what_does_not_belong_is_found_by_neighbors_rather_than_by_an_autoencoder() {
    let (rows, labels) = t1::task();
    let (mut by_errors, mut by_neighbors) = (0.0, 0.0);
    for class in 0..12 {
        let planted = rows
            .iter()
            .zip(&labels)
            .filter(|(_, label)| **label == class);
        let others = rows
            .iter()
            .zip(&labels)
            .filter(|(_, label)| **label != class);
        let all: Vec<Row> = planted
            .take(5)
            .chain(others)
            .map(|(row, _)| row.clone())
            .collect();
        by_errors += area(&reconstruction_errors(&all, 1), 5) / 12.0;
        let normalizer = Normalizer::fit(all.iter().map(|row| &**row), all[0].len());
        let normalized: Vec<_> = all.iter().map(|row| normalizer.normalized(row)).collect();
        let mut search = Neighbors::new(5);
        while !search.step(&normalized) {}
        let mut distances = vec![0.0; all.len()];
        for outlier in outliers(&search.finish()) {
            distances[outlier.row] = outlier.distance;
        }
        by_neighbors += area(&distances, 5) / 12.0;
    }
    println!("reconstruction {by_errors:.3}, neighbors {by_neighbors:.3}");
    assert!(by_neighbors > 0.65 && by_neighbors > by_errors + 0.1);
}
