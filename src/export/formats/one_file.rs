//! An HTML file that opens by double click; Graft's own zip is inside.

use super::{Format, Widths, graft};
use crate::protocol::ExportFormat;

pub(super) const FORMAT: Format = Format {
    id: ExportFormat::OneFile,
    name: "One-file app",
    sentence: "For anybody: a page that opens by double click, without a network and without \
               installing anything. It takes pictures and the webcam, and sends nothing.",
    file: "graft-app",
    widths: Widths::Half,
    write: graft::FORMAT.write,
    read: graft::FORMAT.read,
};

impl Format {
    /// Whether the zip is inside a page.
    pub(in crate::export) fn is_app(&self) -> bool {
        self.id == ExportFormat::OneFile
    }
}
