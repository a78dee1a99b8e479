//! The backbone as a Burn network: for learning beyond the head, on any device.

use burn::{
    module::{Module, Param},
    nn::{PaddingConfig2d, conv::Conv2d},
    tensor::{Device, Tensor, TensorData, module::adaptive_avg_pool2d},
};

use super::{Architecture, Conv, Convolution, Padding, Weights};
use crate::{device::read, error::Result};

/// A backbone on a Burn device.
#[derive(Module, Debug)]
pub struct Network {
    convs: Vec<Conv2d>,
    #[module(skip)]
    architecture: Architecture,
}

impl Network {
    /// Uploads the weights to `device`.
    pub fn new(weights: &Weights, device: &Device) -> Self {
        let architecture = weights.architecture.clone();
        let layers = architecture.convolutions().zip(&weights.convs);
        let convs = layers.map(|(shape, conv)| conv2d(&shape, conv, architecture.padding, device));
        Self {
            convs: convs.collect(),
            architecture,
        }
    }

    /// # Shapes
    ///
    /// - images: `[batch, 3, size, size]`, normalized
    /// - output: `[batch, num_features]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut convs = self.convs.iter();
        let mut next = |x: Tensor<4>| convs.next().expect("one a convolution").forward(x);
        let mut x = relu6(next(images));
        for block in &self.architecture.blocks {
            let input = x.clone();
            if block.has_expansion() {
                x = relu6(next(x));
            }
            x = relu6(next(x));
            x = next(x);
            if block.has_residual() {
                x = x + input;
            }
        }
        let x = relu6(next(x)); // x: [batch, num_features, 7, 7]
        adaptive_avg_pool2d(x, [1, 1]).flatten(1, 3)
    }

    /// Features of a batch of images, each `size × size × 3` RGB bytes. One row an image.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn features(&self, images: &[&[u8]]) -> Result<Vec<Vec<f32>>> {
        let features = self.forward(self.normalize(images));
        let values = read(features).await?;
        let rows = values.chunks_exact(self.architecture.num_features);
        Ok(rows.map(<[f32]>::to_vec).collect())
    }

    /// `[batch, 3, size, size]`: colors as planes, shifted and scaled as the backbone expects.
    fn normalize(&self, images: &[&[u8]]) -> Tensor<4> {
        let Architecture {
            input_size: size,
            mean,
            std,
            ..
        } = self.architecture;
        let mut values = Vec::with_capacity(images.len() * 3 * size * size);
        for image in images {
            for color in 0..3 {
                let plane = image.iter().skip(color).step_by(3);
                values.extend(plane.map(|&x| (f32::from(x) - mean[color]) / std[color]));
            }
        }
        let data = TensorData::new(values, [images.len(), 3, size, size]);
        Tensor::from_data(data, &self.convs[0].weight.device())
    }
}

fn conv2d(shape: &Convolution, conv: &Conv, padding: Padding, device: &Device) -> Conv2d {
    let &Convolution {
        kernel_size: k,
        stride,
        out_channels,
        depthwise,
        ..
    } = shape;
    let padding = match (padding, k) {
        (_, 1) => PaddingConfig2d::Valid,
        (Padding::Same, _) => PaddingConfig2d::Same,
        (Padding::Symmetric, _) => PaddingConfig2d::Explicit(k / 2, k / 2, k / 2, k / 2),
    };
    let weight = TensorData::new(conv.weight.clone(), shape.weight_shape());
    let bias = TensorData::new(conv.bias.clone(), [out_channels]);
    Conv2d {
        weight: Param::from_tensor(Tensor::from_data(weight, device)),
        bias: Some(Param::from_tensor(Tensor::from_data(bias, device))),
        stride: [stride; 2],
        kernel_size: [k; 2],
        dilation: [1; 2],
        groups: if depthwise { out_channels } else { 1 },
        padding,
    }
}

fn relu6(x: Tensor<4>) -> Tensor<4> {
    x.clamp(0.0, 6.0)
}
