//! Features of real photos agree with onnxruntime's, computed by `golden/features.py`.

use std::fs;
use std::path::Path;

use graft::backbone::{Backbone, NUM_FEATURES, Weights};
use safetensors::SafeTensors;

const STAMPS: &str = "/usr/share/tuxpaint/stamps";
const SIZE: usize = 224;

#[test]
fn features_with_exact_weights_agree_to_1e_4() {
    for backbone in ["efficientnet-lite0", "mobilenet-v2"] {
        let (found, expected) = features(backbone, &format!("target/weights/{backbone}-f32"));
        let differences = found
            .iter()
            .zip(&expected)
            .map(|(found, golden)| (found - golden).abs());
        let largest = differences.fold(0.0, f32::max);
        assert!(largest < 1e-4, "{backbone}: {largest}");
    }
}

/// Rounding the 1×1 weights to f16 costs this much, measured with some room.
#[test]
fn features_with_the_served_weights_agree_to_a_quarter_percent() {
    for backbone in ["efficientnet-lite0", "mobilenet-v2"] {
        let (found, expected) = features(backbone, &format!("www/public/weights/{backbone}"));
        let photos = found
            .chunks_exact(NUM_FEATURES)
            .zip(expected.chunks_exact(NUM_FEATURES));
        for (photo, (found, expected)) in photos.enumerate() {
            let difference: Vec<f32> = found.iter().zip(expected).map(|(f, e)| f - e).collect();
            let relative = norm(&difference) / norm(expected);
            assert!(relative < 2.5e-3, "{backbone}, photo {photo}: {relative}");
        }
    }
}

fn norm(values: &[f32]) -> f32 {
    values.iter().map(|value| value * value).sum::<f32>().sqrt()
}

/// Ours and the golden ones, `[8, NUM_FEATURES]` each.
fn features(backbone: &str, weights: &str) -> (Vec<f32>, Vec<f32>) {
    let golden = read(
        &format!("tests/golden/{backbone}.safetensors"),
        "it is in git",
    );
    let golden = SafeTensors::deserialize(&golden).expect("a safetensors file");
    let expected = golden.tensor("features").expect("features");
    assert_eq!(expected.shape(), [8, NUM_FEATURES]);
    let expected = expected
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b));

    let weights = read(
        &format!("{weights}.safetensors"),
        "run ./build.sh weights first",
    );
    let mut backbone = Backbone::new(&Weights::from_safetensors(&weights).expect("sound weights"));
    let found = photos()
        .into_iter()
        .flat_map(|photo| backbone.forward(&pixels(&photo)).to_vec());
    (found.collect(), expected.collect())
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
fn pixels(photo: &str) -> Vec<u8> {
    let remedy = "install Debian's tuxpaint-stamps-default";
    let image = image::load_from_memory(&read(photo, remedy))
        .expect("a PNG")
        .to_rgba8();
    let nearest = |i: usize, size: u32| (2 * i as u32 + 1) * size / (2 * SIZE as u32);
    let mut pixels = Vec::with_capacity(SIZE * SIZE * 3);
    for y in 0..SIZE {
        for x in 0..SIZE {
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
