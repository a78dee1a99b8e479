//! Labeled rows in, those of them that are most worth learning from out.
//!
//! Of each class the same share is chosen, one row at least, so that no class is lost and none
//! grows. Any head can learn from what is left: `train` chooses first and then trains the head that
//! is asked for. As a method of its own, without `train`, a choice is followed by the plain head.
//!
//! What choices come to on real data, and that they rarely do better than all rows, is in
//! `docs/methods.md`.

mod hardest;
mod k_center;
mod nearest;
mod typical;

use super::{
    Fit, Method, Task, Transferred,
    domains::{Domains, Rows},
    plain::Plain,
    pooled::pooled,
};
use crate::protocol::TrainingConfig;

/// All methods of this kind.
pub(super) const NEAREST: Method = nearest::METHOD;
pub(super) const K_CENTER: Method = k_center::METHOD;
pub(super) const TYPICAL: Method = typical::METHOD;
pub(super) const HARDEST: Method = hardest::METHOD;

/// How to begin with each.
const WAYS: [(&Method, Begin); 4] = [
    (&NEAREST, nearest::begin),
    (&K_CENTER, k_center::begin),
    (&TYPICAL, typical::begin),
    (&HARDEST, hardest::begin),
];

type Begin = fn(&Task) -> Box<dyn Search>;

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

/// A choice in progress. Call [`Selection::step`] until it returns true.
pub struct Selection {
    pool: Pool,
    search: Box<dyn Search>,
}

/// What there is to choose from.
struct Pool {
    /// Labeled and other rows, less the mean of all and of length 1.
    domains: Domains,
    classes: Vec<Class>,
}

/// The rows of a class.
struct Class {
    /// Ascending.
    members: Vec<usize>,
    /// How many of them are to be chosen, one at least if there is one.
    quota: usize,
}

/// A way to choose, at work.
trait Search {
    /// Does the next piece of work with the same pool at each step, 25 ms at most in a browser;
    /// true at the end.
    fn step(&mut self, pool: &Pool) -> bool;

    /// How much is done, in [0, 1].
    fn progress(&self, pool: &Pool) -> f64;

    /// The rows chosen of each class, when [`Search::step`] has returned true: as many as its quota.
    fn finish(self: Box<Self>, pool: &Pool) -> Vec<Vec<usize>>;
}

impl Selection {
    /// Sets up the choice that a method makes; nothing if it makes none. `share`: of each class, in
    /// (0, 1].
    pub fn new(method: &str, task: &Task, share: f64) -> Option<Self> {
        let (_, begin) = WAYS.iter().find(|(other, _)| other.id == method)?;
        Some(Self::by(*begin, task, share))
    }

    fn by(begin: Begin, task: &Task, share: f64) -> Self {
        Self {
            pool: Pool::new(task, share),
            search: begin(task),
        }
    }

    /// Does the next piece of work, 25 ms at most in a browser; true at the end.
    pub fn step(&mut self) -> bool {
        self.search.step(&self.pool)
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        self.search.progress(&self.pool)
    }

    /// Places of the labeled rows that are chosen, ascending, when [`Selection::step`] has returned
    /// true.
    pub fn finish(self) -> Vec<usize> {
        let mut chosen = self.search.finish(&self.pool).concat();
        chosen.sort_unstable();
        chosen
    }
}

impl Pool {
    fn new(task: &Task, share: f64) -> Self {
        let mut members = vec![Vec::new(); task.num_classes];
        let labels = task.labels.iter().enumerate();
        labels.for_each(|(row, &label)| members[label].push(row));
        let class = |members: Vec<usize>| Class {
            quota: ((share * members.len() as f64).round() as usize)
                .clamp(members.len().min(1), members.len()),
            members,
        };
        Self {
            domains: pooled(task),
            classes: members.into_iter().map(class).collect(),
        }
    }

    fn rows(&self) -> &Rows {
        &self.domains.source
    }

    /// The rows of each class with the highest scores, `[N]`; of equal ones the first.
    fn highest(&self, scores: &[f32]) -> Vec<Vec<usize>> {
        let best = |class: &Class| {
            let mut order = class.members.clone();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            order.truncate(class.quota);
            order
        };
        self.classes.iter().map(best).collect()
    }
}

