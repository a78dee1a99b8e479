//! All samples in, what is wrong with which of them out.

use std::{collections::HashMap, time::Duration};

use web_time::Instant;

use super::{Guard, Material, SLICE, guard::shared};
use crate::{
    curation::{Neighbor, Neighbors, Transferability, num_distinct, outliers},
    features::{Normalizer, Row},
    head::ridge::Gram,
    pixels::flaws,
    protocol::{Balance, Finding, Flaw, FlawKind, Health, LogMe, SampleId},
    train::copies,
};

/// Neighbors of each sample: enough for outliers, and for as many near-copies as are counted.
const NUM_NEIGHBORS: usize = 10;

/// Samples that transferability is measured on; of more, evenly spaced ones. 600 take a second.
const MAX_MEASURED: usize = 600;

/// A check in progress.
pub struct HealthCheck {
    material: Material,
    rows: Vec<(SampleId, Row)>,
    stage: Stage,
    groups: Vec<usize>,
    neighbors: Vec<Vec<Neighbor>>,
}

enum Stage {
    Guard(Guard),
    Neighbors {
        search: Neighbors,
        rows: Vec<Vec<f32>>,
    },
    Multiply(Gram),
    Measure(Transferability),
    Between,
}

impl HealthCheck {
    pub(super) fn new(material: Material, threshold: f32) -> Self {
        let rows = material.rows();
        let threshold = if threshold.is_nan() {
            1.0
        } else {
            threshold.clamp(0.8, 1.0)
        };
        let guard = Guard::new(rows.iter().map(|(_, row)| row.clone()).collect(), threshold);
        Self {
            stage: Stage::Guard(guard),
            groups: Vec::new(),
            neighbors: Vec::new(),
            rows,
            material,
        }
    }

    pub(super) fn advance(&mut self) -> Option<Finding> {
        let start = Instant::now();
        while start.elapsed() < SLICE {
            if let Some(health) = self.step() {
                return Some(Finding::Health { health });
            }
        }
        None
    }

