//! A chain of operations in, the bytes of a TensorFlow Lite file out.

use flatbuffers::{
    FlatBufferBuilder, ForwardsUOffset, Push, PushAlignment, TableFinishedWIPOffset, Vector,
    WIPOffset,
};

use super::{
    About, INPUT, OUTPUT,
    schema::{
        self, Operation, activation, buffer, convolution, entry, kind, model, named, operator,
        operator_code, padding, signature, subgraph, tensor,
    },
};
use crate::{
    backbone::Padding,
    export::{
        Precision,
        graph::{ColorScale, Convolve, Graph, SHORTEST, Step, zeros_around},
    },
    head::{Activation, Dense},
};

pub(super) type Builder = FlatBufferBuilder<'static>;

/// Where a table is.
pub(super) type Place = WIPOffset<TableFinishedWIPOffset>;

/// A vector of tables.
pub(super) type Tables = Vector<'static, ForwardsUOffset<TableFinishedWIPOffset>>;

/// Lays out a table with the fields that `fill` pushes.
pub(super) fn table(fbb: &mut Builder, fill: impl FnOnce(&mut Builder)) -> Place {
    let start = fbb.start_table();
    fill(fbb);
    fbb.end_table(start)
}

/// Writes a file that says about itself what `about` says, for one picture at a time.
///
/// `graph` has its ends; weights are in the precision that is asked for.
pub fn write(graph: &Graph, precision: Precision, about: &About) -> Vec<u8> {
    let mut writer = Writer::new(graph, precision);
    for step in &graph.steps {
        writer.step(step);
    }
    about.append_labels(writer.finish(about))
}

struct Writer {
    fbb: Builder,
    precision: Precision,
    /// The first one is empty: tensors without numbers refer to it.
    buffers: Vec<Place>,
    tensors: Vec<Place>,
    operators: Vec<Place>,
    /// Of the operators, each once.
    codes: Vec<Operation>,
    /// The tensor that the next operation works on.
    current: i32,
    kept: i32,
    /// Side of that tensor; 0 from the average on.
    size: usize,
    /// Channels of it.
    width: usize,
    num_dense: usize,
}

