//! What Pillow makes of the same files (tests/golden/pixels), since exported models come with
//! Python code that prepares images with Pillow.

use super::decode;
use super::fixtures::distance;
use super::resize::resize;
use crate::error::Error;

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/golden/pixels/", $name))
    };
}

/// Each file, what Pillow reads from it as RGB, and by how many levels we may be off.
pub(super) const FILES: [(&str, &[u8], &[u8], u8); 7] = [
    (
        "palette.png",
        golden!("palette.png"),
        golden!("palette.png.rgb"),
        0,
    ),
    (
        "transparent.gif",
        golden!("transparent.gif"),
        golden!("transparent.gif.rgb"),
        0,
    ),
    // Chroma at half the resolution is enlarged by another formula, so edges differ a little.
    (
        "progressive.jpg",
        golden!("progressive.jpg"),
        golden!("progressive.jpg.rgb"),
        8,
    ),
    // The decoders round inverse transforms and colors differently.
    ("cmyk.jpg", golden!("cmyk.jpg"), golden!("cmyk.jpg.rgb"), 3),
    ("ycck.jpg", golden!("ycck.jpg"), golden!("ycck.jpg.rgb"), 3),
    (
        "lossy.webp",
        golden!("lossy.webp"),
        golden!("lossy.webp.rgb"),
        3,
    ),
    (
        "alpha.webp",
        golden!("alpha.webp"),
        golden!("alpha.webp.rgb"),
        3,
    ),
];

#[test]
fn decoded_files_equal_pillows() {
    let failures: Vec<_> = FILES
        .iter()
        .map(|&(name, file, expected, limit)| {
            (
                name,
                distance(&decode(file).expect(name).rgb, expected),
                limit,
            )
        })
        .filter(|(_, distance, limit)| distance > limit)
        .collect();
    assert!(
        failures.is_empty(),
        "(file, levels off, allowed): {failures:?}"
    );
}

#[test]
fn cut_files_are_called_cut() {
    for (name, file, ..) in FILES {
        let pixels = decode(file).expect(name).rgb;
        for length in 20..file.len() - 16 {
            match decode(&file[..length]) {
                Err(Error::Truncated { .. }) => {}
                Err(Error::Damaged { format: "GIF" }) if file[length - 1] == b';' => {}
                Ok(decoded) => assert!(
                    decoded.rgb == pixels,
                    "{name} cut at {length} of {}",
                    file.len()
                ),
                Err(other) => panic!("{name} cut at {length} of {}: {other:?}", file.len()),
            }
        }
    }
}

#[test]
fn resized_images_equal_pillows() {
    let cases: [((u32, u32), &[u8]); 2] = [
        ((151, 97), golden!("resize_151x97.rgb")),
        ((20, 15), golden!("resize_20x15.rgb")),
    ];
    for ((width, height), expected) in cases {
        let resized = resize(&formula(width, height), (width, height), (32, 32));
        let distance = distance(&resized, expected);
        assert!(distance <= 1, "{width} × {height}: {distance} levels off");
    }
}

/// The same as `formula` in tests/golden/pixels/make.py.
fn formula(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        [
            (x * x / 3 + y) as u8,
            ((x ^ y) * 5) as u8,
            (x * y / 7) as u8,
        ]
    };
    (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)))
        .collect()
}
