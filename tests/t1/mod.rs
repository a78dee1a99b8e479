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
#[allow(dead_code)]
pub fn task() -> (Vec<Row>, Vec<usize>) {
    task_by("efficientnet-lite0")
}

/// The same by another backbone.
pub fn task_by(name: &str) -> (Vec<Row>, Vec<usize>) {
    let mut backbone = backbone(name);
    let (paths, labels) = photos();
    let row = |path: String| Row::from(features(&mut backbone, &read(&format!("{STAMPS}/{path}"))));
    (paths.into_iter().map(row).collect(), labels)
}

/// A backbone as the page serves it.
pub fn backbone(name: &str) -> Backbone {
    let weights = read(&format!("www/public/weights/{name}.safetensors"));
    Backbone::new(&Weights::from_safetensors(&weights).unwrap())
}

/// Of an image file.
pub fn features<'a>(backbone: &'a mut Backbone, file: &[u8]) -> &'a [f32] {
    let size = backbone.architecture().input_size as u32;
    let image = pixels::extract(file, size).unwrap();
    backbone.forward(&image.pixels)
}

/// Raw features and labels of all of the package's pictures, drawings too, by broad categories such
/// as household or plants: harder than T1, since a category holds many kinds of things.
#[allow(dead_code)]
pub fn broad_task() -> (Vec<Row>, Vec<usize>) {
    let mut backbone = backbone("efficientnet-lite0");
    let (mut rows, mut labels, mut num_classes) = (Vec::new(), Vec::new(), 0);
    for category in entries(STAMPS.as_ref()) {
        let mut pictures = Vec::new();
        find_pictures(&category, &mut pictures);
        if pictures.len() < 20 {
            continue;
        }
        for picture in pictures {
            let file = std::fs::read(picture).unwrap();
            rows.push(Row::from(features(&mut backbone, &file)));
            labels.push(num_classes);
        }
        num_classes += 1;
    }
    (rows, labels)
}

fn find_pictures(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in entries(folder) {
        if entry.is_dir() {
            find_pictures(&entry, found);
        } else if entry.extension().is_some_and(|kind| kind == "png") {
            found.push(entry);
        }
    }
}

/// In the order of their names.
fn entries(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
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
