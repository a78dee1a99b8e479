//! A project in, one `.graft` file out, and back.
//!
//! It is a zip, so that the pictures can be had without Graft:
//!
//! | entry | |
//! |---|---|
//! | `manifest.json` | `format`, `graft-project-1`, and the project's `name` |
//! | `project.journal` | all that is known, as [`journal`](super::journal) says |
//! | `pictures/ID NAME` | the pictures themselves, if they were to come along |
//!
//! A `.graft` file comes from anywhere: what its entries claim is not believed, and nothing is
//! unpacked by the name it has.

use std::io::{self, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use zip::{
    CompressionMethod, ZipArchive, ZipWriter, read::ZipFile, result::ZipError,
    write::SimpleFileOptions,
};

use super::journal::Reader;
use crate::{
    error::{Error, Result},
    protocol::SampleId,
};

const FORMAT: &str = "graft-project-";
const VERSION: u32 = 1;

const MANIFEST: &str = "manifest.json";
const JOURNAL: &str = "project.journal";
const PICTURES: &str = "pictures/";

/// More is no name and no format.
const MAX_MANIFEST_BYTES: u64 = 10_000;

/// Flat pictures reach Deflate's limit of about 1000, and so does a bomb; hence large entries only.
const MAX_RATIO: u64 = 200;
const MAX_BYTES_AT_ANY_RATIO: u64 = 20_000_000;

const PIECE: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: String,
    name: String,
}

/// Writes a `.graft` file piece by piece.
pub struct Packer<W: Write + Seek> {
    zip: ZipWriter<W>,
}

impl<W: Write + Seek> Packer<W> {
    /// Begins with the project's name.
    ///
    /// # Errors
    ///
    /// When `out` takes no more, as for all that follows.
    pub fn new(out: W, name: &str) -> io::Result<Self> {
        let manifest = Manifest {
            format: format!("{FORMAT}{VERSION}"),
            name: name.to_owned(),
        };
        let manifest = serde_json::to_vec_pretty(&manifest).expect("plain data");
        let zip = ZipWriter::new(out);
        let mut packer = Self { zip };
        packer.entry(MANIFEST, manifest.as_slice(), manifest.len() as u64)?;
        Ok(packer)
    }

    /// All that is known; its length is in bytes, as below.
    pub fn journal(&mut self, journal: impl Read, length: u64) -> io::Result<()> {
        self.entry(JOURNAL, journal, length)
    }

    /// One picture; its name is for people, and cut to what file systems take.
    pub fn picture(
        &mut self,
        id: SampleId,
        path: &str,
        picture: impl Read,
        length: u64,
    ) -> io::Result<()> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        self.entry(&format!("{PICTURES}{id} {name}"), picture, length)
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.zip.finish()?)
    }

    fn entry(&mut self, name: &str, mut content: impl Read, length: u64) -> io::Result<()> {
        // Features and JPEGs are noise to a compressor.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            // Only where it must be: not every unzip knows how.
            .large_file(length > u32::MAX.into());
        self.zip.start_file(name, options)?;
        io::copy(&mut content, &mut self.zip).map(|_| ())
    }
}

/// An open `.graft` file.
pub struct Package<R> {
    zip: ZipArchive<R>,
    name: String,
    journal: usize,
    pictures: Vec<(usize, SampleId)>,
}

impl<R: Read + Seek> Package<R> {
    /// Reads what is in it.
    ///
    /// # Errors
    ///
    /// When it is no project, damaged, or of a newer Graft.
    pub fn open(mut reader: R) -> Result<Self> {
        let length = reader
            .seek(SeekFrom::End(0))
            .map_err(|_| Error::Unreadable)?;
        let mut zip =
            ZipArchive::new(reader).map_err(|_| damaged("it is no project, or cut short"))?;
        let mut packed = 0u64;
        let (mut manifest, mut journal, mut pictures) = (None, None, Vec::new());
        for at in 0..zip.len() {
            let entry = zip.by_index_data(at).map_err(trouble)?;
            packed = packed.saturating_add(entry.compressed_size());
            match str::from_utf8(entry.name_raw()).unwrap_or_default() {
                MANIFEST => manifest = Some(at),
                JOURNAL => journal = Some(at),
                name => pictures.extend(picture_id(name).map(|id| (at, id))),
            }
        }
        // Entries that share their bytes are how kilobytes claim to be petabytes.
        if packed > length {
            return Err(damaged("its table of contents is wrong"));
        }
        let manifest = manifest.ok_or_else(|| damaged("there is no manifest in it"))?;
        let name = read_manifest(entry(&mut zip, manifest)?)?;
        let journal = journal.ok_or_else(|| damaged("there is no journal in it"))?;
        Ok(Self {
            zip,
            name,
            journal,
            pictures,
        })
    }

