//! Two domains in; how far apart they are, before and after each lost its own mean, out.
//!
//! Two readouts, as neither says all. The maximum mean discrepancy sees differences of any kind and
//! comes with a probability that chance alone makes them. The proxy A-distance (Ben-David et al.
//! 2007, *Analysis of representations for domain adaptation*) is 2 (1 − 2 ε), where ε is the error
//! of a linear head that tells the domains of rows it hasn't seen: 2 if it always can, 0 if it only
//! guesses.

use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    Task,
    batches::{Batches, gather},
    domains::{Domains, Rows},
    mmd::{kernel, mean_distance},
    telling::Telling,
};
use crate::features::dot;

/// Rows of each domain that are looked at: pairs grow with their square.
const MAX_ROWS: usize = 200;

/// Mixtures of the two domains the discrepancy is compared with.
const NUM_PERMUTATIONS: usize = 499;

const PERMUTATIONS_PER_STEP: usize = 20;

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

/// How far apart two sets of rows are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// In [0, 1]; the square root of MMD².
    pub discrepancy: f64,
    /// The share of random divisions of all rows that are as far apart, from 1 / 500 on.
    pub p_value: f64,
    /// In [0, 2].
    pub proxy_a: f64,
}

/// A measurement in progress. Call [`DomainDistances::step`] until it returns true.
#[derive(Debug)]
pub struct DomainDistances {
    /// What is yet to be measured, first one first.
    waiting: Vec<Domains>,
    current: Measurement,
    done: Vec<Distance>,
    seed: u64,
}

#[derive(Debug)]
struct Measurement {
    /// The first domain's come first.
    rows: Rows,
    num_first: usize,
    rng: ChaCha8Rng,
    /// `[N, N]`, filled row by row; squared distances, then kernels.
    table: Vec<f32>,
    num_rows_done: usize,
    is_kernel: bool,
    /// MMD² and that of permutations.
    observed: f64,
    permuted: Vec<f64>,
    telling: Telling,
}

impl DomainDistances {
    /// Sets it up for the labeled and the unlabeled rows of a task, both of at least two.
    pub fn new(task: &Task) -> Self {
        let current = Measurement::new(&Domains::uncentered(task), task.seed);
        Self {
            waiting: vec![Domains::centered(task)],
            current,
            done: Vec::new(),
            seed: task.seed,
        }
    }

    /// Does the next piece of work, 10 ms in a browser; true at the end.
    pub fn step(&mut self) -> bool {
        if !self.current.step() {
            return false;
        }
        self.done.push(self.current.outcome());
        match self.waiting.pop() {
            Some(domains) => {
                self.current = Measurement::new(&domains, self.seed);
                false
            }
            None => true,
        }
    }

    /// Before and after centering, when [`DomainDistances::step`] has returned true.
    pub fn finish(self) -> [Distance; 2] {
        self.done.try_into().expect("all steps are done")
    }
}

impl Measurement {
    fn new(domains: &Domains, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = Vec::new();
        let mut draw = |rows: &Rows| {
            let mut batches = Batches::new(rows.len());
            let batch = batches.draw(MAX_ROWS, &mut rng);
            gather(rows, batch, 1.0, &mut values);
            batch.len()
        };
        let (num_first, num_second) = (draw(&domains.source), draw(&domains.target));
        let num_rows = num_first + num_second;
        Self {
            rows: Rows {
                values,
                num_features: domains.source.num_features,
            },
            num_first,
            rng,
            table: vec![0.0; num_rows * num_rows],
            num_rows_done: 0,
            is_kernel: false,
            observed: 0.0,
            permuted: Vec::new(),
            telling: Telling::new(num_rows),
        }
    }

    fn step(&mut self) -> bool {
        if self.num_rows_done < self.rows.len() {
            self.measure_rows();
        } else if !self.is_kernel {
            self.make_kernel();
        } else if self.permuted.len() < NUM_PERMUTATIONS {
            self.permute();
        } else {
            return self.telling.step(&self.rows, self.num_first);
        }
        false
    }

    fn measure_rows(&mut self) {
        let num_rows = self.rows.len();
        let start = self.num_rows_done;
        let cost = num_rows * self.rows.num_features;
        let end = (start + 1 + PRODUCTS_PER_STEP / cost.max(1)).min(num_rows);
        for at in start..end {
            let row = self.rows.row(at);
            let square = dot(row, row);
            for other in 0..at {
                let values = self.rows.row(other);
                let distance = square + dot(values, values) - 2.0 * dot(row, values);
                self.table[at * num_rows + other] = distance.max(0.0);
                self.table[other * num_rows + at] = distance.max(0.0);
            }
        }
        self.num_rows_done = end;
    }

