//! Files announced in, labeled samples out: which images there are and which class each is in.
//!
//! A [`Dataset`] knows no pixels and no features. Deleting is never destructive: an edit keeps
//! the classes as they were, so [`Dataset::undo`] brings everything back.

mod folds;
mod history;
mod naming;
mod near_duplicates;
mod split;
mod subsets;
mod timeline;
mod union_find;

use std::{collections::BTreeSet, rc::Rc};

pub use folds::Folds;
pub use near_duplicates::{Groups, NearDuplicates};
pub use split::Split;
pub use subsets::{nested_subsets, stratified_part};
pub use timeline::{State, Timeline};

use crate::protocol::{ClassId, ClassOrder, Destination, SampleId};
use history::History;

/// A named set of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its identity.
    pub id: ClassId,
    /// Its name, unique in the dataset.
    pub name: String,
    /// Index into the page's palette.
    pub color: u32,
    /// Its samples in the order they came. Shared with the history until one of the two changes.
    pub samples: Rc<Vec<SampleId>>,
    /// Made for an import rather than by hand; goes away if nothing in the import was readable.
    pub(crate) is_imported: bool,
}

/// Which samples there are and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// In the order shown.
    pub classes: Vec<Class>,
    /// Samples that have no class, or were set aside.
    pub unsorted: Rc<Vec<SampleId>>,
    /// Samples of the target domain; those that were deleted are not taken out.
    pub target: Rc<BTreeSet<SampleId>>,
    /// Another one for every change; what undo brings back has the one it had.
    pub revision: u32,
}

/// The classes in order, the samples without a class, and how they came to be.
#[derive(Debug, Default)]
pub struct Dataset {
    contents: Contents,
    history: History,
    next_class: ClassId,
    last_revision: u32,
}

impl Dataset {
    /// The classes in the order shown.
    pub fn classes(&self) -> &[Class] {
        &self.contents.classes
    }

    /// Samples that have no class, in the order they came.
    pub fn unsorted(&self) -> &[SampleId] {
        &self.contents.unsorted
    }

    /// Samples like those the model is for, where these differ from the others: their domain is
    /// the target, that of the others the source. Deleted ones may be among them.
    pub fn target(&self) -> &BTreeSet<SampleId> {
        &self.contents.target
    }

    /// Which of its states it is in; another one after every edit.
    pub fn revision(&self) -> u32 {
        self.contents.revision
    }

    /// What [`undo`](Self::undo) would take back, e.g. `delete 3 pictures`.
    pub fn undo_label(&self) -> Option<&str> {
        self.history.undo_label()
    }

    /// What [`redo`](Self::redo) would do again.
    pub fn redo_label(&self) -> Option<&str> {
        self.history.redo_label()
    }

    /// Takes the last edit back, if there is one.
    pub fn undo(&mut self) {
        self.history.undo(&mut self.contents);
    }

    /// Does the last undone edit again, if there is one.
    pub fn redo(&mut self) {
        self.history.redo(&mut self.contents);
    }

    /// Puts each `(sample, path)` where it is to go. By folder, samples without one go to one new
    /// class together; so do samples for a class that is gone.
    pub fn import(&mut self, files: &[(SampleId, &str)], into: Destination) {
        let Some(files) = (!files.is_empty()).then_some(files) else {
            return;
        };
        self.record(format!("add {}", count(files.len(), "picture")));
        let given = match into {
            Destination::Unsorted => {
                let samples = files.iter().map(|&(sample, _)| sample);
                return Rc::make_mut(&mut self.contents.unsorted).extend(samples);
            }
            Destination::Class { class } => self.position(class),
            Destination::Folder => None,
        };
        let mut loose = None;
        for &(sample, path) in files {
            let at = given.unwrap_or_else(|| match naming::folder(path) {
                Some(name) => self.named(name),
                None => *loose.get_or_insert_with(|| {
                    let name = self.unused_name("Class");
                    self.named(&name)
                }),
            });
            Rc::make_mut(&mut self.contents.classes[at].samples).push(sample);
        }
    }

    /// Removes classes that an import made and that have no sample for which `is_live` holds.
    /// Returns whether there were any.
    pub fn drop_empty_imports(&mut self, is_live: impl Fn(SampleId) -> bool) -> bool {
        let before = self.contents.classes.len();
        // A class without samples at all was emptied by hand.
        let is_unreadable = |class: &Class| {
            !class.samples.is_empty() && !class.samples.iter().any(|&sample| is_live(sample))
        };
        self.contents
            .classes
            .retain(|class| !(class.is_imported && is_unreadable(class)));
        let is_changed = self.contents.classes.len() < before;
        if is_changed {
            self.amend();
        }
        is_changed
    }

