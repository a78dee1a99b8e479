//! Claims about whole files: what comes out is what a viewer shows.

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageFormat, LumaA, Rgba, RgbaImage};

use super::fixtures::{self, FORMATS, distance, encode, exif, jpeg_with_exif, photo, photo_jpeg};
use super::{Decoded, decode, extract, prepare};
use crate::error::Error;

/// The mean difference between two images, in levels.
fn mean_distance(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.len() as f64
}

#[test]
fn all_six_formats_decode_to_the_same_picture() {
    let original = photo(96, 64);
    for format in FORMATS {
        let decoded = decode(&encode(original.clone(), format)).expect("decodes");
        assert_eq!((decoded.width(), decoded.height()), (96, 64));
        if matches!(format, ImageFormat::Jpeg | ImageFormat::Gif) {
            let distance = mean_distance(&decoded.rgb, &original);
            assert!(distance < 6.0, "{format:?}: {distance}");
        } else {
            assert_eq!(distance(&decoded.rgb, &original), 0, "{format:?}");
        }
    }
}

#[test]
fn gray_palette_and_deep_images_become_rgb() {
    let photo = DynamicImage::from(photo(20, 10));
    let gray = photo.to_luma8();
    let gray_as_rgb: Vec<u8> = gray.iter().flat_map(|&value| [value; 3]).collect();
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Bmp] {
        let decoded = decode(&encode(gray.clone(), format)).expect("decodes");
        assert_eq!(*decoded.rgb, *gray_as_rgb, "{format:?}");
    }
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let decoded = decode(&encode(photo.to_rgb16(), format)).expect("decodes");
        assert_eq!(*decoded.rgb, *photo.as_bytes(), "{format:?}");
        let decoded = decode(&encode(photo.to_luma16(), format)).expect("decodes");
        assert!(distance(&decoded.rgb, &gray_as_rgb) <= 1, "{format:?}");
    }
    let jpeg = decode(&encode(
        GrayImage::from_pixel(9, 9, [77].into()),
        ImageFormat::Jpeg,
    ));
    assert!(distance(&jpeg.expect("decodes").rgb, &[77; 243]) <= 1);
}

#[test]
fn transparency_shows_white() {
    let clear = RgbaImage::from_pixel(4, 4, Rgba([255, 0, 0, 0]));
    let half = RgbaImage::from_pixel(4, 4, Rgba([255, 0, 0, 128]));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let decoded = decode(&encode(clear.clone(), format)).expect("decodes");
        assert_eq!(*decoded.rgb, [255; 48], "{format:?}");
        let decoded = decode(&encode(half.clone(), format)).expect("decodes");
        assert_eq!(decoded.rgb.as_raw()[..3], [255, 127, 127], "{format:?}");
    }
    let gif = decode(&encode(clear, ImageFormat::Gif)).expect("decodes");
    assert_eq!(*gif.rgb, [255; 48]);
    let gray = GrayAlphaImage::from_pixel(2, 2, LumaA([0, 0]));
    assert_eq!(
        *decode(&encode(gray, ImageFormat::Png))
            .expect("decodes")
            .rgb,
        [255; 12]
    );
}

/// Where the top left quarter of the file is shown, by EXIF orientation 1 to 8, as (right, down).
const SHOWN_AT: [(bool, bool); 8] = [
    (false, false),
    (true, false),
    (true, true),
    (false, true),
    (false, false),
    (true, false),
    (true, true),
    (false, true),
];

/// A file 80 wide and 40 high: black, its top left quarter red, its top right quarter blue.
fn flag() -> image::RgbImage {
    image::RgbImage::from_fn(80, 40, |x, y| match (x < 40, y < 20) {
        (true, true) => [255, 0, 0].into(),
        (false, true) => [0, 0, 255].into(),
        _ => [0, 0, 0].into(),
    })
}

/// The middle of a quarter of the flag, which fills half of the square.
fn quarter(pixels: &[u8], on_side: bool, (right, down): (bool, bool)) -> [u8; 3] {
    let along = |far: bool| if far { 168 } else { 56 };
    let across = |far: bool| if far { 140 } else { 84 };
    let (x, y) = match on_side {
        true => (across(right), along(down)),
        false => (along(right), across(down)),
    };
    let at = (y * 224 + x) * 3;
    pixels[at..at + 3].try_into().expect("three bytes")
}

fn assert_flag_is_upright(file: &[u8], orientation: u8) {
    let prepared = extract(file, 224).expect("decodes");
    let on_side = orientation >= 5;
    let shown = if on_side { (40, 80) } else { (80, 40) };
    assert_eq!(
        (prepared.quality.width, prepared.quality.height),
        shown,
        "orientation {orientation}"
    );
    let red = SHOWN_AT[usize::from(orientation) - 1];
    // Blue is red's neighbor along the file's rows, which are columns when lying on the side.
    let blue = if on_side {
        (red.0, !red.1)
    } else {
        (!red.0, red.1)
    };
    assert!(
        distance(&quarter(&prepared.pixels, on_side, red), &[255, 0, 0]) <= 4,
        "orientation {orientation}"
    );
    assert!(
        distance(&quarter(&prepared.pixels, on_side, blue), &[0, 0, 255]) <= 4,
        "orientation {orientation}"
    );
    let thumbnail = image::load_from_memory(&prepared.thumbnail).expect("a JPEG");
    assert_eq!((thumbnail.width(), thumbnail.height()), shown);
}

