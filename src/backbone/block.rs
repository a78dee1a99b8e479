//! One inverted residual block: `[in / 8, size, size, 8]` in, `[out / 8, size / stride,
//! size / stride, 8]` out.
//!
//! The widened image between the two 1×1 convolutions is six times as large as what goes in
//! or out. It is therefore made and filtered piece by piece, so that it never leaves the
//! second-level cache: large images in strips of rows, small ones whole but a group of the
//! widened channels at a time.

use std::ops::Range;

use super::architecture;
use super::depthwise::{Depthwise, Rows};
use super::finish::{Store, StoreRelu6, StoreWithResidual};
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
    groups: Vec<Group>,
    project: Pointwise,
    /// Where each pixel of a strip goes, counted from the strip's first.
    places: Vec<u32>,
}

/// The two wide convolutions, cut down to a group of the widened channels.
#[derive(Clone, Debug)]
struct Group {
    expand: Option<Pointwise>,
    depthwise: Depthwise,
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
        let group = |channels: Range<usize>| Group {
            expand: expand.map(|conv| Pointwise::new(&conv.outputs(channels.clone()))),
            depthwise: Depthwise::new(
                &depthwise.outputs(channels),
                block.kernel_size,
                block.stride,
            ),
        };
        scratch.expanded.grow(geometry.expanded_length());
        scratch
            .filtered
            .grow(geometry.strip_pixels() * block.expanded_channels);
        let starts = (0..block.expanded_channels).step_by(geometry.channels);
        Self {
            in_channels: block.in_channels,
            has_residual: block.has_residual(),
            groups: starts
                .map(|start| group(start..start + geometry.channels))
                .collect(),
            project: Pointwise::new(project),
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
        let residual = self.has_residual.then_some(input);
        self.forward_strips(residual, output, scratch, |group, rows, strip, _| {
            let expand = group.expand.as_ref();
            let expand = expand.expect("only the first block lacks an expansion");
            let (input, num_pixels) = (input.after(rows.start * size), rows.len() * size);
            expand.forward(input, num_pixels, &mut StoreRelu6::new(&self.places, strip));
        });
    }

    /// Computes a block without expansion. `widen` fills rows of its input: it gets their
    /// numbers, where the first one goes, and the pixels from there to the next.
    pub fn forward_from(
        &self,
        output: &mut [f32],
        scratch: &mut Scratch,
        mut widen: impl FnMut(Range<usize>, PlanesMut, usize),
    ) {
        self.forward_strips(None, output, scratch, |_, rows, strip, width| {
            widen(rows, strip, width);
        });
    }

    fn forward_strips(
        &self,
        residual: Option<Planes>,
        output: &mut [f32],
        scratch: &mut Scratch,
        mut widen: impl FnMut(&Group, Range<usize>, PlanesMut, usize),
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
            let num_pixels = strip.num_rows * out_size;
            let distance = num_pixels * PANEL;
            let groups = filtered.chunks_mut(num_pixels * geometry.channels);
            for (group, filtered) in self.groups.iter().zip(groups) {
                if !strip.new_rows.is_empty() {
                    let place = &mut expanded[strip.new_place * PANEL..];
                    let place = PlanesMut::new(place, geometry.plane_length());
                    widen(group, strip.new_rows.clone(), place, padded_width);
                }
                let rows = Rows {
                    num_rows: strip.num_rows,
                    width: out_size,
                    in_width: padded_width,
                };
                group.depthwise.forward(
                    Planes::new(expanded, geometry.plane_length()),
                    rows,
                    |y| geometry.taps(strip.first + y),
                    PlanesMut::new(filtered, distance),
                );
            }
            let first = strip.first * out_size;
            let output = PlanesMut::new(&mut output[first * PANEL..], out_size * out_size * PANEL);
            let filtered = Planes::new(filtered, distance);
            match residual.map(|input| input.after(first)) {
                Some(residual) => {
                    let mut finish = StoreWithResidual { residual, output };
                    self.project.forward(filtered, num_pixels, &mut finish);
                }
                None => self
                    .project
                    .forward(filtered, num_pixels, &mut Store(output)),
            }
        }
    }
}