    /// What the project is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pictures in it, by their place in the zip.
    pub fn pictures(&self) -> &[(usize, SampleId)] {
        &self.pictures
    }

    /// Copies the journal.
    ///
    /// # Errors
    ///
    /// When it is damaged inside the zip, begins like no journal, or is of a newer version.
    pub fn copy_journal(&mut self, out: impl Write) -> Result<()> {
        let mut reader = Reader::default();
        let mut num_records = 0;
        copy(entry(&mut self.zip, self.journal)?, out, |piece| {
            reader.feed(piece);
            while reader.next_frame()?.is_some() {
                num_records += 1;
            }
            Ok(())
        })?;
        (num_records > 0)
            .then_some(())
            .ok_or_else(|| damaged("nothing in it is whole"))
    }

    /// Copies the picture at a place in the zip.
    ///
    /// # Errors
    ///
    /// When it is damaged inside the zip.
    pub fn copy_picture(&mut self, at: usize, out: impl Write) -> Result<()> {
        copy(entry(&mut self.zip, at)?, out, |_| Ok(()))
    }
}

/// `pictures/12 robin.png` → 12.
fn picture_id(name: &str) -> Option<SampleId> {
    let rest = name.strip_prefix(PICTURES)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}

fn read_manifest(entry: impl Read) -> Result<String> {
    let mut text = Vec::new();
    let read = entry.take(MAX_MANIFEST_BYTES).read_to_end(&mut text);
    let wrong = || damaged("its manifest can't be read");
    read.map_err(|_| wrong())?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| wrong())?;
    let version = manifest.format.strip_prefix(FORMAT).ok_or_else(wrong)?;
    match version.parse::<u32>() {
        Ok(version) if (1..=VERSION).contains(&version) => Ok(manifest.name),
        Ok(0) | Err(_) => Err(wrong()),
        Ok(_) => Err(Error::NewerProject),
    }
}

/// An entry that claims nothing unreasonable.
fn entry<R: Read + Seek>(zip: &mut ZipArchive<R>, at: usize) -> Result<ZipFile<'_, R>> {
    let entry = zip.by_index(at).map_err(trouble)?;
    let size = entry.size();
    if size > MAX_BYTES_AT_ANY_RATIO && size / MAX_RATIO > entry.compressed_size() {
        return Err(Error::EntryTooLarge);
    }
    Ok(entry)
}

/// Copies an entry, and lets `look` see it; no more than it claims to be.
fn copy<R: Read>(
    mut entry: ZipFile<'_, R>,
    mut out: impl Write,
    mut look: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut left = entry.size();
    let mut piece = vec![0; PIECE];
    loop {
        let read = entry.read(&mut piece).map_err(|_| Error::DamagedEntry)?;
        if read == 0 {
            return (left == 0).then_some(()).ok_or(Error::DamagedEntry);
        }
        left = left.checked_sub(read as u64).ok_or(Error::DamagedEntry)?;
        look(&piece[..read])?;
        out.write_all(&piece[..read]).map_err(|_| Error::NoRoom)?;
    }
}

fn damaged(trouble: &str) -> Error {
    Error::DamagedProject(trouble.to_owned())
}

