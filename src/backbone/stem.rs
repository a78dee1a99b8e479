//! The first convolution: RGB pixels in, rows of its output's planes out; normalizing on the way.

use std::hint::black_box;

use super::architecture::Architecture;
use super::planes::{PANEL, PlanesMut};
use super::simd::{Aligned, F32x4};
use super::tile::{MAX_ROWS, Run, add_products, load_pair, pack_panels, runs, store_pair};
use super::weights::Conv;

const COLORS: usize = 3;
const KERNEL_SIZE: usize = 3;
const STRIDE: usize = 2;

/// Values under one row of the kernel; they lie side by side.
const ROW_DEPTH: usize = KERNEL_SIZE * COLORS;

/// One image, `[size, size, 3]`.
#[derive(Clone, Copy)]
pub enum Image<'a> {
    /// RGB as decoded.
    Pixels(&'a [u8]),
    /// RGB with the backbone's mean subtracted and divided by its deviation.
    Normalized(&'a [f32]),
}

/// The 3×3 convolution of stride 2, with ReLU6.
#[derive(Clone, Debug)]
pub struct Stem {
    size: usize,
    /// Zeros above and left of the image.
    before: usize,
    out_channels: usize,
    /// `normalized[color][byte]`
    normalized: [[f32; 256]; COLORS],
    /// `[out / PANEL, 3 × 3 × 3, PANEL]`, the depth in the order row, column, color.
    panels: Aligned,
    /// `[out]`
    bias: Aligned,
    /// The three rows under the kernel, each with its zeros left and right.
    window: Aligned,
    /// [`ROW_DEPTH`], kept from the compiler.
    row_depth: usize,
}

impl Stem {
    /// Packs the weights of `architecture`'s stem.
    pub fn new(architecture: &Architecture, conv: &Conv) -> Self {
        let size = architecture.input_size;
        let (mean, std) = (architecture.mean, architecture.std);
        let table =
            |color: usize| std::array::from_fn(|byte| (byte as f32 - mean[color]) / std[color]);
        Self {
            size,
            before: architecture.padding.before(size, KERNEL_SIZE, STRIDE),
            out_channels: conv.bias.len(),
            normalized: std::array::from_fn(table),
            panels: pack_panels(&colors_last(&conv.weight), KERNEL_SIZE * ROW_DEPTH),
            bias: Aligned::from(conv.bias.as_slice()),
            window: Aligned::zeros(KERNEL_SIZE * window_row_length(size)),
            row_depth: black_box(ROW_DEPTH),
        }
    }

    /// Computes row `y` of the output, whose pixels go to `output` from `place` on.
    pub fn forward_row(&mut self, image: Image, y: usize, output: &mut PlanesMut, place: usize) {
        let width = self.size.div_ceil(STRIDE);
        assert!(
            output.holds(self.out_channels / PANEL, place + width),
            "room for the row"
        );
        self.fill_window(image, y);
        for run in runs(width, MAX_ROWS) {
            // SAFETY: there is room for the row.
            unsafe {
                match run.rows {
                    1 => self.tiles::<1>(run, output, place),
                    2 => self.tiles::<2>(run, output, place),
                    3 => self.tiles::<3>(run, output, place),
                    4 => self.tiles::<4>(run, output, place),
                    5 => self.tiles::<5>(run, output, place),
                    _ => self.tiles::<MAX_ROWS>(run, output, place),
                }
            }
        }
    }

    /// # Safety
    /// `output` must hold the run's pixels, counted from `place`.
    #[inline(never)]
    unsafe fn tiles<const PIXELS: usize>(&self, run: Run, output: &mut PlanesMut, place: usize) {
        const DISTANCE: usize = STRIDE * COLORS;
        let window_row = window_row_length(self.size);
        for tile in 0..run.num_tiles {
            let x = run.first + tile * PIXELS;
            let panels = self.panels.chunks_exact(PANEL * KERNEL_SIZE * ROW_DEPTH);
            for (plane, (weights, bias)) in panels.zip(self.bias.chunks_exact(PANEL)).enumerate() {
                // SAFETY: a window row holds what is under the kernel for every output; the
                // output's room is the caller's promise.
                unsafe {
                    let mut sums = [load_pair(bias.as_ptr()); PIXELS];
                    for ky in 0..KERNEL_SIZE {
                        let row = self.window.as_ptr().add(ky * window_row + x * DISTANCE);
                        let weights = weights.as_ptr().add(ky * ROW_DEPTH * PANEL);
                        add_products::<PIXELS, DISTANCE, 1>(
                            &mut sums,
                            row,
                            weights,
                            self.row_depth,
                        );
                    }
                    for (pixel, sums) in sums.into_iter().enumerate() {
                        let at = output.at(plane, place + x + pixel);
                        store_pair(sums.map(F32x4::relu6), at);
                    }
                }
            }
        }
    }

    /// Brings the three input rows under output row `y` into the window.
    fn fill_window(&mut self, image: Image, y: usize) {
        let row_length = self.size * COLORS;
        let left = self.before * COLORS;
        let rows = self.window.chunks_exact_mut(window_row_length(self.size));
        for (ky, window) in rows.enumerate() {
            let window = &mut window[left..left + row_length];
            let row = (y * STRIDE + ky)
                .checked_sub(self.before)
                .filter(|row| *row < self.size);
            match (row, image) {
                (None, _) => window.fill(0.0),
                (Some(row), Image::Normalized(values)) => {
                    window.copy_from_slice(&values[row * row_length..][..row_length]);
                }
                (Some(row), Image::Pixels(bytes)) => {
                    let bytes = &bytes[row * row_length..][..row_length];
                    normalize_row(&self.normalized, bytes, window);
                }
            }
        }
    }
}

/// Bytes → normalized values through a table, so that they are the same as if computed.
fn normalize_row(normalized: &[[f32; 256]; COLORS], bytes: &[u8], values: &mut [f32]) {
    let pixels = bytes.as_chunks::<COLORS>().0.iter();
    for (pixel, values) in pixels.zip(values.as_chunks_mut::<COLORS>().0) {
        for color in 0..COLORS {
            values[color] = normalized[color][usize::from(pixel[color])];
        }
    }
}

/// Room for the row and up to two columns of zeros.
fn window_row_length(size: usize) -> usize {
    (size + 2) * COLORS
}

/// `[out, color, row, column]` → `[out, row, column, color]`
fn colors_last(weight: &[f32]) -> Vec<f32> {
    let area = KERNEL_SIZE * KERNEL_SIZE;
    let filters = weight.chunks_exact(COLORS * area);
    let reordered = filters.flat_map(|filter| {
        (0..area).flat_map(move |at| (0..COLORS).map(move |color| filter[color * area + at]))
    });
    reordered.collect()
}

#[cfg(test)]
mod tests {
    use super::super::architecture::Padding;
    use super::super::planes::from_planes;
    use super::super::reference::{self, Random};
    use super::*;

    fn forward(stem: &mut Stem, image: Image, size: usize, out_channels: usize) -> Vec<f32> {
        let width = size.div_ceil(2);
        let mut output = vec![0.0; width * width * out_channels];
        let mut planes = PlanesMut::new(&mut output, width * width * PANEL);
        for y in 0..width {
            stem.forward_row(image, y, &mut planes, y * width);
        }
        from_planes(&output, out_channels)
    }

    #[test]
    fn random_images_agree_with_the_scalar_reference() {
        let mut random = Random::new(3);
        for _ in 0..30 {
            let architecture = Architecture {
                input_size: random.between(2, 31),
                padding: random.pick([Padding::Same, Padding::Symmetric]),
                ..Architecture::mobilenet_v2()
            };
            let (size, stem_channels) = (architecture.input_size, PANEL * random.between(1, 5));
            let conv = random.conv([stem_channels, 3, 3, 3]);
            let image = random.values(size * size * COLORS);
            let mut stem = Stem::new(&architecture, &conv);
            let output = forward(&mut stem, Image::Normalized(&image), size, stem_channels);
            let stem = architecture.convolutions().next().expect("a stem");
            let shape = reference::Shape {
                out_channels: stem_channels,
                ..reference::Shape::new(size, &stem, architecture.padding)
            };
            let mut expected = reference::convolve(&image, &shape, &conv);
            reference::relu6(&mut expected);
            reference::assert_close(&output, &expected);
        }
    }

    #[test]
    fn bytes_are_normalized_like_floats() {
        let mut random = Random::new(4);
        let architecture = Architecture {
            input_size: 9,
            ..Architecture::mobilenet_v2()
        };
        let bytes: Vec<u8> = (0..9 * 9 * 3)
            .map(|_| random.between(0, 255) as u8)
            .collect();
        let normalized: Vec<f32> = bytes
            .iter()
            .enumerate()
            .map(|(i, byte)| {
                (f32::from(*byte) - architecture.mean[i % 3]) / architecture.std[i % 3]
            })
            .collect();
        let mut stem = Stem::new(&architecture, &random.conv([32, 3, 3, 3]));
        assert_eq!(
            forward(&mut stem, Image::Pixels(&bytes), 9, 32),
            forward(&mut stem, Image::Normalized(&normalized), 9, 32)
        );
    }
}
