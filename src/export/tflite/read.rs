//! The bytes of a TensorFlow Lite file in, the chain of operations it says out, if Graft wrote it.

use std::collections::HashMap;

use half::f16;

use super::{
    schema::{
        self, Operation, activation, buffer, convolution, kind, model, operator, operator_code,
        padding, subgraph, tensor,
    },
    table::{Table, ints},
    write::turned,
};
use crate::{
    backbone::{Conv, Convolution, Padding},
    error::Result,
    export::{
        graph::{ColorScale, Convolve, Graph, SHORTEST, Step, three, zeros_around},
        unlike,
    },
    head::{Activation, Dense},
};

/// Larger pictures are none of ours.
const MAX_SIZE: usize = 4096;

/// Reads what [`write`](super::write()) wrote; the labels behind it are of no interest here.
///
/// # Errors
///
/// When it is anything else.
pub fn read(bytes: &[u8]) -> Result<Graph> {
    let mut reader =
        Reader::new(bytes).ok_or_else(|| unlike("it is no classifier of pictures, or damaged"))?;
    let input_size = reader.size;
    let mut steps = Vec::new();
    while !reader.nodes.is_empty() {
        if reader.kept.contains(&reader.current) {
            steps.push(Step::Keep);
        }
        steps.push(reader.step()?);
    }
    let graph = Graph { input_size, steps };
    match reader.current == reader.output && graph.is_sound() {
        true => Ok(graph),
        false => Err(unlike("its operations don't fit each other")),
    }
}

/// An operation on tensors.
#[derive(Clone)]
struct Node<'a> {
    operation: Operation,
    inputs: Vec<i32>,
    output: i32,
    /// Nothing where all is as it is if nothing is said.
    options: Option<Table<'a>>,
}

struct Reader<'a> {
    /// Last to first.
    nodes: Vec<Node<'a>>,
    tensors: Vec<Table<'a>>,
    buffers: Vec<Table<'a>>,
    /// Tensors in f32 and what they were in f16.
    halves: HashMap<i32, i32>,
    /// Tensors that are added to later ones.
    kept: Vec<i32>,
    current: i32,
    output: i32,
    /// Side of the current tensor; 0 from the average on.
    size: usize,
}

