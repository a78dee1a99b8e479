//! Both domains in; the head of the method that suits them, chosen without labels of the target,
//! out.
//!
//! Between drawings and photos, with all classes as with six of them, spreading with maximization
//! was best or at most 2.6 points behind (`tests/transfer_domains.rs`). What it can't bear is a target that shows only some
//! of the classes: centering then moves one class onto another, and maximization fills classes
//! that aren't there. So labels are first spread without centering, which bears it. If they reach
//! few classes, that is the answer; else it is thrown away and the better method runs.
//!
//! Choosing by entropy, by mutual information or by reverse validation (Zhong et al. 2010: train
//! back on the predictions, and see whether the source is found again) is worse: all three prefer
//! the surest method, which loses up to five points.

use super::{
    Family, Fit, Method, Task, Transferred,
    domain_spreading::DomainSpreading,
    domains::{Domains, refusal},
    spread::Spread,
};
use crate::metrics;

/// Classes in use in the target, relative to the source, below which some are taken to be missing.
/// Where none was, it was 0.67 to 0.9; where three of eleven were left, 0.31 to 0.57 in seven
/// cases of eight.
const LEAST_VARIETY: f64 = 0.62;

pub(super) const METHOD: Method = Method {
    id: "domain_automatic",
    name: "Adapt automatically",
    sentence: "Looks at the new pictures to see whether they show all classes, and adapts accordingly.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(Automatic::new(task)),
};

struct Automatic {
    stage: Stage,
}

enum Stage {
    Look(Box<Look>),
    Learn(Box<DomainSpreading>),
    /// Only inside [`Fit::step`].
    Between,
}

/// Labels being spread without centering.
struct Look {
    task: Task,
    domains: Domains,
    spread: Spread,
}

impl Automatic {
    fn new(task: Task) -> Self {
        let domains = Domains::uncentered(&task);
        let spread = Spread::new(&domains);
        Self {
            stage: Stage::Look(Box::new(Look {
                task,
                domains,
                spread,
            })),
        }
    }
}

impl Fit for Automatic {
    fn step(&mut self) -> bool {
        if let Stage::Learn(method) = &mut self.stage {
            return method.step();
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Look(mut look) => match look.spread.step(&look.domains) {
                false => Stage::Look(look),
                true => Stage::Learn(Box::new(look.choose())),
            },
            other => other,
        };
        false
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Look(look) => 0.3 * look.spread.progress(),
            Stage::Learn(method) => 0.3 + 0.7 * method.progress(),
            Stage::Between => 0.0,
        }
    }

    fn finish(self: Box<Self>) -> Transferred {
        match self.stage {
            Stage::Learn(method) => Box::new(method).finish(),
            _ => unreachable!("all steps are done"),
        }
    }
}

impl Look {
    fn choose(self) -> DomainSpreading {
        let num_classes = self.task.num_classes;
        let probabilities = self.spread.target_probabilities(&self.domains);
        let rows = probabilities.chunks(num_classes);
        let reached = rows.filter(|row| row.iter().any(|p| *p > 0.0));
        let in_target = variety(reached.map(metrics::argmax), num_classes);
        let in_source = variety(self.task.labels.iter().copied(), num_classes);
        match in_target < LEAST_VARIETY * in_source {
            true => DomainSpreading::new(self.domains),
            false => DomainSpreading::with_maximization(Domains::centered(&self.task)),
        }
    }
}

/// How many classes are in use: that many, equally large, would have the same entropy. 0 for none.
fn variety(classes: impl Iterator<Item = usize>, num_classes: usize) -> f64 {
    let mut sizes = vec![0.0f64; num_classes];
    classes.for_each(|class| sizes[class] += 1.0);
    let total: f64 = sizes.iter().sum();
    let used = sizes.iter().filter(|size| **size > 0.0);
    let entropy: f64 = used.map(|size| -size / total * (size / total).ln()).sum();
    if total > 0.0 { entropy.exp() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_classes_count_fully_and_rare_ones_partly() {
        assert!((variety([0, 1, 2, 0, 1, 2].into_iter(), 4) - 3.0).abs() < 1e-12);
        let uneven = variety([0, 0, 0, 1].into_iter(), 2);
        assert!(1.0 < uneven && uneven < 2.0, "{uneven}");
        assert_eq!(variety(std::iter::empty(), 2), 0.0);
    }
}
