//! A safetensors file in, checked tensors out. Nothing in the file is believed.

use half::f16;
use safetensors::tensor::TensorView;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use crate::error::{Error, Result};

/// A parsed header beside the data it describes.
///
/// `safetensors::SafeTensors` is not used because it adds up sizes from the header without a
/// check for overflow, which a hostile file can turn into a panic.
pub(crate) struct TensorFile<'a> {
    header: Metadata,
    data: &'a [u8],
}

impl<'a> TensorFile<'a> {
    /// Checks that the header and the data fit each other.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let cut_short = || damaged("it is cut short");
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut_short)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut_short())?;
        let (header, data) = rest.split_at_checked(length).ok_or_else(cut_short)?;
        let header: Metadata =
            serde_json::from_slice(header).map_err(|error| damaged(error.to_string()))?;
        if header.data_len() != data.len() {
            return Err(cut_short());
        }
        Ok(Self { header, data })
    }

    /// An entry of the file's `__metadata__`.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.header
            .metadata()
            .as_ref()?
            .get(key)
            .map(String::as_str)
    }

    /// All of the file's `__metadata__`.
    pub(crate) fn all_metadata(&self) -> Option<std::collections::HashMap<String, String>> {
        self.header.metadata().clone()
    }

    /// How many tensors there are.
    pub(crate) fn num_tensors(&self) -> usize {
        self.header.tensors().len()
    }

    /// All tensors as they are stored, for copying.
    pub(crate) fn views(&self) -> Result<Vec<(String, TensorView<'a>)>> {
        let tensors = self.header.tensors().into_iter();
        let view = |(name, info): (String, &TensorInfo)| {
            let bytes = self.bytes(&name, info)?;
            let view = TensorView::new(info.dtype, info.shape.clone(), bytes);
            Ok((name, view.map_err(|error| damaged(error.to_string()))?))
        };
        tensors.map(view).collect()
    }

    /// The values of one tensor, f16 or f32, all finite, of exactly this shape.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let info = self.header.info(name);
        let info = info.ok_or_else(|| damaged(format!("tensor `{name}` is missing")))?;
        if info.shape != shape {
            let found = &info.shape;
            return Err(damaged(format!(
                "tensor `{name}` is {found:?} instead of {shape:?}"
            )));
        }
        let values = self.values(name, info)?;
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(damaged(format!(
                "tensor `{name}` holds values that are not numbers"
            ))),
        }
    }

    /// The bytes of one tensor of whole numbers, one byte each, of exactly this shape.
    pub(crate) fn bytes_of(&self, name: &str, shape: &[usize]) -> Result<&'a [u8]> {
        let info = self.small_numbers(name)?;
        let found = &info.shape;
        match found == shape {
            true => self.bytes(name, info),
            false => Err(damaged(format!(
                "tensor `{name}` is {found:?} instead of {shape:?}"
            ))),
        }
    }

    /// The same, however many there are.
    pub(crate) fn all_bytes_of(&self, name: &str) -> Result<&'a [u8]> {
        self.bytes(name, self.small_numbers(name)?)
    }

    fn small_numbers(&self, name: &str) -> Result<&TensorInfo> {
        let info = self.header.info(name);
        let info = info.ok_or_else(|| damaged(format!("tensor `{name}` is missing")))?;
        match info.dtype {
            Dtype::I8 | Dtype::U8 => Ok(info),
            other => Err(damaged(format!(
                "tensor `{name}` is {other:?} instead of I8 or U8"
            ))),
        }
    }

    fn bytes(&self, name: &str, info: &TensorInfo) -> Result<&'a [u8]> {
        let (start, end) = info.data_offsets;
        let bytes = self.data.get(start..end);
        bytes.ok_or_else(|| damaged(format!("tensor `{name}` lies outside it")))
    }

    fn values(&self, name: &str, info: &TensorInfo) -> Result<Vec<f32>> {
        let bytes = self.bytes(name, info)?;
        match info.dtype {
            Dtype::F32 => Ok(bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect()),
            Dtype::F16 => Ok(bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f16::from_le_bytes(*b).to_f32())
                .collect()),
            other => Err(damaged(format!(
                "tensor `{name}` is {other:?} instead of F16 or F32"
            ))),
        }
    }
}

/// The error for a file that is not what it should be.
pub(crate) fn damaged(trouble: impl Into<String>) -> Error {
    Error::DamagedWeights(trouble.into())
}
