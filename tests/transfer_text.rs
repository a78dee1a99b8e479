//! What class names are worth: few pictures with names and without, classes left out and found by
//! their names, and names that say nothing. `docs/methods.md` has the numbers.

mod t1;
mod transfer_data;

use graft::{
    metrics::argmax,
    text::Reader,
    transfer::{Names, Task, Transferred, method},
};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use transfer_data::Data;

const PHOTOS: [&str; 12] = [
    "mammal",
    "bird",
    "fish",
    "bug",
    "fruit",
    "vegetable",
    "plant",
    "vehicle",
    "tool",
    "road sign",
    "coin",
    "hand sign",
];

const DRAWINGS: [&str; 11] = [
    "bird",
    "bug",
    "fish",
    "fruit",
    "instrument",
    "mammal",
    "plant",
    "road sign",
    "tool",
    "vegetable",
    "vehicle",
];

fn directions(names: &[&str]) -> Vec<Vec<f32>> {
    let file = t1::read("www/public/weights/names.safetensors");
    let reader = Reader::from_safetensors(&file).unwrap();
    names
        .iter()
        .map(|name| reader.prototype(name).direction)
        .collect()
}

/// A division of a data set: so many pictures a class to learn from, all others to judge by.
struct Trial<'a> {
    data: &'a Data,
    train: Vec<usize>,
    judge: Vec<usize>,
}

impl<'a> Trial<'a> {
    fn new(data: &'a Data, num_labels: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut train, mut judge) = (Vec::new(), Vec::new());
        for class in 0..data.num_classes {
            let mut of_class = data.of(class);
            of_class.shuffle(&mut random);
            let kept = num_labels.min(of_class.len() * 3 / 4);
            judge.extend(of_class.split_off(kept));
            train.extend(of_class);
        }
        Self { data, train, judge }
    }

    fn run(&self, id: &str, names: Option<Names>) -> Transferred {
        self.run_without(id, names, usize::MAX)
    }

    /// With no picture of one class; labels above it move down, and its name comes last.
    fn run_without(&self, id: &str, names: Option<Names>, left_out: usize) -> Transferred {
        let train = self.train.iter().copied();
        let train: Vec<_> = train
            .filter(|&at| self.data.labels[at] != left_out)
            .collect();
        let labels = self.data.labels(&train).into_iter();
        let mut fit = (method(id).unwrap().init)(Task {
            names,
            rows: self.data.rows(&train),
            labels: labels
                .map(|label| label - usize::from(label > left_out))
                .collect(),
            unlabeled: Vec::new(),
            num_classes: self.data.num_classes - usize::from(left_out < self.data.num_classes),
            seed: 1,
        });
        while !fit.step() {}
        fit.finish()
    }

    fn accuracy(&self, model: &Transferred) -> f64 {
        let said = |&at: &usize| argmax(&model.logits(&self.data.features[at]));
        let is_right = |at: &&usize| said(at) == self.data.labels[**at];
        100.0 * self.judge.iter().filter(is_right).count() as f64 / self.judge.len() as f64
    }

    /// The share of the left-out class's pictures that its name finds, and that of the others'
    /// pictures that are still named right.
    fn found(&self, model: &Transferred, left_out: usize) -> [f64; 2] {
        let mut hits = [0.0; 2];
        let mut counts = [0.0; 2];
        for &at in &self.judge {
            let label = self.data.labels[at];
            let side = usize::from(label != left_out);
            let expected = match label == left_out {
                true => self.data.num_classes - 1,
                false => label - usize::from(label > left_out),
            };
            let said = argmax(&model.logits(&self.data.features[at]));
            hits[side] += f64::from(u8::from(said == expected));
            counts[side] += 1.0;
        }
        [0, 1].map(|side| 100.0 * hits[side] / counts[side])
    }
}

fn names(directions: &[Vec<f32>]) -> Option<Names> {
    Some(Names {
        directions: directions.to_vec(),
        further: Vec::new(),
    })
}

