//! Features of real photos agree with onnxruntime's, computed by `golden/features.py`.

use std::fs;
use std::path::Path;

use graft::backbone::{Backbone, NUM_FEATURES, Weights};
use safetensors::SafeTensors;

const STAMPS: &str = "/usr/share/tuxpaint/stamps";

const BACKBONES: [&str; 3] = ["efficientnet-lite0", "efficientnet-lite2", "mobilenet-v2"];

#[test]
fn features_with_exact_weights_agree_to_1e_4() {
    for backbone in BACKBONES {
        let found = features(&format!("{backbone}-f32"));
        let largest = largest_difference(&found, &golden(backbone, "features"));
        assert!(largest < 1e-4, "{backbone}: {largest}");
    }
}

#[test]
fn features_with_rounded_weights_agree_to_1e_3() {
    for backbone in BACKBONES {
        let found = features(backbone);
        let largest = largest_difference(&found, &golden(backbone, "features_f16"));
        assert!(largest < 1e-3, "{backbone}: {largest}");
    }
}

/// What rounding the 1×1 weights to f16 costs, measured with some room.
#[test]
fn rounding_the_weights_moves_features_by_a_third_of_a_percent_at_most() {
    for backbone in BACKBONES {
        let (exact, rounded) = (
            golden(backbone, "features"),
            golden(backbone, "features_f16"),
        );
        let photos = exact.chunks_exact(NUM_FEATURES);
        for (photo, (exact, rounded)) in photos.zip(rounded.chunks_exact(NUM_FEATURES)).enumerate()
        {
            let difference: Vec<f32> = exact.iter().zip(rounded).map(|(e, r)| e - r).collect();
            let relative = norm(&difference) / norm(exact);
            assert!(relative < 3.3e-3, "{backbone}, photo {photo}: {relative}");
        }
    }
}

fn largest_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected).map(|(f, e)| (f - e).abs());
    differences.fold(0.0, f32::max)
}

fn norm(values: &[f32]) -> f32 {
    values.iter().map(|value| value * value).sum::<f32>().sqrt()
}

/// onnxruntime's: `[8, NUM_FEATURES]`.
fn golden(backbone: &str, kind: &str) -> Vec<f32> {
    let file = read(
        &format!("tests/golden/{backbone}.safetensors"),
        "it is in git",
    );
    let file = SafeTensors::deserialize(&file).expect("a safetensors file");
    let tensor = file.tensor(kind).expect(kind);
    assert_eq!(tensor.shape(), [8, NUM_FEATURES]);
    let values = tensor.data().as_chunks().0.iter();
    values.map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Ours: `[8, NUM_FEATURES]`.
fn features(weights: &str) -> Vec<f32> {
    let path = format!("target/weights/{weights}.safetensors");
    let weights = read(&path, "./build.sh test makes it");
    let mut backbone = Backbone::new(&Weights::from_safetensors(&weights).expect("sound weights"));
    let size = backbone.architecture().input_size;
    let rows = photos().map(|photo| backbone.forward(&pixels(&photo, size)).to_vec());
    rows.concat()
}

/// The list in `golden/features.py`.
fn photos() -> [String; 8] {
    [
        "animals/mammals/cats/tiger",
        "animals/mammals/equines/zebra",
        "animals/birds/peacock",
        "animals/fish/clownfish",
        "animals/insects/bee",
        "food/fruit/pineapple",
        "food/fruit/orange_seville",
        "animals/marsupials/koala",
    ]
    .map(|name| format!("{STAMPS}/{name}.png"))
}

/// What `pixels` in `golden/features.py` does: alpha over white, then the nearest pixel.
fn pixels(photo: &str, size: usize) -> Vec<u8> {
    let remedy = "install Debian's tuxpaint-stamps-default";
    let image = image::load_from_memory(&read(photo, remedy))
        .expect("a PNG")
        .to_rgba8();
    let nearest = |i: usize, side: u32| (2 * i as u32 + 1) * side / (2 * size as u32);
    let mut pixels = Vec::with_capacity(size * size * 3);
    for y in 0..size {
        for x in 0..size {
            let [color @ .., alpha] = image
                .get_pixel(nearest(x, image.width()), nearest(y, image.height()))
                .0;
            let alpha = u32::from(alpha);
            let on_white = |c: u8| (u32::from(c) * alpha + 255 * (255 - alpha) + 127) / 255;
            pixels.extend(color.map(|c| on_white(c) as u8));
        }
    }
    pixels
}

fn read(path: &str, remedy: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; {remedy}", path.display()))
}