    /// Adds an empty class. A name that is taken gets a number.
    pub fn add_class(&mut self, name: &str) {
        let name = self.free_name(naming::tidy(name).unwrap_or("Class"));
        self.record(format!("add class “{name}”"));
        self.push_class(name, false);
    }

    /// Renames a class, or merges it into the class that already has that name.
    pub fn rename_class(&mut self, class: ClassId, name: &str) {
        let (Some(at), Some(name)) = (self.position(class), naming::tidy(name)) else {
            return;
        };
        match self
            .contents
            .classes
            .iter()
            .find(|other| other.name == name)
        {
            Some(other) if other.id == class => {}
            Some(other) => self.merge_classes(class, other.id),
            None => {
                self.record(format!("rename “{}”", self.contents.classes[at].name));
                self.contents.classes[at].name = name.to_owned();
                self.contents.classes[at].is_imported = false;
            }
        }
    }

    /// Moves all samples of `from` into `into` and removes `from`.
    pub fn merge_classes(&mut self, from: ClassId, into: ClassId) {
        let (Some(source), Some(target)) = (self.position(from), self.position(into)) else {
            return;
        };
        if source == target {
            return;
        }
        let label = format!(
            "merge “{}” into “{}”",
            self.contents.classes[source].name, self.contents.classes[target].name
        );
        self.record(label);
        let moved = self.contents.classes[source].samples.clone();
        Rc::make_mut(&mut self.contents.classes[target].samples).extend(moved.iter());
        self.contents.classes.remove(source);
    }

    /// Removes a class and its samples.
    pub fn delete_class(&mut self, class: ClassId) {
        if let Some(at) = self.position(class) {
            self.record(format!("delete class “{}”", self.contents.classes[at].name));
            self.contents.classes.remove(at);
        }
    }

    /// Re-orders the classes; [`ClassOrder::Size`] counts the samples for which `is_live` holds.
    pub fn sort_classes(&mut self, by: ClassOrder, is_live: impl Fn(SampleId) -> bool) {
        self.record("sort classes".to_owned());
        let size = |class: &Class| class.samples.iter().filter(|&&s| is_live(s)).count();
        let classes = &mut self.contents.classes;
        match by {
            ClassOrder::Name => classes.sort_by(|a, b| naming::natural_order(&a.name, &b.name)),
            ClassOrder::Size => classes.sort_by_cached_key(|class| std::cmp::Reverse(size(class))),
        }
    }

    /// Puts samples into another class, at its end, or among the unsorted ones.
    pub fn move_samples(&mut self, samples: &[SampleId], class: Option<ClassId>) {
        let pictures = count(samples.len(), "picture");
        let Some(class) = class else {
            self.record(format!("set {pictures} aside"));
            let moved = self.take_samples(samples);
            return Rc::make_mut(&mut self.contents.unsorted).extend(moved);
        };
        let Some(at) = self.position(class) else {
            return;
        };
        self.record(format!(
            "move {pictures} to “{}”",
            self.contents.classes[at].name
        ));
        let moved = self.take_samples(samples);
        Rc::make_mut(&mut self.contents.classes[at].samples).extend(moved);
    }

    /// Says of which domain samples are.
    pub fn mark_target(&mut self, samples: &[SampleId], is_target: bool) {
        let domain = if is_target { "target" } else { "source" };
        self.record(format!(
            "mark {} as {domain}",
            count(samples.len(), "picture")
        ));
        let target = Rc::make_mut(&mut self.contents.target);
        match is_target {
            true => target.extend(samples),
            false => samples.iter().for_each(|sample| _ = target.remove(sample)),
        }
    }

    /// Removes samples.
    pub fn delete_samples(&mut self, samples: &[SampleId]) {
        self.record(format!("delete {}", count(samples.len(), "picture")));
        self.take_samples(samples);
    }

