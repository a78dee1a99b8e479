//! What the keeper worker calls: `.graft` files, packed and unpacked without being held in memory.

use std::io::{self, Read, Seek, SeekFrom, Write};

use wasm_bindgen::prelude::*;
use web_sys::{Blob, File, FileSystemReadWriteOptions, FileSystemSyncAccessHandle};

use super::{blob::BlobReader, problem};
use crate::{
    error::Error,
    project::{Package, Packer},
};

/// A file of the browser's own file system, as something Rust can write and seek in.
struct SyncFile {
    handle: FileSystemSyncAccessHandle,
    position: u64,
}

impl SyncFile {
    fn new(handle: FileSystemSyncAccessHandle) -> Self {
        Self {
            handle,
            position: 0,
        }
    }

    fn options(&self) -> FileSystemReadWriteOptions {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(self.position as f64);
        options
    }
}

impl Write for SyncFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self
            .handle
            .write_with_u8_array_and_options(bytes, &self.options())
            .map_err(|_| io::ErrorKind::StorageFull)?;
        self.position += written as u64;
        Ok(written as usize)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.handle
            .flush()
            .map_err(|_| io::ErrorKind::StorageFull.into())
    }
}

impl Read for SyncFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self
            .handle
            .read_with_u8_array_and_options(out, &self.options())
            .map_err(|_| io::ErrorKind::Other)?;
        self.position += read as u64;
        Ok(read as usize)
    }
}

impl Seek for SyncFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let size = self.handle.get_size().map_err(|_| io::ErrorKind::Other)? as u64;
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Makes a `.graft` file. Everything throws a `Problem` when there is no room.
#[wasm_bindgen]
pub struct ProjectPacker {
    packer: Packer<io::BufWriter<SyncFile>>,
    name: String,
}

#[wasm_bindgen]
impl ProjectPacker {
    /// Into an empty file.
    #[wasm_bindgen(constructor)]
    pub fn new(out: FileSystemSyncAccessHandle, name: String) -> Result<ProjectPacker, JsValue> {
        let out = io::BufWriter::with_capacity(1 << 20, SyncFile::new(out));
        let packer = Packer::new(out, &name).map_err(|_| problem(Error::NoRoom, name.clone()))?;
        Ok(Self { packer, name })
    }

    /// All that is known; first.
    pub fn journal(&mut self, journal: Blob) -> Result<(), JsValue> {
        let (length, reader) = (journal.size() as u64, self.reader(journal)?);
        self.packer
            .journal(reader, length)
            .map_err(|_| problem(Error::NoRoom, self.name.clone()))
    }

    /// One picture.
    pub fn picture(&mut self, id: u32, path: String, picture: Blob) -> Result<(), JsValue> {
        let (length, reader) = (picture.size() as u64, self.reader(picture)?);
        self.packer
            .picture(id, &path, reader, length)
            .map_err(|_| problem(Error::NoRoom, self.name.clone()))
    }

    /// Ends the file.
    pub fn finish(self) -> Result<(), JsValue> {
        let no_room = |_| problem(Error::NoRoom, self.name.clone());
        let mut out = self.packer.finish().map_err(no_room)?;
        out.flush().map_err(no_room)
    }

    fn reader(&self, blob: Blob) -> Result<BlobReader, JsValue> {
        BlobReader::new(blob).map_err(|_| problem(Error::Unreadable, self.name.clone()))
    }
}

/// A `.graft` file somebody brought. Everything throws a `Problem` when it is no good.
#[wasm_bindgen]
pub struct ProjectPackage {
    package: Package<BlobReader>,
    file: String,
}

#[wasm_bindgen]
impl ProjectPackage {
    /// Reads what is in it.
    #[wasm_bindgen(constructor)]
    pub fn new(file: File) -> Result<ProjectPackage, JsValue> {
        let name = file.name();
        let reader = BlobReader::new(file.into()).map_err(|_| Error::Unreadable);
        match reader.and_then(Package::open) {
            Ok(package) => Ok(Self {
                package,
                file: name,
            }),
            Err(error) => Err(problem(error, name)),
        }
    }

    /// What the project is called.
    pub fn name(&self) -> String {
        self.package.name().to_owned()
    }

    /// How many pictures came along.
    pub fn num_pictures(&self) -> usize {
        self.package.pictures().len()
    }

    /// Which sample a picture is of.
    pub fn picture_id(&self, at: usize) -> u32 {
        self.package.pictures()[at].1
    }

    /// Copies the journal into an empty file.
    pub fn copy_journal(&mut self, out: FileSystemSyncAccessHandle) -> Result<(), JsValue> {
        self.package
            .copy_journal(SyncFile::new(out))
            .map_err(|error| problem(error, self.file.clone()))
    }

    /// Copies a picture into an empty file.
    pub fn copy_picture(
        &mut self,
        at: usize,
        out: FileSystemSyncAccessHandle,
    ) -> Result<(), JsValue> {
        let (place, _) = self.package.pictures()[at];
        self.package
            .copy_picture(place, SyncFile::new(out))
            .map_err(|error| problem(error, self.file.clone()))
    }
}
