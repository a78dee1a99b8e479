//! A dataset in, all states that undo and redo lead to out, to be kept elsewhere; and back.

use super::{Contents, Dataset, history::Step};

/// All states of a dataset, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// At least one.
    pub states: Vec<State>,
    /// Where in [`Self::states`] the dataset is.
    pub position: usize,
}

/// One state, and how it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The edit that led to it from the one before; empty for the oldest.
    pub label: String,
    /// What there is.
    pub contents: Contents,
}

impl Dataset {
    /// All states. Lists of samples are shared with the dataset, so this costs a row a class and
    /// state.
    pub fn timeline(&self) -> Timeline {
        let (past, future) = (&self.history.past, &self.history.future);
        let labels = past.iter().chain(future.iter().rev());
        let labels = [""].into_iter().chain(labels.map(|step| &*step.label));
        let states = past.iter().map(|step| &step.contents);
        let states = states
            .chain([&self.contents])
            .chain(future.iter().rev().map(|step| &step.contents));
        let state = |(label, contents): (&str, &Contents)| State {
            label: label.to_owned(),
            contents: contents.clone(),
        };
        Timeline {
            states: labels.zip(states).map(state).collect(),
            position: past.len(),
        }
    }

    /// The dataset with these states. `last_revision` is the highest ever given. Nothing if there
    /// is no state at `position`.
    pub fn from_timeline(timeline: Timeline, last_revision: u32) -> Option<Self> {
        let Timeline { states, position } = timeline;
        if position >= states.len() {
            return None;
        }
        let classes = states.iter().flat_map(|state| &state.contents.classes);
        let next_class = classes.map(|class| class.id.saturating_add(1)).max();
        let revisions = states.iter().map(|state| state.contents.revision);
        let mut dataset = Self {
            next_class: next_class.unwrap_or(0),
            last_revision: revisions.fold(last_revision, u32::max),
            ..Self::default()
        };
        let (mut labels, contents): (Vec<_>, Vec<_>) = states
            .into_iter()
            .map(|state| (state.label, state.contents))
            .unzip();
        // A label belongs to the step between two states.
        labels.remove(0);
        let mut labels = labels.into_iter();
        for (at, contents) in contents.into_iter().enumerate() {
            let is_past = at < position;
            match at == position {
                true => dataset.contents = contents,
                false => {
                    let label = labels.next().expect("a step fewer than states");
                    let step = Step { label, contents };
                    match is_past {
                        true => dataset.history.past.push(step),
                        false => dataset.history.future.push(step),
                    }
                }
            }
        }
        dataset.history.future.reverse();
        Some(dataset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Destination;

    /// Four edits, the last two undone.
    fn edited() -> Dataset {
        let mut dataset = Dataset::default();
        dataset.import(&[(0, "cats/a.png"), (1, "dogs/b.png")], Destination::Folder);
        dataset.rename_class(0, "felines");
        dataset.delete_samples(&[1]);
        dataset.add_class("birds");
        dataset.undo();
        dataset.undo();
        dataset
    }

    #[test]
    fn states_are_in_order_with_the_edits_that_led_to_them() {
        let timeline = edited().timeline();
        let labels: Vec<_> = timeline.states.iter().map(|state| &*state.label).collect();
        assert_eq!(
            labels,
            [
                "",
                "add 2 pictures",
                "rename “cats”",
                "delete 1 picture",
                "add class “birds”"
            ]
        );
        assert_eq!(timeline.position, 2);
        let revisions = timeline.states.iter().map(|state| state.contents.revision);
        assert_eq!(revisions.collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_dataset_comes_back_with_its_whole_history() {
        let (mut before, timeline) = (edited(), edited().timeline());
        let mut after = Dataset::from_timeline(timeline.clone(), 0).unwrap();
        assert_eq!(after.timeline(), timeline);
        for travel in [Dataset::redo, Dataset::redo, Dataset::undo] {
            travel(&mut before);
            travel(&mut after);
            assert_eq!(after.timeline(), before.timeline());
        }
        before.add_class("fish");
        after.add_class("fish");
        assert_eq!(after.timeline(), before.timeline(), "no id is given twice");
    }

    #[test]
    fn a_place_that_is_not_there_is_no_dataset() {
        let mut timeline = edited().timeline();
        timeline.position = 5;
        assert!(Dataset::from_timeline(timeline, 0).is_none());
    }
}
