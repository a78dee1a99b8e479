//! A model as one safetensors file: the backbone as it is served, the head, and in
//! `__metadata__` everything needed to use them.
//!
//! | tensor | shape | |
//! |---|---|---|
//! | `backbone.*` | | f16, BatchNorm folded into the convolutions |
//! | `features.mean` | `[num_features]`, 1280 unless the backbone is cut | subtracted before scaling to length 1 |
//! | `head.N.weight` | `[in, out]` | layers in order, `activation` between them |
//! | `head.N.bias` | `[out]` | |

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};

use crate::{
    backbone::{
        Architecture, NUM_FEATURES, Padding, Weights,
        weights::{self, NUM_BLOCKS},
    },
    error::{Error, Result},
    features::Normalizer,
    head::{Activation, Dense, DenseHead},
    model::Model,
    protocol::ModelClass,
    tensor_file::{TensorFile, damaged},
};

/// Raised when a reader of the old format would misread the new one. The first knows rectified
/// units and the backbone as it is served only, and is still written where there is nothing else.
const FORMATS: [&str; 2] = ["graft-model-1", "graft-model-2"];

/// What the names of a backbone's tensors begin with.
const BACKBONE: &str = "backbone.";

/// Most classes and layers a file may claim.
const MAX_CLASSES: usize = 10_000;
const MAX_LAYERS: usize = 8;

/// Writes a model, backbone included.
///
/// # Errors
///
/// When `backbone` is not a weights file.
pub fn to_safetensors(model: &Model, backbone: &[u8]) -> Result<Vec<u8>> {
    let file = TensorFile::parse(model.backbone.as_deref().unwrap_or(backbone))?;
    let head = head_tensors(model);
    let views = file.views()?.into_iter();
    let mut views: Vec<_> = views
        .map(|(name, view)| (format!("{BACKBONE}{name}"), view))
        .collect();
    for (name, shape, bytes) in &head {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        views.push((
            name.clone(),
            view.expect("as many values as the shape says"),
        ));
    }
    safetensors::serialize(views, Some(metadata(model, &file)))
        .map_err(|error| damaged(error.to_string()))
}

/// What a weights file says of itself, as a weights file without weights: for a model that is kept
/// where the backbone is served.
///
/// # Errors
///
/// When it is not a weights file.
pub fn without_tensors(backbone: &[u8]) -> Result<Vec<u8>> {
    let metadata = TensorFile::parse(backbone)?.all_metadata();
    let nothing: [(&str, TensorView); 0] = [];
    safetensors::serialize(nothing, metadata).map_err(|error| damaged(error.to_string()))
}

/// Which backbone a weights file is of.
pub fn backbone_name(backbone: &[u8]) -> Option<String> {
    let file = TensorFile::parse(backbone).ok()?;
    file.metadata("backbone").map(str::to_owned)
}

/// Reads what [`to_safetensors`] wrote. The backbone inside is left alone unless it was tuned: the
/// page has its own. [`architecture`](super::architecture) says which one the model is for.
///
/// # Errors
///
/// When the file is damaged or of another program.
pub fn from_safetensors(bytes: &[u8]) -> Result<Model> {
    read(bytes).map_err(of_model)
}

fn of_model(error: Error) -> Error {
    match error {
        Error::DamagedWeights(trouble) => Error::DamagedModel(trouble),
        other => other,
    }
}

/// The backbone that a model's file is for.
///
/// # Errors
///
/// When the file is damaged or the backbone is none of ours.
pub fn architecture(bytes: &[u8]) -> Result<Architecture> {
    let file = TensorFile::parse(bytes)?;
    let name = file.metadata("backbone").unwrap_or_default();
    Architecture::by_name(name).ok_or_else(|| Error::UnknownBackbone(name.to_owned()))
}

/// Reads a model with the backbone that is in its file, whether that was tuned or not.
///
/// # Errors
///
/// When the file is damaged, or of another program.
pub(super) fn read_whole(bytes: &[u8]) -> Result<(Model, Weights)> {
    let model = from_safetensors(bytes)?;
    let backbone = TensorFile::parse(bytes).and_then(|file| backbone(&file));
    let weights = backbone.and_then(|backbone| Weights::from_safetensors(&backbone.file));
    Ok((model, weights.map_err(of_model)?))
}

