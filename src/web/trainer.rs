//! What the trainer worker calls: a [`Session`] with JavaScript values at its edges.

use js_sys::{Array, Error as JsError};
use wasm_bindgen::prelude::*;

use super::to_js;
#[cfg(feature = "gpu")]
use crate::backbone::Weights;
use crate::{
    backbone::NUM_FEATURES,
    device::Compute,
    error::{Error, Result},
    session::Session,
};

/// A page's session. Strictly one call at a time.
#[wasm_bindgen]
pub struct Trainer {
    session: Session,
}

#[wasm_bindgen]
impl Trainer {
    /// Starts a session on `"webgpu"` or `"cpu"`; `reason` says why that one. `backbone` is the
    /// safetensors file.
    ///
    /// Rejects with an `Error` when WebGPU can't be had or computes wrong features.
    pub async fn create(
        device: String,
        reason: String,
        backbone: Vec<u8>,
    ) -> std::result::Result<Trainer, JsValue> {
        // Shader errors go to the log only.
        #[cfg(feature = "gpu")]
        let _ = console_log::init_with_level(log::Level::Warn);
        let compute = compute(&device, reason, &backbone)
            .await
            .map_err(to_error)?;
        Ok(Self {
            session: Session::new(compute, NUM_FEATURES, backbone),
        })
    }

    /// Carries out a `Command`.
    pub fn handle(&mut self, command: JsValue) -> std::result::Result<(), JsValue> {
        let command = serde_wasm_bindgen::from_value(command)?;
        self.session.handle(command);
        Ok(())
    }

    /// Does one slice of whatever takes time; resolves to whether there is more.
    pub async fn work(&mut self) -> bool {
        self.session.work().await
    }

    /// The `Event`s since the last call.
    pub fn take_events(&mut self) -> Array {
        self.session.take_events().iter().map(to_js).collect()
    }
}

#[cfg_attr(not(feature = "gpu"), expect(unused_variables))]
async fn compute(device: &str, reason: String, backbone: &[u8]) -> Result<Compute> {
    match device {
        #[cfg(feature = "gpu")]
        "webgpu" => Compute::webgpu(reason, &Weights::from_safetensors(backbone)?).await,
        #[cfg(not(feature = "gpu"))]
        "webgpu" => Err(Error::NoGpu("this module is the CPU's".to_owned())),
        _ => Ok(Compute::cpu(reason)),
    }
}

fn to_error(error: Error) -> JsValue {
    JsError::new(&format!("{error}. {}", error.remedy())).into()
}
