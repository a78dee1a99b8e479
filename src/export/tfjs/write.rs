//! A chain of operations in, `model.json` and `weights.bin` out.

use serde_json::{Value, json};

use super::{EPSILON, Files, SCALE, layer};
use crate::{
    backbone::Padding,
    error::{Error, Result},
    export::graph::{ColorScale, Convolve, Graph, Step, zeros_around},
    head::{Activation, Dense},
};

/// Writes a model that takes colors on Teachable Machine's scale.
///
/// # Errors
///
/// When the head has units that TensorFlow.js has no layer for.
pub fn write(graph: &Graph) -> Result<Files> {
    let mut writer = Writer::new(graph.input_size);
    let mut steps = graph.steps.iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            Step::Normalize(scale) => writer.normalize(scale),
            Step::Convolve(convolve) => writer.convolve(convolve),
            Step::Keep => writer.kept.clone_from(&writer.current),
            Step::Add => writer.add(),
            Step::Average => writer.average(),
            Step::Center(mean) => writer.center(mean),
            Step::UnitLength => writer.unit_length(),
            Step::Dense(layer) => {
                let activation = match steps.peek() {
                    Some(Step::Activate(activation)) => name_of(*activation)?,
                    Some(Step::Softmax) => "softmax",
                    _ => "linear",
                };
                writer.dense(layer, activation);
            }
            // Written with the layer before.
            Step::Activate(_) | Step::Softmax => {}
        }
    }
    Ok(writer.finish())
}

/// Why a head with hidden units of this kind can't be written.
pub fn refusal(activation: Activation) -> Option<Error> {
    let lacks = match activation {
        Activation::Rectified => return None,
        Activation::Cosine => "cosine",
        Activation::Exponential => "exponential function",
    };
    let format = "TensorFlow.js";
    Some(Error::NotInFormat { format, lacks })
}

fn name_of(activation: Activation) -> Result<&'static str> {
    match refusal(activation) {
        Some(error) => Err(error),
        None => Ok("relu"),
    }
}

struct Writer {
    layers: Vec<Value>,
    manifest: Vec<Value>,
    weights: Vec<u8>,
    current: String,
    kept: String,
    /// Of the picture, as it shrinks.
    size: usize,
    /// Features are there twice, with both signs.
    is_doubled: bool,
    width: usize,
    num_dense: usize,
}

impl Writer {
    fn new(size: usize) -> Self {
        let mut writer = Self {
            layers: Vec::new(),
            manifest: Vec::new(),
            weights: Vec::new(),
            current: String::new(),
            kept: String::new(),
            size,
            is_doubled: false,
            width: 3,
            num_dense: 0,
        };
        let config = json!({
            "batch_input_shape": [null, size, size, 3], "dtype": "float32", "sparse": false,
        });
        writer.layer("InputLayer", layer::INPUT, config);
        writer
    }

    /// A 1×1 depthwise convolution. Colors come as t = (x − 127) / 127.
    fn normalize(&mut self, scale: &ColorScale) {
        let channels =
            || (0..3).map(|at| (scale.mean[at], scale.std[at], SCALE.mean[at], SCALE.std[at]));
        let kernel: Vec<_> = channels()
            .map(|(_, std, _, their_std)| their_std / std)
            .collect();
        let bias: Vec<_> = channels()
            .map(|(mean, std, their_mean, _)| (their_mean - mean) / std)
            .collect();
        let config = conv_config(1, 1, "same", "linear", json!({ "depth_multiplier": 1 }));
        self.layer("DepthwiseConv2D", layer::NORMALIZE, config);
        self.tensor("depthwise_kernel", &[1, 1, 3, 1], kernel);
        self.tensor("bias", &[3], bias);
    }

    fn convolve(&mut self, convolve: &Convolve) {
        let Convolve {
            shape,
            padding,
            conv,
        } = convolve;
        let name = shape.name.replace('.', "_");
        let (kernel_size, stride) = (shape.kernel_size, shape.stride);
        let is_same = *padding == zeros_around(Padding::Same, self.size, kernel_size, stride);
        if !is_same {
            let config = json!({ "padding": [padding, padding], "data_format": "channels_last" });
            self.layer("ZeroPadding2D", &format!("{name}_pad"), config);
        }
        let padding = if is_same { "same" } else { "valid" };
        let activation = if shape.relu6 { "relu6" } else { "linear" };
        let (k, outputs) = (kernel_size, shape.out_channels);
        if shape.depthwise {
            let config = conv_config(
                k,
                stride,
                padding,
                activation,
                json!({ "depth_multiplier": 1 }),
            );
            self.layer("DepthwiseConv2D", &name, config);
            let kernel = turned(&conv.weight, outputs, 1, k);
            self.tensor("depthwise_kernel", &[k, k, outputs, 1], kernel);
        } else {
            let config = conv_config(
                k,
                stride,
                padding,
                activation,
                json!({ "filters": outputs }),
            );
            self.layer("Conv2D", &name, config);
            let kernel = turned(&conv.weight, outputs, shape.in_channels, k);
            self.tensor("kernel", &[k, k, shape.in_channels, outputs], kernel);
        }
        self.tensor("bias", &[outputs], conv.bias.iter().copied());
        self.size = self.size.div_ceil(stride);
        self.width = outputs;
    }

