//! The bytes of an ONNX file in, the chain of operations it says out, if Graft wrote it.

use std::collections::HashMap;

use half::f16;
use prost::Message;

use super::{
    OPSET,
    messages::{GraphProto, Model, Node, Tensor, data_type},
};
use crate::{
    backbone::{Conv, Convolution},
    error::Result,
    export::{
        graph::{ColorScale, Convolve, Graph, SHORTEST, Step, three},
        unlike,
    },
    head::{Activation, Dense},
};

/// Larger pictures are none of ours.
const MAX_SIZE: i64 = 4096;

/// Reads what [`write`](super::write()) wrote.
///
/// # Errors
///
/// When it is anything else.
pub fn read(bytes: &[u8]) -> Result<Graph> {
    let model = Model::decode(bytes).map_err(|error| unlike(error.to_string()))?;
    if model
        .opset_import
        .iter()
        .all(|set| set.version != Some(OPSET))
    {
        return Err(unlike("its operations are of another version"));
    }
    let graph = model.graph.ok_or_else(|| unlike("it has no graph"))?;
    let (name, input_size, is_whole) = input(&graph)?;
    let mut reader = Reader::new(graph, name)?;
    if is_whole {
        reader.next("Cast")?;
        reader.next("Transpose")?;
    }
    let mut steps = Vec::new();
    while !reader.nodes.is_empty() {
        if reader.kept.contains(&reader.current) {
            steps.push(Step::Keep);
        }
        steps.push(reader.step()?);
    }
    let graph = Graph { input_size, steps };
    match graph.is_sound() {
        true => Ok(graph),
        false => Err(unlike("its operations don't fit each other")),
    }
}

/// Its name, the side of the picture, and whether it is one in bytes.
fn input(graph: &GraphProto) -> Result<(String, usize, bool)> {
    let input = || {
        let input = graph.input.first()?;
        let kind = input.kind.as_ref()?.tensor_type.as_ref()?;
        // The third dimension is a side of the picture, whether colors come first or last.
        let size = kind.shape.as_ref()?.dim.get(2)?.dim_value?;
        let size = (1..=MAX_SIZE).contains(&size).then_some(size as usize)?;
        let is_whole = kind.elem_type? == data_type::UINT8;
        Some((input.name.clone()?, size, is_whole))
    };
    input().ok_or_else(|| unlike("it doesn't take a picture"))
}

struct Reader {
    /// Last to first.
    nodes: Vec<Node>,
    tensors: HashMap<String, Tensor>,
    /// Values that are added to later ones.
    kept: Vec<String>,
    current: String,
}

impl Reader {
    fn new(graph: GraphProto, current: String) -> Result<Self> {
        let named = |tensor: Tensor| Some((tensor.name.clone()?, tensor));
        let mut tensors: HashMap<_, _> = graph.initializer.into_iter().filter_map(named).collect();
        let mut nodes = Vec::new();
        for node in graph.node.into_iter().rev() {
            // A tensor that is turned into f32 is as good as one that is.
            let turned = node.input.first().and_then(|name| tensors.remove(name));
            match (turned, node.output.first()) {
                (Some(tensor), Some(output)) if node.op_type() == "Cast" => {
                    tensors.insert(output.clone(), tensor);
                }
                (Some(_), _) => return Err(unlike("a tensor stands where a value should")),
                (None, _) => nodes.push(node),
            }
        }
        let adds = nodes.iter().filter(|node| node.op_type() == "Add");
        let kept = adds.filter_map(|node| node.input.first().cloned());
        Ok(Self {
            kept: kept.collect(),
            nodes,
            tensors,
            current,
        })
    }

    fn step(&mut self) -> Result<Step> {
        let next = self.nodes.last().map(|node| node.op_type().to_owned());
        Ok(match next.as_deref().unwrap_or_default() {
            "Conv" => Step::Convolve(self.convolve()?),
            "Add" => {
                self.next("Add")?;
                Step::Add
            }
            "GlobalAveragePool" => {
                self.next("GlobalAveragePool")?;
                self.next("Flatten")?;
                Step::Average
            }
            "Sub" => {
                let node = self.next("Sub")?;
                let (dims, mean) = self.tensor(&node, 1)?;
                match dims == [1, 3, 1, 1] {
                    true => Step::Normalize(ColorScale {
                        mean: three(mean)?,
                        std: self.colors_std()?,
                    }),
                    false => Step::Center(mean),
                }
            }
            "ReduceL2" => self.unit_length()?,
            "Gemm" => {
                let node = self.next("Gemm")?;
                Step::Dense(Dense {
                    weight: self.tensor(&node, 1)?.1,
                    bias: self.tensor(&node, 2)?.1,
                })
            }
            "Relu" => self.activate("Relu", Activation::Rectified)?,
            "Cos" => self.activate("Cos", Activation::Cosine)?,
            "Exp" => self.activate("Exp", Activation::Exponential)?,
            "Softmax" => {
                self.next("Softmax")?;
                Step::Softmax
            }
            other => return Err(unlike(format!("there is a `{other}` in it"))),
        })
    }

