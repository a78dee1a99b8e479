//! Labeled rows and what the names of their classes say in, a head that goes by both out.
//!
//! Ridge regression whose weights are drawn to the directions that the names' pictures should lie
//! in, instead of to zero. How strongly, and how strongly weights are drawn at all, is what leaves
//! the least error on left-out samples; so names that mislead are not believed, as soon as classes
//! have two pictures each. The names come from [`crate::text`], by way of the classes that the
//! backbone was trained with (Frome et al., *DeViSE*, NeurIPS 2013; Norouzi et al.,
//! arXiv:1312.5650).
//!
//! A class without pictures gets a logit from its name alone. Its weights are as long as those of
//! learned classes are on average: half of that finds a tenth fewer of its pictures, twice that no
//! more. One in twenty of the other classes' pictures may be taken for it; fewer would leave more
//! of its own unfound. See `docs/methods.md` for how well that does.

use super::{Family, Fit, Method, Names, Task, Transferred};
use crate::{
    features::{Normalizer, Row, dot},
    head::{
        DenseHead,
        ridge::{self, Gram, Lambda, Ridge},
    },
    metrics,
    train::copies,
};

/// How long the weights are that names draw to: 0 ignores names. Weights of heads with one picture
/// a class have a length of about 1, those of heads with ten about 4.
const STRENGTHS: [f32; 4] = [0.0, 1.0, 2.0, 4.0];

/// Where the search for the penalty begins.
const FIRST_LAMBDA: f64 = 0.3;

/// The share of the other classes' pictures that a class without pictures may take.
const SHARE_TAKEN: f64 = 0.05;

pub(super) const METHOD: Method = Method {
    id: "class_names",
    name: "Read the class names",
    sentence: "Starts from what each class's English name says its pictures look like; helps with few pictures, and finds classes that have a name only.",
    family: Family::Text,
    refusal,
    init: |task| Box::new(ClassNames::new(task)),
};

fn refusal(task: &Task) -> Option<String> {
    let unread = "The names have not been read yet. Get the reader of names first.";
    task.names.is_none().then(|| unread.to_owned())
}

struct ClassNames {
    /// Whether names may draw weights at all.
    is_believing: bool,
    gram: Gram,
    labels: Vec<usize>,
    num_classes: usize,
    names: Names,
    /// How many of [`STRENGTHS`] have been tried.
    num_tried: usize,
    fit: Option<Box<ridge::Fit>>,
    best: Option<(f64, Ridge)>,
}

impl ClassNames {
    fn new(task: Task) -> Self {
        Self {
            is_believing: are_believable(&task),
            gram: task.rows.into_iter().collect(),
            labels: task.labels,
            num_classes: task.num_classes,
            names: task.names.unwrap_or_default(),
            num_tried: 0,
            fit: None,
            best: None,
        }
    }

    /// A fit with the next strength.
    fn start(&self) -> Box<ridge::Fit> {
        let start = self
            .best
            .as_ref()
            .map_or(FIRST_LAMBDA, |(_, best)| best.lambda);
        let groups = copies(self.gram.rows());
        let search = Lambda::Search { start };
        let fit = ridge::Fit::new(&self.gram, &self.labels, &groups, self.num_classes, search);
        let strength = STRENGTHS[self.num_tried];
        Box::new(match strength > 0.0 && self.is_believing {
            true => fit.toward(
                self.names
                    .directions
                    .iter()
                    .map(|d| scaled(d, strength))
                    .collect(),
            ),
            false => fit,
        })
    }

    fn keep_better(&mut self, ridge: Ridge) {
        let error = ridge.held_out_error(&self.labels);
        if self.best.as_ref().is_none_or(|(least, _)| error < *least) {
            self.best = Some((error, ridge));
        }
        self.num_tried += 1;
    }
}

impl Fit for ClassNames {
    fn step(&mut self) -> bool {
        if self.num_tried == STRENGTHS.len() {
            return true;
        }
        let Some(mut fit) = self.fit.take() else {
            if self.gram.step() {
                self.fit = Some(self.start());
            }
            return false;
        };
        match fit.step() {
            true => self.keep_better(fit.finish()),
            false => self.fit = Some(fit),
        }
        self.num_tried == STRENGTHS.len()
    }

    fn progress(&self) -> f64 {
        let in_fit = self
            .fit
            .as_ref()
            .map_or(0.0, |fit| f64::from(fit.progress()));
        (self.num_tried as f64 + in_fit) / STRENGTHS.len() as f64
    }

    fn finish(self: Box<Self>) -> Transferred {
        let (_, ridge) = self.best.expect("all strengths have been tried");
        let rows = self.gram.rows().iter();
        let normalized: Vec<_> = rows.map(|row| ridge.normalizer.normalized(row)).collect();
        let mut head = ridge.head.clone();
        let length = mean_length(&head);
        for direction in &self.names.further {
            let weights = scaled(direction, length);
            let bias = threshold(&weights, &normalized, &ridge);
            push_class(&mut head, &weights, bias);
        }
        let normalizer = Normalizer::from_mean(ridge.normalizer.mean().to_vec());
        Transferred { normalizer, head }
    }
}

