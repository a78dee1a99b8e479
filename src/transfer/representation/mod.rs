//! Labeled rows and rows without labels in; a head on other features, made of the usual ones, out.
//!
//! A method finds a [`Coding`] of all rows, whatever their labels, and softmax regression learns
//! from the codes of the labeled ones. What both do together is a head on the usual features again.

mod autoencoder;
mod coded_softmax;
mod coding;
mod nystrom;
mod pca_whitening;
mod principal;
mod random_fourier;
mod reconstruction;
mod transfer_components;

pub use reconstruction::{ReconstructionErrors, reconstruction_errors};

use super::{Fit, Method, Task, Transferred, domains::Domains};
use coded_softmax::CodedSoftmax;
use coding::Coding;

/// All methods of this kind.
pub(super) const PRINCIPAL_COMPONENTS: Method = pca_whitening::METHOD;
pub(super) const WHITENING: Method = pca_whitening::WHITENING;
pub(super) const RANDOM_FOURIER: Method = random_fourier::METHOD;
pub(super) const NYSTROM: Method = nystrom::METHOD;
pub(super) const AUTOENCODER: Method = autoencoder::METHOD;
pub(super) const TRANSFER_COMPONENTS: Method = transfer_components::METHOD;

/// A search for a coding.
trait Search {
    /// Does the next piece of work with the same domains at each step, 25 ms at most in a browser;
    /// true at the end.
    fn step(&mut self, domains: &Domains) -> bool;

    /// How much is done, in [0, 1].
    fn progress(&self) -> f64;

    /// What was found, when [`Search::step`] has returned true.
    fn finish(self: Box<Self>) -> Coding;
}

/// A head on codes while it learns.
struct Represented {
    domains: Domains,
    stage: Stage,
}

enum Stage {
    Search(Box<dyn Search>),
    Code(Coding),
    Learn(Coding, Box<CodedSoftmax>),
    /// Only inside [`Fit::step`].
    Between,
}

impl Represented {
    /// All rows are normalized as for the plain head.
    fn new(task: &Task, search: impl FnOnce(&Domains) -> Box<dyn Search>) -> Self {
        let domains = Domains::uncentered(task);
        Self {
            stage: Stage::Search(search(&domains)),
            domains,
        }
    }
}

impl Fit for Represented {
    fn step(&mut self) -> bool {
        if let Stage::Learn(_, softmax) = &mut self.stage {
            return softmax.step();
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Search(mut search) => match search.step(&self.domains) {
                false => Stage::Search(search),
                true => Stage::Code(search.finish()),
            },
            Stage::Code(mut coding) => match coding.step(&self.domains.source) {
                false => Stage::Code(coding),
                true => {
                    let softmax = CodedSoftmax::new(coding.take_codes(), &self.domains);
                    Stage::Learn(coding, Box::new(softmax))
                }
            },
            other => other,
        };
        false
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Search(search) => 0.5 * search.progress(),
            Stage::Learn(_, softmax) => 0.7 + 0.3 * softmax.progress(),
            Stage::Code(coding) => 0.5 + 0.2 * coding.progress(&self.domains.source),
            Stage::Between => 0.5,
        }
    }

    fn finish(self: Box<Self>) -> Transferred {
        match self.stage {
            Stage::Learn(coding, softmax) => {
                let head = coding.head(&softmax.finish());
                self.domains.transferred(head)
            }
            _ => unreachable!("all steps are done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::Row, metrics};

    fn methods() -> [Method; 6] {
        [
            PRINCIPAL_COMPONENTS,
            WHITENING,
            RANDOM_FOURIER,
            NYSTROM,
            AUTOENCODER,
            TRANSFER_COMPONENTS,
        ]
    }

    fn run(method: &Method, task: &Task) -> Transferred {
        let mut fit = (method.init)(task.clone());
        let mut before = 0.0;
        while !fit.step() {
            assert!((before..=1.0).contains(&fit.progress()), "{}", method.id);
            before = fit.progress();
        }
        fit.finish()
    }

    /// Two classes on two sides, and as many rows without labels.
    fn task() -> Task {
        let row = |at: usize| {
            let side = if at.is_multiple_of(2) { 1.0 } else { -1.0 };
            let noise = |step: usize| ((at * step) % 7) as f32 / 10.0 - 0.3;
            Row::from([side + noise(3), -side + noise(5), noise(2), noise(4)])
        };
        Task {
            names: None,
            rows: (0..20).map(row).collect(),
            labels: (0..20).map(|at| at % 2).collect(),
            unlabeled: (20..40).map(row).collect(),
            num_classes: 2,
            seed: 1,
        }
    }

    #[test]
    fn every_method_tells_two_sides_apart() {
        for method in methods() {
            let model = run(&method, &task());
            for (at, row) in task().unlabeled.iter().enumerate() {
                let class = metrics::argmax(&model.logits(row));
                assert_eq!(class, at % 2, "{}", method.id);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_head() {
        for method in methods() {
            assert_eq!(
                run(&method, &task()),
                run(&method, &task()),
                "{}",
                method.id
            );
        }
    }

    #[test]
    fn copies_a_single_feature_and_no_unlabeled_rows_are_no_trouble() {
        let mut copies = task();
        copies.rows.fill(Row::from([1.0, 2.0, 0.0, 0.5]));
        copies.unlabeled.fill(Row::from([1.0, 2.0, 0.0, 0.5]));
        let mut narrow = task();
        narrow.rows = (0..20).map(|at| Row::from([at as f32])).collect();
        narrow.unlabeled.clear();
        let mut pair = task();
        pair.rows.truncate(2);
        pair.labels.truncate(2);
        pair.unlabeled.clear();
        for task in [copies, narrow, pair] {
            for method in methods() {
                let logits = run(&method, &task).logits(&task.rows[0]);
                assert!(logits.iter().all(|x| x.is_finite()), "{}", method.id);
            }
        }
    }
}