fn read(bytes: &[u8]) -> Result<Model> {
    let file = TensorFile::parse(bytes)?;
    let format = file.metadata("format").unwrap_or_default();
    if !FORMATS.contains(&format) {
        return Err(damaged("it was not made by this version of Graft"));
    }
    let classes: Vec<ModelClass> = json(&file, "classes")?;
    if !(2..=MAX_CLASSES).contains(&classes.len()) {
        return Err(damaged(format!(
            "it claims to have {} classes",
            classes.len()
        )));
    }
    let widths: Vec<usize> = json(&file, "widths")?;
    let (first, last) = (widths.first(), widths.last());
    let num_features = *first.ok_or_else(|| damaged("its head has no layers"))?;
    if widths.len() > MAX_LAYERS + 1 || widths.len() < 2 || last != Some(&classes.len()) {
        return Err(damaged("its head doesn't fit its classes"));
    }
    let own = match file.metadata("tuned") {
        Some(_) => Some(backbone(&file)?),
        None => None,
    };
    if num_features != own.as_ref().map_or(NUM_FEATURES, |own| own.num_features) {
        return Err(damaged("it is for another backbone"));
    }
    let mean = file.tensor("features.mean", &[num_features])?;
    let layers = widths.windows(2).enumerate().map(|(at, width)| {
        Ok(Dense {
            weight: file.tensor(&format!("head.{at}.weight"), width)?,
            bias: file.tensor(&format!("head.{at}.bias"), &width[1..])?,
        })
    });
    Ok(Model {
        classes,
        normalizer: Normalizer::from_mean(mean),
        head: DenseHead {
            layers: layers.collect::<Result<_>>()?,
            activation: match file.metadata("activation") {
                Some(_) => json(&file, "activation")?,
                None => Activation::default(),
            },
        },
        backbone: own.map(|own| own.file.into()),
        familiarity: json(&file, "familiarity").ok(),
        provenance: json(&file, "provenance").ok(),
    })
}

/// A backbone of a model's own.
struct Own {
    /// The weights file that went into the model's file.
    file: Vec<u8>,
    num_features: usize,
}

fn backbone(file: &TensorFile) -> Result<Own> {
    let views = file.views()?.into_iter();
    let views = views.filter_map(|(name, view)| {
        let name = name.strip_prefix(BACKBONE)?.to_owned();
        Some((name, view))
    });
    let bytes = safetensors::serialize(views.collect::<Vec<_>>(), file.all_metadata())
        .map_err(|error| damaged(error.to_string()))?;
    // Better now than when a picture waits for it.
    let weights = Weights::from_safetensors(&bytes)?;
    Ok(Own {
        file: bytes,
        num_features: weights.architecture.num_features,
    })
}

fn head_tensors(model: &Model) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let mean = model.normalizer.mean();
    let mut tensors = vec![("features.mean".to_owned(), vec![mean.len()], bytes(mean))];
    for (at, layer) in model.head.layers.iter().enumerate() {
        let num_outputs = layer.bias.len();
        let shape = vec![layer.weight.len() / num_outputs, num_outputs];
        tensors.push((format!("head.{at}.weight"), shape, bytes(&layer.weight)));
        tensors.push((
            format!("head.{at}.bias"),
            vec![num_outputs],
            bytes(&layer.bias),
        ));
    }
    tensors
}

fn format(model: &Model) -> &'static str {
    let is_new = model.head.activation != Activation::Rectified || model.backbone.is_some();
    FORMATS[usize::from(is_new)]
}

