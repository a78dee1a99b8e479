//! Images in, feature rows out, each computed once and kept for the life of the session.

mod normalizer;
pub(crate) mod principal;
mod product;

use std::rc::Rc;

pub use normalizer::Normalizer;
pub(crate) use product::{centered_dot, dot};

use crate::protocol::SampleId;

/// One image's features: `[num_features]`.
pub type Row = Rc<[f32]>;

/// The feature rows of all samples ever extracted, deleted ones included, so that undo is free.
///
/// 5 KiB a row at 1280 features.
#[derive(Debug, Default)]
pub struct Features {
    rows: Vec<Option<Row>>,
}

impl Features {
    /// Keeps a sample's features.
    pub fn insert(&mut self, sample: SampleId, row: Row) {
        let at = sample as usize;
        if self.rows.len() <= at {
            self.rows.resize(at + 1, None);
        }
        self.rows[at] = Some(row);
    }

    /// All samples that have features, ascending.
    pub fn ids(&self) -> impl Iterator<Item = SampleId> + '_ {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.is_some())
            .map(|(at, _)| at as SampleId)
    }

    /// A sample's features, if they have been computed.
    pub fn get(&self, sample: SampleId) -> Option<&Row> {
        self.rows.get(sample as usize)?.as_ref()
    }
}

/// Reads little-endian `f32`s, as they cross from worker to worker.
///
/// Returns nothing if the length is not `num_features` or a value is not finite.
pub fn from_bytes(bytes: &[u8], num_features: usize) -> Option<Row> {
    let (words, rest) = bytes.as_chunks::<4>();
    let row: Row = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
    let is_valid = rest.is_empty() && row.len() == num_features;
    (is_valid && row.iter().all(|x| x.is_finite())).then_some(row)
}

/// As [`from_bytes`] reads them.
pub fn to_bytes(row: &[f32]) -> Vec<u8> {
    row.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_without_features_has_none() {
        let mut features = Features::default();
        features.insert(3, Rc::from([1.0]));
        assert_eq!(features.get(3).map(|row| row[0]), Some(1.0));
        assert_eq!(features.get(2), None);
        assert_eq!(features.get(99), None);
        assert_eq!(features.ids().collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn bytes_of_the_wrong_length_or_not_finite_are_no_features() {
        let bytes = [1.0f32, 2.0].map(f32::to_le_bytes).concat();
        assert_eq!(from_bytes(&bytes, 2).as_deref(), Some(&[1.0, 2.0][..]));
        assert_eq!(from_bytes(&bytes, 3), None);
        assert_eq!(from_bytes(&bytes[1..], 1), None);
        assert_eq!(from_bytes(&f32::NAN.to_le_bytes(), 1), None);
    }
}
