//! Tuned weights and the file they came from in, a file like it out.

use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use crate::{
    backbone::{Weights, weights::NUM_BLOCKS},
    error::Result,
    tensor_file::{TensorFile, damaged},
};

/// A weights file in f16 with what else `served` says about itself. The weights may be those of a
/// cut backbone, which the file then says.
///
/// Convolutions that have not learned are bit for bit those of `served` if it is in f16, as the one
/// the page serves.
///
/// # Errors
///
/// When `served` is no weights file, or of another backbone.
pub fn to_safetensors(weights: &Weights, served: &[u8]) -> Result<Vec<u8>> {
    let file = TensorFile::parse(served)?;
    let name = weights.architecture.name;
    if file.metadata("backbone") != Some(name) || !weights.are_complete() {
        return Err(damaged(format!("it is not for {name}")));
    }
    let largest = f16::MAX.to_f32();
    let bytes = |values: &[f32]| -> Vec<u8> {
        let round = |value: &f32| f16::from_f32(value.clamp(-largest, largest)).to_le_bytes();
        values.iter().flat_map(round).collect()
    };
    let mut tensors = Vec::with_capacity(2 * weights.convs.len());
    for (shape, conv) in weights.architecture.convolutions().zip(&weights.convs) {
        let (weight, bias) = (bytes(&conv.weight), bytes(&conv.bias));
        tensors.push((
            format!("{}.weight", shape.name),
            shape.weight_shape().to_vec(),
            weight,
        ));
        tensors.push((
            format!("{}.bias", shape.name),
            vec![shape.out_channels],
            bias,
        ));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F16, shape.clone(), bytes);
        (name, view.expect("as many values as the shape says"))
    });
    let mut metadata = file.all_metadata().unwrap_or_default();
    if weights.architecture.is_cut() {
        let num_blocks = weights.architecture.blocks.len().to_string();
        metadata.insert(NUM_BLOCKS.to_owned(), num_blocks);
    }
    safetensors::serialize(views, Some(metadata)).map_err(|error| damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::{Architecture, reference::Random};

    fn served(weights: &Weights) -> Vec<u8> {
        let metadata = [("backbone", weights.architecture.name), ("license", "free")];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let none: [(&str, TensorView); 0] = [];
        let header = safetensors::serialize(none, Some(metadata.into())).expect("no tensors");
        to_safetensors(weights, &header).expect("the same backbone")
    }

    #[test]
    fn weights_survive_the_round_trip_with_what_the_file_says() {
        let weights = Random::new(31).weights(Architecture::mobilenet_v2());
        let file = served(&weights);
        let read = Weights::from_safetensors(&file).expect("valid");
        let again = Weights::from_safetensors(&served(&read)).expect("valid");
        assert!(
            again.convs == read.convs,
            "what is in f16 already stays as it is"
        );
        let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 5e-4 * b.abs() + 1e-7;
        for (found, expected) in read.convs.iter().zip(&weights.convs) {
            assert!(found.weight.iter().zip(&expected.weight).all(close));
        }
        let file = TensorFile::parse(&file).expect("valid");
        assert_eq!(file.metadata("license"), Some("free"));
    }

    #[test]
    fn a_cut_backbone_is_read_as_one() {
        let whole = Random::new(33).weights(Architecture::efficientnet_lite0());
        let cut = whole.cut(11).expect("sixteen blocks");
        let file = to_safetensors(&cut, &served(&whole)).expect("the same backbone");
        let read = Weights::from_safetensors(&file).expect("valid");
        assert_eq!(read.architecture, cut.architecture);
        assert_eq!(read.convs.len(), cut.convs.len());
    }

    #[test]
    fn a_file_of_another_backbone_is_refused() {
        let mut random = Random::new(32);
        let file = served(&random.weights(Architecture::mobilenet_v2()));
        let other = random.weights(Architecture::efficientnet_lite0());
        assert!(to_safetensors(&other, &file).is_err());
        assert!(to_safetensors(&other, b"no file").is_err());
    }
}
