//! A zip of folders in; its images one by one out.
//!
//! Zips come from anywhere, so nothing an entry claims about itself is trusted: not its path, and
//! not its size either.

use std::io::{self, Read, Seek, SeekFrom};

use zip::read::ZipFileEntry;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::error::{Error, Result};
use crate::protocol::{ArchiveEntry, Problem};

/// The weights in an exported model: a zip with this file, at its root or one folder deep, is a
/// model and not a set of images.
pub const MODEL_FILE: &str = "graft.safetensors";

/// More than any sensible photo, and little enough to unpack into a tab's memory.
const MAX_ENTRY_BYTES: u64 = 200_000_000;

/// Flat drawings stored as BMP reach about 1000, which is Deflate's limit and so a bomb's ratio
/// too; hence only entries that are also large are refused.
const MAX_RATIO: u64 = 200;
const MAX_BYTES_AT_ANY_RATIO: u64 = 20_000_000;

/// Files with other endings are passed over in silence: folders of images are full of notes.
const IMAGE_ENDINGS: [&str; 16] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif",
    "tiff", // decoded here
    "avif", "heic", "heif", "jxl", "ico", // decoded by some browsers
];

/// An open zip, its table of contents read.
pub struct Archive<R> {
    zip: ZipArchive<R>,
    entries: Vec<ArchiveEntry>,
    problems: Vec<Problem>,
    model: Option<usize>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the table of contents, which is all at the end of the file.
    pub fn open(mut reader: R) -> Result<Self> {
        let length = reader
            .seek(SeekFrom::End(0))
            .map_err(|_| Error::Unreadable)?;
        let zip = ZipArchive::new(reader).map_err(|error| explain(&error))?;
        let mut archive = Self {
            zip,
            entries: vec![],
            problems: vec![],
            model: None,
        };
        let mut compressed_bytes = 0u64;
        for index in 0..archive.zip.len() {
            compressed_bytes = compressed_bytes.saturating_add(archive.list(index)?);
        }
        // Entries that share their data are how kilobytes claim to be petabytes.
        if compressed_bytes > length {
            return Err(Error::BrokenArchive);
        }
        Ok(archive)
    }

    /// The images in it, in the order of the zip.
    pub fn entries(&self) -> &[ArchiveEntry] {
        &self.entries
    }

    /// The images in it that can't be read, and why.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Where [`MODEL_FILE`] stands, if this is an exported model.
    pub fn model(&self) -> Option<usize> {
        self.model
    }

    /// Unpacks one entry.
    pub fn read(&mut self, index: usize) -> Result<Vec<u8>> {
        let claimed = self
            .zip
            .by_index_data(index)
            .map_err(|error| explain(&error))?;
        check(&claimed)?;
        let size = claimed.size();
        let entry = self.zip.by_index(index).map_err(|error| explain(&error))?;
        let mut bytes = Vec::new();
        // Only a hint: what is unpacked is measured, not believed.
        bytes
            .try_reserve(size as usize)
            .map_err(|_| Error::EntryTooLarge)?;
        entry
            .take(size + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| explain(&error.into()))?;
        if bytes.len() as u64 != size {
            return Err(Error::DamagedEntry);
        }
        Ok(bytes)
    }

    /// Adds an entry to the lists; returns its compressed size.
    fn list(&mut self, index: usize) -> Result<u64> {
        let entry = self
            .zip
            .by_index_data(index)
            .map_err(|error| explain(&error))?;
        let compressed_bytes = entry.compressed_size();
        if entry.is_dir() || entry.is_symlink() {
            return Ok(compressed_bytes);
        }
        let name = name(&entry);
        let mut path = safe_path(&name);
        let sample = path.as_deref().and_then(teachable_machine_sample);
        if path.as_deref().is_some_and(is_model) {
            self.model = Some(index);
        } else if sample.is_some() || is_image(&name) {
            path = sample.or(path);
            match check(&entry).and(path.ok_or(Error::UnsafePath)) {
                Ok(path) => self.entries.push(ArchiveEntry { index, path }),
                Err(error) => self.problems.push(error.into_problem(name)),
            }
        }
        Ok(compressed_bytes)
    }
}

/// Whether a path looks like an image and is not something an operating system left there.
pub fn is_image(path: &str) -> bool {
    let mut parts = path.split(['/', '\\']);
    let is_hidden = parts
        .any(|part| part == "__MACOSX" || (part.starts_with('.') && !matches!(part, "." | "..")));
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    !is_hidden
        && IMAGE_ENDINGS
            .iter()
            .any(|image| image.eq_ignore_ascii_case(ending))
}

fn is_model(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    parts.next() == Some(MODEL_FILE) && parts.count() <= 1
}

/// Projects of Teachable Machine are zips whose samples lie at the root, named after their class:
/// `cats-!-12` → `cats/12`, whatever its ending.
fn teachable_machine_sample(path: &str) -> Option<String> {
    let (class, sample) = path.split_once("-!-")?;
    let is_sample = sample.starts_with(|c: char| c.is_ascii_digit());
    (is_sample && !class.is_empty() && !path.contains('/')).then(|| format!("{class}/{sample}"))
}

/// Most programs write UTF-8, with or without saying so; what isn't is taken for DOS's code page.
fn name(entry: &ZipFileEntry) -> String {
    match str::from_utf8(entry.name_raw()) {
        Ok(name) => name.to_owned(),
        Err(_) => match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
        },
    }
}

/// The path with `/` between its parts, unless it leads out of the zip.
fn safe_path(name: &str) -> Option<String> {
    let mut parts = vec![];
    for (position, part) in name.split(['/', '\\']).enumerate() {
        match part {
            "" if position == 0 => return None, // absolute
            "" | "." => {}
            ".." => return None,
            _ if part.contains('\0') => return None,
            _ if position == 0 && part.ends_with(':') => return None, // a drive
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn check(entry: &ZipFileEntry) -> Result<()> {
    let is_bomb =
        entry.size() > MAX_BYTES_AT_ANY_RATIO && entry.size() / MAX_RATIO > entry.compressed_size();
    if entry.encrypted() {
        Err(Error::EncryptedEntry)
    } else if ![CompressionMethod::Stored, CompressionMethod::Deflated]
        .contains(&entry.compression())
    {
        Err(Error::UnknownCompression)
    } else if entry.size() > MAX_ENTRY_BYTES || is_bomb {
        Err(Error::EntryTooLarge)
    } else {
        Ok(())
    }
}

/// The zip reader's errors as something a user can act on.
fn explain(error: &ZipError) -> Error {
    match error {
        ZipError::Io(error) => match error.kind() {
            // Wrong checksums and broken Deflate streams.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Error::DamagedEntry,
            io::ErrorKind::UnexpectedEof => Error::BrokenArchive,
            _ => Error::Unreadable,
        },
        ZipError::FileNotFound => Error::DamagedEntry,
        _ => Error::BrokenArchive,
    }
}

#[cfg(test)]
mod tests;
