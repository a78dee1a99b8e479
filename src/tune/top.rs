//! The last convolution and its average, learning: an image's activations in, features out, and
//! gradients the other way.

use super::parameter::Parameter;
use super::pointwise::TunedPointwise;
use crate::backbone::{
    Conv,
    finish::{Store, StoreRelu6},
    planes::{PANEL, PlanesMut},
    simd::{Aligned, F32x4},
    tile::{load_pair, store_pair},
};

/// A 1×1 convolution, ReLU6, and the mean over all positions.
#[derive(Clone, Debug)]
pub(super) struct TunedTop {
    conv: TunedPointwise,
    num_features: usize,
    /// `0..positions`
    places: Vec<u32>,
    /// After ReLU6, then its gradient: `[features / 8, positions, 8]`
    map: Aligned,
}

impl TunedTop {
    /// For images of `size` × `size` positions.
    pub fn new(conv: &Conv, size: usize) -> Self {
        let num_positions = size * size;
        Self {
            conv: TunedPointwise::new(conv),
            num_features: conv.bias.len(),
            places: (0..num_positions as u32).collect(),
            map: Aligned::zeros(conv.bias.len() * num_positions),
        }
    }

    fn plane_length(&self) -> usize {
        self.places.len() * PANEL
    }

    /// # Shapes
    ///
    /// - input: `[in / 8, positions, 8]`
    /// - features: `[features]`
    pub fn forward(&mut self, input: &[f32], features: &mut [f32]) {
        let plane_length = self.plane_length();
        let map = PlanesMut::new(&mut self.map, plane_length);
        self.conv
            .forward(input, &mut StoreRelu6::new(&self.places, map));
        let share = 1.0 / self.places.len() as f32;
        let planes = self.map.chunks_exact(plane_length);
        for (plane, features) in planes.zip(features.as_chunks_mut::<PANEL>().0) {
            let mut sums = [0.0; PANEL];
            for pixel in plane.as_chunks::<PANEL>().0 {
                sums.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
            }
            *features = sums.map(|sum| sum * share);
        }
    }

    /// Adds to the parameters' gradients and overwrites the input's. `input` is that of the last
    /// forward pass, of which this uses up the rest.
    ///
    /// # Shapes
    ///
    /// - input, input_gradient: `[in / 8, positions, 8]`
    /// - feature_gradient: `[features]`
    pub fn backward(
        &mut self,
        input: &[f32],
        feature_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        assert_eq!(feature_gradient.len(), self.num_features, "one a feature");
        let plane_length = self.plane_length();
        let share = 1.0 / self.places.len() as f32;
        let planes = self.map.chunks_exact_mut(plane_length);
        for (plane, gradient) in planes.zip(feature_gradient.as_chunks::<PANEL>().0) {
            let gradient = gradient.map(|g| g * share);
            // SAFETY: eight gradients, and eight values a pixel.
            unsafe {
                let gradient: [F32x4; 2] = load_pair(gradient.as_ptr());
                for pixel in plane.chunks_exact_mut(PANEL) {
                    let activation = load_pair(pixel.as_ptr());
                    let stopped = [0, 1].map(|half| gradient[half].through_relu6(activation[half]));
                    store_pair(stopped, pixel.as_mut_ptr());
                }
            }
        }
        self.conv.learn(input, &self.map);
        if let Some(input_gradient) = input_gradient {
            let output = PlanesMut::new(input_gradient, plane_length);
            self.conv.backward(&self.map, &mut Store(output));
        }
    }

    pub fn visit(&mut self, depth: usize, visitor: &mut impl FnMut(Parameter)) {
        self.conv.visit(depth, visitor);
    }

    pub fn refresh(&mut self) {
        self.conv.refresh();
    }

    pub fn to_conv(&self) -> Conv {
        self.conv.to_conv()
    }
}
