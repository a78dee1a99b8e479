//! Task T1: features and labels of 340 photos in 12 classes. See tests/golden/t1/reference.py.

use graft::{
    backbone::{Backbone, Weights},
    features::Row,
    pixels,
};

const STAMPS: &str = "/usr/share/tuxpaint/stamps";

/// A file of this repository.
pub fn read(path: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let missing = |error| {
        panic!(
            "{}: {error}; ./build.sh test gets everything",
            path.display()
        )
    };
    std::fs::read(&path).unwrap_or_else(missing)
}

/// Raw features and labels of all photos.
pub fn task() -> (Vec<Row>, Vec<usize>) {
    let weights = read("www/public/weights/efficientnet-lite0.safetensors");
    let mut backbone = Backbone::new(&Weights::from_safetensors(&weights).unwrap());
    let (paths, labels) = photos();
    let row = |path: String| {
        let image = pixels::extract(&read(&format!("{STAMPS}/{path}")), 224).unwrap();
        Row::from(backbone.forward(&image.pixels))
    };
    (paths.into_iter().map(row).collect(), labels)
}

/// Paths and labels in the order of the list; labels are counted as they come up.
fn photos() -> (Vec<String>, Vec<usize>) {
    let list = String::from_utf8(read("tests/golden/t1/photos.csv")).unwrap();
    let mut names: Vec<String> = Vec::new();
    let photo = |line: &str| {
        let (path, name) = line.rsplit_once(',').unwrap();
        let known = names.iter().position(|known| known == name);
        let label = known.unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        (path.to_owned(), label)
    };
    list.lines().skip(1).map(photo).unzip()
}
