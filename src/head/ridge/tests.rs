//! The closed form against refits, one sample or group left out at a time.

use super::{testing::Random, *};

fn fit(rows: &[Row], labels: &[usize], groups: &[usize], lambda: Lambda) -> Ridge {
    let mut gram: Gram = rows.iter().cloned().collect();
    while !gram.step() {}
    let num_classes = labels.iter().max().unwrap() + 1;
    let mut fit = Fit::new(&gram, labels, groups, num_classes, lambda);
    let mut progress = 0.0;
    while !fit.step() {
        assert!(
            fit.progress() >= progress - 1e-6,
            "{} after {progress}",
            fit.progress()
        );
        progress = fit.progress();
    }
    fit.finish()
}

fn alone(count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// Solves `matrix` x = `right` by Gauss's elimination with pivots, in f64.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for at in 0..size {
        let size_of = |row: &usize| matrix[*row][at].abs();
        let pivot = (at..size)
            .max_by(|a, b| size_of(a).total_cmp(&size_of(b)))
            .unwrap();
        matrix.swap(at, pivot);
        right.swap(at, pivot);
        for row in at + 1..size {
            let factor = matrix[row][at] / matrix[at][at];
            let (above, below) = matrix.split_at_mut(row);
            let pairs = below[0].iter_mut().zip(&above[at]);
            pairs.skip(at).for_each(|(x, pivot)| *x -= factor * pivot);
            right[row] -= factor * right[at];
        }
    }
    for at in (0..size).rev() {
        let known: f64 = (at + 1..size).map(|k| matrix[at][k] * right[k]).sum();
        right[at] = (right[at] - known) / matrix[at][at];
    }
    right
}

/// Scores of one class for the `left_out` rows by a refit to the others, from the definition: the
/// normal equations of [Z 1] with λ on all of the diagonal but the bias's place.
fn refit_scores(rows: &[Vec<f32>], targets: &[f64], left_out: &[usize], lambda: f64) -> Vec<f64> {
    let extended =
        |row: &[f32]| -> Vec<f64> { row.iter().map(|&x| f64::from(x)).chain([1.0]).collect() };
    let size = rows[0].len() + 1;
    let mut matrix = vec![vec![0.0; size]; size];
    let mut right = vec![0.0; size];
    for (at, row) in rows
        .iter()
        .enumerate()
        .filter(|(at, _)| !left_out.contains(at))
    {
        let row = extended(row);
        for i in 0..size {
            right[i] += row[i] * targets[at];
            for j in 0..size {
                matrix[i][j] += row[i] * row[j];
            }
        }
    }
    (0..size - 1).for_each(|i| matrix[i][i] += lambda);
    let weights = solve(matrix, right);
    let score = |at: &usize| {
        extended(&rows[*at])
            .iter()
            .zip(&weights)
            .map(|(x, w)| x * w)
            .sum()
    };
    left_out.iter().map(score).collect()
}

/// The largest difference between the closed form and refits.
fn largest_error(ridge: &Ridge, rows: &[Row], labels: &[usize], groups: &[usize]) -> f64 {
    let num_classes = labels.iter().max().unwrap() + 1;
    let targets = targets(labels, num_classes);
    let normalized = rows.iter().map(|row| {
        let mut out = Vec::new();
        ridge.normalizer.push_normalized(row, &mut out);
        out
    });
    let normalized: Vec<_> = normalized.collect();
    let mut largest = 0f64;
    for group in held_out::members(groups) {
        for class in 0..num_classes {
            let of_class: Vec<_> = targets
                .iter()
                .skip(class)
                .step_by(num_classes)
                .copied()
                .collect();
            let expected = refit_scores(&normalized, &of_class, &group, ridge.lambda);
            for (at, expected) in group.iter().zip(expected) {
                let actual = ridge.held_out_scores[at * num_classes + class];
                largest = largest.max((f64::from(actual) - expected).abs());
            }
        }
    }
    largest
}

#[test]
fn leave_one_out_is_what_refits_give_to_1e_5() {
    // Fewer rows than features, as many, one more, and many more.
    for (num_rows, num_features) in [(12, 40), (30, 30), (31, 30), (90, 20)] {
        let (rows, labels) = Random::new(num_rows as u64).classes(num_rows, num_features, 3);
        for lambda in [0.0316, 0.1, 1.0, 10.0] {
            let groups = alone(num_rows);
            let ridge = fit(&rows, &labels, &groups, Lambda::Fixed(lambda));
            let error = largest_error(&ridge, &rows, &labels, &groups);
            println!("{num_rows} x {num_features}, {lambda}: {error:.1e}");
            assert!(
                error < 1e-5,
                "{num_rows} x {num_features}, {lambda}: {error}"
            );
        }
    }
}

