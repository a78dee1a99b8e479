//! An architecture in; its parameters, its work an image, the sizes of its planes and of its file out.

use super::architecture::{Architecture, Convolution};

impl Architecture {
    /// Numbers in its weights file: weights and biases, BatchNorm folded in.
    pub fn num_parameters(&self) -> usize {
        let count = |conv: Convolution| num_weights(&conv) + conv.out_channels;
        self.convolutions().map(count).sum()
    }

    /// Bytes of the weights file the page serves, less its header of some 10 KB: the weights of
    /// 1×1 convolutions take two bytes each, all else four (`bin/convert_weights`).
    pub fn num_weight_bytes(&self) -> usize {
        let bytes = |conv: Convolution| {
            let each = if conv.kernel_size == 1 { 2 } else { 4 };
            each * num_weights(&conv) + 4 * conv.out_channels
        };
        self.convolutions().map(bytes).sum()
    }

    /// Side of the square image that goes into each convolution.
    pub fn input_sides(&self) -> Vec<usize> {
        let mut side = self.input_size;
        let before = |conv: Convolution| {
            let before = side;
            side = side.div_ceil(conv.stride);
            before
        };
        self.convolutions().map(before).collect()
    }

    /// Side of the last convolution's output: an image has so many by so many cells.
    pub fn num_cells(&self) -> usize {
        let strides = self.convolutions().map(|conv| conv.stride);
        strides.fold(self.input_size, usize::div_ceil)
    }

    /// Of each convolution for one image.
    pub fn multiply_adds(&self) -> Vec<f64> {
        let cost = |(conv, side): (Convolution, usize)| {
            let num_outputs = side.div_ceil(conv.stride).pow(2);
            (num_weights(&conv) * num_outputs) as f64
        };
        self.convolutions()
            .zip(self.input_sides())
            .map(cost)
            .collect()
    }
}

fn num_weights(conv: &Convolution) -> usize {
    conv.weight_shape().iter().product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_about_what_is_published() {
        // 300, 407 and 860 million in the papers' tables, which count the classifier and more.
        for (architecture, published) in Architecture::all().iter().zip([300e6, 407e6, 860e6]) {
            let total: f64 = architecture.multiply_adds().iter().sum();
            assert!(
                (0.94 * published..1.01 * published).contains(&total),
                "{}: {total}",
                architecture.name
            );
        }
    }

    #[test]
    fn lite2_sees_260_pixels_through_planes_of_odd_sides() {
        let lite2 = Architecture::efficientnet_lite2();
        let mut sides = lite2.input_sides();
        sides.dedup();
        assert_eq!(sides, [260, 130, 65, 33, 17, 9]);
        let cells = Architecture::all().map(|architecture| architecture.num_cells());
        assert_eq!(cells, [7, 7, 9]);
    }

    #[test]
    fn files_take_two_bytes_a_weight_of_a_1x1_convolution() {
        let bytes = Architecture::all().map(|known| known.num_weight_bytes() as f64 / 1e6);
        let rounded = bytes.map(|megabytes| (megabytes * 10.0).round() / 10.0);
        assert_eq!(rounded, [4.6, 7.1, 10.1]);
    }
}