fn metadata(model: &Model, backbone: &TensorFile) -> HashMap<String, String> {
    let mut widths = vec![model.normalizer.mean().len()];
    widths.extend(model.head.layers.iter().map(|layer| layer.bias.len()));
    let labels: Vec<_> = model.classes.iter().map(|class| &class.name).collect();
    let mut entries = vec![
        ("format", format(model).to_owned()),
        ("activation", to_json(&model.head.activation)),
        ("classes", to_json(&model.classes)),
        ("labels", to_json(&labels)),
        ("widths", to_json(&widths)),
        (
            "resize",
            "whole image fitted into a square, antialiased bilinear, rest in its border's mean color".to_owned(),
        ),
        (
            "normalization",
            "features minus features.mean, divided by their length".to_owned(),
        ),
    ];
    if model.backbone.is_some() {
        entries.push(("tuned", to_json(&true)));
    }
    if let Ok(known) = weights::architecture(backbone) {
        entries.extend(geometry(&known));
    }
    if let Some(familiarity) = &model.familiarity {
        entries.push(("familiarity", to_json(familiarity)));
    }
    if let Some(provenance) = &model.provenance {
        entries.push(("provenance", to_json(provenance)));
    }
    for key in [
        "backbone",
        NUM_BLOCKS,
        "input_size",
        "mean",
        "std",
        "color_order",
        "source",
        "license",
    ] {
        entries.extend(backbone.metadata(key).map(|value| (key, value.to_owned())));
    }
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// What else a program has to know to run the backbone.
fn geometry(architecture: &Architecture) -> [(&'static str, String); 2] {
    let strides: Vec<_> = architecture.blocks.iter().map(|it| it.stride).collect();
    let padding = match architecture.padding {
        Padding::Same => "same",
        Padding::Symmetric => "symmetric",
    };
    [
        ("strides", to_json(&strides)),
        ("padding", padding.to_owned()),
    ]
}

fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data")
}

fn json<T: serde::de::DeserializeOwned>(file: &TensorFile, key: &str) -> Result<T> {
    let text = file
        .metadata(key)
        .ok_or_else(|| damaged(format!("`{key}` is missing")))?;
    serde_json::from_str(text).map_err(|error| damaged(format!("`{key}`: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::fixtures::{backbone, model};

    #[test]
    fn a_model_survives_the_round_trip() {
        let bytes = to_safetensors(&model(), &backbone()).unwrap();
        assert_eq!(from_safetensors(&bytes).unwrap(), model());
    }

    #[test]
    fn units_that_earlier_readers_do_not_know_survive_in_a_format_they_refuse() {
        for activation in [Activation::Cosine, Activation::Exponential] {
            let mut model = model();
            let output = Dense {
                weight: vec![1.0, 2.0, 3.0, 4.0],
                bias: vec![0.5, -0.5],
            };
            model.head.layers.push(output);
            model.head.activation = activation;
            let bytes = to_safetensors(&model, &backbone()).unwrap();
            assert_eq!(from_safetensors(&bytes).unwrap(), model);
            let file = TensorFile::parse(&bytes).unwrap();
            assert_eq!(file.metadata("format"), Some("graft-model-2"));
        }
    }

    #[test]
    fn a_file_from_before_there_was_a_choice_has_rectified_units() {
        let bytes = to_safetensors(&model(), &backbone()).unwrap();
        let file = TensorFile::parse(&bytes).unwrap();
        assert_eq!(file.metadata("format"), Some("graft-model-1"));
        let entry = br#""activation":"\"rectified\"""#;
        let at = bytes.windows(entry.len()).position(|part| part == entry);
        let mut old = bytes.clone();
        old[at.unwrap() + 1..][..2].copy_from_slice(b"__");
        assert_eq!(from_safetensors(&old).unwrap(), model());
    }

    #[test]
    fn the_backbone_goes_in_as_it_is() {
        let bytes = to_safetensors(&model(), &backbone()).unwrap();
        let (packed, served) = (TensorFile::parse(&bytes).unwrap(), backbone());
        let served = TensorFile::parse(&served).unwrap();
        for (name, view) in served.views().unwrap() {
            let packed = packed.views().unwrap();
            let copy = packed
                .iter()
                .find(|(other, _)| *other == format!("backbone.{name}"));
            assert_eq!(copy.unwrap().1.data(), view.data());
        }
    }

    #[test]
    fn no_altered_file_panics() {
        let bytes = to_safetensors(&model(), &backbone()).unwrap();
        for at in 0..bytes.len().min(3000) {
            let mut altered = bytes.clone();
            altered[at] ^= 0x15;
            let _ = from_safetensors(&altered);
            let _ = from_safetensors(&bytes[..at]);
        }
    }

    #[test]
    fn a_weights_file_is_not_a_model() {
        let trouble = from_safetensors(&backbone()).unwrap_err();
        assert!(matches!(trouble, Error::DamagedModel(_)), "{trouble}");
    }
}
