//! An image and a model in, where in the image the evidence for each class is out.

use crate::{
    backbone::Backbone,
    model::Model,
    protocol::{Explanation, Occlusion},
};

/// The side of a hidden patch, in cells: one cell hides too little for a network whose cells each
/// see much of the image.
const PATCH: usize = 2;

/// Where in an image each class's evidence is: a class activation map (Zhou et al., *Learning Deep
/// Features for Discriminative Localization*, arXiv:1512.04150). Exact for heads that are linear or have rectified units, as
/// features are means over cells and normalizing only subtracts and scales.
///
/// # Shapes
///
/// - pixels: `[input_size, input_size, 3]`, RGB
pub fn explain(backbone: &mut Backbone, model: &Model, pixels: &[u8]) -> (Explanation, Vec<f32>) {
    let (features, map) = backbone.forward_map(pixels);
    let (features, map) = (features.to_vec(), map.to_vec());
    let explanation = heat(model, &features, &map);
    (explanation, features)
}

/// # Shapes
///
/// - features: `[num_features]`, raw: the mean of the cells
/// - map: `[side × side, num_features]`
fn heat(model: &Model, features: &[f32], map: &[f32]) -> Explanation {
    let num_cells = map.len() / features.len();
    let num_classes = model.classes.len();
    let gradient = model.head.gradient(&model.normalizer.normalized(features));
    let scale = model.normalizer.scale(features) / num_cells as f32;
    let mut heat = vec![Vec::with_capacity(num_cells); num_classes];
    for cell in map.chunks_exact(features.len()) {
        let mut sums = vec![0.0f32; num_classes];
        let centered = cell.iter().zip(model.normalizer.mean());
        for ((x, mean), gradients) in centered.zip(gradient.chunks_exact(num_classes)) {
            let pairs = sums.iter_mut().zip(gradients);
            pairs.for_each(|(sum, g)| *sum += (x - mean) * g);
        }
        let pairs = heat.iter_mut().zip(sums);
        pairs.for_each(|(of_class, sum)| of_class.push(sum * scale));
    }
    let (probabilities, is_familiar) = model.answer(features);
    Explanation {
        probabilities,
        is_familiar,
        side: num_cells.isqrt(),
        heat,
        voices: None,
    }
}

/// What hiding a patch around each cell does to one class (Zeiler & Fergus, arXiv:1311.2901), a
/// pass through the backbone at a time. Patches have the image's mean color.
pub struct Occluding {
    pixels: Vec<u8>,
    class: usize,
    side: usize,
    probability: Option<f32>,
    hidden: Vec<f32>,
}

impl Occluding {
    /// Sets up a look at `side` × `side` cells; `pixels` are as for [`explain`] and `class` is
    /// one of the model's.
    pub fn new(pixels: Vec<u8>, class: usize, side: usize) -> Self {
        Self {
            pixels,
            class,
            side,
            probability: None,
            hidden: Vec::new(),
        }
    }

    /// Does the next pass; what changed, after the last.
    pub fn step(&mut self, backbone: &mut Backbone, model: &Model) -> Option<Occlusion> {
        let probability = |backbone: &mut Backbone, pixels: &[u8]| {
            model.probabilities(backbone.forward(pixels))[self.class]
        };
        let Some(unhidden) = self.probability else {
            self.probability = Some(probability(backbone, &self.pixels));
            return None;
        };
        let patched = hide(&self.pixels, self.hidden.len(), self.side);
        self.hidden.push(probability(backbone, &patched));
        (self.hidden.len() == self.side.pow(2)).then(|| Occlusion {
            side: self.side,
            probability: unhidden,
            hidden: std::mem::take(&mut self.hidden),
        })
    }

    /// In [0, 1].
    pub fn progress(&self) -> f64 {
        self.hidden.len() as f64 / self.side.pow(2) as f64
    }
}

/// The image with a patch over a cell and half of its neighbors.
fn hide(pixels: &[u8], cell: usize, side: usize) -> Vec<u8> {
    let size = (pixels.len() / 3).isqrt();
    let mean = mean_color(pixels);
    let reach = |at: usize| {
        let (center, half) = ((2 * at + 1) * size / (2 * side), PATCH * size / (2 * side));
        center.saturating_sub(half)..(center + half).min(size)
    };
    let mut patched = pixels.to_vec();
    for y in reach(cell / side) {
        for x in reach(cell % side) {
            patched[3 * (y * size + x)..][..3].copy_from_slice(&mean);
        }
    }
    patched
}

fn mean_color(pixels: &[u8]) -> [u8; 3] {
    let num_pixels = (pixels.len() / 3).max(1) as u64;
    [0, 1, 2].map(|channel| {
        let values = pixels.iter().skip(channel).step_by(3);
        (values.map(|&x| u64::from(x)).sum::<u64>() / num_pixels) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        features::Normalizer,
        head::{Dense, DenseHead},
        protocol::ModelClass,
    };

    fn model(layers: Vec<Dense>) -> Model {
        let class = |name: &str| ModelClass {
            name: name.to_owned(),
            color: 0,
            by_name: false,
        };
        Model {
            classes: vec![class("cats"), class("dogs")],
            normalizer: Normalizer::from_mean(vec![1.0, 0.0]),
            head: DenseHead::new(layers),
            backbone: None,
            familiarity: None,
            provenance: None,
        }
    }

    /// Four cells of two features; their mean is (4, 4), centered (3, 4), of length 5.
    const MAP: [f32; 8] = [16.0, 0.0, 0.0, 16.0, 0.0, 0.0, 0.0, 0.0];

    #[test]
    fn cells_and_bias_add_up_to_the_logit() {
        let layer = Dense {
            weight: vec![1.0, 0.0, 0.0, 2.0],
            bias: vec![0.5, -0.5],
        };
        let model = model(vec![layer]);
        let explanation = heat(&model, &[4.0, 4.0], &MAP);
        assert_eq!(explanation.side, 2);
        let logits = model.head.logits(&[0.6, 0.8]);
        for (class, bias) in [0.5, -0.5].into_iter().enumerate() {
            let sum: f32 = explanation.heat[class].iter().sum();
            assert!((sum + bias - logits[class]).abs() < 1e-6);
        }
        // (16 − 1) · 1 / 5 / 4
        assert!((explanation.heat[0][0] - 0.75).abs() < 1e-6);
        assert!((explanation.heat[1][1] - 1.6).abs() < 1e-6);
    }

    #[test]
    fn a_perceptrons_cells_and_biases_add_up_too() {
        let hidden = Dense {
            weight: vec![1.0, -1.0, 1.0, 1.0],
            bias: vec![0.1, -5.0],
        };
        let output = Dense {
            weight: vec![2.0, 1.0, 1.0, 1.0],
            bias: vec![0.0, 0.0],
        };
        let model = model(vec![hidden, output]);
        let explanation = heat(&model, &[4.0, 4.0], &MAP);
        let sum: f32 = explanation.heat[0].iter().sum();
        // Only the first unit is on: 2 · (0.6 + 0.8 + 0.1).
        assert!((sum + 0.2 - 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_patch_covers_a_cell_and_half_its_neighbors() {
        let mut pixels = vec![0; 8 * 8 * 3];
        pixels[..3].copy_from_slice(&[64; 3]);
        let hidden = hide(&pixels, 5, 4);
        assert_eq!(hidden[..3], [64; 3]);
        let changed = hidden.chunks(3).filter(|pixel| *pixel == [1; 3]).count();
        assert_eq!(changed, 16);
        assert_eq!(hidden[3 * (8 + 1)], 1, "from the second pixel");
    }
}
