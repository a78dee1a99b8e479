//! `model.json` and `weights.bin` in, the chain of operations they say out, if Graft wrote them.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Files, SCALE, layer};
use crate::{
    backbone::{Conv, Convolution, Padding},
    error::Result,
    export::{
        graph::{ColorScale, Convolve, Graph, Step, zeros_around},
        unlike,
    },
    head::{Activation, Dense},
};

/// Larger pictures are none of ours.
const MAX_SIZE: usize = 4096;

/// Reads what [`write`](super::write()) wrote, from colors on the scale 0–255 on: Teachable
/// Machine's scale comes first.
///
/// # Errors
///
/// When it is anything else.
pub fn read(files: &Files) -> Result<Graph> {
    let file: ModelFile =
        serde_json::from_str(&files.model).map_err(|error| unlike(error.to_string()))?;
    let mut reader = Reader::new(file, &files.weights)?;
    let input_size = reader.input()?;
    let mut steps = vec![Step::Normalize(SCALE)];
    reader.size = input_size;
    while let Some(layer) = reader.next()? {
        reader.push(&layer, &mut steps)?;
        if reader.kept.contains(&layer.name) {
            steps.push(Step::Keep);
        }
    }
    let graph = Graph { input_size, steps };
    match graph.is_sound() {
        true => Ok(graph),
        false => Err(unlike("its layers don't fit each other")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelFile {
    model_topology: Topology,
    weights_manifest: Vec<Group>,
}

#[derive(Deserialize)]
struct Topology {
    config: Layers,
}

#[derive(Deserialize)]
struct Layers {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    class_name: String,
    name: String,
    config: Config,
    inbound_nodes: Vec<Vec<(String, usize, usize, serde_json::Value)>>,
}

/// What layers say of themselves, as far as it matters.
#[derive(Deserialize)]
struct Config {
    batch_input_shape: Option<[Option<usize>; 4]>,
    kernel_size: Option<[usize; 2]>,
    strides: Option<[usize; 2]>,
    padding: Option<Zeros>,
    activation: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Zeros {
    Word(String),
    Counts([[usize; 2]; 2]),
}

#[derive(Deserialize)]
struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
}

struct Reader {
    /// Last to first.
    layers: Vec<Layer>,
    tensors: HashMap<String, Vec<f32>>,
    /// Layers whose values are added to later ones.
    kept: Vec<String>,
    current: String,
    size: usize,
    width: usize,
    zeros: Option<[usize; 2]>,
    is_doubled: bool,
}

impl Reader {
    fn new(file: ModelFile, weights: &[u8]) -> Result<Self> {
        let entries = file.weights_manifest.into_iter().flat_map(|it| it.weights);
        let mut values = weights.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
        let mut tensors = HashMap::new();
        for Entry { name, shape } in entries {
            let count = shape.iter().try_fold(1usize, |n, dim| n.checked_mul(*dim));
            let tensor: Vec<_> = values.by_ref().take(count.unwrap_or(usize::MAX)).collect();
            if Some(tensor.len()) != count || !tensor.iter().all(|x| x.is_finite()) {
                return Err(unlike(format!("`{name}` is damaged")));
            }
            tensors.insert(name, tensor);
        }
        let mut layers = file.model_topology.config.layers;
        let adds = layers.iter().filter(|layer| layer.class_name == "Add");
        let kept = adds.filter_map(|layer| Some(layer.inbound_nodes.first()?.first()?.0.clone()));
        let kept = kept.collect();
        layers.reverse();
        Ok(Self {
            layers,
            tensors,
            kept,
            current: String::new(),
            size: 0,
            width: 3,
            zeros: None,
            is_doubled: false,
        })
    }

    fn input(&mut self) -> Result<usize> {
        let input = self.layers.pop().filter(|it| it.name == layer::INPUT);
        let shape = input.and_then(|input| input.config.batch_input_shape);
        self.current = layer::INPUT.to_owned();
        match shape {
            Some([None, Some(height), Some(width), Some(3)])
                if height == width && (1..=MAX_SIZE).contains(&width) =>
            {
                Ok(width)
            }
            _ => Err(unlike("it doesn't take a picture")),
        }
    }

    /// The next layer, which has to work on what the one before gives.
    fn next(&mut self) -> Result<Option<Layer>> {
        let Some(layer) = self.layers.pop() else {
            return Ok(None);
        };
        let inputs = layer.inbound_nodes.first().and_then(|inputs| inputs.last());
        if inputs.is_none_or(|(name, ..)| *name != self.current) {
            return Err(unlike(format!("`{}` works on another layer", layer.name)));
        }
        self.current.clone_from(&layer.name);
        Ok(Some(layer))
    }

    fn push(&mut self, layer: &Layer, steps: &mut Vec<Step>) -> Result<()> {
        let name = layer.name.as_str();
        match (layer.class_name.as_str(), name) {
            ("DepthwiseConv2D", layer::NORMALIZE) => steps.push(self.normalize(name)?),
            ("DepthwiseConv2D", layer::CENTER) => {
                let both = self.tensor(name, "bias")?;
                let mean = both.as_chunks().0.iter().map(|[minus, _]| -minus);
                steps.push(Step::Center(mean.collect()));
                self.is_doubled = true;
            }
            ("Conv2D" | "DepthwiseConv2D", _) => {
                let convolve = self.convolve(layer)?;
                self.size = self.size.div_ceil(convolve.shape.stride.max(1));
                self.width = convolve.shape.out_channels;
                steps.push(Step::Convolve(convolve));
            }
            ("ZeroPadding2D", _) => match layer.config.padding {
                Some(Zeros::Counts([rows, columns])) if rows == columns => self.zeros = Some(rows),
                _ => return Err(unlike("it isn't padded alike on all sides")),
            },
            ("Add", _) => steps.push(Step::Add),
            ("GlobalAveragePooling2D", _) => steps.push(Step::Average),
            ("LayerNormalization", layer::LENGTH) => steps.push(Step::UnitLength),
            ("Dense", _) => self.dense(layer, steps)?,
            ("Reshape" | "Flatten", _) => {}
            (other, _) => return Err(unlike(format!("there is a `{other}` in it"))),
        }
        Ok(())
    }

    fn normalize(&self, name: &str) -> Result<Step> {
        let (kernel, bias) = (
            self.tensor(name, "depthwise_kernel")?,
            self.tensor(name, "bias")?,
        );
        let (Ok(kernel), Ok(bias)) = (
            <[f32; 3]>::try_from(kernel.as_slice()),
            <[f32; 3]>::try_from(bias.as_slice()),
        ) else {
            return Err(unlike("it has not three colors"));
        };
        // t · kernel + bias = (t − mean) / std
        Ok(Step::Normalize(ColorScale {
            mean: [0, 1, 2].map(|at| -bias[at] / kernel[at]),
            std: kernel.map(f32::recip),
        }))
    }

    fn convolve(&mut self, layer: &Layer) -> Result<Convolve> {
        let config = &layer.config;
        let (Some([kernel_size, _]), Some([stride, _])) = (config.kernel_size, config.strides)
        else {
            return Err(unlike("a convolution has no size"));
        };
        if !(1..=7).contains(&kernel_size) || !(1..=2).contains(&stride) {
            return Err(unlike("a convolution has a size that ours don't have"));
        }
        let padding = match (&config.padding, self.zeros.take()) {
            (Some(Zeros::Word(word)), None) if word == "same" => {
                zeros_around(Padding::Same, self.size, kernel_size, stride)
            }
            (Some(Zeros::Word(word)), Some(zeros)) if word == "valid" => zeros,
            _ => return Err(unlike("a convolution is padded otherwise")),
        };
        let depthwise = layer.class_name == "DepthwiseConv2D";
        let kernel = if depthwise {
            "depthwise_kernel"
        } else {
            "kernel"
        };
        let (kernel, bias) = (
            self.tensor(&layer.name, kernel)?,
            self.tensor(&layer.name, "bias")?,
        );
        let inputs = if depthwise { 1 } else { self.width };
        let num_weights = bias.len().saturating_mul(inputs * kernel_size.pow(2));
        if kernel.len() != num_weights {
            return Err(unlike(format!("`{}` has another shape", layer.name)));
        }
        Ok(Convolve {
            shape: Convolution {
                name: layer.name.replace('_', "."),
                in_channels: self.width,
                out_channels: bias.len(),
                kernel_size,
                stride,
                depthwise,
                relu6: config.activation.as_deref() == Some("relu6"),
            },
            padding,
            conv: Conv {
                weight: turned(&kernel, bias.len(), inputs, kernel_size),
                bias,
            },
        })
    }

    fn dense(&mut self, layer: &Layer, steps: &mut Vec<Step>) -> Result<()> {
        let bias = self.tensor(&layer.name, "bias")?;
        let mut weight = self.tensor(&layer.name, "kernel")?;
        if std::mem::take(&mut self.is_doubled) && !bias.is_empty() {
            let rows = weight.chunks_exact(2 * bias.len());
            let of_minus = |row: &[f32]| row[bias.len()..].iter().any(|x| *x != 0.0);
            if rows.clone().any(of_minus) {
                return Err(unlike("its head reads features with the other sign"));
            }
            weight = rows.flat_map(|row| row[..bias.len()].to_vec()).collect();
        }
        steps.push(Step::Dense(Dense { weight, bias }));
        match layer.config.activation.as_deref() {
            Some("relu") => steps.push(Step::Activate(Activation::Rectified)),
            Some("softmax") => steps.push(Step::Softmax),
            Some("linear") => {}
            _ => return Err(unlike("its head has other units")),
        }
        Ok(())
    }

    fn tensor(&self, layer: &str, name: &str) -> Result<Vec<f32>> {
        let found = self.tensors.get(&format!("{layer}/{name}"));
        found
            .cloned()
            .ok_or_else(|| unlike(format!("`{layer}` has no {name}")))
    }
}

/// `[k, k, in, out]` → `[out, in, k, k]`.
fn turned(kernel: &[f32], outputs: usize, inputs: usize, k: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(kernel.len());
    for (out, input) in (0..outputs * inputs).map(|at| (at / inputs, at % inputs)) {
        turned.extend((0..k * k).map(|tap| kernel[(tap * inputs + input) * outputs + out]));
    }
    turned
}
