//! Labeled rows in, those nearest to the centers of their class's clusters out.
//!
//! k-means (Lloyd 1982, started as Arthur & Vassilvitskii 2007 do) within each class; of every
//! cluster the rows nearest to its center are chosen, in proportion to its size. What is unlike the
//! rest of its class, such as pictures in the wrong one, is left out.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{Chosen, Class, PRODUCTS_PER_STEP, Pool, Search};
use crate::{
    features::dot,
    transfer::{Family, Method, Task, domains::Rows, plain},
};

/// Clusters of a class, at most: kinds of pictures that go by one name.
const MAX_CLUSTERS: usize = 5;

/// Rounds of k-means; photos change no more after about ten.
const MAX_ROUNDS: usize = 30;

pub(super) const METHOD: Method = Method {
    id: "select_typical",
    name: "Only the most typical",
    sentence: "Learns from the part of each class that is most like the rest of it; leaves out oddities and pictures in the wrong class.",
    family: Family::Selection,
    refusal: plain::refusal,
    init: |task| Box::new(Chosen::new(begin, task)),
};

pub(super) fn begin(task: &Task) -> Box<dyn Search> {
    Box::new(Typical {
        random: ChaCha8Rng::seed_from_u64(task.seed),
        chosen: Vec::new(),
        clusters: None,
    })
}

struct Typical {
    random: ChaCha8Rng,
    /// Of the first classes.
    chosen: Vec<Vec<usize>>,
    /// Of the class after those.
    clusters: Option<Clusters>,
}

impl Search for Typical {
    fn step(&mut self, pool: &Pool) -> bool {
        let Some(class) = pool.classes.get(self.chosen.len()) else {
            return true;
        };
        let (rows, random) = (pool.rows(), &mut self.random);
        let clusters = self
            .clusters
            .get_or_insert_with(|| Clusters::new(rows, class, random));
        if clusters.step(rows, class) {
            self.chosen.push(clusters.typical(class));
            self.clusters = None;
        }
        self.chosen.len() == pool.classes.len()
    }

    fn progress(&self, pool: &Pool) -> f64 {
        let in_class = self.clusters.as_ref().map_or(0.0, Clusters::progress);
        (self.chosen.len() as f64 + in_class) / pool.classes.len().max(1) as f64
    }

    fn finish(self: Box<Self>, _: &Pool) -> Vec<Vec<usize>> {
        self.chosen
    }
}

/// Clusters of a class's rows.
struct Clusters {
    /// `[k][num_features]`; not of length 1.
    centers: Vec<Vec<f32>>,
    /// The cluster of each member, and its squared distance from the center less 1, which is the
    /// same for all.
    places: Vec<(usize, f32)>,
    /// Members that have a place in this round.
    next: usize,
    has_changed: bool,
    num_rounds: usize,
}

impl Clusters {
    fn new(rows: &Rows, class: &Class, random: &mut ChaCha8Rng) -> Self {
        let num_clusters = MAX_CLUSTERS.min(class.quota);
        Self {
            centers: first_centers(rows, &class.members, num_clusters, random),
            places: vec![(usize::MAX, 0.0); class.members.len()],
            next: 0,
            has_changed: false,
            num_rounds: 0,
        }
    }

    fn progress(&self) -> f64 {
        let in_round = self.next as f64 / self.places.len().max(1) as f64;
        (self.num_rounds as f64 + in_round) / (MAX_ROUNDS + 1) as f64
    }

    /// Gives the next members their places; true when those no longer change.
    fn step(&mut self, rows: &Rows, class: &Class) -> bool {
        let cost = self.centers.len() * rows.num_features;
        let end = (self.next + 1 + PRODUCTS_PER_STEP / cost.max(1)).min(self.places.len());
        let squares: Vec<_> = self
            .centers
            .iter()
            .map(|center| dot(center, center))
            .collect();
        for at in self.next..end {
            let row = rows.row(class.members[at]);
            let distance =
                |cluster: usize| squares[cluster] - 2.0 * dot(row, &self.centers[cluster]);
            let places = (0..self.centers.len()).map(|cluster| (cluster, distance(cluster)));
            let nearest = places.reduce(|best, other| if other.1 < best.1 { other } else { best });
            let nearest = nearest.unwrap_or((0, 0.0));
            self.has_changed |= self.places[at].0 != nearest.0;
            self.places[at] = nearest;
        }
        self.next = end;
        end == self.places.len() && self.turn(rows, class)
    }

