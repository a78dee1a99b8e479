//! A partition with unlabeled rows in, the head of a transfer-learning method out, as a run.

use super::data::Partition;
use crate::{
    protocol::Kept,
    transfer::{self, Method, Task, Transferred},
};

/// A method at work.
pub(super) struct TransferFit {
    method: &'static Method,
    num_unlabeled: usize,
    fit: Box<dyn transfer::Fit>,
    is_over: bool,
}

impl TransferFit {
    pub fn new(method: &'static Method, data: &Partition, seed: u64) -> Self {
        Self {
            method,
            num_unlabeled: data.unlabeled.len(),
            fit: (method.init)(data.task(seed)),
            is_over: false,
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Works until it is late; true at the end.
    pub fn advance(&mut self, is_late: impl Fn() -> bool) -> bool {
        while !self.is_over {
            self.is_over = self.fit.step();
            if is_late() {
                break;
            }
        }
        self.is_over
    }

    /// In [0, 1].
    pub fn progress(&self) -> f64 {
        self.fit.progress()
    }

    pub fn kept(&self) -> Kept {
        Kept::Method {
            method: self.method.id.to_owned(),
            num_unlabeled: self.num_unlabeled,
        }
    }

    /// What it came to, when it is over.
    pub fn finish(self) -> Transferred {
        self.fit.finish()
    }
}

impl Partition {
    /// What methods see of it.
    pub(crate) fn task(&self, seed: u64) -> Task {
        Task {
            names: self.names.clone(),
            rows: self.train.iter().map(|s| s.row.clone()).collect(),
            labels: self.train.iter().map(|s| s.label).collect(),
            unlabeled: self.unlabeled.clone(),
            num_classes: self.num_classes,
            seed,
        }
    }
}