    fn step(&mut self) -> Option<Health> {
        match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Guard(mut guard) => {
                self.stage = match guard.advance(Duration::ZERO) {
                    false => Stage::Guard(guard),
                    true => {
                        self.groups = guard.into_groups();
                        self.look_for_neighbors()
                    }
                };
            }
            Stage::Neighbors { mut search, rows } => {
                self.stage = match search.step(&rows) {
                    false => Stage::Neighbors { search, rows },
                    true => {
                        self.neighbors = search.finish();
                        Stage::Multiply(self.gram())
                    }
                };
            }
            Stage::Multiply(mut gram) => match gram.step() {
                false => self.stage = Stage::Multiply(gram),
                true => match self.measure(&gram) {
                    Some(measure) => self.stage = Stage::Measure(measure),
                    None => return Some(self.health(None)),
                },
            },
            Stage::Measure(mut measure) => match measure.step() {
                None => self.stage = Stage::Measure(measure),
                Some(evidence) => return Some(self.health(Some(evidence))),
            },
            Stage::Between => unreachable!("a step leaves another stage"),
        }
        None
    }

    fn look_for_neighbors(&self) -> Stage {
        let num_features = self.rows.first().map_or(0, |(_, row)| row.len());
        let normalizer = Normalizer::fit(self.rows.iter().map(|(_, row)| &**row), num_features);
        let rows = self.rows.iter().map(|(_, row)| normalizer.normalized(row));
        Stage::Neighbors {
            search: Neighbors::new(NUM_NEIGHBORS),
            rows: rows.collect(),
        }
    }

    /// The labeled samples that transferability is measured on.
    fn measured(&self) -> impl Iterator<Item = &crate::train::Labeled> {
        let labeled = &self.material.labeled;
        labeled
            .iter()
            .step_by(labeled.len().div_ceil(MAX_MEASURED).max(1))
    }

    fn gram(&self) -> Gram {
        let mut gram = Gram::default();
        self.measured()
            .for_each(|sample| gram.push(sample.row.clone()));
        gram
    }

    fn measure(&self, gram: &Gram) -> Option<Transferability> {
        let num_classes = self.material.classes.len();
        let labels: Vec<_> = self.measured().map(|sample| sample.label).collect();
        (num_classes > 1).then(|| Transferability::new(gram, &labels, num_classes))?
    }

    fn health(&self, transferability: Option<LogMe>) -> Health {
        let mut sizes = vec![0; self.material.classes.len()];
        self.material
            .labeled
            .iter()
            .for_each(|s| sizes[s.label] += 1);
        let mut flaws = self.duplicates();
        flaws.push(self.outliers());
        flaws.extend(self.looks());
        flaws.retain(|flaw| !flaw.groups.is_empty());
        Health {
            flaws,
            num_samples: self.rows.len(),
            num_distinct: num_distinct(&self.neighbors),
            balance: (!sizes.is_empty()).then(|| Balance::of(&sizes)),
            transferability,
        }
    }

    /// Copies, then what is nearly the same and not all copies; each across classes first.
    fn duplicates(&self) -> Vec<Flaw> {
        let copies = copies(self.rows.iter().map(|(_, row)| row));
        let near = shared(&self.groups);
        let is_near = |rows: &Vec<usize>| rows.iter().any(|&row| copies[row] != copies[rows[0]]);
        let (near, _): (Vec<_>, Vec<_>) = near.into_iter().partition(is_near);
        let (copies_across, copies_within) = self.by_class(shared(&copies));
        let (near_across, near_within) = self.by_class(near);
        vec![
            flaw(FlawKind::CopiesAcrossClasses, copies_across),
            flaw(FlawKind::Copies, copies_within),
            flaw(FlawKind::NearDuplicatesAcrossClasses, near_across),
            flaw(FlawKind::NearDuplicates, near_within),
        ]
    }

    /// Groups that are in more than one class, and the others. Unsorted samples are in none.
    fn by_class(&self, groups: Vec<Vec<usize>>) -> (Vec<Vec<SampleId>>, Vec<Vec<SampleId>>) {
        let label = |row: usize| self.material.labeled.get(row).map(|sample| sample.label);
        let is_across = |rows: &Vec<usize>| {
            let mut labels = rows.iter().filter_map(|&row| label(row));
            let first = labels.next();
            labels.any(|label| Some(label) != first)
        };
        let (across, within): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_across);
        let ids = |groups: Vec<Vec<usize>>| {
            let ids = |rows: Vec<usize>| rows.iter().map(|&row| self.rows[row].0).collect();
            groups.into_iter().map(ids).collect()
        };
        (ids(across), ids(within))
    }

    fn outliers(&self) -> Flaw {
        let likely = outliers(&self.neighbors)
            .into_iter()
            .filter(|o| o.is_likely);
        let groups = likely.map(|outlier| vec![self.rows[outlier.row].0]);
        flaw(FlawKind::Outlier, groups.collect())
    }

    /// What pixels tell, the worst first.
    fn looks(&self) -> Vec<Flaw> {
        let qualities: HashMap<_, _> = self.material.qualities.iter().copied().collect();
        let mut found: Vec<(FlawKind, Vec<(f32, SampleId)>)> = Vec::new();
        for (sample, _) in &self.rows {
            for (kind, severity) in qualities.get(sample).map(flaws).unwrap_or_default() {
                match found.iter_mut().find(|(other, _)| *other == kind) {
                    Some((_, samples)) => samples.push((severity, *sample)),
                    None => found.push((kind, vec![(severity, *sample)])),
                }
            }
        }
        let sorted = |(kind, mut samples): (FlawKind, Vec<(f32, SampleId)>)| {
            samples.sort_by(|a, b| b.0.total_cmp(&a.0));
            flaw(
                kind,
                samples
                    .into_iter()
                    .map(|(_, sample)| vec![sample])
                    .collect(),
            )
        };
        found.into_iter().map(sorted).collect()
    }

    pub(super) fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Guard(guard) => 0.2 * guard.progress(),
            Stage::Neighbors { search, rows } => {
                0.2 + 0.5 * search.num_done() as f64 / rows.len().max(1) as f64
            }
            Stage::Multiply(_) => 0.7,
            Stage::Measure(_) | Stage::Between => 0.8,
        }
    }
}

fn flaw(kind: FlawKind, groups: Vec<Vec<SampleId>>) -> Flaw {
    Flaw { kind, groups }
}
