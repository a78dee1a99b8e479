//! Bytes that claim to be a flatbuffer in, its fields out; what isn't there is `None`.
//!
//! A table begins with how far before it the list of its fields is. That list begins with its length
//! in bytes, then the table's; then follows where each field is in the table, 0 if it isn't there.
//! Fields for what has no fixed size say how many bytes further on that is.

use flatbuffers::VOffsetT;

/// A table anywhere in the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Table<'a> {
    /// The outermost one.
    pub fn root(bytes: &'a [u8]) -> Option<Self> {
        Self { bytes, at: 0 }.follow(0)
    }

    /// A number, or `default` if it isn't there.
    pub fn byte(self, field: VOffsetT, default: i8) -> i8 {
        let found = self.place(field).and_then(|at| self.array(at));
        found.map_or(default, i8::from_le_bytes)
    }

    /// A number, or `default` if it isn't there.
    pub fn int(self, field: VOffsetT, default: i32) -> i32 {
        let found = self.place(field).and_then(|at| self.array(at));
        found.map_or(default, i32::from_le_bytes)
    }

    /// A number, 0 if it isn't there.
    pub fn float(self, field: VOffsetT) -> f32 {
        let found = self.place(field).and_then(|at| self.array(at));
        found.map_or(0.0, f32::from_le_bytes)
    }

    pub fn table(self, field: VOffsetT) -> Option<Self> {
        self.follow(self.place(field)?)
    }

    pub fn tables(self, field: VOffsetT) -> Option<Vec<Self>> {
        let (start, places) = self.vector(field, 4)?;
        let starts = (0..places.len() / 4).map(|number| start + 4 * number);
        starts.map(|at| self.follow(at)).collect()
    }

    pub fn ints(self, field: VOffsetT) -> Option<Vec<i32>> {
        let (_, bytes) = self.vector(field, 4)?;
        Some(ints(bytes))
    }

    pub fn bytes(self, field: VOffsetT) -> Option<&'a [u8]> {
        Some(self.vector(field, 1)?.1)
    }

    pub fn text(self, field: VOffsetT) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(field)?).ok()
    }

    /// Where a field is.
    fn place(self, field: VOffsetT) -> Option<usize> {
        let back = i32::from_le_bytes(self.array(self.at)?);
        let list = self.at.checked_sub_signed(back as isize)?;
        let length = u16::from_le_bytes(self.array(list)?);
        if field.checked_add(2)? > length {
            return None;
        }
        let offset = u16::from_le_bytes(self.array(list.checked_add(field.into())?)?);
        (offset > 0).then(|| self.at.checked_add(offset.into()))?
    }

    /// What the offset at a place leads to.
    fn follow(self, at: usize) -> Option<Self> {
        let offset = u32::from_le_bytes(self.array(at)?);
        let at = at.checked_add(offset as usize)?;
        (at < self.bytes.len()).then_some(Self { at, ..self })
    }

    /// Where a vector's elements begin, and their bytes.
    fn vector(self, field: VOffsetT, size: usize) -> Option<(usize, &'a [u8])> {
        let vector = self.table(field)?;
        let count = u32::from_le_bytes(self.array(vector.at)?) as usize;
        let start = vector.at.checked_add(4)?;
        let end = start.checked_add(count.checked_mul(size)?)?;
        Some((start, self.bytes.get(start..end)?))
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..)?.first_chunk().copied()
    }
}

/// Of little-endian bytes.
pub(super) fn ints(bytes: &[u8]) -> Vec<i32> {
    let numbers = bytes.as_chunks().0.iter();
    numbers.map(|bytes| i32::from_le_bytes(*bytes)).collect()
}
