//! Normalized rows of two domains and the source's labels in, the target's probabilities out.
//!
//! Label spreading (Zhou et al. 2004, *Learning with local and global consistency*): rows are
//! joined to their nearest neighbors of either domain, and labels run along the joints until they
//! no longer change: F ← α S F + (1 − α) Y with S = D^−½ W D^−½.

use super::domains::Domains;
use crate::curation::{Neighbor, Neighbors};

/// Neighbors of a row. 10, 15 and 20 are within a point on drawings and photos.
const NUM_NEIGHBORS: usize = 10;

/// α: what a row takes from its neighbors. At 0.99 labels run too far (−15 points).
const SHARE: f32 = 0.9;

/// Cosines to this power weigh the joints.
const POWER: i32 = 3;

/// 0.9^60 = 0.002 of the start is left.
const NUM_ROUNDS: usize = 60;

const ROUNDS_PER_STEP: usize = 5;

/// Spreading in progress. Call [`Spread::step`] until it returns true.
#[derive(Debug)]
pub(super) struct Spread {
    stage: Stage,
    num_rows: usize,
}

#[derive(Debug)]
enum Stage {
    Search(Neighbors),
    Run(Graph, Labels),
}

/// Who is joined to whom, S.
#[derive(Debug, PartialEq)]
struct Graph {
    /// `[N][…]` of (row, weight).
    joints: Vec<Vec<(usize, f32)>>,
}

/// Y and F: both `[N, num_classes]`.
#[derive(Debug)]
struct Labels {
    given: Vec<f32>,
    spread: Vec<f32>,
    num_rounds: usize,
}

impl Spread {
    pub fn new(domains: &Domains) -> Self {
        Self {
            stage: Stage::Search(Neighbors::new(NUM_NEIGHBORS)),
            num_rows: domains.source.len() + domains.target.len(),
        }
    }

    /// Does the next piece of work, 5 ms in a browser, with the same domains at each step; true at
    /// the end.
    pub fn step(&mut self, domains: &Domains) -> bool {
        match &mut self.stage {
            Stage::Search(neighbors) => {
                let rows: Vec<_> = domains.source.iter().chain(domains.target.iter()).collect();
                if neighbors.step(&rows) {
                    let found = std::mem::replace(neighbors, Neighbors::new(0)).finish();
                    self.stage = Stage::Run(Graph::new(&found), Labels::of_source(domains));
                }
                false
            }
            Stage::Run(graph, labels) => {
                for _ in 0..ROUNDS_PER_STEP {
                    labels.run(graph, domains.num_classes);
                }
                labels.num_rounds >= NUM_ROUNDS
            }
        }
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Search(neighbors) => {
                0.8 * neighbors.num_done() as f64 / self.num_rows.max(1) as f64
            }
            Stage::Run(_, labels) => 0.8 + 0.2 * labels.num_rounds as f64 / NUM_ROUNDS as f64,
        }
    }

    /// Probabilities of target rows: `[N, num_classes]`, zeros for what no label reaches.
    pub fn target_probabilities(&self, domains: &Domains) -> Vec<f32> {
        let num_classes = domains.num_classes;
        let Stage::Run(_, labels) = &self.stage else {
            return vec![0.0; domains.target.len() * num_classes];
        };
        let mut table = labels.spread[domains.source.len() * num_classes..].to_vec();
        for row in table.chunks_mut(num_classes) {
            let sum: f32 = row.iter().sum();
            if sum > 0.0 {
                row.iter_mut().for_each(|x| *x /= sum);
            }
        }
        table
    }
}

