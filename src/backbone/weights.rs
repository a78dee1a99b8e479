//! A safetensors file in, the backbone's convolutions out, every number checked.

use std::ops::Range;

use super::architecture::{Architecture, Convolution};
use crate::{
    error::{Error, Result},
    tensor_file::{TensorFile, damaged},
};

/// Where a weights file says how many blocks a cut backbone has.
pub(crate) const NUM_BLOCKS: &str = "blocks";

/// A backbone's parameters; BatchNorm is already folded into the convolutions.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Whose parameters these are.
    pub architecture: Architecture,
    /// One a convolution, in the order of [`Architecture::convolutions`].
    pub convs: Vec<Conv>,
}

/// The parameters of one convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// `[out, in / groups, k, k]`, row-major: PyTorch's order.
    pub weight: Vec<f32>,
    /// `[out]`
    pub bias: Vec<f32>,
}

impl Weights {
    /// Reads a weights file, f16 or f32, and checks it against the architecture it names.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self> {
        let file = TensorFile::parse(bytes)?;
        let architecture = architecture(&file)?;
        let convs = architecture.convolutions().map(|conv| read(&file, &conv));
        let convs = convs.collect::<Result<Vec<_>>>()?;
        let num_tensors = file.num_tensors();
        if num_tensors != 2 * convs.len() {
            let expected = 2 * convs.len();
            return Err(damaged(format!(
                "it holds {num_tensors} tensors instead of {expected}"
            )));
        }
        Ok(Self {
            architecture,
            convs,
        })
    }

    /// Whether there are as many parameters as the architecture has.
    pub fn are_complete(&self) -> bool {
        let fits = |(shape, conv): (Convolution, &Conv)| {
            conv.weight.len() == shape.weight_shape().iter().product::<usize>()
                && conv.bias.len() == shape.out_channels
        };
        let num_convs = self.architecture.convolutions().count();
        num_convs == self.convs.len() && self.architecture.convolutions().zip(&self.convs).all(fits)
    }
}

impl Conv {
    /// The convolution cut down to some output channels.
    pub fn outputs(&self, channels: Range<usize>) -> Self {
        let row_length = self.weight.len() / self.bias.len();
        Self {
            weight: self.weight[channels.start * row_length..channels.end * row_length].to_vec(),
            bias: self.bias[channels].to_vec(),
        }
    }
}

/// The architecture that a weights file says it is of.
pub(crate) fn architecture(file: &TensorFile) -> Result<Architecture> {
    let name = file.metadata("backbone");
    let name = name.ok_or_else(|| damaged("it doesn't say which backbone it is"))?;
    let whole = Architecture::by_name(name);
    let whole = whole.ok_or_else(|| Error::UnknownBackbone(name.to_owned()))?;
    let Some(num_blocks) = file.metadata(NUM_BLOCKS) else {
        return Ok(whole);
    };
    let cut = num_blocks.parse().ok().and_then(|num| whole.cut(num));
    cut.ok_or_else(|| damaged(format!("{name} can't be cut after {num_blocks} blocks")))
}

fn read(file: &TensorFile, conv: &Convolution) -> Result<Conv> {
    Ok(Conv {
        weight: file.tensor(&format!("{}.weight", conv.name), &conv.weight_shape())?,
        bias: file.tensor(&format!("{}.bias", conv.name), &[conv.out_channels])?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use half::f16;
    use safetensors::tensor::{Dtype, TensorView};

    use super::*;

    /// A valid file whose every value is 0.5.
    fn valid(dtype: Dtype) -> Vec<u8> {
        encode("mobilenet-v2", dtype, |_| 0.5)
    }

    fn encode(backbone: &str, dtype: Dtype, value: impl Fn(&str) -> f32) -> Vec<u8> {
        let architecture = Architecture::mobilenet_v2();
        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = architecture
            .convolutions()
            .flat_map(|conv| {
                let weight = (
                    format!("{}.weight", conv.name),
                    conv.weight_shape().to_vec(),
                );
                [
                    weight,
                    (format!("{}.bias", conv.name), vec![conv.out_channels]),
                ]
            })
            .map(|(name, shape)| {
                let value = value(&name);
                let one = match dtype {
                    Dtype::F16 => f16::from_f32(value).to_le_bytes().to_vec(),
                    _ => value.to_le_bytes().to_vec(),
                };
                let bytes = one.repeat(shape.iter().product());
                (name, shape, bytes)
            })
            .collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (
                name,
                TensorView::new(dtype, shape.clone(), bytes).expect("sizes agree"),
            )
        });
        let metadata = HashMap::from([("backbone".to_owned(), backbone.to_owned())]);
        safetensors::serialize(views, Some(metadata)).expect("serializes")
    }

    fn trouble(bytes: &[u8]) -> String {
        Weights::from_safetensors(bytes)
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn f16_and_f32_files_read_alike() {
        for dtype in [Dtype::F16, Dtype::F32] {
            let weights = Weights::from_safetensors(&valid(dtype)).expect("valid");
            assert_eq!(weights.convs.len(), 52);
            assert!(
                weights
                    .convs
                    .iter()
                    .all(|conv| conv.weight.iter().all(|w| *w == 0.5))
            );
        }
    }

    #[test]
    fn a_value_that_is_no_number_is_named_by_its_tensor() {
        for bad in [f32::NAN, f32::INFINITY] {
            let bytes = encode("mobilenet-v2", Dtype::F16, |name| match name {
                "blocks.3.project.bias" => bad,
                _ => 0.0,
            });
            assert!(trouble(&bytes).contains("`blocks.3.project.bias`"));
        }
    }

    #[test]
    fn a_different_backbone_is_named() {
        let bytes = encode("resnet-50", Dtype::F16, |_| 0.0);
        assert_eq!(
            Weights::from_safetensors(&bytes).expect_err("unknown"),
            Error::UnknownBackbone("resnet-50".to_owned())
        );
        let bytes = encode("efficientnet-lite0", Dtype::F16, |_| 0.0);
        assert!(trouble(&bytes).contains("instead of"));
    }

    #[test]
    fn every_truncation_of_the_header_is_refused() {
        let bytes = valid(Dtype::F16);
        for length in (0..20_000).step_by(997).chain([bytes.len() - 1]) {
            trouble(&bytes[..length]);
        }
        trouble(&[bytes.as_slice(), &[0]].concat());
    }

    #[test]
    fn flipped_bytes_never_panic() {
        let bytes = valid(Dtype::F16);
        for at in (0..6000).step_by(61) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x15;
            let _ = Weights::from_safetensors(&flipped);
        }
    }

    #[test]
    fn sizes_that_overflow_when_added_are_refused() {
        let each = usize::MAX / 8;
        let tensors: Vec<String> = (0..8)
            .map(|i| {
                let (start, end) = (i * each, (i + 1) * each);
                format!(
                    r#""t{i}":{{"dtype":"U8","shape":[{each}],"data_offsets":[{start},{end}]}}"#
                )
            })
            .collect();
        let header = format!("{{{}}}", tensors.join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.into_bytes());
        trouble(&bytes);
    }
}