/// All but one have pictures.
fn names_without(directions: &[Vec<f32>], left_out: usize, further: usize) -> Option<Names> {
    let mut of_pictured = directions.to_vec();
    of_pictured.remove(left_out);
    Some(Names {
        directions: of_pictured,
        further: vec![directions[further].clone()],
    })
}

/// Mean and standard error.
fn summary(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    (mean, (squares / (count - 1.0).max(1.0) / count).sqrt())
}

fn few_pictures(what: &str, data: &Data, of_names: &[&str], num_labels: usize) -> [f64; 2] {
    let right = directions(of_names);
    let mut wrong = right.clone();
    wrong.rotate_left(1);
    let (mut with_names, mut misled) = (Vec::new(), Vec::new());
    let mut plain_accuracy = Vec::new();
    for seed in 0..10 {
        let trial = Trial::new(data, num_labels, seed);
        // Without names it is ridge regression.
        let plain = trial.accuracy(&trial.run("class_names", None));
        let of = |names| trial.accuracy(&trial.run("class_names", names)) - plain;
        plain_accuracy.push(plain);
        with_names.push(of(names(&right)));
        misled.push(of(names(&wrong)));
    }
    println!(
        "{what}, {num_labels} a class: without {:.1?}, with names {:.1?}, with each other's {:.1?}",
        summary(&plain_accuracy),
        summary(&with_names),
        summary(&misled)
    );
    [summary(&with_names).0, summary(&misled).0]
}

fn leave_class_out(what: &str, data: &Data, of_names: &[&str], num_labels: usize) -> f64 {
    let directions = directions(of_names);
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for seed in 0..3 {
        let trial = Trial::new(data, num_labels, seed);
        for left_out in 0..data.num_classes {
            let found = |further| {
                let names = names_without(&directions, left_out, further);
                trial.found(&trial.run_without("class_names", names, left_out), left_out)
            };
            own.push(found(left_out));
            other.push(found((left_out + 1) % data.num_classes));
        }
    }
    let mean =
        |of: &[[f64; 2]], side: usize| summary(&of.iter().map(|x| x[side]).collect::<Vec<_>>()).0;
    println!(
        "{what}, {num_labels} a class: by its name {:.1} found, others right {:.1}; by another's {:.1}, {:.1}",
        mean(&own, 0),
        mean(&own, 1),
        mean(&other, 0),
        mean(&other, 1)
    );
    mean(&own, 0) - mean(&other, 0)
}

#[test]
fn names_help_with_few_photos_and_are_not_believed_when_wrong() {
    let data = transfer_data::photos();
    for (num_labels, bar) in [(1, -3.0), (2, 5.0), (5, 2.0), (10, 0.0)] {
        let [gain, loss] = few_pictures("photos", &data, &PHOTOS, num_labels);
        assert!(gain > bar, "{num_labels} a class: {gain}");
        assert!(loss > -2.0, "{num_labels} a class: {loss}");
    }
}

#[test]
fn a_class_of_photos_is_found_by_its_name_rather_than_by_another() {
    let data = transfer_data::photos();
    assert!(leave_class_out("photos", &data, &PHOTOS, 5) > 25.0);
}

#[test]
#[ignore = "needs openclipart-png"]
fn names_help_with_few_drawings_too() {
    let data = transfer_data::drawings();
    for (num_labels, bar) in [(1, 6.0), (2, 6.0), (5, 3.0), (10, 1.0)] {
        let [gain, loss] = few_pictures("drawings", &data, &DRAWINGS, num_labels);
        assert!(
            gain > bar && loss > -2.0,
            "{num_labels} a class: {gain}, {loss}"
        );
    }
    for num_labels in [2, 5, 20] {
        assert!(leave_class_out("drawings", &data, &DRAWINGS, num_labels) > 25.0);
    }
}