impl Graph {
    /// Joins rows if one is a neighbor of the other.
    fn new(neighbors: &[Vec<Neighbor>]) -> Self {
        let mut joints: Vec<Vec<(usize, f32)>> = vec![Vec::new(); neighbors.len()];
        for (row, near) in neighbors.iter().enumerate() {
            for neighbor in near {
                let weight = neighbor.cosine.max(0.0).powi(POWER);
                let is_known = joints[row].iter().any(|(other, _)| *other == neighbor.row);
                if weight > 0.0 && !is_known {
                    joints[row].push((neighbor.row, weight));
                    joints[neighbor.row].push((row, weight));
                }
            }
        }
        let degree = |joints: &Vec<(usize, f32)>| joints.iter().map(|joint| joint.1).sum::<f32>();
        let degrees: Vec<f32> = joints.iter().map(degree).collect();
        for (row, joints) in joints.iter_mut().enumerate() {
            for (other, weight) in joints {
                *weight /= (degrees[row] * degrees[*other]).sqrt();
            }
        }
        Self { joints }
    }
}

impl Labels {
    fn of_source(domains: &Domains) -> Self {
        let mut given = domains.one_hot();
        given.resize(
            given.len() + domains.target.len() * domains.num_classes,
            0.0,
        );
        Self {
            spread: given.clone(),
            given,
            num_rounds: 0,
        }
    }

    fn run(&mut self, graph: &Graph, num_classes: usize) {
        let mut next: Vec<f32> = self.given.iter().map(|y| (1.0 - SHARE) * y).collect();
        for (row, joints) in next.chunks_mut(num_classes).zip(&graph.joints) {
            for &(other, weight) in joints {
                let from = &self.spread[other * num_classes..][..num_classes];
                let pairs = row.iter_mut().zip(from);
                pairs.for_each(|(x, f)| *x += SHARE * weight * f);
            }
        }
        self.spread = next;
        self.num_rounds += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{super::domains::Rows, *};
    use crate::features::Normalizer;

    fn domains(source: &[[f32; 2]], labels: &[usize], target: &[[f32; 2]]) -> Domains {
        let rows = |values: &[[f32; 2]]| Rows {
            values: values.concat(),
            num_features: 2,
        };
        Domains {
            source: rows(source),
            labels: labels.to_vec(),
            target: rows(target),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; 2]),
        }
    }

    fn spread(domains: &Domains) -> Vec<f32> {
        let mut spread = Spread::new(domains);
        while !spread.step(domains) {}
        spread.target_probabilities(domains)
    }

    #[test]
    fn labels_reach_what_is_near_and_nothing_else() {
        let domains = domains(
            &[[1.0, 0.0], [-1.0, 0.0]],
            &[0, 1],
            &[[0.8, 0.6], [-0.6, -0.8]],
        );
        assert_eq!(spread(&domains), [1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_row_without_neighbors_gets_no_label() {
        let domains = domains(&[[1.0, 0.0], [0.8, 0.6]], &[0, 1], &[[-1.0, 0.0]]);
        assert_eq!(spread(&domains), [0.0, 0.0]);
    }

    #[test]
    fn two_rows_share_their_weight_as_by_hand() {
        let near = |row, cosine| vec![Neighbor { row, cosine }];
        let graph = Graph::new(&[near(1, 0.5), near(2, 1.0), near(1, 1.0)]);
        // W: 0–1 ⅛, 1–2 1; D: ⅛, 9/8, 1.
        let expected = (0.125f32 / (0.125f32 * 1.125).sqrt(), 1.0 / 1.125f32.sqrt());
        assert_eq!(graph.joints[0], [(1, expected.0)]);
        assert_eq!(graph.joints[1], [(0, expected.0), (2, expected.1)]);
    }

    /// What scikit-learn's LabelSpreading makes of the same rows:
    /// tests/golden/transfer/domain_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        spreading: Spreading,
    }

    #[derive(serde::Deserialize)]
    struct Spreading {
        source: Vec<[f32; 2]>,
        labels: Vec<usize>,
        target: Vec<[f32; 2]>,
        probabilities: Vec<f32>,
    }

    #[test]
    fn probabilities_are_scikit_learns() {
        let golden = include_str!("../../tests/golden/transfer/domain_reference.json");
        let Golden { spreading } = serde_json::from_str(golden).unwrap();
        let domains = domains(&spreading.source, &spreading.labels, &spreading.target);
        for (ours, theirs) in spread(&domains).iter().zip(&spreading.probabilities) {
            assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs}");
        }
    }
}
