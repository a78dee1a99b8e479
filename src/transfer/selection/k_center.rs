//! Labeled rows in, some of each class that leave none of the others far from its nearest out.
//!
//! Greedy k-center (Gonzalez 1985; Sener & Savarese 2018, *Active learning for convolutional neural
//! networks: a core-set approach*, arXiv:1708.00489): first the row nearest to the class's mean, then
//! again and again the row farthest from all that are chosen. The largest distance is at most twice
//! the least there can be.

use super::{Chosen, Class, PRODUCTS_PER_STEP, Pool, Search};
use crate::{
    features::dot,
    transfer::{Family, Method, Task, domains::Rows, plain},
};

pub(super) const METHOD: Method = Method {
    id: "select_k_center",
    name: "Only the most varied",
    sentence: "Learns from a part of each class that leaves nothing far from what is chosen.",
    family: Family::Selection,
    refusal: plain::refusal,
    init: |task| Box::new(Chosen::new(begin, task)),
};

pub(super) fn begin(_: &Task) -> Box<dyn Search> {
    Box::new(KCenter {
        chosen: Vec::new(),
        covered: Vec::new(),
    })
}

struct KCenter {
    /// Of the first classes; the last one's may be still to come.
    chosen: Vec<Vec<usize>>,
    /// Of each row of the last class: its largest cosine with a chosen one.
    covered: Vec<f32>,
}

impl Search for KCenter {
    fn step(&mut self, pool: &Pool) -> bool {
        let mut num_products = 0;
        while num_products < PRODUCTS_PER_STEP {
            let Some(class) = self.next_class(pool) else {
                return true;
            };
            self.choose_next(pool.rows(), class);
            num_products += class.members.len() * pool.rows().num_features;
        }
        false
    }

    fn progress(&self, pool: &Pool) -> f64 {
        let num: usize = self.chosen.iter().map(Vec::len).sum();
        let quotas = pool.classes.iter().map(|class| class.quota);
        num as f64 / quotas.sum::<usize>().max(1) as f64
    }

    fn finish(self: Box<Self>, _: &Pool) -> Vec<Vec<usize>> {
        self.chosen
    }
}

impl KCenter {
    /// The class of which rows are still to be chosen.
    fn next_class<'a>(&mut self, pool: &'a Pool) -> Option<&'a Class> {
        loop {
            let last = self.chosen.len().checked_sub(1).map(|at| &pool.classes[at]);
            if let (Some(class), Some(chosen)) = (last, self.chosen.last())
                && chosen.len() < class.quota
            {
                return Some(class);
            }
            let next = pool.classes.get(self.chosen.len())?;
            self.covered = centrality(pool.rows(), &next.members);
            self.chosen.push(Vec::new());
        }
    }

    fn choose_next(&mut self, rows: &Rows, class: &Class) {
        let chosen = self.chosen.last_mut().expect("a class has begun");
        // The first is the most central one, each other one the least covered.
        let sign = if chosen.is_empty() { 1.0 } else { -1.0 };
        let candidates = (0..class.members.len()).map(|at| (sign * self.covered[at], at));
        let best = candidates.reduce(|best, other| if other.0 > best.0 { other } else { best });
        let (_, at) = best.expect("a class with a quota has rows");
        let row = rows.row(class.members[at]);
        let is_first = chosen.is_empty();
        for (covered, &other) in self.covered.iter_mut().zip(&class.members) {
            let cosine = dot(row, rows.row(other));
            *covered = if is_first {
                cosine
            } else {
                covered.max(cosine)
            };
        }
        // So that copies of it come last, and it never again.
        self.covered[at] = f32::INFINITY;
        chosen.push(class.members[at]);
    }
}

/// The product of each of some rows with their mean.
fn centrality(rows: &Rows, members: &[usize]) -> Vec<f32> {
    let mut sum = vec![0.0; rows.num_features];
    for &member in members {
        let pairs = sum.iter_mut().zip(rows.row(member));
        pairs.for_each(|(sum, x)| *sum += x);
    }
    let products = members.iter().map(|&member| dot(rows.row(member), &sum));
    products.collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{choose, circle},
        *,
    };

    #[test]
    fn what_is_chosen_is_spread_out() {
        // Four of one place, one on either side of it.
        let labeled = [
            (0, 0),
            (1, 0),
            (-1, 0),
            (0, 0),
            (60, 0),
            (-60, 0),
            (180, 1),
            (182, 1),
        ];
        let chosen = choose(&METHOD, &circle(&labeled, &[]), 0.5);
        assert_eq!(chosen.len(), 4);
        assert!(chosen.contains(&4) && chosen.contains(&5), "{chosen:?}");
    }
}