impl Writer {
    fn new(graph: &Graph, precision: Precision) -> Self {
        let mut fbb = FlatBufferBuilder::with_capacity(4 * graph.num_parameters() + (1 << 16));
        let empty = table(&mut fbb, |_| {});
        let mut writer = Self {
            fbb,
            precision,
            buffers: vec![empty],
            tensors: Vec::new(),
            operators: Vec::new(),
            codes: Vec::new(),
            current: 0,
            kept: 0,
            size: graph.input_size,
            width: 3,
            num_dense: 0,
        };
        let shape = writer.shape();
        writer.current = writer.tensor(INPUT, &shape, kind::FLOAT32, 0);
        writer
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Normalize(ColorScale { mean, std }) => {
                let mean = self.constant("colors.mean", &[3], mean);
                let std = self.constant("colors.std", &[3], std);
                self.apply(schema::SUB, &[mean], "colors.centered");
                self.apply(schema::DIV, &[std], "colors.normalized");
            }
            Step::Convolve(convolve) => self.convolve(convolve),
            Step::Keep => self.kept = self.current,
            Step::Add => {
                let (kept, current) = (self.kept, self.current);
                self.current = kept;
                let name = format!("sum.{}", self.operators.len());
                self.apply(schema::ADD, &[current], &name);
            }
            Step::Average => {
                let axes = self.ints("average.axes", &[2], &[1, 2]);
                self.size = 0;
                self.apply(schema::MEAN, &[axes], "features");
            }
            Step::Center(mean) => {
                let mean = self.constant("features.mean", &[mean.len()], mean);
                self.apply(schema::SUB, &[mean], "features.centered");
            }
            Step::UnitLength => self.unit_length(),
            Step::Dense(layer) => self.dense(layer),
            Step::Activate(activation) => {
                let operation = match activation {
                    Activation::Rectified => schema::RELU,
                    Activation::Cosine => schema::COS,
                    Activation::Exponential => schema::EXP,
                };
                let name = format!("head.{}.activated", self.num_dense - 1);
                self.apply(operation, &[], &name);
            }
            Step::Softmax => {
                let options = |fbb: &mut Builder| fbb.push_slot_always(schema::BETA, 1.0f32);
                let options = table(&mut self.fbb, options);
                self.operate(schema::SOFTMAX, &[], OUTPUT, options);
            }
        }
    }

    /// Zeros around the input are TensorFlow's, or an operation of their own.
    fn convolve(&mut self, convolve: &Convolve) {
        let Convolve {
            shape,
            padding: [before, after],
            conv,
        } = convolve;
        let (name, kernel, stride) = (&shape.name, shape.kernel_size, shape.stride);
        let same = zeros_around(Padding::Same, self.size, kernel, stride) == [*before, *after];
        if !same {
            let zeros = [[0, 0], [*before, *after], [*before, *after], [0, 0]];
            let zeros = zeros.as_flattened().iter().map(|&count| count as i32);
            let zeros: Vec<_> = zeros.collect();
            let zeros = self.ints(&format!("{name}.zeros"), &[4, 2], &zeros);
            self.size += before + after;
            self.apply(schema::PAD, &[zeros], &format!("{name}.padded"));
            // What remains where kernels have to fit in.
            self.size -= kernel - 1;
        }
        let weight = format!("{name}.weight");
        let weight = if shape.depthwise {
            let dims = [1, kernel, kernel, shape.out_channels];
            self.stored(&weight, &dims, &turned(&conv.weight, kernel * kernel))
        } else {
            let dims = [shape.out_channels, kernel, kernel, shape.in_channels];
            let taps = conv
                .weight
                .chunks_exact(shape.in_channels * kernel * kernel);
            let values: Vec<_> = taps
                .flat_map(|taps| turned(taps, kernel * kernel))
                .collect();
            self.stored(&weight, &dims, &values)
        };
        let bias = self.constant(&format!("{name}.bias"), &[shape.out_channels], &conv.bias);
        self.size = self.size.div_ceil(stride);
        self.width = shape.out_channels;
        let fused = if shape.relu6 {
            activation::RELU6
        } else {
            activation::NONE
        };
        let options = table(&mut self.fbb, |fbb| {
            let rule = if same { padding::SAME } else { padding::VALID };
            fbb.push_slot_always(convolution::PADDING, rule);
            fbb.push_slot_always(convolution::STRIDE_X, stride as i32);
            fbb.push_slot_always(convolution::STRIDE_Y, stride as i32);
            if shape.depthwise {
                fbb.push_slot_always(convolution::DEPTHWISE_MULTIPLIER, 1i32);
                fbb.push_slot_always(convolution::DEPTHWISE_ACTIVATION, fused);
            } else {
                fbb.push_slot_always(convolution::ACTIVATION, fused);
            }
        });
        let operation = match shape.depthwise {
            true => schema::DEPTHWISE_CONV_2D,
            false => schema::CONV_2D,
        };
        self.operate(operation, &[weight, bias], name, options);
    }

    /// Of plain operations: `L2_NORMALIZATION` is one that TensorFlow Lite lacks on graphics cards.
    fn unit_length(&mut self) {
        let (features, width) = (self.current, self.width);
        self.apply(schema::SQUARE, &[], "features.squared");
        self.width = 1;
        let axis = self.ints("features.axis", &[1], &[1]);
        let options = |fbb: &mut Builder| fbb.push_slot_always(schema::KEEPS_DIMS, true);
        let options = table(&mut self.fbb, options);
        self.operate(schema::SUM, &[axis], "features.sum", options);
        self.apply(schema::SQRT, &[], "features.length");
        let shortest = self.constant("shortest", &[1], &[SHORTEST]);
        self.apply(schema::MAXIMUM, &[shortest], "features.length.positive");
        let length = self.current;
        (self.current, self.width) = (features, width);
        self.apply(schema::DIV, &[length], "features.normalized");
    }

    fn dense(&mut self, layer: &Dense) {
        let name = format!("head.{}", self.num_dense);
        self.num_dense += 1;
        let (inputs, outputs) = (self.width, layer.bias.len());
        let weight = turned(&layer.weight, outputs);
        let weight = self.constant(&format!("{name}.weight"), &[outputs, inputs], &weight);
        let bias = self.constant(&format!("{name}.bias"), &[outputs], &layer.bias);
        self.width = outputs;
        self.apply(schema::FULLY_CONNECTED, &[weight, bias], &name);
    }

    /// An operation whose options are as they are if nothing is said.
    fn apply(&mut self, operation: Operation, more: &[i32], output: &str) {
        let options = table(&mut self.fbb, |_| {});
        self.operate(operation, more, output, options);
    }

    /// Adds an operation on the current tensor and `more`; its output is the current one from now on.
    fn operate(&mut self, operation: Operation, more: &[i32], output: &str, options: Place) {
        let inputs = [&[self.current], more].concat();
        let shape = self.shape();
        self.current = self.tensor(output, &shape, kind::FLOAT32, 0);
        self.push_operator(operation, &inputs, self.current, options);
    }

    fn push_operator(&mut self, operation: Operation, inputs: &[i32], output: i32, options: Place) {
        let known = self.codes.iter().position(|code| *code == operation);
        let code = known.unwrap_or_else(|| {
            self.codes.push(operation);
            self.codes.len() - 1
        });
        let inputs = self.fbb.create_vector(inputs);
        let outputs = self.fbb.create_vector(&[output]);
        let operator = table(&mut self.fbb, |fbb| {
            fbb.push_slot_always(operator::CODE_INDEX, code as u32);
            fbb.push_slot_always(operator::INPUTS, inputs);
            fbb.push_slot_always(operator::OUTPUTS, outputs);
            if operation.options > 0 {
                fbb.push_slot_always(operator::OPTIONS_KIND, operation.options);
                fbb.push_slot_always(operator::OPTIONS, options);
            }
        });
        self.operators.push(operator);
    }

    /// Of the current tensor.
    fn shape(&self) -> Vec<usize> {
        match self.size {
            0 => vec![1, self.width],
            size => vec![1, size, size, self.width],
        }
    }

    /// Adds a tensor in f32; returns its number.
    fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) -> i32 {
        let bytes: Vec<_> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let buffer = self.buffer(&bytes);
        self.tensor(name, shape, kind::FLOAT32, buffer)
    }

    fn ints(&mut self, name: &str, shape: &[usize], values: &[i32]) -> i32 {
        let bytes: Vec<_> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let buffer = self.buffer(&bytes);
        self.tensor(name, shape, kind::INT32, buffer)
    }

    /// Adds a tensor in the precision that was asked for; returns the number of it in f32.
    fn stored(&mut self, name: &str, shape: &[usize], values: &[f32]) -> i32 {
        let Some(halves) = self.precision.halves(values) else {
            return self.constant(name, shape, values);
        };
        let buffer = self.buffer(&halves);
        let half = self.tensor(&format!("{name}.half"), shape, kind::FLOAT16, buffer);
        let full = self.tensor(name, shape, kind::FLOAT32, 0);
        let options = table(&mut self.fbb, |_| {});
        self.push_operator(schema::DEQUANTIZE, &[half], full, options);
        full
    }

    fn tensor(&mut self, name: &str, shape: &[usize], kind: i8, buffer: u32) -> i32 {
        let shape: Vec<_> = shape.iter().map(|&dim| dim as i32).collect();
        let shape = self.fbb.create_vector(&shape);
        let name = self.fbb.create_string(name);
        let tensor = table(&mut self.fbb, |fbb| {
            fbb.push_slot_always(tensor::SHAPE, shape);
            fbb.push_slot_always(tensor::KIND, kind);
            fbb.push_slot_always(tensor::BUFFER, buffer);
            fbb.push_slot_always(tensor::NAME, name);
        });
        self.tensors.push(tensor);
        self.tensors.len() as i32 - 1
    }

    /// Adds a buffer; returns its number.
    fn buffer(&mut self, bytes: &[u8]) -> u32 {
        let bytes: Vec<_> = bytes.iter().copied().map(Aligned).collect();
        let data = self.fbb.create_vector(&bytes);
        let buffer = table(&mut self.fbb, |fbb| {
            fbb.push_slot_always(buffer::DATA, data);
        });
        self.buffers.push(buffer);
        self.buffers.len() as u32 - 1
    }

    fn finish(mut self, about: &About) -> Vec<u8> {
        let metadata = self.metadata(about);
        let subgraph = self.subgraph();
        let subgraphs = self.fbb.create_vector(&[subgraph]);
        let signature = self.signature();
        let signatures = self.fbb.create_vector(&[signature]);
        let codes = self.codes();
        let buffers = self.fbb.create_vector(&self.buffers);
        let description = self.fbb.create_string("Made with Graft");
        let root = table(&mut self.fbb, |fbb| {
            fbb.push_slot_always(model::VERSION, schema::VERSION);
            fbb.push_slot_always(model::OPERATOR_CODES, codes);
            fbb.push_slot_always(model::SUBGRAPHS, subgraphs);
            fbb.push_slot_always(model::DESCRIPTION, description);
            fbb.push_slot_always(model::BUFFERS, buffers);
            fbb.push_slot_always(model::METADATA, metadata);
            fbb.push_slot_always(model::SIGNATURES, signatures);
        });
        self.fbb.finish(root, Some(schema::MODEL_IDENTIFIER));
        let (mut bytes, start) = self.fbb.collapse();
        bytes.drain(..start);
        bytes
    }

    fn metadata(&mut self, about: &About) -> WIPOffset<Tables> {
        let has_halves = self.codes.contains(&schema::DEQUANTIZE);
        let mut runtime = schema::RUNTIMES[usize::from(has_halves)]
            .as_bytes()
            .to_vec();
        // So many bytes are set aside for it.
        runtime.resize(16, 0);
        let texts = [
            ("TFLITE_METADATA", about.to_bytes()),
            ("min_runtime_version", runtime),
        ];
        let entries = texts.map(|(name, bytes)| {
            let buffer = self.buffer(&bytes);
            let name = self.fbb.create_string(name);
            table(&mut self.fbb, |fbb| {
                fbb.push_slot_always(entry::NAME, name);
                fbb.push_slot_always(entry::BUFFER, buffer);
            })
        });
        self.fbb.create_vector(&entries)
    }

    fn subgraph(&mut self) -> Place {
        let tensors = self.fbb.create_vector(&self.tensors);
        let inputs = self.fbb.create_vector(&[0i32]);
        let outputs = self.fbb.create_vector(&[self.current]);
        let operators = self.fbb.create_vector(&self.operators);
        let name = self.fbb.create_string("classifier");
        table(&mut self.fbb, |fbb| {
            fbb.push_slot_always(subgraph::TENSORS, tensors);
            fbb.push_slot_always(subgraph::INPUTS, inputs);
            fbb.push_slot_always(subgraph::OUTPUTS, outputs);
            fbb.push_slot_always(subgraph::OPERATORS, operators);
            fbb.push_slot_always(subgraph::NAME, name);
        })
    }

    /// The names of the ends, for programs that ask by name.
    fn signature(&mut self) -> Place {
        let ends = [(INPUT, 0), (OUTPUT, self.current)];
        let [inputs, outputs] = ends.map(|(name, number)| {
            let name = self.fbb.create_string(name);
            let end = table(&mut self.fbb, |fbb| {
                fbb.push_slot_always(named::NAME, name);
                fbb.push_slot_always(named::TENSOR, number as u32);
            });
            self.fbb.create_vector(&[end])
        });
        let key = self.fbb.create_string("serving_default");
        table(&mut self.fbb, |fbb| {
            fbb.push_slot_always(signature::INPUTS, inputs);
            fbb.push_slot_always(signature::OUTPUTS, outputs);
            fbb.push_slot_always(signature::KEY, key);
        })
    }

    fn codes(&mut self) -> WIPOffset<Tables> {
        let fbb = &mut self.fbb;
        let codes = self.codes.iter().map(|operation| {
            table(fbb, |fbb| {
                fbb.push_slot_always(operator_code::DEPRECATED, operation.code);
                fbb.push_slot_always(operator_code::VERSION, operation.version);
                fbb.push_slot_always(operator_code::CODE, i32::from(operation.code));
            })
        });
        let codes: Vec<_> = codes.collect();
        self.fbb.create_vector(&codes)
    }
}

/// `[rows, columns]` → `[columns, rows]`.
pub(super) fn turned(values: &[f32], columns: usize) -> Vec<f32> {
    let column = |at| values.iter().skip(at).step_by(columns);
    (0..columns).flat_map(column).copied().collect()
}

/// A byte of a buffer; the schema wants these to begin at multiples of 16, so that programs can read
/// numbers where they are.
#[derive(Clone, Copy)]
struct Aligned(u8);

impl Push for Aligned {
    type Output = u8;

    unsafe fn push(&self, place: &mut [u8], _: usize) {
        place[0] = self.0;
    }

    fn alignment() -> PushAlignment {
        PushAlignment::new(16)
    }
}
