//! What all kernels share: four channels as one value, and buffers of them.

use cubecl::prelude::*;
use cubecl::server::Handle;

/// Four neighboring channels: one 16-byte load.
pub(super) type V4 = Vector<f32, Const<4>>;

/// Invocations a workgroup. Two 32-wide or one 64-wide subgroup.
pub(super) const UNITS: u32 = 64;

/// Workgroups for so many invocations.
pub(super) fn cubes(units: usize) -> CubeCount {
    CubeCount::Static(units.div_ceil(UNITS as usize) as u32, 1, 1)
}

/// Copies `values` to the device.
pub(super) fn upload(client: &Client, values: &[f32]) -> Handle {
    client.create_from_slice(f32::as_bytes(values))
}

/// The first `length` floats of a buffer, as a kernel's argument.
///
/// # Safety
///
/// The buffer must be at least as long.
pub(super) unsafe fn vectors(buffer: &Handle, length: usize) -> BufferArg {
    debug_assert!(length.is_multiple_of(4) && length * 4 <= buffer.size() as usize);
    // SAFETY: promised by the caller.
    unsafe { BufferArg::from_raw_parts(buffer.clone(), length / 4) }
}