fn trouble(error: ZipError) -> Error {
    damaged(&error.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::project::journal::{PREAMBLE, append};

    fn journal() -> Vec<u8> {
        let mut journal = PREAMBLE.to_vec();
        append(&mut journal, 999, &[b"something"]);
        journal
    }

    fn packed() -> Vec<u8> {
        let mut packer = Packer::new(Cursor::new(Vec::new()), "“Birds” of ours").unwrap();
        packer
            .journal(journal().as_slice(), journal().len() as u64)
            .unwrap();
        packer
            .picture(7, "birds/../a\nrobin.png", &b"PNG"[..], 3)
            .unwrap();
        packer.finish().unwrap().into_inner()
    }

    fn open(bytes: &[u8]) -> Result<Package<Cursor<&[u8]>>> {
        Package::open(Cursor::new(bytes))
    }

    #[test]
    fn a_project_comes_back_with_its_pictures() {
        let file = packed();
        let mut package = open(&file).unwrap();
        assert_eq!(package.name(), "“Birds” of ours");
        let mut copied = Vec::new();
        package.copy_journal(&mut copied).unwrap();
        assert_eq!(copied, journal());
        let [(at, 7)] = *package.pictures() else {
            panic!("one picture");
        };
        let mut picture = Vec::new();
        package.copy_picture(at, &mut picture).unwrap();
        assert_eq!(picture, b"PNG");
    }

    #[test]
    fn a_picture_is_named_for_people_and_leads_nowhere() {
        let file = packed();
        let names = ZipArchive::new(Cursor::new(file)).unwrap();
        let names: Vec<_> = names
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        assert!(
            names.contains(&"pictures/7 arobin.png".to_owned()),
            "{names:?}"
        );
    }

    fn with_manifest(manifest: &str) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [(MANIFEST, manifest.as_bytes()), (JOURNAL, &journal())] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn a_zip_of_something_else_a_newer_project_and_no_zip_at_all_are_refused() {
        let trouble = |bytes: &[u8]| open(bytes).map(|_| ()).unwrap_err();
        let newer = with_manifest(r#"{"format": "graft-project-2", "name": ""}"#);
        assert_eq!(trouble(&newer), Error::NewerProject);
        for other in [
            with_manifest("{}"),
            with_manifest(r#"{"format": "graft-model-1", "name": ""}"#),
            b"PK\x03\x04 cut short".to_vec(),
            Vec::new(),
        ] {
            assert!(matches!(trouble(&other), Error::DamagedProject(_)));
        }
    }

    #[test]
    fn a_journal_of_something_else_is_refused() {
        let mut packer = Packer::new(Cursor::new(Vec::new()), "").unwrap();
        packer.journal(&b"not a journal"[..], 13).unwrap();
        let file = packer.finish().unwrap().into_inner();
        let refused = open(&file).unwrap().copy_journal(io::sink());
        assert!(matches!(refused, Err(Error::DamagedProject(_))));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let options = SimpleFileOptions::default();
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(MANIFEST, options).unwrap();
        zip.write_all(br#"{"format": "graft-project-1", "name": ""}"#)
            .unwrap();
        zip.start_file(JOURNAL, options).unwrap();
        zip.write_all(&vec![0; 30_000_000]).unwrap();
        let file = zip.finish().unwrap().into_inner();
        let refused = open(&file).unwrap().copy_journal(io::sink());
        assert_eq!(refused, Err(Error::EntryTooLarge));
    }

    #[test]
    fn no_damaged_file_panics() {
        open_damage(5_000);
    }

    #[test]
    #[ignore = "a quarter of a million cases"]
    fn no_damaged_file_panics_in_many_more_tries() {
        open_damage(250_000);
    }

    fn open_damage(num_cases: usize) {
        let file = packed();
        let mut random = ChaCha8Rng::seed_from_u64(9);
        for _ in 0..num_cases {
            let mut damaged = file.clone();
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..damaged.len());
                damaged[at] = random.random();
            }
            damaged.truncate(random.random_range(damaged.len() / 2..=damaged.len()));
            let Ok(mut package) = open(&damaged) else {
                continue;
            };
            let _ = package.copy_journal(io::sink());
            for (at, _) in package.pictures().to_vec() {
                let _ = package.copy_picture(at, io::sink());
            }
        }
    }
}
