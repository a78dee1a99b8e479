//! The bytes of an image file in; the square the backbone sees, and a thumbnail, out.
//!
//! The same file gives the same pixels in every browser: nothing here asks the browser to decode
//! or to draw, for browsers differ in both, and some add noise to what a page reads back.

mod decode;
mod jpeg;
mod quality;
mod resize;
mod rgb;
mod scaled_jpeg;
mod sniff;
mod thumbnail;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

pub use decode::{Decoded, decode};
pub use quality::flaws;

use crate::error::Result;
use crate::protocol::Quality;

/// What is kept of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The whole image fitted into a square, RGB, row by row: side × side × 3 bytes.
    pub pixels: Vec<u8>,
    /// A JPEG of the whole image in its own proportions, at most 128 pixels a side.
    pub thumbnail: Vec<u8>,
    /// Its size as it is shown, and how it looks.
    pub quality: Quality,
}

/// Resizes a decoded image for a backbone that takes `input_size` × `input_size` pixels.
pub fn prepare(image: &Decoded, input_size: u32) -> Prepared {
    let fitted = resize::fit(image, input_size);
    let shown = (image.width(), image.height());
    // Enlarging would blur what is sharp.
    let is_enlarged = image.rgb.len() < fitted.len();
    let smaller = if is_enlarged { &image.rgb } else { &fitted };
    Prepared {
        pixels: resize::pad(&fitted, input_size),
        thumbnail: thumbnail::thumbnail(&fitted, shown),
        quality: quality::measure(smaller, shown),
    }
}

/// [`decode()`] and [`prepare`] in one step.
pub fn extract(bytes: &[u8], input_size: u32) -> Result<Prepared> {
    Ok(prepare(&decode(bytes)?, input_size))
}
