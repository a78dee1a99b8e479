//! Colors in, probabilities out: a convolutional backbone, and a head on its features.

use burn::{
    config::Config,
    module::{Module, Param},
    nn::{
        Linear, LinearConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{
        Device, Tensor,
        activation::{relu, softmax},
        module::adaptive_avg_pool2d,
    },
};

/// The network's shape, as `config.json` says it.
#[derive(Config, Debug)]
pub struct NetworkConfig {
    /// Side of the square that goes in, in pixels.
    pub input_size: usize,
    /// What is around a picture.
    pub padding: Padding,
    /// Channels that the first convolution gives.
    pub stem_channels: usize,
    /// First to last.
    pub blocks: Vec<BlockConfig>,
    /// Numbers between the head's layers: first the backbone's features, at last the classes.
    pub widths: Vec<usize>,
    /// What happens between the head's layers, if there are several.
    pub activation: Activation,
}

/// The shape of a block: widen by a 1×1 convolution, filter each channel, narrow.
#[derive(Config, Debug)]
pub struct BlockConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels inside; if they are as many as come in, nothing is widened.
    pub expanded_channels: usize,
    /// Channels that go out.
    pub out_channels: usize,
    /// Side of the filters.
    pub kernel_size: usize,
    /// Of the filters: 2 halves the picture.
    pub stride: usize,
}

/// Zeros around a picture.
#[derive(Config, Debug, Copy)]
pub enum Padding {
    /// As few as needed, the odd one below and right: TensorFlow's way.
    Same,
    /// As many on each side: PyTorch's way.
    Symmetric,
}

/// A function of each number.
#[derive(Config, Debug, Copy)]
pub enum Activation {
    /// max(x, 0)
    Rectified,
    /// cos x
    Cosine,
    /// eˣ
    Exponential,
}

/// A classifier of pictures. `model.bpk` is its record.
#[derive(Module, Debug)]
pub struct Network {
    colors: Colors,
    stem: Conv2d,
    blocks: Vec<Block>,
    top: Conv2d,
    /// The features' mean over the pictures that the head learned from.
    center: Param<Tensor<1>>,
    layers: Vec<Linear>,
    #[module(skip)]
    activation: Activation,
}

/// Colors from 0 to 255 as the backbone expects them.
#[derive(Module, Debug)]
struct Colors {
    mean: Param<Tensor<1>>,
    std: Param<Tensor<1>>,
}

#[derive(Module, Debug)]
struct Block {
    expand: Option<Conv2d>,
    depthwise: Conv2d,
    project: Conv2d,
}

impl NetworkConfig {
    /// A network that has learned nothing; load a record into it.
    pub fn init(&self, device: &Device) -> Network {
        let stem = [3, self.stem_channels];
        let narrowest = self
            .blocks
            .last()
            .map_or(stem[1], |block| block.out_channels);
        let blocks = self
            .blocks
            .iter()
            .map(|block| block.init(self.padding, device));
        let layers = self
            .widths
            .windows(2)
            .map(|pair| LinearConfig::new(pair[0], pair[1]));
        Network {
            colors: Colors {
                mean: constant(0.0, 3, device),
                std: constant(1.0, 3, device),
            },
            stem: conv(stem, 3)
                .with_stride([2, 2])
                .with_padding(self.padding.of(3))
                .init(device),
            blocks: blocks.collect(),
            top: conv([narrowest, self.widths[0]], 1).init(device),
            center: constant(0.0, self.widths[0], device),
            layers: layers.map(|layer| layer.init(device)).collect(),
            activation: self.activation,
        }
    }
}

impl BlockConfig {
    fn init(&self, padding: Padding, device: &Device) -> Block {
        let inside = self.expanded_channels;
        let expand = (inside != self.in_channels).then(|| conv([self.in_channels, inside], 1));
        Block {
            expand: expand.map(|conv| conv.init(device)),
            depthwise: conv([inside, inside], self.kernel_size)
                .with_groups(inside)
                .with_stride([self.stride; 2])
                .with_padding(padding.of(self.kernel_size))
                .init(device),
            project: conv([inside, self.out_channels], 1).init(device),
        }
    }
}

impl Network {
    /// # Shapes
    ///
    /// - squares: `[batch, 3, input_size, input_size]`, RGB from 0 to 255
    /// - output: `[batch, num_classes]`, probabilities
    pub fn forward(&self, squares: Tensor<4>) -> Tensor<2> {
        softmax(self.classify(self.features(squares)), 1)
    }

    /// # Shapes
    ///
    /// - squares: `[batch, 3, input_size, input_size]`, RGB from 0 to 255
    /// - output: `[batch, num_features]`
    pub fn features(&self, squares: Tensor<4>) -> Tensor<2> {
        let x = relu6(self.stem.forward(self.colors.forward(squares)));
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        let x = relu6(self.top.forward(x)); // x: [batch, num_features, 7, 7] if squares are 224 wide
        adaptive_avg_pool2d(x, [1, 1]).flatten(1, 3)
    }

    /// # Shapes
    ///
    /// - features: `[batch, num_features]`
    /// - output: `[batch, num_classes]`, logits
    pub fn classify(&self, features: Tensor<2>) -> Tensor<2> {
        let x = features - self.center.val().unsqueeze();
        let length = x.clone().square().sum_dim(1).sqrt().clamp_min(1e-30); // length: [batch, 1]
        let layers = self.layers.iter().enumerate();
        layers.fold(x / length, |x, (at, layer)| match at {
            0 => layer.forward(x),
            _ => layer.forward(self.activation.forward(x)),
        })
    }
}

impl Colors {
    fn forward(&self, squares: Tensor<4>) -> Tensor<4> {
        let mean = self.mean.val().reshape([1, 3, 1, 1]);
        let std = self.std.val().reshape([1, 3, 1, 1]);
        (squares - mean) / std
    }
}

impl Block {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let x = input.clone();
        let x = match &self.expand {
            Some(expand) => relu6(expand.forward(x)),
            None => x,
        };
        let x = self.project.forward(relu6(self.depthwise.forward(x)));
        match x.dims() == input.dims() {
            true => x + input,
            false => x,
        }
    }
}

impl Activation {
    fn forward(self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Rectified => relu(x),
            Self::Cosine => x.cos(),
            Self::Exponential => x.exp(),
        }
    }
}

impl Padding {
    fn of(self, kernel_size: usize) -> PaddingConfig2d {
        let half = kernel_size / 2;
        match self {
            Self::Same => PaddingConfig2d::Same,
            Self::Symmetric => PaddingConfig2d::Explicit(half, half, half, half),
        }
    }
}

fn conv(channels: [usize; 2], kernel_size: usize) -> Conv2dConfig {
    Conv2dConfig::new(channels, [kernel_size; 2])
}

/// Numbers that are saved and loaded, but not trained.
fn constant(value: f32, count: usize, device: &Device) -> Param<Tensor<1>> {
    Param::from_tensor(Tensor::full([count], value, device)).set_require_grad(false)
}

fn relu6(x: Tensor<4>) -> Tensor<4> {
    x.clamp(0.0, 6.0)
}