impl<'a> Reader<'a> {
    /// Nothing if the structure is damaged or none of ours.
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let is_model = bytes.get(4..8)? == schema::MODEL_IDENTIFIER.as_bytes();
        let root = Table::root(bytes)?;
        if !is_model || root.int(model::VERSION, 0) != schema::VERSION as i32 {
            return None;
        }
        let codes = root.tables(model::OPERATOR_CODES)?;
        let codes = codes.iter().map(|it| it.int(operator_code::CODE, 0));
        let codes: Vec<_> = codes.collect();
        let subgraphs = root.tables(model::SUBGRAPHS)?;
        let graph = *subgraphs.first()?;
        let [input] = graph.ints(subgraph::INPUTS)?[..] else {
            return None;
        };
        let [output] = graph.ints(subgraph::OUTPUTS)?[..] else {
            return None;
        };
        let mut reader = Self {
            nodes: Vec::new(),
            tensors: graph.tables(subgraph::TENSORS)?,
            buffers: root.tables(model::BUFFERS)?,
            halves: HashMap::new(),
            kept: Vec::new(),
            current: input,
            output,
            size: 0,
        };
        let dims = reader.tensors.get(index(input)?)?.ints(tensor::SHAPE)?;
        reader.size = usize::try_from(*dims.get(1)?).ok()?;
        if dims != [1, dims[1], dims[1], 3] || reader.size > MAX_SIZE {
            return None;
        }
        for table in graph.tables(subgraph::OPERATORS)? {
            reader.take_in(node(table, &codes)?);
        }
        reader.nodes.reverse();
        Some(reader)
    }

    fn take_in(&mut self, node: Node<'a>) {
        match node.operation {
            schema::DEQUANTIZE => {
                self.halves
                    .extend(node.inputs.first().map(|half| (node.output, *half)));
            }
            operation => {
                if operation == schema::ADD {
                    self.kept.extend(node.inputs.first());
                }
                self.nodes.push(node);
            }
        }
    }

    fn step(&mut self) -> Result<Step> {
        let next = self.nodes.last().expect("not empty").operation;
        Ok(match next {
            schema::PAD | schema::CONV_2D | schema::DEPTHWISE_CONV_2D => {
                Step::Convolve(self.convolve()?)
            }
            schema::ADD => {
                self.plain(schema::ADD)?;
                Step::Add
            }
            schema::MEAN => {
                self.reduce(schema::MEAN, &[1, 2], false)?;
                self.size = 0;
                Step::Average
            }
            schema::SUB => {
                let subtracted = self.plain(schema::SUB)?;
                let (_, mean) = self.tensor(&subtracted, 1)?;
                match self.size {
                    0 => Step::Center(mean),
                    _ => Step::Normalize(ColorScale {
                        mean: three(mean)?,
                        std: self.colors_std()?,
                    }),
                }
            }
            schema::SQUARE => self.unit_length()?,
            schema::FULLY_CONNECTED => Step::Dense(self.dense()?),
            schema::RELU => self.activate(next, Activation::Rectified)?,
            schema::COS => self.activate(next, Activation::Cosine)?,
            schema::EXP => self.activate(next, Activation::Exponential)?,
            schema::SOFTMAX => {
                let node = self.next(schema::SOFTMAX)?;
                match node.options.map(|options| options.float(schema::BETA)) {
                    Some(1.0) => Step::Softmax,
                    _ => return Err(unlike("probabilities are sharpened")),
                }
            }
            other => return Err(unlike(format!("there is a `{}` in it", other.name))),
        })
    }

    fn convolve(&mut self) -> Result<Convolve> {
        let zeros = match self.nodes.last().map(|node| node.operation) {
            Some(schema::PAD) => Some(self.zeros()?),
            _ => None,
        };
        let depthwise =
            self.nodes.last().map(|node| node.operation) == Some(schema::DEPTHWISE_CONV_2D);
        let node = self.next(match depthwise {
            true => schema::DEPTHWISE_CONV_2D,
            false => schema::CONV_2D,
        })?;
        let (dims, weight) = self.tensor(&node, 1)?;
        let (_, bias) = self.tensor(&node, 2)?;
        let [first, kernel_size, _, last] = dims[..] else {
            return Err(unlike("a convolution's weight has no four dimensions"));
        };
        // [k · k, channels] or for each output channel [k · k, in].
        let weight = match depthwise {
            true => turned(&weight, last),
            false => {
                let taps = weight.chunks_exact(weight.len() / first);
                taps.flat_map(|taps| turned(taps, last)).collect()
            }
        };
        let options = node
            .options
            .ok_or_else(|| unlike("a convolution has no options"))?;
        let stride = options.int(convolution::STRIDE_X, 0);
        let stride = usize::try_from(stride).unwrap_or_default();
        // The soundness of these sizes is judged in the end.
        let is_same = options.byte(convolution::PADDING, padding::SAME) == padding::SAME;
        let padding = match (zeros, is_same) {
            (Some(zeros), false) => zeros,
            (None, true) if stride > 0 && kernel_size > 0 => {
                zeros_around(Padding::Same, self.size, kernel_size, stride)
            }
            _ => return Err(unlike("a convolution has other padding")),
        };
        self.size = self.size.div_ceil(stride.max(1));
        let field = match depthwise {
            true => convolution::DEPTHWISE_ACTIVATION,
            false => convolution::ACTIVATION,
        };
        let relu6 = match options.byte(field, activation::NONE) {
            activation::NONE => false,
            activation::RELU6 => true,
            _ => return Err(unlike("a convolution has another activation")),
        };
        Ok(Convolve {
            shape: Convolution {
                name: self.name(node.output)?,
                in_channels: last,
                out_channels: if depthwise { last } else { first },
                kernel_size,
                stride,
                depthwise,
                relu6,
            },
            padding,
            conv: Conv { weight, bias },
        })
    }

    /// Before and after, if they are the same for rows and columns.
    fn zeros(&mut self) -> Result<[usize; 2]> {
        let node = self.next(schema::PAD)?;
        let counts = self.ints(&node, 1)?;
        let number = |count: i32| usize::try_from(count).ok().filter(|it| *it < MAX_SIZE);
        match counts[..] {
            [0, 0, before, after, left, right, 0, 0] if (before, after) == (left, right) => {
                number(before).zip(number(after)).map(<[usize; 2]>::from)
            }
            _ => None,
        }
        .ok_or_else(|| unlike("there are zeros elsewhere"))
    }

    fn colors_std(&mut self) -> Result<[f32; 3]> {
        let node = self.plain(schema::DIV)?;
        three(self.tensor(&node, 1)?.1)
    }

    fn unit_length(&mut self) -> Result<Step> {
        let features = self.current;
        self.next(schema::SQUARE)?;
        self.reduce(schema::SUM, &[1], true)?;
        self.next(schema::SQRT)?;
        let longest = self.next(schema::MAXIMUM)?;
        if self.tensor(&longest, 1)?.1 != [SHORTEST] {
            return Err(unlike("lengths are cut off elsewhere"));
        }
        let length = std::mem::replace(&mut self.current, features);
        let divide = self.plain(schema::DIV)?;
        match divide.inputs.get(1) == Some(&length) {
            true => Ok(Step::UnitLength),
            false => Err(unlike("features are divided by something else")),
        }
    }

    fn dense(&mut self) -> Result<Dense> {
        let node = self.plain(schema::FULLY_CONNECTED)?;
        let (dims, weight) = self.tensor(&node, 1)?;
        let (_, bias) = self.tensor(&node, 2)?;
        let [_, num_inputs] = dims[..] else {
            return Err(unlike("a layer's weight has no two dimensions"));
        };
        Ok(Dense {
            weight: turned(&weight, num_inputs),
            bias,
        })
    }

    fn activate(&mut self, operation: Operation, activation: Activation) -> Result<Step> {
        self.next(operation)?;
        Ok(Step::Activate(activation))
    }

    /// A mean or a sum over these axes.
    fn reduce(&mut self, operation: Operation, axes: &[i32], keeps_dims: bool) -> Result<()> {
        let node = self.next(operation)?;
        let kept = node
            .options
            .is_some_and(|it| it.byte(schema::KEEPS_DIMS, 0) != 0);
        match self.ints(&node, 1)? == axes && kept == keeps_dims {
            true => Ok(()),
            false => Err(unlike(format!("a `{}` is over other axes", operation.name))),
        }
    }

    /// The next operation, with nothing fused into it.
    fn plain(&mut self, operation: Operation) -> Result<Node<'a>> {
        let node = self.next(operation)?;
        let fused = node
            .options
            .map(|it| it.byte(schema::FUSED, activation::NONE));
        match fused.unwrap_or(activation::NONE) {
            activation::NONE => Ok(node),
            _ => Err(unlike(format!("a `{}` has an activation", operation.name))),
        }
    }

    /// The next operation, which has to be this one and work on the current tensor.
    fn next(&mut self, operation: Operation) -> Result<Node<'a>> {
        let node = self.nodes.pop().filter(|node| node.operation == operation);
        let node = node.ok_or_else(|| unlike(format!("a `{}` is missing", operation.name)))?;
        // A sum has the newer tensor second.
        let place = usize::from(operation == schema::ADD);
        if node.inputs.get(place) != Some(&self.current) {
            return Err(unlike(format!(
                "a `{}` works on another tensor",
                operation.name
            )));
        }
        self.current = node.output;
        Ok(node)
    }

    /// The shape and the values of an operation's input number `place`.
    fn tensor(&self, node: &Node, place: usize) -> Result<(Vec<usize>, Vec<f32>)> {
        let (kind, dims, bytes) = self.stored(node, place)?;
        let values: Vec<f32> = match kind {
            kind::FLOAT32 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| f32::from_le_bytes(*b)).collect()
            }
            kind::FLOAT16 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| f16::from_le_bytes(*b).to_f32()).collect()
            }
            _ => Vec::new(),
        };
        let count = dims
            .iter()
            .try_fold(1usize, |count, dim| count.checked_mul(*dim));
        match count == Some(values.len())
            && !values.is_empty()
            && values.iter().all(|x| x.is_finite())
        {
            true => Ok((dims, values)),
            false => Err(unlike("a tensor is damaged")),
        }
    }

    /// The same of whole numbers.
    fn ints(&self, node: &Node, place: usize) -> Result<Vec<i32>> {
        match self.stored(node, place)? {
            (kind::INT32, _, bytes) => Ok(ints(bytes)),
            _ => Err(unlike("a tensor is of another kind")),
        }
    }

    /// Kind, shape and bytes of an operation's input.
    fn stored(&self, node: &Node, place: usize) -> Result<(i8, Vec<usize>, &'a [u8])> {
        let stored = || {
            let number = node.inputs.get(place)?;
            let number = self.halves.get(number).unwrap_or(number);
            let tensor = self.tensors.get(index(*number)?)?;
            let dims = tensor.ints(tensor::SHAPE)?;
            let dims: Option<_> = dims.iter().map(|&dim| index(dim)).collect();
            let buffer = self.buffers.get(index(tensor.int(tensor::BUFFER, 0))?)?;
            let bytes = buffer.bytes(buffer::DATA)?;
            Some((tensor.byte(tensor::KIND, kind::FLOAT32), dims?, bytes))
        };
        stored().ok_or_else(|| unlike("a tensor is missing"))
    }

    fn name(&self, number: i32) -> Result<String> {
        let tensor = index(number).and_then(|number| self.tensors.get(number));
        let name = tensor.and_then(|tensor| tensor.text(tensor::NAME));
        Ok(name
            .ok_or_else(|| unlike("a tensor has no name"))?
            .to_owned())
    }
}

/// Nothing if the structure is damaged or the operation none of ours.
fn node<'a>(table: Table<'a>, codes: &[i32]) -> Option<Node<'a>> {
    let code = *codes.get(index(table.int(operator::CODE_INDEX, 0))?)?;
    let mut known = schema::OPERATIONS.into_iter();
    Some(Node {
        operation: known.find(|it| i32::from(it.code) == code)?,
        inputs: table.ints(operator::INPUTS)?,
        output: *table.ints(operator::OUTPUTS)?.first()?,
        options: table.table(operator::OPTIONS),
    })
}

fn index(number: i32) -> Option<usize> {
    number.try_into().ok()
}
