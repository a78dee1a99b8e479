//! Named tensors in, the bytes of a burnpack file out; and back.
//!
//! | bytes | |
//! |---|---|
//! | 4 | `NRUB` |
//! | 2 | the format's version, little-endian, as all numbers are |
//! | 4 | how long the header is |
//! | … | the header: CBOR, each tensor's kind, shape and place, and what the file says about itself |
//! | … | tensors, each on a multiple of 256 bytes, counted from the first, which is on one, too |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const MAGIC: [u8; 4] = *b"NRUB";

const VERSION: u16 = 1;

/// Bytes before the header.
const PREFIX: usize = 10;

const ALIGNMENT: usize = 256;

/// No header of ours is nested deeper than this.
const MAX_DEPTH: usize = 16;

/// Numbers as they are stored.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor<Bytes> {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Little-endian, row-major.
    pub bytes: Bytes,
}

/// What a number is. There are others; Graft writes none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Dtype {
    F32,
    F16,
}

#[derive(Serialize, Deserialize)]
struct Header {
    tensors: BTreeMap<String, Entry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    dtype: Dtype,
    shape: Vec<u64>,
    /// Where its bytes begin and end, counted from the first tensor.
    data_offsets: (u64, u64),
}

/// Puts tensors one after the other, with what the file says about itself.
pub(super) fn write(tensors: &[(String, Tensor<Vec<u8>>)], metadata: &[(&str, String)]) -> Vec<u8> {
    let mut end = 0;
    let entries = tensors.iter().map(|(name, tensor)| {
        let begin = aligned(end);
        end = begin + tensor.bytes.len();
        let entry = Entry {
            dtype: tensor.dtype,
            shape: tensor.shape.iter().map(|&dim| dim as u64).collect(),
            data_offsets: (begin as u64, end as u64),
        };
        (name.clone(), entry)
    });
    let tensors_of_header = entries.collect();
    let metadata = metadata
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()));
    let header = Header {
        tensors: tensors_of_header,
        metadata: metadata.collect(),
    };
    let mut cbor = Vec::new();
    ciborium::into_writer(&header, &mut cbor).expect("memory takes everything");
    let mut file = Vec::with_capacity(aligned(PREFIX + cbor.len()) + end);
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend((cbor.len() as u32).to_le_bytes());
    file.extend(cbor);
    for (_, tensor) in tensors {
        file.resize(aligned(file.len()), 0);
        file.extend(&tensor.bytes);
    }
    file
}

/// Finds the tensors; nothing if the file is damaged or none of ours.
pub(super) fn read(file: &[u8]) -> Option<BTreeMap<String, Tensor<&[u8]>>> {
    let rest = file
        .strip_prefix(&MAGIC)?
        .strip_prefix(&VERSION.to_le_bytes())?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let header = rest.get(..length)?;
    let header: Header = ciborium::de::from_reader_with_recursion_limit(header, MAX_DEPTH).ok()?;
    let numbers = file.get(aligned(PREFIX + length)..)?;
    let tensors = header.tensors.into_iter();
    tensors
        .map(|(name, entry)| Some((name, entry.tensor(numbers)?)))
        .collect()
}

impl Entry {
    /// Nothing if it has another number of bytes than its shape says.
    fn tensor(self, numbers: &[u8]) -> Option<Tensor<&[u8]>> {
        let (begin, end) = self.data_offsets;
        let bytes = numbers.get(begin.try_into().ok()?..end.try_into().ok()?)?;
        let shape = self.shape.iter().map(|&dim| usize::try_from(dim).ok());
        let shape = shape.collect::<Option<Vec<_>>>()?;
        let width = match self.dtype {
            Dtype::F32 => 4,
            Dtype::F16 => 2,
        };
        let length = shape
            .iter()
            .try_fold(width, |length: usize, dim| length.checked_mul(*dim));
        (length == Some(bytes.len())).then_some(Tensor {
            dtype: self.dtype,
            shape,
            bytes,
        })
    }
}

fn aligned(offset: usize) -> usize {
    offset.next_multiple_of(ALIGNMENT)
}
