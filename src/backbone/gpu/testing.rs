//! A device for tests: whichever Vulkan driver the loader finds, SwiftShader if need be.

use cubecl::{client::Client, prelude::*, server::Handle};

use super::super::architecture::{Convolution, Padding};
use super::super::reference::{self, Shape};
use super::super::weights::Conv;

/// The first `length` floats of a buffer.
pub fn read(client: &Client, buffer: &Handle, length: usize) -> Vec<f32> {
    let bytes = client.read_one(buffer.clone()).expect("every kernel ran");
    f32::from_bytes(&bytes)[..length].to_vec()
}

/// The textbook's convolution of images one after another.
pub fn convolve(
    input: &[f32],
    size: usize,
    shape: &Convolution,
    padding: Padding,
    conv: &Conv,
) -> Vec<f32> {
    let images = input.chunks_exact(size * size * shape.in_channels);
    let mut output: Vec<f32> = images
        .flat_map(|image| reference::convolve(image, &Shape::new(size, shape, padding), conv))
        .collect();
    if shape.relu6 {
        reference::relu6(&mut output);
    }
    output
}
