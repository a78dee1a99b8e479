//! The file of the reader in, what the classes' names say out.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use super::Session;
use crate::{
    dataset::Class,
    protocol::{Event, ModelClass},
    text::{Prototype, Reader},
    transfer,
};

/// The backbone whose features names are read into.
const BRIDGED: &str = "efficientnet-lite0";

/// Names that have been read, if there is a reader.
#[derive(Default)]
pub(super) struct Names {
    reader: Option<Reader>,
    read: RefCell<HashMap<String, Rc<Prototype>>>,
}

impl Names {
    /// What a name says. Reading one takes a tenth of a second in a browser, but only once.
    fn prototype(&self, name: &str) -> Option<Rc<Prototype>> {
        let reader = self.reader.as_ref()?;
        let mut read = self.read.borrow_mut();
        let prototype = read
            .entry(name.to_owned())
            .or_insert_with(|| Rc::new(reader.prototype(name)));
        Some(prototype.clone())
    }

    fn is_read(&self, name: &str) -> bool {
        self.read.borrow().contains_key(name)
    }
}

impl Session {
    /// Takes the reader into use.
    pub(super) fn read_names(&mut self, reader: &[u8]) {
        match Reader::from_safetensors(reader) {
            Ok(reader) => {
                self.names.reader = Some(reader);
                self.events.push(Event::ReadingNames);
            }
            Err(error) => self.refuse(&error),
        }
    }

    /// Reads one name that has not been read and tells it; whether there was one.
    pub(super) fn read_next_name(&mut self) -> bool {
        let classes = self.dataset.classes().iter();
        let mut unread = classes.filter(|class| !self.names.is_read(&class.name));
        let Some(name) = unread.next().map(|class| class.name.clone()) else {
            return false;
        };
        let Some(prototype) = self.names.prototype(&name) else {
            return false;
        };
        self.events.push(Event::NameRead {
            name,
            like: prototype.like.clone(),
            nearness: prototype.nearness,
        });
        true
    }

    /// What the names of the pictured classes and those of classes without any picture say, and
    /// the latter; nothing without a reader.
    pub(super) fn names_of(
        &self,
        pictured: &[&Class],
    ) -> (Option<transfer::Names>, Vec<ModelClass>) {
        let further: Vec<_> = self
            .dataset
            .classes()
            .iter()
            .filter(|c| self.is_empty(c))
            .collect();
        // Directions are in the feature space of the backbone whose classifier the reader has.
        let backbone = self.network().backbone;
        let fits = backbone.is_empty() || backbone == BRIDGED;
        let direction = |class: &&Class| match fits {
            true => Some(self.names.prototype(&class.name)?.direction.clone()),
            false => None,
        };
        let directions: Option<_> = pictured.iter().map(direction).collect();
        let of_further: Option<_> = further.iter().map(direction).collect();
        let names = directions
            .zip(of_further)
            .map(|(directions, further)| transfer::Names {
                directions,
                further,
            });
        let by_name = |class: &&Class| ModelClass {
            by_name: true,
            ..super::model_class(class)
        };
        (names, further.iter().map(by_name).collect())
    }

    /// Whether a class has no picture, and none on its way.
    fn is_empty(&self, class: &Class) -> bool {
        let mut samples = class.samples.iter();
        !samples.any(|id| self.features.get(*id).is_some() || self.pending.contains_key(id))
    }
}