    fn convolve(&mut self) -> Result<Convolve> {
        let node = self.next("Conv")?;
        let (dims, weight) = self.tensor(&node, 1)?;
        let (_, bias) = self.tensor(&node, 2)?;
        let [out_channels, per_group, kernel_size, _] = dims[..] else {
            return Err(unlike("a convolution's weight has no four dimensions"));
        };
        let group = node.attribute("group").first().copied().unwrap_or(1);
        let (pads, strides) = (node.attribute("pads"), node.attribute("strides"));
        let [before, _, after, _] = pads[..] else {
            return Err(unlike("a convolution has no padding"));
        };
        let relu6 = self.nodes.last().map(Node::op_type) == Some("Clip");
        if relu6 {
            let clip = self.next("Clip")?;
            if self.tensor(&clip, 1)?.1 != [0.0] || self.tensor(&clip, 2)?.1 != [6.0] {
                return Err(unlike("an activation is cut off elsewhere than at 0 and 6"));
            }
        }
        Ok(Convolve {
            shape: Convolution {
                name: node.name().to_owned(),
                in_channels: per_group.saturating_mul(group),
                out_channels,
                kernel_size,
                stride: strides.first().copied().unwrap_or(1),
                depthwise: group > 1,
                relu6,
            },
            padding: [before, after],
            conv: Conv { weight, bias },
        })
    }

    fn colors_std(&mut self) -> Result<[f32; 3]> {
        let node = self.next("Div")?;
        three(self.tensor(&node, 1)?.1)
    }

    fn unit_length(&mut self) -> Result<Step> {
        let features = self.current.clone();
        self.next("ReduceL2")?;
        let longest = self.next("Max")?;
        if self.tensor(&longest, 1)?.1 != [SHORTEST] {
            return Err(unlike("lengths are cut off elsewhere"));
        }
        let length = std::mem::replace(&mut self.current, features);
        let divide = self.next("Div")?;
        match divide.input.get(1) == Some(&length) {
            true => Ok(Step::UnitLength),
            false => Err(unlike("features are divided by something else")),
        }
    }

    fn activate(&mut self, operation: &str, activation: Activation) -> Result<Step> {
        self.next(operation)?;
        Ok(Step::Activate(activation))
    }

    /// The next operation, which has to be this one and work on the current value.
    fn next(&mut self, operation: &str) -> Result<Node> {
        let node = self.nodes.pop();
        let node = node.filter(|node| node.op_type() == operation);
        let node = node.ok_or_else(|| unlike(format!("a `{operation}` is missing")))?;
        // A sum has the newer value second.
        let place = usize::from(operation == "Add");
        let output = node.output.first();
        match (node.input.get(place) == Some(&self.current), output) {
            (true, Some(output)) => {
                self.current.clone_from(output);
                Ok(node)
            }
            _ => Err(unlike(format!("a `{operation}` works on another value"))),
        }
    }

    /// The shape and the values of an operation's input number `place`.
    fn tensor(&self, node: &Node, place: usize) -> Result<(Vec<usize>, Vec<f32>)> {
        let tensor = node
            .input
            .get(place)
            .and_then(|name| self.tensors.get(name));
        let tensor = tensor.ok_or_else(|| unlike("a tensor is missing"))?;
        let dims: Option<Vec<_>> = tensor.dims.iter().map(|&dim| dim.try_into().ok()).collect();
        let dims: Vec<usize> = dims.ok_or_else(|| unlike("a tensor has no shape"))?;
        let values = values(tensor);
        let count = dims
            .iter()
            .try_fold(1usize, |count, dim| count.checked_mul(*dim));
        match count == Some(values.len()) && values.iter().all(|x| x.is_finite()) {
            true => Ok((dims, values)),
            false => Err(unlike(format!("`{}` is damaged", tensor.name()))),
        }
    }
}

impl Node {
    /// The numbers of one attribute; none if it isn't there or has negative ones.
    fn attribute(&self, name: &str) -> Vec<usize> {
        let found = self.attribute.iter().find(|it| it.name() == name);
        let numbers = found.into_iter().flat_map(|it| it.i.iter().chain(&it.ints));
        let numbers: Option<_> = numbers.map(|&number| number.try_into().ok()).collect();
        numbers.unwrap_or_default()
    }
}

fn values(tensor: &Tensor) -> Vec<f32> {
    let bytes = tensor.raw_data();
    match tensor.data_type() {
        data_type::FLOAT => bytes
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect(),
        data_type::FLOAT16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|b| f16::from_le_bytes(*b).to_f32())
            .collect(),
        _ => Vec::new(),
    }
}