    fn add(&mut self) {
        let name = format!("{}_sum", self.current);
        let inputs = json!([[[self.kept, 0, 0, {}], [self.current, 0, 0, {}]]]);
        self.push("Add", &name, json!({}), inputs);
    }

    fn average(&mut self) {
        self.layer(
            "GlobalAveragePooling2D",
            "features",
            json!({ "data_format": "channels_last" }),
        );
    }

    fn center(&mut self, mean: &[f32]) {
        let n = mean.len();
        self.layer(
            "Reshape",
            "features_map",
            json!({ "target_shape": [1, 1, n] }),
        );
        let config = conv_config(1, 1, "same", "linear", json!({ "depth_multiplier": 2 }));
        self.layer("DepthwiseConv2D", layer::CENTER, config);
        self.tensor(
            "depthwise_kernel",
            &[1, 1, n, 2],
            (0..n).flat_map(|_| [1.0, -1.0]),
        );
        self.tensor(
            "bias",
            &[2 * n],
            mean.iter().flat_map(|mean| [-mean, *mean]),
        );
        self.layer(
            "Flatten",
            "features_row",
            json!({ "data_format": "channels_last" }),
        );
        self.is_doubled = true;
    }

    fn unit_length(&mut self) {
        let n = 2 * self.width;
        let config = json!({ "axis": -1, "epsilon": EPSILON, "center": true, "scale": true });
        self.layer("LayerNormalization", layer::LENGTH, config);
        let gain = (self.width as f32).sqrt().recip();
        self.tensor("gamma", &[n], (0..n).map(|_| gain));
        self.tensor("beta", &[n], (0..n).map(|_| 0.0));
    }

    fn dense(&mut self, layer: &Dense, activation: &str) {
        let name = format!("head_{}", self.num_dense);
        self.num_dense += 1;
        let units = layer.bias.len();
        let config = json!({ "units": units, "activation": activation, "use_bias": true });
        self.layer("Dense", &name, config);
        if std::mem::take(&mut self.is_doubled) {
            let zeros = vec![0.0; units];
            let rows = layer.weight.chunks_exact(units);
            let kernel = rows.flat_map(|row| row.iter().chain(&zeros).copied());
            self.tensor("kernel", &[2 * self.width, units], kernel);
        } else {
            self.tensor("kernel", &[self.width, units], layer.weight.iter().copied());
        }
        self.tensor("bias", &[units], layer.bias.iter().copied());
        self.width = units;
    }

    /// Adds a layer after the current one.
    fn layer(&mut self, class: &str, name: &str, config: Value) {
        let inputs = match self.current.as_str() {
            "" => json!([]),
            current => json!([[[current, 0, 0, {}]]]),
        };
        self.push(class, name, config, inputs);
    }

    fn push(&mut self, class: &str, name: &str, mut config: Value, inputs: Value) {
        config["name"] = name.into();
        config["trainable"] = false.into();
        self.layers.push(json!({
            "class_name": class, "name": name, "config": config, "inbound_nodes": inputs,
        }));
        self.current = name.to_owned();
    }

    /// A tensor of the current layer.
    fn tensor(&mut self, name: &str, shape: &[usize], values: impl IntoIterator<Item = f32>) {
        let name = format!("{}/{name}", self.current);
        self.manifest
            .push(json!({ "name": name, "shape": shape, "dtype": "float32" }));
        self.weights
            .extend(values.into_iter().flat_map(f32::to_le_bytes));
    }

    fn finish(self) -> Files {
        let model = json!({
            "format": "layers-model",
            "generatedBy": concat!("Graft ", env!("CARGO_PKG_VERSION")),
            "convertedBy": null,
            "modelTopology": {
                "class_name": "Model",
                "config": {
                    "name": "graft",
                    "layers": self.layers,
                    "input_layers": [[layer::INPUT, 0, 0]],
                    "output_layers": [[self.current, 0, 0]],
                },
                "keras_version": "tfjs-layers 1.3.1",
                "backend": "tensor_flow.js",
            },
            "weightsManifest": [{ "paths": ["weights.bin"], "weights": self.manifest }],
        });
        Files {
            model: model.to_string(),
            weights: self.weights,
        }
    }
}

fn conv_config(k: usize, stride: usize, padding: &str, activation: &str, more: Value) -> Value {
    let mut config = json!({
        "kernel_size": [k, k], "strides": [stride, stride], "padding": padding,
        "data_format": "channels_last", "dilation_rate": [1, 1], "activation": activation,
        "use_bias": true,
    });
    for (key, value) in more.as_object().expect("an object") {
        config[key] = value.clone();
    }
    config
}

/// `[out, in, k, k]` → `[k, k, in, out]`.
fn turned(weight: &[f32], outputs: usize, inputs: usize, k: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(weight.len());
    for tap in 0..k * k {
        for input in 0..inputs {
            turned.extend((0..outputs).map(|out| weight[(out * inputs + input) * k * k + tap]));
        }
    }
    turned
}
