//! The crate that comes with a Burn record, compiled here from its texts: it loads what the export
//! wrote, with Burn's own reader, and answers as Graft's own code does.

#[allow(dead_code)]
#[path = "../src/export/texts/burn/src/lib.rs"]
mod graft_model;

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use graft::{
    backbone::{Backbone, NUM_FEATURES, Weights},
    export::{self, Format, Probe, Source},
    features::Normalizer,
    head::{Activation, Dense, DenseHead},
    model::Model,
    pixels,
    protocol::{ExportFormat, ModelClass},
};
use graft_model::{Classifier, Device, square};
use zip::ZipArchive;

const PICTURES: [&str; 4] = ["cmyk.jpg", "palette.png", "alpha.webp", "lossy.webp"];

/// Between −1 and 1, as if by chance.
fn number(at: usize) -> f32 {
    let hash = (at as u32 + 1).wrapping_mul(2_654_435_761);
    (hash ^ (hash >> 15)) as f32 / 2f32.powi(31) - 1.0
}

fn dense(inputs: usize, outputs: usize, scale: f32) -> Dense {
    let numbers = |count| (0..count).map(|at| scale * number(at)).collect();
    Dense {
        weight: numbers(inputs * outputs),
        bias: numbers(outputs),
    }
}

/// Three classes: one layer, or two with these units between them.
fn model(units: Option<Activation>) -> Model {
    let class = |name: &str| ModelClass {
        name: name.to_owned(),
        color: 0,
        by_name: false,
    };
    let layers = match units {
        None => vec![dense(NUM_FEATURES, 3, 3.0)],
        Some(_) => vec![dense(NUM_FEATURES, 16, 2.0), dense(16, 3, 1.0)],
    };
    Model {
        classes: ["cats", "“dogs”", "Vögel"].map(class).into(),
        normalizer: Normalizer::from_mean((0..NUM_FEATURES).map(|at| number(at).abs()).collect()),
        head: DenseHead {
            layers,
            activation: units.unwrap_or_default(),
        },
        backbone: None,
        familiarity: None,
        provenance: None,
    }
}

/// Writes a model's zip and unpacks it into a folder of its own.
fn unpacked(source: &Source) -> PathBuf {
    let package = export::pack(Format::of(ExportFormat::Burn), source).expect("faithful");
    let folder = format!("{}-{:?}", package.name, source.model.head.activation);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(source.weights.architecture.name)
        .join(folder);
    fs::create_dir_all(&folder).expect("a folder for tests");
    let mut zip = ZipArchive::new(Cursor::new(package.bytes)).expect("a zip");
    zip.extract(&folder).expect("room on the disk");
    folder
}

fn assert_answers_agree(backbone_name: &str, units: Option<Activation>, half: bool) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join(format!("www/public/weights/{backbone_name}.safetensors"));
    let backbone_file = fs::read(path).expect("./build.sh weights makes it");
    let weights = Weights::from_safetensors(&backbone_file).expect("weights");
    let mut backbone = Backbone::new(&weights);
    let model = model(units);
    let folder = unpacked(&Source {
        model: &model,
        backbone: &backbone_file,
        weights: &weights,
        probe: &Probe::ask(&model, &mut backbone),
        date: "2026-01-31",
        half,
        page: None,
    });
    let classifier = Classifier::load(&folder, &Device::flex()).expect("a record");
    assert_eq!(classifier.labels, ["cats", "“dogs”", "Vögel"]);
    let pictures = PICTURES.map(|name| root.join("tests/golden/pixels").join(name));
    for path in pictures.iter().chain([&folder.join("probe.png")]) {
        let square = square::open(path, classifier.side).expect("a picture");
        let file = fs::read(path).expect("a picture");
        let pixels = pixels::extract(&file, classifier.side)
            .expect("a picture")
            .pixels;
        assert!(pixels == *square, "{path:?} has other pixels");
        let expected = model.probabilities(backbone.forward(&pixels));
        let found = classifier.classify(&square);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let about = format!("{backbone_name}, {units:?}, {half}, {path:?}");
            assert!(
                (found - expected).abs() < 1e-4,
                "{about}: {found} ≠ {expected}"
            );
        }
    }
}

#[test]
fn the_crate_answers_as_graft_does_on_every_backbone() {
    for backbone in ["mobilenet-v2", "efficientnet-lite0", "efficientnet-lite2"] {
        assert_answers_agree(backbone, None, false);
    }
}

#[test]
fn it_has_every_kind_of_units() {
    use Activation::{Cosine, Exponential, Rectified};
    for units in [Rectified, Cosine, Exponential] {
        assert_answers_agree("mobilenet-v2", Some(units), false);
    }
}

#[test]
fn it_loads_numbers_of_16_bits() {
    assert_answers_agree("efficientnet-lite0", Some(Activation::Rectified), true);
}
