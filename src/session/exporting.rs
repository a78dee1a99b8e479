//! The model in use, and how it leaves the page.

use super::{Session, asking::LazyBackbone};
use crate::{
    error::{Error, Result},
    export::{self, Format, Probe, Source},
    model::Model,
    protocol::{Event, ExportFormat},
};

impl Session {
    pub(super) fn formats(&mut self) -> Result<Event> {
        let (model, own) = self.in_use()?;
        let formats = export::offer(model, &*own.weights()?);
        Ok(Event::Formats { formats })
    }

    /// Writes the model down, reads that again and runs it: about a second, which nothing waits
    /// for but the download.
    pub(super) fn export(
        &mut self,
        format: ExportFormat,
        half: bool,
        date: &str,
        page: Option<&[u8]>,
    ) -> Result<Event> {
        let (model, own) = self.in_use()?;
        let (backbone, weights) = (own.file(), own.weights()?);
        let probe = Probe::ask(model, own.get()?);
        let source = Source {
            model,
            backbone: &backbone,
            weights: &weights,
            probe: &probe,
            date,
            half,
            page,
        };
        let package = export::pack(Format::of(format), &source)?;
        Ok(Event::Exported {
            format,
            difference: package.difference,
            file: package.name,
            bytes: package.bytes,
        })
    }

    /// The model and the backbone that belongs to it.
    fn in_use(&mut self) -> Result<(&Model, &mut LazyBackbone)> {
        let own = self.tuned_backbone.as_mut().unwrap_or(&mut self.backbone);
        Ok((self.model.as_ref().ok_or(Error::NoModel)?, own))
    }
}
