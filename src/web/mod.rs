//! The only place that knows JavaScript: what the workers call.
//!
//! One crate, two modules: `extractor` is small, loaded by every extractor worker and put into the
//! one-file app, `trainer` carries Burn and is loaded once.

#[cfg(feature = "extractor")]
mod blob;
#[cfg(feature = "extractor")]
mod classifier;
#[cfg(feature = "extractor")]
mod extractor;
#[cfg(feature = "extractor")]
mod project;
#[cfg(feature = "trainer")]
mod trainer;

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

#[cfg(feature = "extractor")]
use crate::{error::Error, protocol::Problem};

#[cfg(feature = "trainer")]
unsafe extern "C" {
    /// Made by the linker: registers the types that Burn's crates announce through `inventory`.
    safe fn __wasm_call_ctors();
}

/// Makes a panic name itself in the browser's console; the worker's supervisor does the rest.
///
/// The constructors are called here, once. If nothing calls them, the linker assumes a program
/// that starts anew at each export and calls them all every time: half a millisecond for every
/// allocation JavaScript asks for.
#[wasm_bindgen(start)]
fn start() {
    #[cfg(feature = "trainer")]
    __wasm_call_ctors();
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
