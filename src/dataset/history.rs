//! Undo and redo as snapshots: lists of samples are shared, so a step costs one row a class.

use super::Class;

/// Steps kept. More than anyone takes back, and each holds on to its samples' features.
const MAX_STEPS: usize = 100;

#[derive(Debug)]
struct Step {
    label: String,
    /// The classes on the other side of the step.
    classes: Vec<Class>,
}

/// The edits that can be taken back or done again.
#[derive(Debug, Default)]
pub(super) struct History {
    past: Vec<Step>,
    future: Vec<Step>,
}

impl History {
    pub(super) fn undo_label(&self) -> Option<&str> {
        self.past.last().map(|step| step.label.as_str())
    }

    pub(super) fn redo_label(&self) -> Option<&str> {
        self.future.last().map(|step| step.label.as_str())
    }

    /// Remembers the classes as they are before the edit called `label`.
    pub(super) fn record(&mut self, label: String, classes: Vec<Class>) {
        self.future.clear();
        self.past.push(Step { label, classes });
        if self.past.len() > MAX_STEPS {
            self.past.remove(0);
        }
    }

    pub(super) fn undo(&mut self, classes: &mut Vec<Class>) {
        travel(&mut self.past, &mut self.future, classes);
    }

    pub(super) fn redo(&mut self, classes: &mut Vec<Class>) {
        travel(&mut self.future, &mut self.past, classes);
    }
}

/// Takes the last step of `from`; the way back goes to `to`.
fn travel(from: &mut Vec<Step>, to: &mut Vec<Step>, classes: &mut Vec<Class>) {
    if let Some(mut step) = from.pop() {
        std::mem::swap(&mut step.classes, classes);
        to.push(step);
    }
}
