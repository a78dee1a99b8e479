//! The average over an image's pixels: `[images, pixels, channels]` → `[images, channels]`.
//!
//! One addition a value read: bound by memory, 251 KB an image of 7 × 7 cells and no more than that. 5 workgroups
//! of 64 for an image, each invocation with 49 loads that don't wait for each other. As a part of
//! the top it would save these bytes and cost a kernel of its own for the top.

use cubecl::prelude::*;
use cubecl::server::Handle;

use super::buffer::{UNITS, V4, cubes, vectors};

/// Averages each of `channels` over the `pixels` of each image.
pub(super) fn launch(
    client: &Client,
    input: &Handle,
    output: &Handle,
    images: usize,
    pixels: usize,
    channels: usize,
) {
    let units = images * channels / 4;
    // SAFETY: the lengths are those of the buffers; the kernel reads and writes within them.
    unsafe {
        average::launch_unchecked(
            client,
            cubes(units),
            CubeDim::new_1d(UNITS),
            vectors(input, images * pixels * channels),
            vectors(output, images * channels),
            units as u32,
            pixels as u32,
            (channels / 4) as u32,
        );
    }
}

/// One invocation: one image, four channels.
#[cube(launch_unchecked)]
fn average(input: &[V4], output: &mut [V4], units: u32, pixels: u32, channels: u32) {
    let unit = ABSOLUTE_POS as u32;
    if unit >= units {
        terminate!();
    }
    let first = unit / channels * pixels * channels + unit % channels;
    let mut sum = V4::new(0.0);
    for pixel in 0..pixels {
        sum += input[(first + pixel * channels) as usize];
    }
    output[unit as usize] = sum / V4::new(pixels as f32);
}

#[cfg(test)]
mod tests {
    use super::super::{buffer::upload, testing};
    use super::*;

    #[test]
    fn every_channel_of_every_image_is_averaged() {
        let client = super::super::client();
        // [2, 3, 4]
        let input: Vec<f32> = (0..24).map(|x| x as f32).collect();
        let output = client.empty(8 * 4);
        launch(&client, &upload(&client, &input), &output, 2, 3, 4);
        let expected = [4.0, 5.0, 6.0, 7.0, 16.0, 17.0, 18.0, 19.0];
        assert_eq!(testing::read(&client, &output, 8), expected);
    }
}