/// A choice, and then the plain head on what is chosen.
struct Chosen {
    task: Task,
    stage: Stage,
}

enum Stage {
    Choose(Selection),
    Learn(Box<Plain>),
    /// Only inside [`Fit::step`].
    Between,
}

impl Chosen {
    fn new(begin: Begin, task: Task) -> Self {
        let share = TrainingConfig::default().selected_share;
        Self {
            stage: Stage::Choose(Selection::by(begin, &task, share)),
            task,
        }
    }

    fn learn(&self, chosen: &[usize]) -> Plain {
        Plain::new(&Task {
            rows: chosen
                .iter()
                .map(|&at| self.task.rows[at].clone())
                .collect(),
            labels: chosen.iter().map(|&at| self.task.labels[at]).collect(),
            unlabeled: Vec::new(),
            names: None,
            ..self.task
        })
    }
}

impl Fit for Chosen {
    fn step(&mut self) -> bool {
        if let Stage::Learn(plain) = &mut self.stage {
            return plain.step();
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Choose(mut selection) => match selection.step() {
                false => Stage::Choose(selection),
                true => Stage::Learn(Box::new(self.learn(&selection.finish()))),
            },
            other => other,
        };
        false
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Choose(selection) => 0.5 * selection.progress(),
            Stage::Learn(plain) => 0.5 + 0.5 * plain.progress(),
            Stage::Between => 0.0,
        }
    }

    fn finish(self: Box<Self>) -> Transferred {
        match self.stage {
            Stage::Learn(plain) => plain.finish(),
            _ => unreachable!("all steps are done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Row;

    /// Rows at these degrees on a circle, with their labels, and new ones at others.
    pub fn circle(labeled: &[(i32, usize)], unlabeled: &[i32]) -> Task {
        let row =
            |degrees: &i32| Row::from(<[f32; 2]>::from((*degrees as f32).to_radians().sin_cos()));
        Task {
            rows: labeled.iter().map(|(degrees, _)| row(degrees)).collect(),
            labels: labeled.iter().map(|(_, label)| *label).collect(),
            unlabeled: unlabeled.iter().map(row).collect(),
            num_classes: 2,
            names: None,
            seed: 1,
        }
    }

    pub fn choose(method: &Method, task: &Task, share: f64) -> Vec<usize> {
        let mut selection = Selection::new(method.id, task, share).unwrap();
        let mut before = 0.0;
        while !selection.step() {
            assert!((before..=1.0).contains(&selection.progress()));
            before = selection.progress();
        }
        selection.finish()
    }

    #[test]
    fn of_each_class_the_same_share_is_chosen_and_one_row_at_least() {
        let labeled: Vec<_> = (0..12).map(|at| (29 * at, usize::from(at == 5))).collect();
        let task = circle(&labeled, &[0, 10, 20]);
        for (method, _) in WAYS {
            for (share, num) in [(0.01, 2), (0.5, 7), (1.0, 12)] {
                let chosen = choose(method, &task, share);
                assert_eq!(chosen.len(), num, "{}", method.id);
                assert!(chosen.contains(&5) && chosen.is_sorted());
                assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }

    #[test]
    fn copies_are_no_trouble() {
        let task = circle(&[(0, 0), (0, 0), (0, 1), (0, 1)], &[0, 0]);
        for (method, _) in WAYS {
            assert_eq!(choose(method, &task, 0.5).len(), 2, "{}", method.id);
        }
    }

    #[test]
    fn other_methods_choose_nothing() {
        assert!(Selection::new("plain", &circle(&[(0, 0), (90, 1)], &[]), 0.5).is_none());
    }

    #[test]
    fn the_plain_head_learns_from_what_is_chosen() {
        let task = circle(&[(0, 0), (10, 0), (90, 1), (100, 1)], &[]);
        let mut fit = (K_CENTER.init)(task.clone());
        while !fit.step() {}
        let model = fit.finish();
        let logits = model.logits(&task.rows[1]);
        assert!(logits[0] > logits[1]);
    }
}
