//! The record and the config of a Burn module in, the chain of operations it computes out, if Graft
//! wrote them.

use std::collections::BTreeMap;

use half::f16;

use super::{
    Record,
    container::{self, Dtype, Tensor},
    shape::Shape,
};
use crate::{
    backbone::{Architecture, Conv, Weights},
    error::Result,
    export::{graph::Graph, unlike},
    head::{Dense, DenseHead},
};

/// Reads what [`write`](super::write()) wrote.
///
/// # Errors
///
/// When it is anything else.
pub fn read(record: &Record) -> Result<Graph> {
    let shape: Shape = serde_json::from_slice(&record.config)
        .map_err(|error| unlike(format!("its config is damaged: {error}")))?;
    if !shape.is_possible() {
        return Err(unlike("its config asks for what can't be"));
    }
    let tensors = container::read(&record.numbers);
    let mut tensors = Tensors(tensors.ok_or_else(|| unlike("its record is damaged"))?);
    let weights = tensors.weights(&shape)?;
    let center = tensors.take("center", &[weights.architecture.num_features])?;
    let head = tensors.head(shape)?;
    if let Some(name) = tensors.0.keys().next() {
        return Err(unlike(format!("there is a `{name}` in it")));
    }
    let graph = Graph::of_parts(&weights, &center, &head);
    match graph.is_sound() {
        true => Ok(graph),
        false => Err(unlike("its parts don't fit each other")),
    }
}

/// Those that have not been taken yet.
struct Tensors<'a>(BTreeMap<String, Tensor<&'a [u8]>>);

impl Tensors<'_> {
    fn weights(&mut self, shape: &Shape) -> Result<Weights> {
        let color = |it: Vec<f32>| <[f32; 3]>::try_from(it).expect("three");
        let architecture = Architecture {
            input_size: shape.input_size,
            mean: color(self.take("colors.mean", &[3])?),
            std: color(self.take("colors.std", &[3])?),
            padding: shape.padding,
            stem_channels: shape.stem_channels,
            blocks: shape.blocks.clone(),
            num_features: shape.widths[0],
            // What it is called is not in the file, and means nothing here.
            ..Architecture::mobilenet_v2()
        };
        let mut conv = |shape: crate::backbone::Convolution| {
            Ok(Conv {
                weight: self.take(&format!("{}.weight", shape.name), &shape.weight_shape())?,
                bias: self.take(&format!("{}.bias", shape.name), &[shape.out_channels])?,
            })
        };
        let convs = architecture
            .convolutions()
            .map(&mut conv)
            .collect::<Result<_>>()?;
        Ok(Weights {
            architecture,
            convs,
        })
    }

    fn head(&mut self, shape: Shape) -> Result<DenseHead> {
        let pairs = shape.widths.windows(2).enumerate();
        let layers = pairs.map(|(at, pair)| {
            Ok(Dense {
                weight: self.take(&format!("layers.{at}.weight"), pair)?,
                bias: self.take(&format!("layers.{at}.bias"), &pair[1..])?,
            })
        });
        Ok(DenseHead {
            layers: layers.collect::<Result<_>>()?,
            activation: shape.activation,
        })
    }

    /// The numbers of a tensor that has to have this shape.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let tensor = self.0.remove(name).filter(|it| it.shape == shape);
        let tensor = tensor.ok_or_else(|| unlike(format!("there is no `{name}` of {shape:?}")))?;
        let values: Vec<f32> = match tensor.dtype {
            Dtype::F32 => {
                let numbers = tensor.bytes.as_chunks().0.iter();
                numbers.map(|b| f32::from_le_bytes(*b)).collect()
            }
            Dtype::F16 => {
                let numbers = tensor.bytes.as_chunks().0.iter();
                numbers.map(|b| f16::from_le_bytes(*b).to_f32()).collect()
            }
        };
        match values.iter().all(|x| x.is_finite()) {
            true => Ok(values),
            false => Err(unlike(format!("`{name}` is damaged"))),
        }
    }
}
