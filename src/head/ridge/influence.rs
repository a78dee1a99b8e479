//! An image in, the training samples that speak for and against a class of it out.

use super::Ridge;

/// What one training sample has to do with an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Influence {
    /// Which row of the fit.
    pub row: usize,
    /// What it adds to the class's logit, negative if it speaks against the class. The
    /// contributions of all rows and the bias add up to the logit.
    pub contribution: f32,
    /// Cosine of the angle between the normalized features: 1 for a copy.
    pub cosine: f32,
}

/// The strongest voices, each list strongest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Influences {
    /// Samples that speak for the class.
    pub positive: Vec<Influence>,
    /// Samples that speak against it.
    pub negative: Vec<Influence>,
    /// Samples that look most like the image, whatever they say.
    pub nearest: Vec<Influence>,
}

impl Ridge {
    /// The `count` samples that add most to the logit of `class` for an image, take most from it,
    /// and are nearest to it.
    ///
    /// A ridge head's score is b + Σ αᵢ ⟨zᵢ, z⟩, so that its parts are exact (the representer
    /// points of Yeh et al., arXiv:1811.09720, without approximation).
    ///
    /// # Shapes
    ///
    /// - features: `[num_features]`, raw
    pub fn influences(&self, features: &[f32], class: usize, count: usize) -> Influences {
        let all = self.contributions(features, class);
        let by = |key: fn(&Influence) -> f32| {
            let mut sorted = all.clone();
            sorted.sort_by(|a, b| key(b).total_cmp(&key(a)));
            sorted
                .into_iter()
                .filter(move |influence| key(influence) > 0.0)
        };
        Influences {
            positive: by(|x| x.contribution).take(count).collect(),
            negative: by(|x| -x.contribution).take(count).collect(),
            nearest: by(|x| x.cosine).take(count).collect(),
        }
    }

    /// Of every row, in order.
    fn contributions(&self, features: &[f32], class: usize) -> Vec<Influence> {
        let num_classes = self.head.num_classes();
        let (mut image, mut sample) = (Vec::new(), Vec::new());
        self.normalizer.push_normalized(features, &mut image);
        let coefficients = self.coefficients.iter().skip(class).step_by(num_classes);
        let influences = self.rows.iter().zip(coefficients).enumerate();
        influences
            .map(|(row, (features, coefficient))| {
                sample.clear();
                self.normalizer.push_normalized(features, &mut sample);
                let cosine: f32 = image.iter().zip(&sample).map(|(a, b)| a * b).sum();
                let score = f64::from(coefficient * cosine);
                Influence {
                    row,
                    contribution: (score / self.temperature) as f32,
                    cosine,
                }
            })
            .collect()
    }
}
