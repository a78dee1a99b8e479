//! Three real tasks as features and labels: photos, drawings, clothes.
#![allow(dead_code)]

use std::{collections::HashMap, process::Command};

use graft::features::Row;

use crate::t1;

/// What tests use that don't compare backbones.
const USUAL: &str = "efficientnet-lite0";

const CLIPART: &str = "/usr/share/openclipart/png";
const FASHION: &str = "/usr/share/datasets/fashion-mnist";

/// Images as what the backbone makes of them; not [`Row`]s, which threads cannot share.
pub struct Data {
    /// `[N][1280]`
    pub features: Vec<Vec<f32>>,
    /// The class of each.
    pub labels: Vec<usize>,
    pub num_classes: usize,
}

impl Data {
    fn new(features: Vec<Vec<f32>>, labels: Vec<usize>) -> Self {
        Self {
            num_classes: labels.iter().max().map_or(0, |most| most + 1),
            features,
            labels,
        }
    }

    /// Which images are of a class.
    pub fn of(&self, class: usize) -> Vec<usize> {
        let is_of = |at: &usize| self.labels[*at] == class;
        (0..self.labels.len()).filter(is_of).collect()
    }

    pub fn rows(&self, at: &[usize]) -> Vec<Row> {
        let row = |at: &usize| Row::from(self.features[*at].as_slice());
        at.iter().map(row).collect()
    }

    pub fn labels(&self, at: &[usize]) -> Vec<usize> {
        at.iter().map(|&at| self.labels[at]).collect()
    }
}

/// Task T1: 340 photos in 12 classes.
pub fn photos() -> Data {
    photos_by(USUAL)
}

/// The same by another backbone.
pub fn photos_by(backbone: &str) -> Data {
    let (rows, labels) = t1::task_by(backbone);
    Data::new(rows.iter().map(|row| row.to_vec()).collect(), labels)
}

/// 534 drawings in 11 classes, of the Debian package openclipart-png: those of
/// tests/golden/transfer/domains.csv.
pub fn drawings() -> Data {
    drawings_by(USUAL)
}

/// The same by another backbone.
pub fn drawings_by(backbone: &str) -> Data {
    domain("drawing", CLIPART, backbone)
}

/// The 288 photos of the same classes, of tuxpaint-stamps-default.
pub fn photos_of_what_is_drawn() -> Data {
    domain("photo", "/usr/share/tuxpaint/stamps", USUAL)
}

fn domain(name: &str, folder: &str, backbone: &str) -> Data {
    let list = String::from_utf8(t1::read("tests/golden/transfer/domains.csv")).unwrap();
    let mut classes: Vec<String> = Vec::new();
    let (mut files, mut labels) = (Vec::new(), Vec::new());
    for line in list.lines().skip(1) {
        let [path, class, domain] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        if classes.last().is_none_or(|last| last != class) {
            classes.push(class.to_owned());
        }
        if domain == name {
            files.push(t1::read(&format!("{folder}/{path}")));
            labels.push(classes.len() - 1);
        }
    }
    Data::new(features(files, backbone), labels)
}

/// The first `most` training images of each of the ten classes of Fashion-MNIST (Xiao, Rasul &
/// Vollgraf 2017, arXiv:1708.07747), of the Debian package dataset-fashion-mnist.
pub fn clothes(most: usize) -> Data {
    clothes_by(most, USUAL)
}

/// The same by another backbone.
pub fn clothes_by(most: usize, backbone: &str) -> Data {
    let images = unpacked("train-images-idx3-ubyte.gz");
    let classes = unpacked("train-labels-idx1-ubyte.gz");
    let mut sizes = HashMap::new();
    let (mut files, mut labels) = (Vec::new(), Vec::new());
    // Headers of 16 and 8 bytes.
    for (pixels, &class) in images[16..].chunks_exact(28 * 28).zip(&classes[8..]) {
        let size = sizes.entry(class).or_insert(0);
        if *size < most {
            *size += 1;
            files.push(png(pixels));
            labels.push(usize::from(class));
        }
    }
    Data::new(features(files, backbone), labels)
}

fn unpacked(name: &str) -> Vec<u8> {
    let path = format!("{FASHION}/{name}");
    let output = Command::new("gzip").args(["-dc", &path]).output().unwrap();
    assert!(
        output.status.success(),
        "{path}: install dataset-fashion-mnist"
    );
    output.stdout
}

fn png(pixels: &[u8]) -> Vec<u8> {
    let image = image::GrayImage::from_raw(28, 28, pixels.to_vec()).unwrap();
    let mut file = std::io::Cursor::new(Vec::new());
    image.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

fn features(files: Vec<Vec<u8>>, backbone: &str) -> Vec<Vec<f32>> {
    let mut backbone = t1::backbone(backbone);
    let features_of = |file: &Vec<u8>| t1::features(&mut backbone, file).to_vec();
    files.iter().map(features_of).collect()
}
