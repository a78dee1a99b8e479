//! A downloaded model and pictures in, answers out: Graft in use, without the page that trains.
//!
//! The one-file app is this and a page around it.

use crate::{
    backbone::Backbone,
    error::Result,
    export::{self, Yardstick},
    model::Model,
    pixels::{self, Decoded},
    protocol::{AppAnswer, SelfTest},
};

/// A model with the backbone it belongs to.
pub struct Classifier {
    model: Model,
    backbone: Backbone,
    yardstick: Yardstick,
}

impl Classifier {
    /// Opens a zip in Graft's own format.
    ///
    /// # Errors
    ///
    /// When it is no such zip, or damaged.
    pub fn open(zip: &[u8]) -> Result<Self> {
        let (model, weights) = export::load(zip)?;
        Ok(Self {
            model,
            backbone: Backbone::new(&weights),
            yardstick: Yardstick::of(zip)?,
        })
    }

    /// Looks at a picture.
    pub fn classify(&mut self, image: &Decoded) -> AppAnswer {
        let side = self.backbone.architecture().input_size as u32;
        let prepared = pixels::prepare(image, side);
        let (probabilities, is_familiar) =
            self.model.answer(self.backbone.forward(&prepared.pixels));
        AppAnswer {
            probabilities,
            is_familiar,
            thumbnail: prepared.thumbnail,
        }
    }

    /// Looks at the painted picture, from its file on, as at any other.
    ///
    /// # Errors
    ///
    /// When it can't be read.
    pub fn self_test(&mut self) -> Result<SelfTest> {
        let found = self.classify(&pixels::decode(&self.yardstick.picture)?);
        let difference = self.yardstick.difference(&found.probabilities);
        Ok(SelfTest {
            difference,
            is_passed: difference < self.yardstick.tolerance,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::{Architecture, reference::Random},
        export::{
            Format, Source,
            fixtures::{weights_file, with_packed, with_source},
        },
        protocol::ExportFormat,
    };

    #[test]
    fn a_model_in_use_says_of_the_painted_picture_what_the_page_said() {
        with_packed(|zip| {
            let mut classifier = Classifier::open(zip).unwrap();
            let test = classifier.self_test().unwrap();
            assert!(test.is_passed && test.difference < 1e-6, "{test:?}");
        });
    }

    #[test]
    fn a_model_that_says_something_else_does_not_pass() {
        with_packed(|zip| {
            let mut classifier = Classifier::open(zip).unwrap();
            classifier.model.head.layers[0].bias[0] += 1.0;
            assert!(!classifier.self_test().unwrap().is_passed);
            // No number is next to nothing.
            classifier.model.head.layers[0].bias[0] = f32::NAN;
            assert!(!classifier.self_test().unwrap().is_passed);
        });
    }

    #[test]
    fn a_picture_gets_probabilities_and_a_thumbnail() {
        with_packed(|zip| {
            let mut classifier = Classifier::open(zip).unwrap();
            let gray = Decoded::from_rgba(320, 240, &[128; 320 * 240 * 4]).unwrap();
            let answer = classifier.classify(&gray);
            assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(answer.is_familiar.is_some());
            assert!(answer.thumbnail.starts_with(&[0xff, 0xd8]), "a JPEG");
        });
    }

    #[test]
    fn a_model_with_a_backbone_of_its_own_looks_through_that() {
        with_source(false, |source| {
            let model = Model {
                backbone: Some(source.backbone.into()),
                ..source.model.clone()
            };
            let served = Random::new(72).weights(Architecture::mobilenet_v2());
            let source = Source {
                model: &model,
                backbone: &weights_file(&served),
                ..*source
            };
            let app = export::pack(Format::of(ExportFormat::OneFile), &source).unwrap();
            assert!(app.difference < 1e-4, "{}", app.difference);
            let zip = export::pack(Format::of(ExportFormat::Graft), &source).unwrap();
            let mut classifier = Classifier::open(&zip.bytes).unwrap();
            let test = classifier.self_test().unwrap();
            assert!(test.is_passed && test.difference < 1e-6, "{test:?}");
        });
    }

    #[test]
    fn a_zip_of_anything_else_is_refused() {
        assert!(Classifier::open(b"PK\x03\x04 cut short").is_err());
    }
}
