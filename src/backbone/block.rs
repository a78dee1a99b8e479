//! One inverted residual block: `[in / 8, size, size, 8]` in, `[out / 8, size / stride,
//! size / stride, 8]` out.
//!
//! The widened image between the two 1×1 convolutions is six times as large as what goes in
//! or out. It is therefore made, filtered and projected piece by piece, so that it never leaves
//! the second-level cache: large images in strips of rows, small ones whole but a part of the
//! widened channels at a time, whose contributions to the output are added up.

use std::ops::Range;

use super::architecture;
use super::depthwise::{Depthwise, Rows};
use super::finish::{AddToStored, Store, StoreRelu6, StoreWithResidual};
use super::piece::Geometry;
use super::planes::{PANEL, Planes, PlanesMut};
use super::pointwise::Pointwise;
use super::simd::Aligned;
use super::weights::Conv;

/// Memory the blocks share. It grows when a block is made and never after.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// A piece of the widened image, with zeros left and right of each row.
    expanded: Aligned,
    /// The piece after the depthwise convolution.
    filtered: Aligned,
}

/// A block and how it walks the image.
#[derive(Clone, Debug)]
pub struct Block {
    geometry: Geometry,
    in_channels: usize,
    has_residual: bool,
    parts: Vec<Part>,
    /// Where each pixel of a strip goes, counted from the strip's first.
    places: Vec<u32>,
}

/// The three convolutions, cut down to a part of the widened channels.
#[derive(Clone, Debug)]
struct Part {
    expand: Option<Pointwise>,
    depthwise: Depthwise,
    project: Pointwise,
}

impl Block {
    /// Packs the weights of a block and makes room in `scratch`.
    pub fn new(
        block: &architecture::Block,
        geometry: Geometry,
        [expand, depthwise, project]: [Option<&Conv>; 3],
        scratch: &mut Scratch,
    ) -> Self {
        let (depthwise, project) = depthwise.zip(project).expect("every block has these two");
        let part = |channels: Range<usize>| Part {
            expand: expand.map(|conv| Pointwise::new(&conv.outputs(channels.clone()))),
            depthwise: Depthwise::new(
                &depthwise.outputs(channels.clone()),
                block.kernel_size,
                block.stride,
            ),
            project: Pointwise::new(&project.inputs(channels)),
        };
        scratch.expanded.grow(geometry.expanded_length());
        scratch.filtered.grow(geometry.filtered_length());
        let starts = (0..block.expanded_channels).step_by(geometry.channels);
        Self {
            in_channels: block.in_channels,
            has_residual: block.has_residual(),
            parts: starts
                .map(|start| part(start..start + geometry.channels))
                .collect(),
            places: geometry.places(),
            geometry,
        }
    }

    /// Values in the block's input.
    pub fn in_length(&self) -> usize {
        self.geometry.size * self.geometry.size * self.in_channels
    }

    /// Computes the block on its whole input.
    pub fn forward(&self, input: &[f32], output: &mut [f32], scratch: &mut Scratch) {
        let size = self.geometry.size;
        let input = Planes::new(input, size * size * PANEL);
        for (index, part) in self.parts.iter().enumerate() {
            let expand = part
                .expand
                .as_ref()
                .expect("only the first block lacks an expansion");
            let start = match index {
                0 if self.has_residual => Start::Residual(input),
                0 => Start::Bias,
                _ => Start::Output,
            };
            self.forward_part(part, start, output, scratch, |rows, strip| {
                let input = input.from_pixel(rows.start * size);
                expand.forward(
                    input,
                    rows.len() * size,
                    &mut StoreRelu6::new(&self.places, strip),
                );
            });
        }
    }

    /// Computes a block without expansion. `widen` fills rows of its input: it gets their
    /// numbers, where the first one goes, and the pixels from there to the next.
    pub fn forward_from(
        &self,
        output: &mut [f32],
        scratch: &mut Scratch,
        mut widen: impl FnMut(Range<usize>, PlanesMut, usize),
    ) {
        for part in &self.parts {
            self.forward_part(part, Start::Bias, output, scratch, |rows, strip| {
                widen(rows, strip, self.geometry.padded_width);
            });
        }
    }

    fn forward_part(
        &self,
        part: &Part,
        start: Start,
        output: &mut [f32],
        scratch: &mut Scratch,
        mut widen: impl FnMut(Range<usize>, PlanesMut),
    ) {
        let geometry = &self.geometry;
        let Geometry {
            out_size,
            padded_width,
            ..
        } = *geometry;
        let Scratch { expanded, filtered } = scratch;
        geometry.clear_borders(expanded);
        for strip in geometry.strips() {
            if strip.first > 0 {
                geometry.keep_overlap(expanded);
            }
            if !strip.new_rows.is_empty() {
                let place = &mut expanded[strip.new_place * PANEL..];
                widen(
                    strip.new_rows,
                    PlanesMut::new(place, geometry.plane_length()),
                );
            }
            let rows = Rows {
                num_rows: strip.num_rows,
                width: out_size,
                in_width: padded_width,
            };
            let num_pixels = strip.num_rows * out_size;
            let distance = num_pixels * PANEL;
            part.depthwise.forward(
                Planes::new(expanded, geometry.plane_length()),
                rows,
                |y| geometry.taps(strip.first + y),
                PlanesMut::new(filtered, distance),
            );
            let first = strip.first * out_size;
            let output = PlanesMut::new(&mut output[first * PANEL..], out_size * out_size * PANEL);
            let filtered = Planes::new(filtered, distance);
            start
                .from_pixel(first)
                .project(&part.project, filtered, num_pixels, output);
        }
    }
}

/// What the projection adds its products to.
#[derive(Clone, Copy)]
enum Start<'a> {
    Bias,
    /// Bias and the block's input.
    Residual(Planes<'a>),
    /// The sum over the parts so far.
    Output,
}

impl Start<'_> {
    fn from_pixel(self, pixel: usize) -> Self {
        match self {
            Self::Residual(input) => Self::Residual(input.from_pixel(pixel)),
            other => other,
        }
    }

    fn project(self, layer: &Pointwise, input: Planes, num_pixels: usize, output: PlanesMut) {
        match self {
            Self::Bias => layer.forward(input, num_pixels, &mut Store(output)),
            Self::Residual(residual) => {
                layer.forward(
                    input,
                    num_pixels,
                    &mut StoreWithResidual { residual, output },
                );
            }
            Self::Output => layer.forward(input, num_pixels, &mut AddToStored(output)),
        }
    }
}