    /// The color of the class called `name`, which is made if there is none: a class of a model
    /// that was loaded. It gets `color` if that is free. The history does not hear of it.
    pub fn ensure_class(&mut self, name: &str, color: u32) -> u32 {
        let at = self
            .contents
            .classes
            .iter()
            .position(|class| class.name == name);
        let at = at.unwrap_or_else(|| {
            let is_free = self
                .contents
                .classes
                .iter()
                .all(|class| class.color != color);
            self.amend();
            let at = self.push_class(name.to_owned(), false);
            if is_free {
                self.contents.classes[at].color = color;
            }
            at
        });
        self.contents.classes[at].color
    }

    /// Takes `samples` out of wherever they are; returns those that were somewhere.
    fn take_samples(&mut self, samples: &[SampleId]) -> Vec<SampleId> {
        let wanted: std::collections::HashSet<_> = samples.iter().copied().collect();
        let Contents {
            classes, unsorted, ..
        } = &mut self.contents;
        let places = classes.iter_mut().map(|class| &mut class.samples);
        let mut taken = Vec::new();
        for place in places.chain([unsorted]) {
            if place.iter().any(|sample| wanted.contains(sample)) {
                let (gone, kept) = place.iter().partition(|s| wanted.contains(s));
                *place = Rc::new(kept);
                taken.extend::<Vec<_>>(gone);
            }
        }
        taken
    }

    fn record(&mut self, label: String) {
        self.history.record(label, self.contents.clone());
        self.amend();
    }

    /// What comes next changes the contents; on its own, so that no history hears of it.
    fn amend(&mut self) {
        self.last_revision += 1;
        self.contents.revision = self.last_revision;
    }

    fn position(&self, class: ClassId) -> Option<usize> {
        self.contents.classes.iter().position(|c| c.id == class)
    }

    /// Where the class called `name` stands; it is made if there is none.
    fn named(&mut self, name: &str) -> usize {
        let found = self
            .contents
            .classes
            .iter()
            .position(|class| class.name == name);
        found.unwrap_or_else(|| self.push_class(name.to_owned(), true))
    }

    fn push_class(&mut self, name: String, is_imported: bool) -> usize {
        let color = self.unused_color();
        self.contents.classes.push(Class {
            id: self.next_class,
            name,
            color,
            samples: Rc::default(),
            is_imported,
        });
        self.next_class += 1;
        self.contents.classes.len() - 1
    }

    fn unused_color(&self) -> u32 {
        let is_free = |color: &u32| {
            self.contents
                .classes
                .iter()
                .all(|class| class.color != *color)
        };
        (0..).find(is_free).expect("fewer classes than numbers")
    }

    /// `name` itself if it is free, else with the first free number from 2.
    fn free_name(&self, name: &str) -> String {
        match self.contents.classes.iter().any(|class| class.name == name) {
            true => self.numbered_name(name, 2),
            false => name.to_owned(),
        }
    }

    /// `stem 1`, or the first number that is free.
    fn unused_name(&self, stem: &str) -> String {
        self.numbered_name(stem, 1)
    }

    fn numbered_name(&self, stem: &str, first: u32) -> String {
        (first..)
            .map(|number| format!("{stem} {number}"))
            .find(|name| {
                self.contents
                    .classes
                    .iter()
                    .all(|class| class.name != *name)
            })
            .expect("fewer classes than numbers")
    }
}

