//! A crate in Rust with the whole network as a module of Burn, and its record.

use super::{Format, Widths, onnx};
use crate::{
    error::Result,
    export::{
        burnpack::{self, Record},
        graph::Graph,
        package::{Files, Source},
    },
    protocol::ExportFormat,
};

pub(super) const FORMAT: Format = Format {
    id: ExportFormat::Burn,
    name: "Burn",
    sentence: "For programs in Rust: a small crate, ready to run, with the whole network as a module \
               of Burn and its record.",
    file: "graft-burn",
    widths: Widths::Choice,
    write,
    read,
};

const RECORD: &str = "model.bpk";
const CONFIG: &str = "config.json";

/// The crate, by the paths it has in the zip. `tests/burn_record.rs` compiles and runs it.
const CRATE: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("../texts/burn/Cargo.toml")),
    ("src/main.rs", include_str!("../texts/burn/src/main.rs")),
    ("src/lib.rs", include_str!("../texts/burn/src/lib.rs")),
    (
        "src/network.rs",
        include_str!("../texts/burn/src/network.rs"),
    ),
    ("src/square.rs", include_str!("../texts/burn/src/square.rs")),
    ("tests/page.rs", include_str!("../texts/burn/tests/page.rs")),
];

fn write(source: &Source) -> Result<Files> {
    let metadata = onnx::metadata(source);
    let precision = source.precision();
    let record = burnpack::write(source.model, source.weights, precision, &metadata);
    let mut files = Files::default();
    files.add(
        "README.md",
        source.fill(include_str!("../texts/burn/README.md")),
    );
    for (path, text) in CRATE {
        files.add(path, text);
    }
    files.add(CONFIG, record.config);
    files.add(RECORD, record.numbers);
    Ok(files)
}

fn read(files: &Files) -> Result<Graph> {
    burnpack::read(&Record {
        numbers: files.get(RECORD)?.to_vec(),
        config: files.get(CONFIG)?.to_vec(),
    })
}

#[cfg(test)]
#[path = "../texts/burn/src/square.rs"]
mod square;

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbaImage};

    use super::square;
    use crate::pixels::{self, Decoded};

    #[test]
    fn the_crate_makes_the_same_squares_to_the_bit() {
        // Larger and smaller than the square, long and thin, and with a transparent part.
        for (width, height) in [(640, 481), (100, 75), (3, 1000), (224, 224), (1500, 37)] {
            let color = |at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8;
            let rgba: Vec<u8> = (0..width * height * 4).map(color).collect();
            let decoded = Decoded::from_rgba(width, height, &rgba).expect("a picture");
            let picture = RgbaImage::from_raw(width, height, rgba).expect("four bytes a pixel");
            let found = square::square(&DynamicImage::from(picture), 224);
            assert!(
                found.into_raw() == pixels::prepare(&decoded, 224).pixels,
                "{width} × {height}"
            );
        }
    }

    #[test]
    fn the_crate_reads_files_as_graft_does() {
        for name in [
            "palette.png",
            "alpha.webp",
            "transparent.gif",
            "progressive.jpg",
        ] {
            let path = format!("{}/tests/golden/pixels/{name}", env!("CARGO_MANIFEST_DIR"));
            let file = std::fs::read(&path).expect("a golden picture");
            let expected = pixels::extract(&file, 224).expect("a picture").pixels;
            let found = square::open(&path, 224).expect("a picture");
            assert!(found.into_raw() == expected, "{name}");
        }
    }
}
