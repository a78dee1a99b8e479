//! 1×1 convolution: planes in, planes handed to a [`Finish`], eight channels of one pixel at a
//! time.
//!
//! Nine tenths of a backbone's arithmetic is here. It is a matrix product in tiles of up to
//! [`MAX_ROWS`] pixels × [`PANEL`] channels whose sums never leave registers.

use std::hint::black_box;

use super::finish::Finish;
use super::planes::{PANEL, Planes};
use super::simd::Aligned;
use super::tile::{MAX_ROWS, Run, add_products, load_pair, pack_panels, runs, unpack_panels};
use super::weights::Conv;

/// A 1×1 convolution with its weights packed for the tile loop.
#[derive(Clone, Debug)]
pub struct Pointwise {
    /// Planes that come in.
    in_planes: usize,
    /// Planes that go out.
    out_planes: usize,
    /// `[out / PANEL, in, PANEL]`
    panels: Aligned,
    /// `[out]`
    bias: Aligned,
    /// [`PANEL`], kept from the compiler.
    plane_depth: usize,
}

impl Pointwise {
    /// Packs a convolution whose channels are a multiple of [`PANEL`], as in every architecture
    /// here.
    pub fn new(conv: &Conv) -> Self {
        let out_channels = conv.bias.len();
        let in_channels = conv.weight.len() / out_channels;
        assert!(
            out_channels.is_multiple_of(PANEL) && in_channels.is_multiple_of(PANEL),
            "channels come in planes of {PANEL}"
        );
        Self {
            in_planes: in_channels / PANEL,
            out_planes: out_channels / PANEL,
            panels: pack_panels(&conv.weight, in_channels),
            bias: Aligned::from(conv.bias.as_slice()),
            plane_depth: black_box(PANEL),
        }
    }

    /// Channels that come in.
    pub fn in_channels(&self) -> usize {
        self.in_planes * PANEL
    }

    /// The weights as the tile loop reads them: `[out / PANEL, in, PANEL]`.
    pub fn panels(&self) -> &[f32] {
        &self.panels
    }

    /// Weights and biases, to be changed.
    pub fn parameters_mut(&mut self) -> [&mut [f32]; 2] {
        [&mut self.panels, &mut self.bias]
    }

    /// The parameters in PyTorch's order.
    pub fn to_conv(&self) -> Conv {
        Conv {
            weight: unpack_panels(&self.panels, self.in_channels()),
            bias: self.bias.to_vec(),
        }
    }

    /// Computes the first `num_pixels` pixels of `input`.
    pub fn forward(&self, input: Planes, num_pixels: usize, finish: &mut impl Finish) {
        assert!(
            input.holds(self.in_planes, num_pixels),
            "every pixel's input"
        );
        assert!(
            finish.holds(self.out_planes, num_pixels),
            "room for every pixel"
        );
        for run in runs(num_pixels, MAX_ROWS) {
            // SAFETY: every pixel's input is there and room for it.
            unsafe {
                match run.rows {
                    1 => self.tiles::<1>(input, run, finish),
                    2 => self.tiles::<2>(input, run, finish),
                    3 => self.tiles::<3>(input, run, finish),
                    4 => self.tiles::<4>(input, run, finish),
                    5 => self.tiles::<5>(input, run, finish),
                    _ => self.tiles::<MAX_ROWS>(input, run, finish),
                }
            }
        }
    }

    /// Computes a run of tiles, all channels of a tile before the next one: its input stays in
    /// the first-level cache, the weights stream by. Panel by panel measured 4 % slower.
    ///
    /// # Safety
    /// `input` must hold every pixel of the run and `finish` have room for it.
    #[inline(never)]
    unsafe fn tiles<const ROWS: usize>(&self, input: Planes, run: Run, finish: &mut impl Finish) {
        for tile in 0..run.num_tiles {
            let pixel = run.first + tile * ROWS;
            let panels = self.panels.chunks_exact(self.in_planes * PANEL * PANEL);
            let panels = panels.zip(self.bias.chunks_exact(PANEL));
            for (plane, (weights, bias)) in panels.enumerate() {
                // SAFETY: a panel has weights for every plane, the rest is the caller's promise.
                unsafe {
                    let bias = load_pair(bias.as_ptr());
                    let mut sums =
                        std::array::from_fn(|row| finish.start(plane, pixel + row, bias));
                    let mut weights = weights.as_ptr();
                    let mut values = input.at(0, pixel);
                    for _ in 0..self.in_planes {
                        add_products::<ROWS, PANEL, 1>(
                            &mut sums,
                            values,
                            weights,
                            self.plane_depth,
                        );
                        values = values.wrapping_add(input.distance());
                        weights = weights.add(PANEL * PANEL);
                    }
                    for (row, sums) in sums.into_iter().enumerate() {
                        finish.finish(plane, pixel + row, sums);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finish::Store;
    use super::super::planes::{PlanesMut, from_planes, to_planes};
    use super::super::reference::{self, Random};
    use super::*;

    #[test]
    fn random_shapes_agree_with_the_scalar_reference() {
        let mut random = Random::new(1);
        for _ in 0..60 {
            let num_pixels = random.between(1, 50);
            let in_channels = PANEL * random.between(1, 40);
            let out_channels = PANEL * random.between(1, 10);
            let conv = random.conv([out_channels, in_channels, 1, 1]);
            let input = random.values(num_pixels * in_channels);
            let mut output = vec![0.0; num_pixels * out_channels];
            let distance = num_pixels * PANEL;
            Pointwise::new(&conv).forward(
                Planes::new(&to_planes(&input, in_channels), distance),
                num_pixels,
                &mut Store(PlanesMut::new(&mut output, distance)),
            );
            let shape = reference::Shape::pointwise(num_pixels, in_channels, out_channels);
            let expected = reference::convolve(&input, &shape, &conv);
            reference::assert_close(&from_planes(&output, out_channels), &expected);
        }
    }
}