    fn make_kernel(&mut self) {
        let mean = mean_distance(&self.table, self.rows.len());
        self.table.iter_mut().for_each(|x| *x = kernel(*x, mean));
        self.is_kernel = true;
        let is_first: Vec<_> = (0..self.rows.len()).map(|at| at < self.num_first).collect();
        self.observed = squared_mmd(&self.table, &is_first);
    }

    fn permute(&mut self) {
        let mut is_first: Vec<_> = (0..self.rows.len()).map(|at| at < self.num_first).collect();
        let left = NUM_PERMUTATIONS - self.permuted.len();
        for _ in 0..left.min(PERMUTATIONS_PER_STEP) {
            is_first.shuffle(&mut self.rng);
            self.permuted.push(squared_mmd(&self.table, &is_first));
        }
    }

    fn outcome(&self) -> Distance {
        // Rounding must not make a division differ from itself.
        let as_far = self.permuted.iter().filter(|x| **x >= self.observed - 1e-9);
        Distance {
            discrepancy: self.observed.max(0.0).sqrt(),
            p_value: (1 + as_far.count()) as f64 / (1 + self.permuted.len()) as f64,
            proxy_a: (2.0 * (1.0 - 2.0 * self.telling.error(self.num_first))).clamp(0.0, 2.0),
        }
    }
}

/// Of the rows that are first and those that are not; `kernels`: `[N, N]`.
fn squared_mmd(kernels: &[f32], is_first: &[bool]) -> f64 {
    let num_first = is_first.iter().filter(|x| **x).count();
    let num_second = is_first.len() - num_first;
    if num_first == 0 || num_second == 0 {
        return 0.0;
    }
    let share = |first: &bool| match first {
        true => 1.0 / num_first as f32,
        false => -1.0 / num_second as f32,
    };
    let shares: Vec<f32> = is_first.iter().map(share).collect();
    let rows = kernels.chunks(is_first.len()).zip(&shares);
    rows.map(|(row, share)| f64::from(share * dot(row, &shares)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Row;
    use rand::Rng;

    fn task(shift: f32) -> Task {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut rows = |num: usize, shift: f32| {
            let mut row = |_| {
                let mut values = [0.0f32; 8].map(|_| rng.random::<f32>() - 0.5);
                values[0] += shift;
                Row::from(values.as_slice())
            };
            (0..num).map(&mut row).collect::<Vec<_>>()
        };
        Task {
            rows: rows(60, 0.0),
            labels: (0..60).map(|row| row % 2).collect(),
            unlabeled: rows(40, shift),
            num_classes: 2,
            seed: 1,
        }
    }

    fn measure(shift: f32) -> [Distance; 2] {
        let mut distances = DomainDistances::new(&task(shift));
        while !distances.step() {}
        distances.finish()
    }

    #[test]
    fn a_shift_is_seen_and_centering_takes_it_away() {
        let [before, after] = measure(2.0);
        assert_eq!(before.p_value, 1.0 / 500.0);
        assert!(before.proxy_a > 1.8, "{before:?}");
        assert!(after.p_value > 0.05 && after.proxy_a < 0.5, "{after:?}");
        assert!(after.discrepancy < before.discrepancy / 3.0);
    }

    #[test]
    fn sets_of_one_distribution_are_not_told_apart() {
        let [before, _] = measure(0.0);
        assert!(before.p_value > 0.05 && before.proxy_a < 0.6, "{before:?}");
    }

    #[test]
    fn the_discrepancy_by_hand() {
        // Kernels 1 within each set and ¼ between them: 1 + 1 − 2 · ¼.
        let kernels = [1.0, 0.25, 0.25, 1.0];
        assert_eq!(squared_mmd(&kernels, &[true, false]), 1.5);
        assert_eq!(squared_mmd(&kernels, &[true, true]), 0.0);
    }

    #[test]
    fn rows_without_difference_are_at_no_distance() {
        let row = Row::from([1.0, 2.0].as_slice());
        let task = Task {
            rows: vec![row.clone(); 4],
            labels: vec![0, 1, 0, 1],
            unlabeled: vec![row; 3],
            num_classes: 2,
            seed: 0,
        };
        let mut distances = DomainDistances::new(&task);
        while !distances.step() {}
        for distance in distances.finish() {
            assert!(distance.discrepancy < 1e-3 && distance.p_value == 1.0);
            assert!(distance.proxy_a.is_finite());
        }
    }
}
