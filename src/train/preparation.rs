//! Training samples in; those that a head is to learn from, with how much each counts, out.

use super::data::Partition;
use crate::{
    protocol::{TrainingConfig, Weighting},
    transfer::{Selection, Task, Weighing, has_head_of_choice},
};

/// A choice of samples, then weights for what is chosen. Call [`Preparation::step`] until it
/// returns true.
pub(super) struct Preparation {
    weighting: Weighting,
    task: Task,
    stage: Stage,
}

enum Stage {
    Choose(Selection),
    Weigh {
        chosen: Option<Vec<usize>>,
        weighing: Weighing,
    },
    Finished {
        /// Nothing if all are.
        chosen: Option<Vec<usize>>,
        /// Nothing if they count the same.
        weights: Option<Vec<f32>>,
    },
    /// Only inside [`Preparation::step`].
    Between,
}

impl Preparation {
    /// Sets it up; nothing if all samples count, and the same.
    pub fn new(config: &TrainingConfig, data: &Partition) -> Option<Self> {
        if !has_head_of_choice(&config.method) {
            return None;
        }
        let task = data.task(config.seed.into());
        let selection = Selection::new(&config.method, &task, config.selected_share);
        let weighting = config.weighting;
        let stage = match (selection, Weighing::new(weighting, &task)) {
            (Some(selection), _) => Stage::Choose(selection),
            (None, Some(weighing)) => Stage::Weigh {
                chosen: None,
                weighing,
            },
            (None, None) => return None,
        };
        Some(Self {
            weighting,
            task,
            stage,
        })
    }

    /// Does the next piece of work, at most 25 ms in a browser; true at the end.
    pub fn step(&mut self) -> bool {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Choose(mut selection) => match selection.step() {
                false => Stage::Choose(selection),
                true => self.weigh(selection.finish()),
            },
            Stage::Weigh {
                chosen,
                mut weighing,
            } => match weighing.step() {
                false => Stage::Weigh { chosen, weighing },
                true => Stage::Finished {
                    chosen,
                    weights: Some(weighing.finish()),
                },
            },
            other => other,
        };
        matches!(self.stage, Stage::Finished { .. })
    }

    fn weigh(&mut self, chosen: Vec<usize>) -> Stage {
        let task = &mut self.task;
        task.rows = chosen.iter().map(|&at| task.rows[at].clone()).collect();
        task.labels = chosen.iter().map(|&at| task.labels[at]).collect();
        let chosen = Some(chosen);
        match Weighing::new(self.weighting, task) {
            Some(weighing) => Stage::Weigh { chosen, weighing },
            None => Stage::Finished {
                chosen,
                weights: None,
            },
        }
    }

    /// The samples as they are to be learned from, when [`Preparation::step`] has returned true.
    pub fn apply(&self, mut data: Partition) -> Partition {
        let Stage::Finished { chosen, weights } = &self.stage else {
            unreachable!("all steps are done")
        };
        if let Some(chosen) = chosen {
            data = data.choosing(chosen);
        }
        if let Some(weights) = weights {
            data.weights.clone_from(weights);
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dataset::Split, features::Row, train::Labeled};

    /// Two classes, four rows each at growing distances, and new rows like the far ones.
    fn data() -> Partition {
        let labeled = |at: usize| Labeled {
            sample: at as u32,
            row: [(at / 2) as f32, 1.0, (at % 2) as f32].into(),
            label: at % 2,
        };
        let split = Split {
            train: (0..8).collect(),
            validation: vec![0, 1],
        };
        let new = |at: usize| Row::from([3.0, 1.0, (at % 2) as f32]);
        Partition::new((0..8).map(labeled).collect(), &split, 2)
            .with_unlabeled((0..12).map(new).collect())
    }

    fn prepared(config: TrainingConfig) -> Partition {
        let mut preparation = Preparation::new(&config, &data()).unwrap();
        while !preparation.step() {}
        preparation.apply(data())
    }

    #[test]
    fn chosen_samples_are_weighed_among_themselves() {
        let both = prepared(TrainingConfig {
            method: "select_nearest".to_owned(),
            weighting: Weighting::MeanMatching,
            ..TrainingConfig::default()
        });
        let chosen: Vec<_> = both.train.iter().map(|sample| sample.sample).collect();
        assert_eq!(
            (chosen, both.left_out),
            (vec![4, 5, 6, 7], vec![0, 1, 2, 3])
        );
        assert!((both.weights.iter().sum::<f32>() - 4.0).abs() < 1e-4);
        assert!(both.weights[2] > both.weights[0], "{:?}", both.weights);
    }

    #[test]
    fn weights_alone_leave_nothing_out() {
        let weighed = prepared(TrainingConfig {
            weighting: Weighting::DensityRatio,
            ..TrainingConfig::default()
        });
        assert_eq!((weighed.train.len(), weighed.left_out.len()), (8, 0));
        assert!(weighed.weights[7] > weighed.weights[1]);
    }

    #[test]
    fn methods_with_a_head_of_their_own_need_none() {
        let config = |method: &str| TrainingConfig {
            method: method.to_owned(),
            weighting: Weighting::DensityRatio,
            ..TrainingConfig::default()
        };
        assert!(Preparation::new(&config("label_spreading"), &data()).is_none());
        assert!(Preparation::new(&TrainingConfig::default(), &data()).is_none());
    }
}