#[test]
fn leave_group_out_is_what_refits_give_to_1e_5() {
    for (num_rows, num_features) in [(24, 40), (90, 20)] {
        let (rows, labels) = Random::new(5).classes(num_rows, num_features, 3);
        let groups: Vec<_> = (0..num_rows)
            .map(|at| [0, 1, 2, 2, 3][at % 5] + at / 12 * 4)
            .collect();
        let ridge = fit(&rows, &labels, &groups, Lambda::Fixed(0.1));
        let error = largest_error(&ridge, &rows, &labels, &groups);
        assert!(error < 1e-5, "{num_rows} x {num_features}: {error}");
    }
}

#[test]
fn the_head_gives_the_scores_of_the_fit() {
    // Primal and dual are two ways to the same head.
    let (rows, labels) = Random::new(8).classes(41, 40, 3);
    for rows in [&rows[..40], &rows[..]] {
        let labels = &labels[..rows.len()];
        let ridge = fit(rows, labels, &alone(rows.len()), Lambda::Fixed(0.1));
        let targets = targets(labels, 3);
        for (at, row) in rows.iter().enumerate() {
            let mut normalized = Vec::new();
            ridge.normalizer.push_normalized(row, &mut normalized);
            for (class, logit) in ridge.head.logits(&normalized).iter().enumerate() {
                let residual = ridge.lambda * f64::from(ridge.coefficients[at * 3 + class]);
                let score = targets[at * 3 + class] - residual;
                assert!((f64::from(*logit) * ridge.temperature - score).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn contributions_and_bias_add_up_to_the_logit() {
    let (rows, labels) = Random::new(2).classes(30, 50, 3);
    let ridge = fit(&rows, &labels, &alone(30), Lambda::Search { start: 0.3 });
    let image = Random::new(77).row(50);
    let mut normalized = Vec::new();
    ridge.normalizer.push_normalized(&image, &mut normalized);
    let logit = ridge.head.logits(&normalized)[1];
    let influences = ridge.influences(&image, 1, 30);
    let parts = influences.positive.iter().chain(&influences.negative);
    let sum: f32 = parts.map(|x| x.contribution).sum();
    assert!((sum + ridge.head.layers[0].bias[1] - logit).abs() < 1e-4);
}

#[test]
fn a_training_image_is_nearest_to_itself_and_speaks_for_its_class() {
    let (rows, labels) = Random::new(3).classes(30, 50, 3);
    let ridge = fit(&rows, &labels, &alone(30), Lambda::Search { start: 0.3 });
    let influences = ridge.influences(&rows[4], labels[4], 5);
    assert_eq!(
        (influences.nearest[0].row, influences.positive[0].row),
        (4, 4)
    );
    assert!((influences.nearest[0].cosine - 1.0).abs() < 1e-5);
    assert!(influences.negative.iter().all(|x| x.contribution < 0.0));
}

#[test]
fn searching_ends_at_the_least_left_out_error() {
    let (rows, labels) = Random::new(4).classes(60, 50, 3);
    let found = fit(&rows, &labels, &alone(60), Lambda::Search { start: 100.0 });
    let error = |ridge: &Ridge| -> f64 {
        let pairs = targets(&labels, 3).into_iter().zip(&ridge.held_out_scores);
        pairs.map(|(y, s)| (y - f64::from(*s)).powi(2)).sum()
    };
    for lambda in [0.0316, 0.1, 0.316, 1.0, 3.16, 10.0, 31.6, 100.0] {
        let other = fit(&rows, &labels, &alone(60), Lambda::Fixed(lambda));
        assert!(error(&found) <= error(&other) + 1e-6);
    }
}

#[test]
fn the_least_there_can_be_is_no_trouble() {
    let row = Row::from([1.0, 2.0, 3.0]);
    let other = Row::from([0.0, 2.0, -3.0]);
    let search = Lambda::Search { start: 0.3 };
    let one = fit(std::slice::from_ref(&row), &[0], &[0], search);
    assert!(one.held_out_scores.iter().all(|x| x.is_finite()));
    let copies = vec![row.clone(); 4];
    let same = fit(&copies, &[0, 1, 0, 1], &[0; 4], search);
    assert!(same.held_out_scores.iter().all(|x| x.is_finite()));
    let two = fit(&[row, other], &[0, 1], &[0, 1], search);
    assert_eq!(two.held_out_classes(), [1, 0]);
}

/// What scikit-learn makes of rows with weights: tests/golden/weighted/reference.py.
#[derive(serde::Deserialize)]
struct Weighted {
    rows: Vec<Vec<f32>>,
    labels: Vec<usize>,
    weights: Vec<f32>,
    lambda: f64,
    /// `[num_classes][num_features]`
    head: Vec<Vec<f64>>,
    bias: Vec<f64>,
    held_out_scores: Vec<Vec<f64>>,
}

#[derive(serde::Deserialize)]
struct Golden {
    ridge: Vec<Weighted>,
}

fn fit_weighted(rows: &[Row], labels: &[usize], weights: &[f32], lambda: Lambda) -> Ridge {
    let mut gram: Gram = rows.iter().cloned().collect();
    while !gram.step() {}
    let groups = alone(rows.len());
    let mut fit = Fit::new(&gram, labels, &groups, 3, lambda).weighted(weights);
    while !fit.step() {}
    fit.finish()
}

#[test]
fn with_weights_the_head_and_its_left_out_scores_are_scikit_learns() {
    let golden = include_str!("../../../tests/golden/weighted/reference.json");
    let golden: Golden = serde_json::from_str(golden).unwrap();
    for expected in golden.ridge {
        let rows: Vec<_> = expected
            .rows
            .iter()
            .map(|row| Row::from(row.as_slice()))
            .collect();
        let lambda = Lambda::Fixed(expected.lambda);
        let ridge = fit_weighted(&rows, &expected.labels, &expected.weights, lambda);
        let layer = &ridge.head.layers[0];
        let close = |actual: f32, expected: f64| {
            let actual = f64::from(actual) * ridge.temperature;
            assert!((actual - expected).abs() < 1e-4, "{actual} {expected}");
        };
        for class in 0..3 {
            close(layer.bias[class], expected.bias[class]);
            for (feature, weight) in expected.head[class].iter().enumerate() {
                close(layer.weight[feature * 3 + class], *weight);
            }
        }
        let scores = expected.held_out_scores.concat();
        for (actual, expected) in ridge.held_out_scores.iter().zip(scores) {
            let error = (f64::from(*actual) - expected).abs();
            assert!(error < 1e-4, "{actual} {expected}");
        }
    }
}

#[test]
fn equal_weights_change_nothing() {
    for num_rows in [30, 60] {
        let (rows, labels) = Random::new(6).classes(num_rows, 40, 3);
        let search = Lambda::Search { start: 0.3 };
        let plain = fit(&rows, &labels, &alone(num_rows), search);
        let weighted = fit_weighted(&rows, &labels, &vec![1.0; num_rows], search);
        assert_eq!(plain.head, weighted.head);
    }
}

#[test]
fn a_copy_is_a_weight_of_two() {
    for num_features in [40, 20] {
        let (rows, labels) = Random::new(9).classes(31, num_features, 3);
        let twice = [&rows[..], &rows[..]].concat();
        let labels_twice = [&labels[..], &labels[..]].concat();
        let copied = fit(&twice, &labels_twice, &alone(62), Lambda::Fixed(2.0));
        let weighted = fit_weighted(&rows, &labels, &[2.0; 31], Lambda::Fixed(2.0));
        let score = |ridge: &Ridge| {
            let logits = ridge.head.logits(&ridge.normalizer.normalized(&rows[4]));
            logits[1] * ridge.temperature as f32
        };
        assert!((score(&copied) - score(&weighted)).abs() < 1e-4);
    }
}

#[test]
fn a_strong_penalty_leaves_the_prior_as_it_is() {
    let rows: Vec<Row> = [
        [1.0, 0.0, 0.2],
        [0.8, 0.1, 0.0],
        [0.0, 1.0, 0.1],
        [0.1, 0.9, 0.0],
    ]
    .map(Row::from)
    .to_vec();
    let mut gram: Gram = rows.iter().cloned().collect();
    while !gram.step() {}
    let prior = vec![vec![3.0, 0.0, 0.0], vec![0.0, 3.0, 0.0]];
    let mut fit = Fit::new(&gram, &[0, 0, 1, 1], &alone(4), 2, Lambda::Fixed(1e6)).toward(prior);
    while !fit.step() {}
    let ridge = fit.finish();
    let expected = [3.0, 0.0, 0.0, 3.0, 0.0, 0.0].map(|w| w / ridge.temperature as f32);
    for (weight, expected) in ridge.head.layers[0].weight.iter().zip(expected) {
        assert!((weight - expected).abs() < 1e-4 * 3.0 / ridge.temperature as f32);
    }
    // With the weights given, leaving a sample out changes the bias alone: b = −3 z̄ + ȳ of the rest.
    let score = |at: usize| 3.0 * ridge.normalizer.normalized(&rows[at])[0];
    let others = (1..4).map(|at| {
        if at < 2 {
            1.0 - score(at)
        } else {
            -1.0 - score(at)
        }
    });
    let left_out = score(0) + others.sum::<f32>() / 3.0;
    assert!((ridge.held_out_scores[0] - left_out).abs() < 1e-3);
}
