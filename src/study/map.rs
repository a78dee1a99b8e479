//! All samples in, their places along the two principal directions and their neighbors out.

use web_time::Instant;

use super::{Material, SLICE};
use crate::{
    curation::Neighbors,
    features::{Normalizer, Row, dot, principal},
    protocol::{Finding, SampleId, SampleMap},
};

/// Directions that neighbors are looked for in: a fortieth of the features tells them well enough.
const NUM_DIRECTIONS: usize = 32;

/// Rows that the directions are found from.
const SAMPLE: usize = 512;

/// Rounds of power iteration; the first two directions change by less than a degree after eight.
const ROUNDS: usize = 8;

/// Neighbors of each, itself left out: UMAP's usual 15 with it.
const NUM_NEIGHBORS: usize = 14;

/// A map in progress.
pub struct Map {
    samples: Vec<SampleId>,
    rows: Vec<Row>,
    normalizer: Normalizer,
    stage: Stage,
}

enum Stage {
    Directions {
        round: usize,
        sample: Vec<f32>,
        directions: Vec<f32>,
    },
    Project {
        directions: Vec<f32>,
        projected: Vec<Vec<f32>>,
    },
    Neighbors {
        positions: Vec<f32>,
        projected: Vec<Vec<f32>>,
        search: Neighbors,
    },
    Between,
}

impl Map {
    pub(super) fn new(material: &Material) -> Self {
        let (samples, rows): (Vec<_>, Vec<Row>) = material.rows().into_iter().unzip();
        let num_features = rows.first().map_or(0, |row| row.len());
        let normalizer = Normalizer::fit(rows.iter().map(|row| &**row), num_features);
        let mut sample = Vec::new();
        let step = rows.len().div_ceil(SAMPLE).max(1);
        rows.iter()
            .step_by(step)
            .for_each(|row| normalizer.push_normalized(row, &mut sample));
        let directions = principal::first_directions(&sample, num_features, NUM_DIRECTIONS);
        Self {
            stage: Stage::Directions {
                round: 0,
                sample,
                directions,
            },
            samples,
            rows,
            normalizer,
        }
    }

    pub(super) fn advance(&mut self) -> Option<Finding> {
        let start = Instant::now();
        while start.elapsed() < SLICE {
            if let Some(map) = self.step() {
                return Some(Finding::Map { map });
            }
        }
        None
    }

    fn step(&mut self) -> Option<SampleMap> {
        let num_features = self.normalizer.mean().len();
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Directions {
                round,
                sample,
                directions,
            } if round < ROUNDS => {
                let directions = principal::power_iteration(&sample, &directions, num_features);
                Stage::Directions {
                    round: round + 1,
                    sample,
                    directions,
                }
            }
            Stage::Directions { directions, .. } => Stage::Project {
                directions,
                projected: Vec::new(),
            },
            Stage::Project {
                directions,
                mut projected,
            } if projected.len() < self.rows.len() => {
                let row = self.normalizer.normalized(&self.rows[projected.len()]);
                let directions_of = directions.chunks_exact(num_features.max(1));
                projected.push(
                    directions_of
                        .map(|direction| dot(direction, &row))
                        .collect(),
                );
                Stage::Project {
                    directions,
                    projected,
                }
            }
            Stage::Project { mut projected, .. } => {
                let positions = projected.iter().flat_map(|row| first_two(row)).collect();
                projected.iter_mut().for_each(|row| make_unit(row));
                let search = Neighbors::new(NUM_NEIGHBORS);
                Stage::Neighbors {
                    positions,
                    projected,
                    search,
                }
            }
            Stage::Neighbors {
                positions,
                projected,
                mut search,
            } => {
                if search.step(&projected) {
                    return Some(self.map(positions, search));
                }
                Stage::Neighbors {
                    positions,
                    projected,
                    search,
                }
            }
            Stage::Between => unreachable!("a step leaves another stage"),
        };
        None
    }

    fn map(&self, positions: Vec<f32>, search: Neighbors) -> SampleMap {
        let found = search.finish();
        let num_neighbors = found.iter().map(Vec::len).min().unwrap_or(0);
        let each = || found.iter().flat_map(|of| &of[..num_neighbors]);
        SampleMap {
            samples: self.samples.clone(),
            positions,
            num_neighbors,
            neighbors: each().map(|neighbor| neighbor.row as u32).collect(),
            distances: each()
                .map(|neighbor| (1.0 - neighbor.cosine).max(0.0))
                .collect(),
        }
    }

    pub(super) fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Directions { round, .. } => 0.2 * *round as f64 / ROUNDS as f64,
            Stage::Project { projected, .. } => {
                0.2 + 0.2 * projected.len() as f64 / self.rows.len() as f64
            }
            Stage::Neighbors {
                search, projected, ..
            } => 0.4 + 0.6 * search.num_done() as f64 / projected.len().max(1) as f64,
            Stage::Between => 1.0,
        }
    }
}

/// The first two coordinates; 0 where there are not as many directions.
fn first_two(row: &[f32]) -> [f32; 2] {
    [0, 1].map(|at| row.get(at).copied().unwrap_or(0.0))
}

fn make_unit(row: &mut [f32]) {
    let length = dot(row, row).sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|x| *x /= length);
    }
}
