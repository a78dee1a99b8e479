//! The backbone on WebGPU as one JavaScript class, for the benchmark page and the journey that
//! counts dispatches; no part of the product.
//!
//! It is set up as the page's trainer sets it up, known-answer check included.
#![cfg(target_arch = "wasm32")]
#![deny(missing_docs)]

use graft::{
    backbone::{Weights, gpu},
    device::Compute,
    error::Error,
};
use wasm_bindgen::prelude::*;

/// A backbone that has given the right answer to the known image.
#[wasm_bindgen]
pub struct Gpu {
    compute: Compute,
    image_length: usize,
}

#[wasm_bindgen]
impl Gpu {
    /// `backbone` is a safetensors file; images are `input_size` pixels high and wide.
    pub async fn create(backbone: Vec<u8>, input_size: usize) -> Result<Gpu, JsValue> {
        let _ = console_log::init_with_level(log::Level::Warn);
        let mut weights = Weights::from_safetensors(&backbone).map_err(to_js)?;
        weights.architecture.input_size = input_size;
        let compute = Compute::webgpu("a benchmark".to_owned(), &weights).await;
        Ok(Self {
            compute: compute.map_err(to_js)?,
            image_length: input_size * input_size * 3,
        })
    }

    /// RGB bytes of some images → their features, one row after another.
    pub async fn features(&mut self, pixels: Vec<u8>) -> Result<Vec<f32>, JsValue> {
        let images: Vec<_> = pixels.chunks_exact(self.image_length).collect();
        let extractor = self.compute.extractor.as_mut().expect("a GPU has one");
        let rows = extractor.features(&images).await.map_err(to_js)?;
        Ok(rows.concat())
    }

    /// CubeCL's memory report: bytes in use and bytes reserved.
    pub fn memory(&self) -> Vec<f64> {
        let usage = gpu::memory_usage(&gpu::client());
        vec![usage.bytes_in_use as f64, usage.bytes_reserved as f64]
    }
}

fn to_js(error: Error) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
