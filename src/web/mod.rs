//! The only place that knows JavaScript: what the two workers call.
//!
//! One crate, two modules: `extractor` is small and loaded by every extractor worker, `trainer`
//! carries Burn and is loaded once.

#[cfg(feature = "extractor")]
mod blob;
#[cfg(feature = "extractor")]
mod extractor;
#[cfg(feature = "trainer")]
mod trainer;

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

#[cfg(feature = "extractor")]
use crate::{error::Error, protocol::Problem};

/// Makes a panic name itself in the browser's console; the worker's supervisor does the rest.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A plain object; bytes become `Uint8Array`s.
fn to_js<T: Serialize>(value: &T) -> JsValue {
    let serializer = Serializer::new()
        .serialize_maps_as_objects(true)
        .serialize_missing_as_null(true);
    value
        .serialize(&serializer)
        .expect("the protocol is plain data")
}

/// What is thrown at JavaScript when a file can't be used.
#[cfg(feature = "extractor")]
fn problem(error: Error, file: String) -> JsValue {
    let problem: Problem = error.into_problem(file);
    to_js(&problem)
}