    /// A round is over; whether it was the last.
    fn turn(&mut self, rows: &Rows, class: &Class) -> bool {
        if !self.has_changed || self.num_rounds == MAX_ROUNDS {
            return true;
        }
        for (cluster, center) in self.centers.iter_mut().enumerate() {
            let places = class.members.iter().zip(&self.places);
            let members = places.filter(|(_, (own, _))| *own == cluster);
            let members: Vec<_> = members.map(|(&row, _)| row).collect();
            // A cluster that lost all its rows to copies of its center stays where it is.
            if members.is_empty() {
                continue;
            }
            center.fill(0.0);
            for &row in &members {
                let pairs = center.iter_mut().zip(rows.row(row));
                pairs.for_each(|(sum, x)| *sum += x / members.len() as f32);
            }
        }
        (self.next, self.has_changed) = (0, false);
        self.num_rounds += 1;
        false
    }

    /// The rows of each cluster nearest to its center, in proportion to its size.
    fn typical(&self, class: &Class) -> Vec<usize> {
        let mut ranked: Vec<Vec<(f32, usize)>> = vec![Vec::new(); self.centers.len()];
        for (&(cluster, distance), &row) in self.places.iter().zip(&class.members) {
            ranked[cluster].push((distance, row));
        }
        let sizes: Vec<_> = ranked.iter().map(Vec::len).collect();
        let quotas = shares(&sizes, class.quota);
        let chosen = ranked.iter_mut().zip(quotas).flat_map(|(rows, quota)| {
            rows.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows.iter().take(quota).map(|(_, row)| *row)
        });
        chosen.collect()
    }
}

/// Rows to begin with, each drawn with a probability in proportion to its squared distance from
/// those before it: k-means++.
fn first_centers(
    rows: &Rows,
    members: &[usize],
    num: usize,
    random: &mut ChaCha8Rng,
) -> Vec<Vec<f32>> {
    let mut distances = vec![1.0f32; members.len()];
    let mut centers: Vec<Vec<f32>> = Vec::new();
    while centers.len() < num {
        let total: f32 = distances.iter().sum();
        let mut left = random.random::<f32>() * total;
        let reached = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        // Nothing is left but copies, or rounding.
        let Some(at) = reached else { break };
        let center = rows.row(members[at]).to_vec();
        for (distance, &member) in distances.iter_mut().zip(members) {
            let row = rows.row(member);
            let between = dot(row, row) + dot(&center, &center) - 2.0 * dot(row, &center);
            // Rounding makes a copy's distance no more than this.
            let between = if between > 1e-5 { between } else { 0.0 };
            *distance = match centers.is_empty() {
                true => between,
                false => distance.min(between),
            };
        }
        centers.push(center);
    }
    centers
}

/// Divides `total` in proportion to sizes that sum to no less, by largest remainders.
fn shares(sizes: &[usize], total: usize) -> Vec<usize> {
    let sum: usize = sizes.iter().sum();
    let exact = |size: usize| size * total;
    let mut shares: Vec<_> = sizes.iter().map(|&size| exact(size) / sum.max(1)).collect();
    let mut order: Vec<_> = (0..sizes.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(exact(sizes[at]) % sum.max(1)));
    let missing = total - shares.iter().sum::<usize>();
    order.iter().take(missing).for_each(|&at| shares[at] += 1);
    shares
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{choose, circle},
        *,
    };

    #[test]
    fn both_bundles_stay_and_what_is_odd_goes() {
        let labeled = [
            (0, 0),
            (1, 0),
            (2, 0),
            (3, 0),
            (4, 0),
            (40, 0),
            (90, 0),
            (91, 0),
            (92, 0),
            (93, 0),
            (94, 0),
            (300, 0),
            (180, 1),
            (181, 1),
        ];
        let chosen = choose(&METHOD, &circle(&labeled, &[]), 0.5);
        assert_eq!(chosen.len(), 7);
        assert!(!chosen.contains(&5), "{chosen:?}");
        assert!(
            chosen.iter().filter(|at| **at < 5).count() >= 2,
            "{chosen:?}"
        );
        assert!(
            chosen.iter().filter(|at| (6..11).contains(*at)).count() >= 2,
            "{chosen:?}"
        );
    }

    #[test]
    fn largest_remainders_get_what_is_left() {
        assert_eq!(shares(&[5, 3, 2], 5), [3, 1, 1]);
        assert_eq!(shares(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(shares(&[], 0), Vec::<usize>::new());
    }
}
