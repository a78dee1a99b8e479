//! A backbone's features of some labeled samples in, how well they suit the classes out.

use crate::{
    features::Row,
    head::ridge::{Fit, Gram, Lambda},
    metrics::wilson,
    protocol::{LogMe, Proportion},
    train::copies,
};

use super::Transferability;

/// Where the search for the ridge's penalty begins.
const LAMBDA: Lambda = Lambda::Search { start: 0.3 };

/// LogME and the leave-one-out accuracy of ridge regression on the same rows, which share their
/// products. Call [`Suitability::step`] until it returns something.
#[derive(Debug)]
pub struct Suitability {
    gram: Gram,
    labels: Vec<usize>,
    num_classes: usize,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Multiply,
    Weigh(Transferability),
    Fit(LogMe, Box<Fit>),
    Done,
}

impl Suitability {
    /// Sets it up; none if there are no rows, or more rows than features.
    ///
    /// `labels`, below `num_classes`, has one entry a row.
    pub fn new(rows: Vec<Row>, labels: Vec<usize>, num_classes: usize) -> Option<Self> {
        let gram: Gram = rows.into_iter().collect();
        let is_small = gram.is_dual() && !gram.rows().is_empty();
        (is_small && num_classes > 0 && labels.len() == gram.rows().len()).then_some(Self {
            gram,
            labels,
            num_classes,
            stage: Stage::Multiply,
        })
    }

    /// Does the next piece of work, about 25 ms at most; the result at the end.
    pub fn step(&mut self) -> Option<(LogMe, Proportion)> {
        match &mut self.stage {
            Stage::Multiply => {
                if self.gram.step() {
                    let (labels, num_classes) = (&self.labels, self.num_classes);
                    let weigh = Transferability::new(&self.gram, labels, num_classes);
                    self.stage = Stage::Weigh(weigh.expect("few rows, as `new` has checked"));
                }
            }
            Stage::Weigh(weigh) => {
                if let Some(log_me) = weigh.step() {
                    let groups = copies(self.gram.rows());
                    let fit = Fit::new(&self.gram, &self.labels, &groups, self.num_classes, LAMBDA);
                    self.stage = Stage::Fit(log_me, Box::new(fit));
                }
            }
            Stage::Fit(_, fit) => {
                if fit.step() {
                    return self.finish();
                }
            }
            Stage::Done => {}
        }
        None
    }

    fn finish(&mut self) -> Option<(LogMe, Proportion)> {
        let Stage::Fit(log_me, fit) = std::mem::replace(&mut self.stage, Stage::Done) else {
            return None;
        };
        let named = fit.finish().held_out_classes();
        let hits = named.iter().zip(&self.labels).filter(|(a, b)| a == b);
        Some((log_me, wilson(hits.count(), self.labels.len())))
    }
}

/// Nats a sample by which LogME has to be better for a backbone to be worth more work: about as much
/// as differences vary from one draw of 200 samples to another (docs/methods.md).
const WORTH: f64 = 0.005;

/// Which of some backbones to take, given the evidence and the work of each: of those hardly worse
/// than the best, the one with the least work.
pub fn most_suitable(weighed: &[(f64, f64)]) -> Option<usize> {
    let evidence = weighed.iter().map(|(evidence, _)| *evidence);
    let best = evidence.max_by(f64::total_cmp)?;
    let worthy = (0..weighed.len()).filter(|&at| weighed[at].0 >= best - WORTH);
    worthy.min_by(|&a, &b| weighed[a].1.total_cmp(&weighed[b].1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::ridge::testing::Random;

    fn suitability(labels: Vec<usize>) -> (LogMe, Proportion) {
        let (rows, _) = Random::new(1).classes(60, 80, 3);
        let mut suitability = Suitability::new(rows, labels, 3).unwrap();
        std::iter::repeat_with(|| suitability.step())
            .find_map(|found| found)
            .unwrap()
    }

    #[test]
    fn features_suit_the_classes_they_come_from() {
        let (log_me, left_out) = suitability((0..60).map(|at| at % 3).collect());
        let (other_log_me, other_left_out) = suitability((0..60).map(|at| at / 20).collect());
        assert!(log_me.evidence > other_log_me.evidence);
        assert!(left_out.hits > other_left_out.hits + 20 && left_out.total == 60);
    }

    #[test]
    fn work_has_to_be_worth_it() {
        assert_eq!(
            most_suitable(&[(0.30, 3.0), (0.304, 4.0), (0.2, 1.0)]),
            Some(0)
        );
        assert_eq!(most_suitable(&[(0.30, 3.0), (0.35, 4.0)]), Some(1));
        assert_eq!(most_suitable(&[]), None);
    }

    #[test]
    fn more_rows_than_features_or_none_are_not_weighed() {
        let (rows, labels) = Random::new(2).classes(90, 80, 3);
        assert!(Suitability::new(rows, labels, 3).is_none());
        assert!(Suitability::new(Vec::new(), Vec::new(), 3).is_none());
    }
}