/// `1 image`, `2 images`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pets() -> Dataset {
        let mut dataset = Dataset::default();
        dataset.import(
            &[
                (0, "pets/cats/a.png"),
                (1, "pets/dogs/b.png"),
                (2, "pets/cats/c.png"),
            ],
            Destination::Folder,
        );
        dataset
    }

    fn shape(dataset: &Dataset) -> Vec<(&str, Vec<SampleId>)> {
        let classes = dataset.classes().iter();
        classes
            .map(|c| (c.name.as_str(), c.samples.to_vec()))
            .collect()
    }

    #[test]
    fn the_innermost_folder_names_the_class() {
        assert_eq!(shape(&pets()), [("cats", vec![0, 2]), ("dogs", vec![1])]);
    }

    #[test]
    fn loose_files_of_one_drop_share_a_new_class() {
        let mut dataset = pets();
        dataset.import(&[(3, "d.png"), (4, "../e.png")], Destination::Folder);
        dataset.import(&[(5, "f.png")], Destination::Folder);
        assert_eq!(
            shape(&dataset)[2..],
            [("Class 1", vec![3, 4]), ("Class 2", vec![5])]
        );
    }

    #[test]
    fn an_import_can_name_its_class() {
        let mut dataset = pets();
        let dogs = dataset.classes()[1].id;
        dataset.import(&[(3, "cats/x.png")], Destination::Class { class: dogs });
        assert_eq!(shape(&dataset)[1], ("dogs", vec![1, 3]));
    }

    #[test]
    fn unsorted_samples_are_in_no_class_until_they_are_moved() {
        let mut dataset = pets();
        dataset.import(&[(3, "cats/d.png"), (4, "e.png")], Destination::Unsorted);
        assert_eq!(dataset.unsorted(), [3, 4]);
        let cats = dataset.classes()[0].id;
        dataset.move_samples(&[3], Some(cats));
        dataset.move_samples(&[1], None);
        assert_eq!(dataset.unsorted(), [4, 1]);
        assert_eq!(shape(&dataset), [("cats", vec![0, 2, 3]), ("dogs", vec![])]);
        assert_eq!(dataset.undo_label(), Some("set 1 picture aside"));
        dataset.delete_samples(&[4]);
        assert_eq!(dataset.unsorted(), [1]);
    }

    #[test]
    fn a_sample_is_of_the_source_unless_it_is_marked() {
        let mut dataset = pets();
        dataset.mark_target(&[0, 2], true);
        assert_eq!(dataset.undo_label(), Some("mark 2 pictures as target"));
        dataset.mark_target(&[0], false);
        let dogs = dataset.classes()[1].id;
        dataset.move_samples(&[2], Some(dogs));
        assert_eq!(dataset.target(), &BTreeSet::from([2]));
    }

    #[test]
    fn every_edit_can_be_undone_and_redone() {
        let mut dataset = pets();
        let (cats, dogs) = (dataset.classes()[0].id, dataset.classes()[1].id);
        let mut states = vec![dataset.contents.clone()];
        let edits: [&dyn Fn(&mut Dataset); 10] = [
            &|d| d.rename_class(cats, "felines"),
            &|d| d.move_samples(&[2], Some(dogs)),
            &|d| d.delete_samples(&[0]),
            &|d| d.move_samples(&[2], None),
            &|d| d.add_class("dogs"),
            &|d| d.mark_target(&[0, 1], true),
            &|d| d.mark_target(&[1], false),
            &|d| d.sort_classes(ClassOrder::Size, |_| true),
            &|d| d.merge_classes(cats, dogs),
            &|d| d.delete_class(dogs),
        ];
        for edit in edits {
            edit(&mut dataset);
            states.push(dataset.contents.clone());
        }
        for state in states.iter().rev().skip(1) {
            dataset.undo();
            assert_eq!(&dataset.contents, state);
        }
        for state in &states[1..] {
            dataset.redo();
            assert_eq!(&dataset.contents, state);
        }
    }

    #[test]
    fn renaming_to_a_taken_name_merges() {
        let mut dataset = pets();
        dataset.rename_class(dataset.classes()[1].id, " cats ");
        assert_eq!(shape(&dataset), [("cats", vec![0, 2, 1])]);
        assert_eq!(dataset.undo_label(), Some("merge “dogs” into “cats”"));
    }

    #[test]
    fn a_blank_name_changes_nothing() {
        let mut dataset = pets();
        dataset.rename_class(0, "  ");
        assert_eq!(dataset.undo_label(), Some("add 3 pictures"));
    }

    #[test]
    fn a_class_whose_import_was_unreadable_goes_away() {
        let mut dataset = pets();
        assert!(dataset.drop_empty_imports(|sample| sample != 1));
        assert_eq!(shape(&dataset), [("cats", vec![0, 2])]);
    }

    #[test]
    fn names_sort_by_the_numbers_in_them() {
        let mut dataset = Dataset::default();
        for name in ["b", "class 10", "Class 2"] {
            dataset.add_class(name);
        }
        dataset.sort_classes(ClassOrder::Name, |_| true);
        let names: Vec<_> = dataset.classes().iter().map(|c| &c.name).collect();
        assert_eq!(names, ["b", "Class 2", "class 10"]);
    }

    #[test]
    fn colors_stay_with_their_class_and_are_reused() {
        let mut dataset = pets();
        dataset.delete_class(dataset.classes()[0].id);
        dataset.add_class("birds");
        let colors: Vec<_> = dataset.classes().iter().map(|c| c.color).collect();
        assert_eq!(colors, [1, 0]);
    }
}
