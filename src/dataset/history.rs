//! Undo and redo as snapshots: lists of samples are shared, so a step costs one row a class.

use super::Contents;

/// Steps kept. More than anyone takes back, and each holds on to its samples' features.
const MAX_STEPS: usize = 100;

#[derive(Debug)]
pub(super) struct Step {
    pub(super) label: String,
    /// What there is on the other side of the step.
    pub(super) contents: Contents,
}

/// The edits that can be taken back or done again.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The last is undone first.
    pub(super) past: Vec<Step>,
    /// The last is redone first.
    pub(super) future: Vec<Step>,
}

impl History {
    pub(super) fn undo_label(&self) -> Option<&str> {
        self.past.last().map(|step| step.label.as_str())
    }

    pub(super) fn redo_label(&self) -> Option<&str> {
        self.future.last().map(|step| step.label.as_str())
    }

    /// Remembers how things are before the edit called `label`.
    pub(super) fn record(&mut self, label: String, contents: Contents) {
        self.future.clear();
        self.past.push(Step { label, contents });
        if self.past.len() > MAX_STEPS {
            self.past.remove(0);
        }
    }

    pub(super) fn undo(&mut self, contents: &mut Contents) {
        travel(&mut self.past, &mut self.future, contents);
    }

    pub(super) fn redo(&mut self, contents: &mut Contents) {
        travel(&mut self.future, &mut self.past, contents);
    }
}

/// Takes the last step of `from`; the way back goes to `to`.
fn travel(from: &mut Vec<Step>, to: &mut Vec<Step>, contents: &mut Contents) {
    if let Some(mut step) = from.pop() {
        std::mem::swap(&mut step.contents, contents);
        to.push(step);
    }
}
