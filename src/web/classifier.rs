//! What the one-file app calls. In the extractor's module, which it makes 5 % larger (brotli): that
//! is less than a module of its own would cost to build.

use wasm_bindgen::prelude::*;

use super::{problem, to_js};
use crate::{
    classifier,
    error::Result,
    pixels::{self, Decoded},
};

/// The model of an app.
#[wasm_bindgen]
pub struct Classifier(classifier::Classifier);

#[wasm_bindgen]
impl Classifier {
    /// For a zip in Graft's own format. Throws a `Problem`.
    #[wasm_bindgen(constructor)]
    pub fn new(zip: Vec<u8>) -> std::result::Result<Self, JsValue> {
        let opened = classifier::Classifier::open(&zip);
        opened
            .map(Self)
            .map_err(|error| problem(error, "the model".to_owned()))
    }

    /// Looks at the painted picture. Returns a `SelfTest`, throws a `Problem`.
    pub fn self_test(&mut self) -> std::result::Result<JsValue, JsValue> {
        let test = self.0.self_test();
        test.map(|test| to_js(&test))
            .map_err(|error| problem(error, "probe.png".to_owned()))
    }

    /// Looks at an image file. Returns an `AppAnswer`, throws a `Problem`.
    pub fn classify_file(
        &mut self,
        path: String,
        bytes: Vec<u8>,
    ) -> std::result::Result<JsValue, JsValue> {
        self.classify(path, pixels::decode(&bytes))
    }

    /// Looks at an image that the browser has decoded. Returns an `AppAnswer`, throws a `Problem`.
    pub fn classify_rgba(
        &mut self,
        path: String,
        width: u32,
        height: u32,
        rgba: Vec<u8>,
    ) -> std::result::Result<JsValue, JsValue> {
        self.classify(path, Decoded::from_rgba(width, height, &rgba))
    }

    fn classify(
        &mut self,
        path: String,
        image: Result<Decoded>,
    ) -> std::result::Result<JsValue, JsValue> {
        let image = image.map_err(|error| problem(error, path))?;
        Ok(to_js(&self.0.classify(&image)))
    }
}