/// Whether names may be right. Where a class has one picture, leaving that out leaves nothing, and
/// any name seems better; so there names alone must sort the pictures better than chance would, by
/// two standard deviations. Otherwise what is left out tells.
fn are_believable(task: &Task) -> bool {
    let Some(names) = &task.names else {
        return false;
    };
    if names.directions.len() != task.num_classes {
        return false;
    }
    let mut sizes = vec![0; task.num_classes];
    task.labels.iter().for_each(|&label| sizes[label] += 1);
    if sizes.iter().all(|&size| size > 1) {
        return true;
    }
    let rows = task.rows.iter().map(|row| &**row);
    let normalizer = Normalizer::fit(rows, task.rows.first().map_or(0, |row| row.len()));
    let by_name = |row: &Row| {
        let row = normalizer.normalized(row);
        let scores: Vec<_> = names.directions.iter().map(|d| dot(d, &row)).collect();
        metrics::argmax(&scores)
    };
    let pairs = task.rows.iter().zip(&task.labels);
    let num_right = pairs.filter(|(row, label)| by_name(row) == **label).count();
    let (count, chance) = (task.rows.len() as f64, 1.0 / task.num_classes as f64);
    let deviation = (count * chance * (1.0 - chance)).sqrt();
    num_right as f64 >= count * chance + 2.0 * deviation
}

fn scaled(direction: &[f32], scale: f32) -> Vec<f32> {
    direction.iter().map(|x| x * scale).collect()
}

/// The least that has to be added to a class's scores so that no more than [`SHARE_TAKEN`] of the
/// other classes' pictures, left out of the fit, would be taken for it.
fn threshold(weights: &[f32], normalized: &[Vec<f32>], ridge: &Ridge) -> f32 {
    let logits = ridge.held_out_scores.chunks_exact(ridge.head.num_classes());
    let ahead = logits.zip(normalized).map(|(scores, row)| {
        let best = scores[metrics::argmax(scores)] / ridge.temperature as f32;
        best - dot(weights, row)
    });
    let mut ahead: Vec<f32> = ahead.collect();
    ahead.sort_by(f32::total_cmp);
    ahead[(SHARE_TAKEN * ahead.len() as f64) as usize]
}

/// The mean length of the weights of a class.
fn mean_length(head: &DenseHead) -> f32 {
    let layer = head.layers.last().expect("ridge regression has one");
    let num_classes = layer.bias.len();
    let length = |class: usize| {
        let weights = layer.weight.iter().skip(class).step_by(num_classes);
        weights.map(|w| w * w).sum::<f32>().sqrt()
    };
    (0..num_classes).map(length).sum::<f32>() / num_classes as f32
}

/// One more output behind the others.
fn push_class(head: &mut DenseHead, weights: &[f32], bias: f32) {
    let layer = head.layers.last_mut().expect("ridge regression has one");
    let rows = layer.weight.chunks_exact(layer.bias.len()).zip(weights);
    layer.weight = rows
        .flat_map(|(row, weight)| row.iter().copied().chain([*weight]))
        .collect();
    layer.bias.push(bias);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three classes around the corners of a triangle; there are pictures of the first two.
    fn task(directions: [[f32; 3]; 2], num_rows: usize) -> Task {
        let row = |at: usize| -> Row {
            let mut row = [
                0.1 * (at % 3) as f32,
                0.07 * (at % 5) as f32,
                0.05 * (at % 4) as f32,
            ];
            row[at % 2] += 1.0;
            row.into()
        };
        Task {
            names: Some(Names {
                directions: directions.iter().map(|d| d.to_vec()).collect(),
                further: vec![vec![0.0, 0.0, 1.0]],
            }),
            rows: (0..num_rows).map(row).collect(),
            labels: (0..num_rows).map(|at| at % 2).collect(),
            unlabeled: Vec::new(),
            num_classes: 2,
            seed: 0,
        }
    }

    fn run(task: Task) -> Transferred {
        let mut fit = (METHOD.init)(task);
        while !fit.step() {}
        assert_eq!(fit.progress(), 1.0);
        fit.finish()
    }

    #[test]
    fn a_class_without_pictures_is_found_by_its_name() {
        let model = run(task([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], 12));
        assert_eq!(metrics::argmax(&model.logits(&[1.0, 0.1, 0.0])), 0);
        assert_eq!(metrics::argmax(&model.logits(&[0.1, 1.0, 0.0])), 1);
        assert_eq!(metrics::argmax(&model.logits(&[0.0, 0.0, 1.0])), 2);
    }

    #[test]
    fn names_that_mislead_are_not_believed() {
        let misled = run(task([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], 12));
        assert_eq!(metrics::argmax(&misled.logits(&[1.0, 0.1, 0.0])), 0);
        assert_eq!(metrics::argmax(&misled.logits(&[0.1, 1.0, 0.0])), 1);
    }

    #[test]
    fn with_one_picture_a_class_names_have_to_sort_them() {
        // Chance gives 1 of 2, two deviations more are 2.4.
        let task = task([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], 2);
        assert!(!are_believable(&task));
        // With 4 of one and 1 of the other it is 2.5 and 4.7: all five have to be right.
        let mut task = self::task([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], 9);
        let kept = [0, 1, 2, 4, 6];
        task.rows = kept.map(|at| task.rows[at].clone()).to_vec();
        task.labels = kept.map(|at| task.labels[at]).to_vec();
        assert!(are_believable(&task));
        task.names.as_mut().unwrap().directions.swap(0, 1);
        assert!(!are_believable(&task));
    }

    #[test]
    fn it_is_refused_until_names_have_been_read() {
        let mut task = task([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], 4);
        assert_eq!((METHOD.refusal)(&task), None);
        task.names = None;
        assert!((METHOD.refusal)(&task).unwrap().contains("Get the reader"));
    }

    #[test]
    fn a_further_class_is_one_more_column() {
        let layer = crate::head::Dense {
            weight: vec![1.0, 2.0, 3.0, 4.0],
            bias: vec![5.0, 6.0],
        };
        let mut head = DenseHead::new(vec![layer]);
        push_class(&mut head, &[7.0, 8.0], 9.0);
        assert_eq!(head.layers[0].weight, [1.0, 2.0, 7.0, 3.0, 4.0, 8.0]);
        assert_eq!(head.layers[0].bias, [5.0, 6.0, 9.0]);
    }
}
