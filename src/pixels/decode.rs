//! The bytes of an image file in; its pixels as RGB8 out.

use std::error::Error as _;
use std::io::{self, Cursor};

use image::error::ImageError;
use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use super::{jpeg, rgb, sniff};
use crate::error::{Error, Result};

/// A browser tab with several workers holds a few of these at once; phones make 50 to 100.
const MAX_PIXELS: u64 = 100_000_000;

/// What a signed 16-bit size can say. Some decoders and all GPUs give up not far above.
const MAX_SIDE: u32 = 32_767;

/// What the samples may take before they become RGB8: 100 megapixels of 8-bit RGBA fit, 100
/// megapixels of 16-bit RGBA don't.
const MAX_BYTES: u64 = 512 << 20;

/// A decoded image: the one large buffer there is. A large JPEG is already smaller than its file
/// says, see [`decode`].
///
/// Its rows are as the file has them. The EXIF orientation is carried along and applied to the
/// small results, which takes neither time nor a second full-size buffer.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// As the file says.
    pub(super) width: u32,
    /// As the file says.
    pub(super) height: u32,
    pub(super) rgb: RgbImage,
    pub(super) orientation: Orientation,
}

impl Decoded {
    /// Takes over RGBA pixels, as a canvas or a camera frame has them.
    pub fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Result<Self> {
        check_size(width, height, 4)?;
        if rgba.is_empty() || rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 {
            return Err(Error::Damaged { format: "RGBA" });
        }
        let (pixels, _) = rgba.as_chunks();
        let opaque = |&[r, g, b, alpha]: &[u8; 4]| rgb::on_white([r, g, b], alpha);
        Ok(Self {
            width,
            height,
            rgb: rgb_image(width, height, pixels.iter().flat_map(opaque).collect()),
            orientation: Orientation::NoTransforms,
        })
    }

    /// The width as the image is shown, in pixels.
    pub fn width(&self) -> u32 {
        if self.lies_on_its_side() {
            self.height
        } else {
            self.width
        }
    }

    /// The height as the image is shown, in pixels.
    pub fn height(&self) -> u32 {
        if self.lies_on_its_side() {
            self.width
        } else {
            self.height
        }
    }

    /// Whether the orientation swaps width and height.
    pub(super) fn lies_on_its_side(&self) -> bool {
        use Orientation::*;
        matches!(
            self.orientation,
            Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH
        )
    }
}

/// Decodes the first image of a JPEG, PNG, WebP, GIF, BMP or TIFF file.
///
/// Size and completeness are checked before anything large is allocated. JPEGs far larger than
/// any backbone's input are decoded at a half, a quarter or an eighth of their size, but to no
/// less than `jpeg::MIN_SCALED_SIDE`.
pub fn decode(bytes: &[u8]) -> Result<Decoded> {
    let format = sniff::image_format(bytes)?;
    let explain = |error| explain(&error, bytes, format);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    check_size(width, height, color.bytes_per_pixel().into())?;
    if width == 0 || height == 0 {
        return Err(Error::Damaged {
            format: sniff::name(format),
        });
    }
    if format == ImageFormat::Jpeg && !jpeg::is_complete(bytes) {
        return Err(Error::Truncated {
            format: sniff::name(format),
        });
    }
    // Unreadable metadata is no reason to refuse readable pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let scaled = match format {
        ImageFormat::Jpeg => jpeg::decode_scaled(bytes, width.max(height)),
        _ => None,
    };
    let rgb = match scaled {
        Some(rgb) => rgb,
        None => {
            let samples = zeros(decoder.total_bytes());
            let mut samples = samples.ok_or(Error::NoMemory { width, height })?;
            decoder.read_image(&mut samples).map_err(explain)?;
            rgb_image(width, height, rgb::rgb_from_samples(samples, color))
        }
    };
    Ok(Decoded {
        width,
        height,
        rgb,
        orientation,
    })
}

fn rgb_image(width: u32, height: u32, rgb: Vec<u8>) -> RgbImage {
    RgbImage::from_raw(width, height, rgb).expect("width × height × 3 bytes")
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    // Width and height are checked here, where the error can name them. Some decoders need the
    // image twice, hence the factor.
    limits.max_alloc = Some(2 * MAX_BYTES);
    limits
}

fn check_size(width: u32, height: u32, bytes_per_pixel: u64) -> Result<()> {
    let num_pixels = u64::from(width) * u64::from(height);
    let fits = width.max(height) <= MAX_SIDE
        && num_pixels <= MAX_PIXELS
        && num_pixels * bytes_per_pixel <= MAX_BYTES;
    fits.then_some(()).ok_or(Error::TooLarge { width, height })
}

/// A buffer, unless memory is short: in wasm a failed allocation would end the worker.
fn zeros(length: u64) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok()?;
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(length).ok()?;
    buffer.resize(length, 0);
    Some(buffer)
}

/// The decoders' errors as something a user can act on.
fn explain(error: &ImageError, bytes: &[u8], format: ImageFormat) -> Error {
    let is_cut = match format {
        ImageFormat::Jpeg => !jpeg::has_end_marker(bytes),
        ImageFormat::WebP => is_webp_cut(bytes),
        // A GIF ends in a semicolon; of 256 cuts one happens to end in another.
        ImageFormat::Gif => bytes.last() != Some(&b';'),
        _ => is_end_of_file(error),
    };
    let format = sniff::name(format);
    match error {
        ImageError::Unsupported(_) => Error::RareVariety { format },
        _ if is_cut => Error::Truncated { format },
        _ => Error::Damaged { format },
    }
}

/// A WebP file says its length in its first twelve bytes.
fn is_webp_cut(bytes: &[u8]) -> bool {
    let Some(&[a, b, c, d]) = bytes.get(4..8) else {
        return true;
    };
    u64::from(u32::from_le_bytes([a, b, c, d])) + 8 > bytes.len() as u64
}

/// Whether reading past the end is at the bottom of an error.
fn is_end_of_file(error: &ImageError) -> bool {
    let mut cause = match error {
        ImageError::IoError(error) => return error.kind() == io::ErrorKind::UnexpectedEof,
        error => error.source(),
    };
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind() == io::ErrorKind::UnexpectedEof;
        }
        cause = error.source();
    }
    false
}
