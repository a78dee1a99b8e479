//! Records in, bytes to append to a file out; and back, from a file that a crash, a full disk or a
//! stranger may have left in any state.
//!
//! A file is a preamble and records, one after the other. Numbers are little-endian `u32`s.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `GRAFTJ`, 0, and the version of the format |
//! | *then, for each record* | |
//! | 4 | `REC1` |
//! | 4 | its kind |
//! | 4 | length of what it says |
//! | 4 | CRC-32 of what it says |
//! | 4 | CRC-32 of the 16 bytes before |
//! | … | what it says |
//!
//! A record counts when both checksums do. A tab that dies while it writes leaves the last one
//! torn: it is left out, and nothing before it suffers. Damage elsewhere costs the records it
//! touches; reading goes on at the next sound one.

use memchr::memmem;

use crate::error::{Error, Result};

/// What a file begins with. A newer format has another last byte.
pub const PREAMBLE: [u8; 8] = *b"GRAFTJ\0\x01";

const MARK: [u8; 4] = *b"REC1";
const HEADER: usize = 20;

/// Longest record: a fine-tuned backbone is 13 MB, a list of a million samples 4 MB.
const MAX_PAYLOAD: usize = 64_000_000;

/// Read bytes are dropped from memory when there are that many.
const TIDY_BYTES: usize = 1 << 20;

/// Appends one record, given in parts.
///
/// # Panics
///
/// If it is longer than any record may be.
pub fn append(out: &mut Vec<u8>, kind: u32, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    assert!(length <= MAX_PAYLOAD, "a record of {length} bytes");
    let mut check = crc32fast::Hasher::new();
    parts.iter().for_each(|part| check.update(part));
    let start = out.len();
    out.extend(MARK);
    for number in [kind, length as u32, check.finalize()] {
        out.extend(number.to_le_bytes());
    }
    let check = crc32fast::hash(&out[start..]);
    out.extend(check.to_le_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Whether [`append`] takes a record of this length.
pub fn fits(length: usize) -> bool {
    length <= MAX_PAYLOAD
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What kind of thing it says.
    pub kind: u32,
    /// What it says.
    pub payload: &'a [u8],
    /// The record as it is in the file.
    pub whole: &'a [u8],
}

/// What there is to say of a file when its end has been reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Where the last sound record ends, in bytes: what is appended belongs there.
    pub sound: u64,
    /// Bytes before that, which belong to no sound record.
    pub damaged: u64,
    /// Bytes after that.
    pub torn: u64,
}

/// Takes a file piece by piece and finds the records in it.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
    /// Where in `bytes` reading is.
    at: usize,
    /// Bytes of the file before `bytes`.
    before: u64,
    has_begun: bool,
    extent: Extent,
}

impl Reader {
    /// Takes the next piece of the file, of any length.
    pub fn feed(&mut self, piece: &[u8]) {
        if self.at >= TIDY_BYTES {
            self.bytes.drain(..self.at);
            self.before += self.at as u64;
            self.at = 0;
        }
        self.bytes.extend_from_slice(piece);
    }

    /// The next sound record of what has been fed. Nothing until more is fed, or at the end.
    ///
    /// # Errors
    ///
    /// When the file doesn't begin like a project, or is of a newer version.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        if !self.begin()? {
            return Ok(None);
        }
        while let Some(found) = self.find() {
            let (kind, start, end) = (found.kind, self.at, self.at + HEADER + found.length);
            if end > self.bytes.len() {
                return Ok(None);
            }
            self.at = end;
            if crc32fast::hash(&self.bytes[start + HEADER..end]) == found.check {
                let position = self.before + start as u64;
                self.extent.damaged += position - self.extent.sound;
                self.extent.sound = self.before + end as u64;
                return Ok(Some(Frame {
                    kind,
                    payload: &self.bytes[start + HEADER..end],
                    whole: &self.bytes[start..end],
                }));
            }
        }
        Ok(None)
    }

    /// Call it when all has been fed and read.
    pub fn extent(&self) -> Extent {
        let length = self.before + self.bytes.len() as u64;
        Extent {
            torn: length - self.extent.sound,
            ..self.extent
        }
    }

    /// Reads the preamble; whether that is done.
    fn begin(&mut self) -> Result<bool> {
        if self.has_begun || self.bytes.len() < PREAMBLE.len() {
            return Ok(self.has_begun);
        }
        let (preamble, rest) = self.bytes.split_at(PREAMBLE.len());
        let (name, version) = (&preamble[..7], preamble[7]);
        if name != &PREAMBLE[..7] || version == 0 {
            // Damage there should cost no more than elsewhere, if what follows is ours.
            if rest.len() < MARK.len() {
                return match MARK.starts_with(rest) {
                    true => Ok(false),
                    false => Err(not_begun()),
                };
            }
            if !rest.starts_with(&MARK) {
                return Err(not_begun());
            }
            self.extent.damaged = PREAMBLE.len() as u64;
        } else if version > PREAMBLE[7] {
            return Err(Error::NewerProject);
        }
        self.at = PREAMBLE.len();
        self.extent.sound = self.at as u64;
        self.has_begun = true;
        Ok(true)
    }

    /// The next sound header, skipping what is none. Nothing if there is no whole one.
    fn find(&mut self) -> Option<Header> {
        loop {
            let rest = &self.bytes[self.at..];
            let Some(skipped) = memmem::find(rest, &MARK) else {
                // The mark may be cut in two by the end of the piece.
                self.at += rest.len().saturating_sub(MARK.len() - 1);
                return None;
            };
            self.at += skipped;
            match Header::parse(self.bytes.get(self.at..self.at + HEADER)?) {
                Some(header) => return Some(header),
                None => self.at += 1,
            }
        }
    }
}

