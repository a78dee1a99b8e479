//! A dropped file as something Rust can read and seek in, without loading it whole.

use std::io::{self, Read, Seek, SeekFrom};

use js_sys::Uint8Array;
use web_sys::{Blob, FileReaderSync};

/// Bytes fetched at a time: a zip's directory is read in small steps.
const WINDOW: u64 = 1 << 20;

/// Reads slices of a blob as they are needed. Works in workers only, where reading may block.
pub(super) struct BlobReader {
    blob: Blob,
    reader: FileReaderSync,
    position: u64,
    window_start: u64,
    window: Vec<u8>,
}

impl BlobReader {
    pub(super) fn new(blob: Blob) -> io::Result<Self> {
        Ok(Self {
            blob,
            reader: FileReaderSync::new().map_err(|_| unreadable())?,
            position: 0,
            window_start: 0,
            window: Vec::new(),
        })
    }

    fn size(&self) -> u64 {
        self.blob.size() as u64
    }

    /// The bytes at hand from the current position on; empty at the end of the blob.
    fn rest_of_window(&mut self) -> io::Result<&[u8]> {
        let window_end = self.window_start + self.window.len() as u64;
        if !(self.window_start..window_end).contains(&self.position) {
            let end = (self.position + WINDOW).min(self.size());
            let slice = self
                .blob
                .slice_with_f64_and_f64(self.position as f64, end as f64);
            let slice = slice.map_err(|_| unreadable())?;
            let buffer = self.reader.read_as_array_buffer(&slice);
            let buffer = buffer.map_err(|_| unreadable())?;
            self.window = Uint8Array::new(&buffer.into()).to_vec();
            self.window_start = self.position;
        }
        Ok(&self.window[(self.position - self.window_start) as usize..])
    }
}

impl Read for BlobReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size() {
            return Ok(0);
        }
        let mut rest = self.rest_of_window()?;
        let num_bytes = rest.read(out)?;
        self.position += num_bytes as u64;
        Ok(num_bytes)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.size().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

fn unreadable() -> io::Error {
    io::Error::other("the browser can't read the file any more")
}
