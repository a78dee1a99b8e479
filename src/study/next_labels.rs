//! Unsorted samples in, which of them to label next out, with what they look like.

use std::collections::HashSet;

use web_time::Instant;

use super::{Material, SLICE};
use crate::{
    curation::{Suggestions, is_early, smallest_margins},
    features::{Normalizer, Row},
    head::ridge::{Fit, Gram, Lambda, Ridge},
    metrics::{argmax, softmax},
    protocol::{Finding, SampleId, Suggestion},
    train::copies,
};

/// The penalty where a class has too few samples to leave one out.
const FEW_LAMBDA: f64 = 0.3;

/// A search in progress.
pub struct NextLabels {
    material: Material,
    count: usize,
    /// Unsorted samples that may be suggested.
    pool: Vec<(SampleId, Row)>,
    stage: Stage,
    head: Option<Ridge>,
}

enum Stage {
    Multiply(Gram),
    Fit(Box<Fit>),
    Represent {
        search: Suggestions,
        rows: Vec<Vec<f32>>,
    },
    Between,
}

impl NextLabels {
    pub(super) fn new(material: Material, count: usize, skip: &[SampleId]) -> Self {
        let skip: HashSet<_> = skip.iter().collect();
        let pool = material
            .unsorted
            .iter()
            .filter(|(id, _)| !skip.contains(id));
        let pool: Vec<_> = pool.cloned().collect();
        let mut gram = Gram::default();
        material
            .labeled
            .iter()
            .for_each(|sample| gram.push(sample.row.clone()));
        let mut study = Self {
            count: count.min(pool.len()),
            pool,
            head: None,
            stage: Stage::Multiply(gram),
            material,
        };
        if study.material.classes.len() < 2 {
            study.stage = study.represent();
        }
        study
    }

    pub(super) fn advance(&mut self) -> Option<Finding> {
        let start = Instant::now();
        while start.elapsed() < SLICE {
            if let Some(finding) = self.step() {
                return Some(finding);
            }
        }
        None
    }

    fn step(&mut self) -> Option<Finding> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Multiply(mut gram) => match gram.step() {
                true => Stage::Fit(Box::new(self.fit(&gram))),
                false => Stage::Multiply(gram),
            },
            Stage::Fit(mut fit) => match fit.step() {
                false => Stage::Fit(fit),
                true => {
                    self.head = Some(fit.finish());
                    let num_classes = self.material.classes.len();
                    if !is_early(self.material.labeled.len(), num_classes) {
                        return Some(self.finding(self.uncertain(), false));
                    }
                    self.represent()
                }
            },
            Stage::Represent { mut search, rows } => {
                if search.step(&rows) {
                    let first = self.material.labeled.len();
                    let places = search.finish().into_iter().map(|row| row - first);
                    return Some(self.finding(places.collect(), true));
                }
                Stage::Represent { search, rows }
            }
            Stage::Between => unreachable!("a step leaves another stage"),
        };
        None
    }

    fn fit(&self, gram: &Gram) -> Fit {
        let labels = self.material.labels();
        let num_classes = self.material.classes.len();
        let mut sizes = vec![0; num_classes];
        labels.iter().for_each(|&label| sizes[label] += 1);
        let lambda = match sizes.iter().all(|&size| size > 1) {
            true => Lambda::Search { start: FEW_LAMBDA },
            false => Lambda::Fixed(FEW_LAMBDA),
        };
        Fit::new(gram, &labels, &copies(gram.rows()), num_classes, lambda)
    }

    /// Looks for samples that stand for many others.
    fn represent(&self) -> Stage {
        let labeled = self.material.labeled.iter().map(|sample| &sample.row);
        let all: Vec<_> = labeled
            .chain(self.pool.iter().map(|(_, row)| row))
            .collect();
        let num_features = all.first().map_or(0, |row| row.len());
        let normalizer = Normalizer::fit(all.iter().map(|row| &***row), num_features);
        let num_labeled = self.material.labeled.len();
        let is_labeled: Vec<_> = (0..all.len()).map(|at| at < num_labeled).collect();
        Stage::Represent {
            search: Suggestions::new(&is_labeled, self.count, 1),
            rows: all.iter().map(|row| normalizer.normalized(row)).collect(),
        }
    }

    /// Places in the pool of the samples that the head is least sure of.
    fn uncertain(&self) -> Vec<usize> {
        let probabilities = self.pool.iter().map(|(_, row)| self.probabilities(row));
        smallest_margins(&probabilities.collect::<Vec<_>>(), self.count)
    }

    /// Empty as long as there are not two classes.
    fn probabilities(&self, row: &Row) -> Vec<f32> {
        let Some(ridge) = &self.head else {
            return Vec::new();
        };
        let mut logits = ridge.head.logits(&ridge.normalizer.normalized(row));
        softmax(&mut logits);
        logits
    }

    fn finding(&self, places: Vec<usize>, representative: bool) -> Finding {
        let suggest = |at: usize| {
            let (sample, row) = &self.pool[at];
            let probabilities = self.probabilities(row);
            let likeliest = (!probabilities.is_empty()).then(|| argmax(&probabilities));
            Suggestion {
                sample: *sample,
                guess: likeliest.map(|class| self.material.classes[class].0),
                confidence: likeliest.map_or(0.0, |class| probabilities[class]),
            }
        };
        Finding::NextLabels {
            suggestions: places.into_iter().map(suggest).collect(),
            representative,
        }
    }

    pub(super) fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Multiply(_) => 0.0,
            Stage::Fit(fit) => 0.1 + 0.4 * f64::from(fit.progress()),
            Stage::Represent { .. } | Stage::Between => 0.5,
        }
    }
}