fn not_begun() -> Error {
    Error::DamagedProject("it doesn't begin like one".to_owned())
}

struct Header {
    kind: u32,
    length: usize,
    check: u32,
}

impl Header {
    /// Nothing if its own checksum is wrong.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| bytes[at..].first_chunk().map(|b| u32::from_le_bytes(*b));
        let length = number(8)? as usize;
        let is_sound = number(16)? == crc32fast::hash(&bytes[..16]) && length <= MAX_PAYLOAD;
        is_sound.then_some(Self {
            kind: number(4)?,
            length,
            check: number(12)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// A file of three records; each ends at the byte given.
    fn file() -> (Vec<u8>, [usize; 3]) {
        let mut file = PREAMBLE.to_vec();
        let ends = [&b"one"[..], b"", b"three is REC1 longer"].map(|payload| {
            append(&mut file, payload.len() as u32, &[payload]);
            file.len()
        });
        (file, ends)
    }

    /// The payloads found, fed in pieces of a given length.
    fn read(file: &[u8], piece: usize) -> (Vec<Vec<u8>>, Extent) {
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        for piece in file.chunks(piece) {
            reader.feed(piece);
            while let Some(frame) = reader.next_frame().unwrap() {
                assert_eq!(frame.kind as usize, frame.payload.len());
                assert_eq!(frame.whole.len(), HEADER + frame.payload.len());
                found.push(frame.payload.to_vec());
            }
        }
        (found, reader.extent())
    }

    #[test]
    fn what_was_appended_is_read_in_pieces_of_any_length() {
        let (file, _) = file();
        for piece in 1..file.len() {
            let (found, extent) = read(&file, piece);
            let expected: [&[u8]; 3] = [b"one", b"", b"three is REC1 longer"];
            assert_eq!(found, expected);
            let sound = file.len() as u64;
            assert_eq!((extent.sound, extent.damaged, extent.torn), (sound, 0, 0));
        }
    }

    #[test]
    fn a_file_cut_anywhere_keeps_every_record_that_is_whole() {
        let (file, ends) = file();
        for length in PREAMBLE.len()..file.len() {
            let (found, extent) = read(&file[..length], 7);
            let num_whole = ends.iter().filter(|end| **end <= length).count();
            assert_eq!(found.len(), num_whole);
            let sound = ends[..num_whole].last().copied().unwrap_or(PREAMBLE.len());
            assert_eq!(extent.sound, sound as u64, "appending goes on there");
            assert_eq!(extent.torn, (length - sound) as u64);
            assert_eq!(extent.damaged, 0);
        }
    }

    #[test]
    fn one_damaged_byte_costs_one_record() {
        let (file, ends) = file();
        for at in PREAMBLE.len()..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 0x40;
            let (found, extent) = read(&damaged, file.len());
            assert_eq!(found.len(), 2, "byte {at}");
            let is_last = at >= ends[1];
            assert_eq!(extent.torn > 0, is_last);
            assert_eq!(extent.damaged > 0, !is_last);
        }
    }

    #[test]
    fn a_file_of_something_else_or_of_a_newer_version_is_refused() {
        let mut reader = Reader::default();
        reader.feed(b"PK\x03\x04 a zip");
        assert!(matches!(reader.next_frame(), Err(Error::DamagedProject(_))));
        let mut reader = Reader::default();
        reader.feed(b"GRAFTJ\0\x02");
        assert_eq!(reader.next_frame(), Err(Error::NewerProject));
    }

    #[test]
    fn a_damaged_preamble_costs_no_record() {
        let (mut file, _) = file();
        file[2] = 0;
        let (found, extent) = read(&file, 1);
        assert_eq!(found.len(), 3);
        assert_eq!(extent.damaged, PREAMBLE.len() as u64);
    }

    #[test]
    fn no_file_at_all_has_no_records() {
        assert_eq!(read(&[], 1), (vec![], Extent::default()));
    }

    #[test]
    fn whatever_is_fed_ends_without_a_panic() {
        feed_damage(20_000);
    }

    #[test]
    #[ignore = "half a million cases, with those of the other parsers a million: `--ignored many_more`"]
    fn whatever_is_fed_ends_without_a_panic_in_many_more_tries() {
        feed_damage(500_000);
    }

    fn feed_damage(num_cases: usize) {
        let (file, _) = file();
        let mut random = ChaCha8Rng::seed_from_u64(8);
        for _ in 0..num_cases {
            let mut damaged = file.clone();
            for _ in 0..random.random_range(1..6) {
                let at = random.random_range(0..damaged.len());
                damaged[at] = random.random();
            }
            damaged.truncate(random.random_range(0..=damaged.len()));
            let mut reader = Reader::default();
            reader.feed(&damaged);
            let mut read = 0;
            while let Ok(Some(frame)) = reader.next_frame() {
                read += frame.whole.len();
            }
            assert!(read <= damaged.len());
            let Extent { sound, torn, .. } = reader.extent();
            assert_eq!(sound + torn, damaged.len() as u64);
        }
    }
}
