//! Labeled pixels in, one image after the other, examples at the boundary out, a view a call.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::augment::Augmentation;
use super::boundary::{Boundary, max_blocks};
use super::example::Example;
use crate::{
    backbone::{Backbone, Weights},
    error::{Error, Result},
};

/// How images are made ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrepareConfig {
    /// Blocks that will learn; more than [`max_blocks`] are as many as that.
    pub num_blocks: usize,
    /// Of each image to learn from, itself included; at least 1.
    pub num_views: usize,
    /// How the views differ from the image.
    pub augmentation: Augmentation,
    /// Determines the views, with the order of the images.
    pub seed: u64,
}

impl Default for PrepareConfig {
    /// What the gain in tests/transfer_tune.rs was measured with.
    fn default() -> Self {
        Self {
            num_blocks: 3,
            num_views: 6,
            augmentation: Augmentation::default(),
            seed: 0,
        }
    }
}

impl PrepareConfig {
    /// Packs the backbone's weights, as of the page's file: some 50 ms.
    pub fn init(self, weights: &Weights) -> Preparation {
        Preparation {
            config: Self {
                num_blocks: self.num_blocks.min(max_blocks(&weights.architecture)),
                num_views: self.num_views.max(1),
                ..self
            },
            backbone: Backbone::new(weights),
            rng: ChaCha8Rng::seed_from_u64(self.seed),
            current: None,
            train: Vec::new(),
            validation: Vec::new(),
        }
    }
}

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be learned from.
    Learn,
    /// To choose the epoch by. It has one view, itself.
    Validate,
}

/// Images being made ready. Only the pixels of one are kept, while its views are made.
#[derive(Debug)]
pub struct Preparation {
    config: PrepareConfig,
    backbone: Backbone,
    rng: ChaCha8Rng,
    current: Option<Current>,
    train: Vec<Example>,
    validation: Vec<Example>,
}

#[derive(Debug)]
struct Current {
    pixels: Vec<u8>,
    purpose: Purpose,
    num_views: usize,
    example: Example,
}

impl Preparation {
    /// Takes an image whose views the following steps make. One that has views left is given up.
    ///
    /// # Shapes
    ///
    /// pixels: `[input_size, input_size, 3]`, RGB
    ///
    /// # Errors
    ///
    /// When there are more pixels, or less.
    pub fn begin(&mut self, pixels: Vec<u8>, label: usize, purpose: Purpose) -> Result<()> {
        self.current = None;
        if pixels.len() != self.backbone.architecture().input_size.pow(2) * 3 {
            return Err(Error::DamagedFeatures);
        }
        let num_views = match purpose {
            Purpose::Learn => self.config.num_views,
            Purpose::Validate => 1,
        };
        let example = Example {
            views: Vec::with_capacity(num_views),
            label,
            weight: 1.0,
        };
        self.current = Some(Current {
            pixels,
            purpose,
            num_views,
            example,
        });
        Ok(())
    }

    /// Makes one view: whether the image has more.
    pub fn step(&mut self) -> bool {
        let Some(mut current) = self.current.take() else {
            return false;
        };
        let views = &mut current.example.views;
        let num_blocks = self.config.num_blocks;
        views.push(match views.is_empty() {
            true => Boundary::new(&mut self.backbone, &current.pixels, num_blocks),
            false => {
                let augmentation = self.config.augmentation;
                let variant = augmentation.apply(&current.pixels, self.rng.random());
                Boundary::new(&mut self.backbone, &variant, num_blocks)
            }
        });
        if views.len() < current.num_views {
            self.current = Some(current);
            return true;
        }
        match current.purpose {
            Purpose::Learn => self.train.push(current.example),
            Purpose::Validate => self.validation.push(current.example),
        }
        false
    }

    /// Memory that all views made so far take.
    pub fn num_bytes(&self) -> usize {
        let examples = self.train.iter().chain(&self.validation);
        let views = examples.flat_map(|example| &example.views);
        views.map(Boundary::num_bytes).sum()
    }

    /// The images to learn from and those to validate with, each in the order they were given.
    pub fn finish(self) -> [Vec<Example>; 2] {
        [self.train, self.validation]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::{Padding, reference::Random},
        tune::fixtures,
    };

    fn preparation(seed: u64) -> Preparation {
        let config = PrepareConfig {
            num_views: 3,
            num_blocks: 99,
            seed,
            ..PrepareConfig::default()
        };
        config.init(&Random::new(51).weights(fixtures::architecture(Padding::Same)))
    }

    fn image(random: &mut Random) -> Vec<u8> {
        (0..22 * 22 * 3)
            .map(|_| random.between(0, 255) as u8)
            .collect()
    }

    #[test]
    fn every_image_to_learn_from_has_all_views_and_itself_first() {
        let mut random = Random::new(52);
        let (first, second) = (image(&mut random), image(&mut random));
        let mut preparation = preparation(0);
        assert!(!preparation.step(), "no image yet");
        assert_eq!(preparation.begin(first.clone(), 2, Purpose::Learn), Ok(()));
        assert_eq!([(); 3].map(|()| preparation.step()), [true, true, false]);
        assert_eq!(
            preparation.begin(second.clone(), 1, Purpose::Validate),
            Ok(())
        );
        assert!(!preparation.step());
        // Before the last four blocks there are 11 × 11 pixels of 8 channels, in f16.
        assert_eq!(preparation.num_bytes(), 4 * 11 * 11 * 8 * 2);

        let weights = Random::new(51).weights(fixtures::architecture(Padding::Same));
        let mut backbone = Backbone::new(&weights);
        let [train, validation] = preparation.finish();
        assert_eq!(
            (train.len(), train[0].label, train[0].views.len()),
            (1, 2, 3)
        );
        assert_eq!(train[0].views[0], Boundary::new(&mut backbone, &first, 4));
        assert_ne!(train[0].views[1], train[0].views[2]);
        assert_eq!((validation.len(), validation[0].label), (1, 1));
        assert_eq!(
            validation[0].views,
            [Boundary::new(&mut backbone, &second, 4)]
        );
    }

    #[test]
    fn the_seed_determines_the_views() {
        let image = image(&mut Random::new(53));
        let views = |seed| {
            let mut preparation = preparation(seed);
            preparation
                .begin(image.clone(), 0, Purpose::Learn)
                .expect("the right size");
            while preparation.step() {}
            let [train, _] = preparation.finish();
            train[0].views.clone()
        };
        assert_eq!(views(1), views(1));
        assert_ne!(views(1)[1..], views(2)[1..]);
    }

    #[test]
    fn an_image_of_another_size_is_refused_and_one_can_be_given_up() {
        let mut preparation = preparation(0);
        let refused = preparation.begin(vec![0; 7], 0, Purpose::Learn);
        assert_eq!(refused, Err(Error::DamagedFeatures));
        assert!(!preparation.step());
        for _ in 0..2 {
            let image = image(&mut Random::new(54));
            assert_eq!(preparation.begin(image, 0, Purpose::Learn), Ok(()));
            preparation.step();
        }
        assert_eq!(preparation.finish().map(|examples| examples.len()), [0, 0]);
    }
}