#[test]
fn all_eight_orientations_of_a_jpeg_are_honored() {
    let jpeg = encode(flag(), ImageFormat::Jpeg);
    for orientation in 1..=8 {
        assert_flag_is_upright(&jpeg_with_exif(&jpeg, orientation), orientation);
    }
}

#[test]
fn orientation_is_honored_in_png_webp_and_tiff() {
    for orientation in 1..=8 {
        let png = fixtures::png_with_exif(&encode(flag(), ImageFormat::Png), orientation);
        assert_flag_is_upright(&png, orientation);
        let webp =
            fixtures::webp_with_exif(&encode(flag(), ImageFormat::WebP), (80, 40), orientation);
        assert_flag_is_upright(&webp, orientation);
        assert_flag_is_upright(
            &fixtures::tiff_with_orientation(&flag(), orientation),
            orientation,
        );
    }
}

#[test]
fn nonsense_in_exif_is_ignored() {
    let jpeg = encode(flag(), ImageFormat::Jpeg);
    for orientation in [0, 9, 255] {
        assert_eq!(
            decode(&jpeg_with_exif(&jpeg, orientation))
                .expect("decodes")
                .width(),
            80
        );
    }
    let mut broken = jpeg_with_exif(&jpeg, 6);
    let at = broken
        .windows(4)
        .position(|window| window == &exif(6)[..4])
        .expect("is there");
    broken[at + 4] = 0xff; // the directory is outside the block
    assert_eq!(decode(&broken).expect("decodes").width(), 80);
}

#[test]
fn a_cut_file_is_called_cut_wherever_it_is_cut() {
    for format in FORMATS {
        let whole = encode(photo(40, 30), format);
        let pixels = decode(&whole).expect("decodes").rgb;
        // Of a JPEG's last bytes the decoder has read the bits that matter ahead.
        let end = whole.len() - if format == ImageFormat::Jpeg { 16 } else { 0 };
        for length in 20..end {
            match decode(&whole[..length]) {
                Err(Error::Truncated { .. }) => {}
                Err(Error::Damaged { format: "GIF" }) if whole[length - 1] == b';' => {}
                // What was cut may not matter, such as the end marker.
                Ok(decoded) => assert!(decoded.rgb == pixels, "{format:?} cut at {length}"),
                Err(other) => panic!("{format:?} cut at {length} of {}: {other:?}", whole.len()),
            }
        }
    }
}

#[test]
fn size_is_checked_before_memory_is_asked_for() {
    let mut png = encode(photo(8, 8), ImageFormat::Png);
    fixtures::set_png_size(&mut png, 20_000, 20_000);
    let error = decode(&png).expect_err("too large");
    assert_eq!(
        error,
        Error::TooLarge {
            width: 20_000,
            height: 20_000
        }
    );
    fixtures::set_png_size(&mut png, 40_000, 10);
    assert_eq!(
        decode(&png).expect_err("too large"),
        Error::TooLarge {
            width: 40_000,
            height: 10
        }
    );

    let mut bmp = encode(photo(8, 8), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&30_000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&30_000u32.to_le_bytes());
    assert!(matches!(decode(&bmp), Err(Error::TooLarge { .. })));
}

#[test]
fn raw_rgba_gives_the_same_as_a_file() {
    let photo = photo(64, 48);
    let rgba = DynamicImage::from(photo.clone()).to_rgba8();
    let raw = Decoded::from_rgba(64, 48, &rgba).expect("fits");
    let file = decode(&encode(photo, ImageFormat::Png)).expect("decodes");
    assert_eq!(prepare(&raw, 224), prepare(&file, 224));
    assert!(Decoded::from_rgba(64, 49, &rgba).is_err());
    assert!(Decoded::from_rgba(0, 0, &[]).is_err());
    assert!(Decoded::from_rgba(1 << 16, 1 << 16, &[]).is_err());
}

#[test]
fn one_pixel_and_extreme_proportions_are_images_too() {
    for (width, height) in [(1, 1), (1, 3000), (3000, 1)] {
        let file = encode(photo(width, height), ImageFormat::Png);
        let prepared = extract(&file, 224).expect("decodes");
        assert_eq!(prepared.pixels.len(), 224 * 224 * 3);
        assert!(image::load_from_memory(&prepared.thumbnail).is_ok());
    }
}

#[test]
fn the_size_of_the_square_is_the_callers() {
    let prepared = extract(&photo_jpeg(100, 50), 260).expect("decodes");
    assert_eq!(prepared.pixels.len(), 260 * 260 * 3);
}
