//! A chain of operations in, the bytes of an ONNX file out.

use prost::Message;

use super::{
    Ends, IR_VERSION, OPSET,
    messages::{
        Attribute, Dim, Entry, GraphProto, Kind, Model, Node, OperatorSet, Shape, Tensor,
        TensorKind, ValueInfo, attribute_type, data_type,
    },
};
use crate::{
    export::{
        Precision,
        graph::{ColorScale, Convolve, Graph, SHORTEST, Step},
    },
    head::Activation,
};

/// Writes a file that says about itself what `metadata` says: names and values.
///
/// `graph` has the ends that `ends` names.
pub fn write(
    graph: &Graph,
    ends: Ends,
    precision: Precision,
    metadata: &[(&str, String)],
) -> Vec<u8> {
    let mut writer = Writer::new(precision);
    let input = writer.input(graph.input_size, ends);
    for step in &graph.steps {
        writer.step(step);
    }
    let num_classes = writer.width;
    let output = |name: &str| {
        let dims = [param("batch"), value(num_classes)];
        value_info(name, data_type::FLOAT, dims.into())
    };
    let output = match ends {
        Ends::Whole => vec![output("probabilities"), output("logits")],
        Ends::Bare => vec![output("logits")],
    };
    let entry = |(key, value): &(&str, String)| Entry {
        key: Some((*key).to_owned()),
        value: Some(value.clone()),
    };
    let model = Model {
        ir_version: Some(IR_VERSION),
        producer_name: Some("Graft".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        doc_string: None,
        graph: Some(GraphProto {
            node: writer.nodes,
            name: Some("classifier".to_owned()),
            initializer: writer.tensors,
            input: vec![input],
            output,
        }),
        opset_import: vec![OperatorSet {
            domain: Some(String::new()),
            version: Some(OPSET),
        }],
        metadata_props: metadata.iter().map(entry).collect(),
    };
    model.encode_to_vec()
}

struct Writer {
    precision: Precision,
    nodes: Vec<Node>,
    tensors: Vec<Tensor>,
    /// The value that the next operation works on.
    current: String,
    kept: String,
    /// Channels of that value.
    width: usize,
    num_dense: usize,
}

impl Writer {
    fn new(precision: Precision) -> Self {
        Self {
            precision,
            nodes: Vec::new(),
            tensors: Vec::new(),
            current: String::new(),
            kept: String::new(),
            width: 3,
            num_dense: 0,
        }
    }

    /// Declares what goes in, and turns bytes into planes of floats.
    fn input(&mut self, size: usize, ends: Ends) -> ValueInfo {
        let (batch, side) = (|| param("batch"), || value(size));
        match ends {
            Ends::Whole => {
                self.current = "image".to_owned();
                let to = int("to", data_type::FLOAT.into());
                self.unary("Cast", "colors", vec![to]);
                let order = ints("perm", &[0, 3, 1, 2]);
                self.unary("Transpose", "planes", vec![order]);
                let dims = vec![batch(), side(), side(), value(3)];
                value_info("image", data_type::UINT8, dims)
            }
            Ends::Bare => {
                self.current = "pixel_values".to_owned();
                let dims = vec![batch(), value(3), side(), side()];
                value_info("pixel_values", data_type::FLOAT, dims)
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Normalize(ColorScale { mean, std }) => {
                self.with_tensor("Sub", "colors.mean", &[1, 3, 1, 1], mean, "colors.centered");
                self.with_tensor("Div", "colors.std", &[1, 3, 1, 1], std, "colors.normalized");
            }
            Step::Convolve(convolve) => self.convolve(convolve),
            Step::Keep => self.kept.clone_from(&self.current),
            Step::Add => {
                let inputs = [self.kept.clone(), self.current.clone()];
                let output = format!("{}.sum", self.current);
                self.node("Add", &inputs, &output, vec![]);
            }
            Step::Average => {
                self.unary("GlobalAveragePool", "average", vec![]);
                self.unary("Flatten", "features", vec![int("axis", 1)]);
            }
            Step::Center(mean) => {
                let dims = [mean.len()];
                self.with_tensor("Sub", "features.mean", &dims, mean, "features.centered");
            }
            Step::UnitLength => self.unit_length(),
            Step::Dense(layer) => {
                let name = format!("head.{}", self.num_dense);
                self.num_dense += 1;
                let dims = [self.width, layer.bias.len()];
                let weight = self.tensor(&format!("{name}.weight"), &dims, &layer.weight);
                let bias = self.tensor(&format!("{name}.bias"), &dims[1..], &layer.bias);
                let inputs = [self.current.clone(), weight, bias];
                self.node("Gemm", &inputs, &name, vec![]);
                self.width = layer.bias.len();
                self.logits();
            }
            Step::Activate(activation) => {
                // What came before was not the last layer after all.
                self.unlogits();
                let output = format!("{}.activated", self.current);
                let operation = match activation {
                    Activation::Rectified => "Relu",
                    Activation::Cosine => "Cos",
                    Activation::Exponential => "Exp",
                };
                self.unary(operation, &output, vec![]);
            }
            Step::Softmax => self.unary("Softmax", "probabilities", vec![int("axis", 1)]),
        }
    }

    fn convolve(&mut self, convolve: &Convolve) {
        let Convolve {
            shape,
            padding: [before, after],
            conv,
        } = convolve;
        let name = &shape.name;
        let weight = self.stored(
            &format!("{name}.weight"),
            &shape.weight_shape(),
            &conv.weight,
        );
        let bias = self.stored(&format!("{name}.bias"), &[shape.out_channels], &conv.bias);
        let group = if shape.depthwise {
            shape.in_channels
        } else {
            1
        };
        let attributes = vec![
            int("group", group as i64),
            ints("kernel_shape", &[shape.kernel_size; 2]),
            ints("pads", &[*before, *before, *after, *after]),
            ints("strides", &[shape.stride; 2]),
        ];
        let inputs = [self.current.clone(), weight, bias];
        self.node("Conv", &inputs, name, attributes);
        if shape.relu6 {
            let (low, high) = (self.scalar("zero", 0.0), self.scalar("six", 6.0));
            let inputs = [self.current.clone(), low, high];
            self.node("Clip", &inputs, &format!("{name}.relu6"), vec![]);
        }
        self.width = shape.out_channels;
    }

    fn unit_length(&mut self) {
        let features = self.current.clone();
        let attributes = vec![ints("axes", &[1]), int("keepdims", 1)];
        self.unary("ReduceL2", "features.length", attributes);
        let shortest = self.scalar("shortest", SHORTEST);
        let inputs = [self.current.clone(), shortest];
        self.node("Max", &inputs, "features.length.positive", vec![]);
        let inputs = [features, self.current.clone()];
        self.node("Div", &inputs, "features.normalized", vec![]);
    }

    /// The newest layer's output gets the name under which it is asked for.
    fn logits(&mut self) {
        self.rename("logits");
    }

    /// And its own name again.
    fn unlogits(&mut self) {
        self.rename(&format!("head.{}", self.num_dense - 1));
    }

    fn rename(&mut self, name: &str) {
        let node = self.nodes.last_mut().expect("the layer's");
        node.output = vec![name.to_owned()];
        self.current = name.to_owned();
    }

    /// An operation on the current value and a tensor.
    fn with_tensor(
        &mut self,
        operation: &str,
        tensor: &str,
        dims: &[usize],
        values: &[f32],
        output: &str,
    ) {
        let tensor = self.tensor(tensor, dims, values);
        let inputs = [self.current.clone(), tensor];
        self.node(operation, &inputs, output, vec![]);
    }

    fn unary(&mut self, operation: &str, output: &str, attributes: Vec<Attribute>) {
        let inputs = [self.current.clone()];
        self.node(operation, &inputs, output, attributes);
    }

    /// Adds an operation; its output is the current value from now on.
    fn node(
        &mut self,
        operation: &str,
        inputs: &[String],
        output: &str,
        attribute: Vec<Attribute>,
    ) {
        self.nodes.push(Node {
            input: inputs.to_vec(),
            output: vec![output.to_owned()],
            name: Some(output.to_owned()),
            op_type: Some(operation.to_owned()),
            attribute,
        });
        self.current = output.to_owned();
    }

    fn scalar(&mut self, name: &str, value: f32) -> String {
        let is_new = self
            .tensors
            .iter()
            .all(|tensor| tensor.name.as_deref() != Some(name));
        match is_new {
            true => self.tensor(name, &[], &[value]),
            false => name.to_owned(),
        }
    }

    /// Adds a tensor in f32; returns its name.
    fn tensor(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.push_tensor(name, dims, data_type::FLOAT, bytes);
        name.to_owned()
    }

    /// Adds a tensor in the precision that was asked for; returns the name of it in f32.
    fn stored(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        let Some(halves) = self.precision.halves(values) else {
            return self.tensor(name, dims, values);
        };
        let half = format!("{name}.half");
        self.push_tensor(&half, dims, data_type::FLOAT16, halves);
        let current = std::mem::take(&mut self.current);
        let to = int("to", data_type::FLOAT.into());
        self.node("Cast", &[half], name, vec![to]);
        self.current = current;
        name.to_owned()
    }

    fn push_tensor(&mut self, name: &str, dims: &[usize], data_type: i32, bytes: Vec<u8>) {
        self.tensors.push(Tensor {
            dims: dims.iter().map(|&dim| dim as i64).collect(),
            data_type: Some(data_type),
            name: Some(name.to_owned()),
            raw_data: Some(bytes),
        });
    }
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute {
        name: Some(name.to_owned()),
        i: Some(value),
        ints: vec![],
        kind: Some(attribute_type::INT),
    }
}

fn ints(name: &str, values: &[usize]) -> Attribute {
    Attribute {
        name: Some(name.to_owned()),
        i: None,
        ints: values.iter().map(|&value| value as i64).collect(),
        kind: Some(attribute_type::INTS),
    }
}

fn value(dim: usize) -> Dim {
    Dim {
        dim_value: Some(dim as i64),
        dim_param: None,
    }
}

fn param(name: &str) -> Dim {
    Dim {
        dim_value: None,
        dim_param: Some(name.to_owned()),
    }
}

fn value_info(name: &str, data_type: i32, dim: Vec<Dim>) -> ValueInfo {
    ValueInfo {
        name: Some(name.to_owned()),
        kind: Some(Kind {
            tensor_type: Some(TensorKind {
                elem_type: Some(data_type),
                shape: Some(Shape { dim }),
            }),
        }),
    }
}
