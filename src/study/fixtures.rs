//! Samples for the tests here.

use burn::tensor::Device;

use super::Material;
use crate::{
    protocol::{ModelClass, SampleId, TrainingConfig},
    train::Labeled,
};

/// Samples with these labels, ids counting from 0, and some unsorted ones after them. The rows of a
/// class have a direction of their own.
pub(super) fn material(labels: &[usize], num_unsorted: usize) -> Material {
    let num_classes = labels.iter().max().map_or(0, |most| most + 1);
    let row = |at: usize, label: usize| {
        let mut row = vec![0.01 * (at % 7) as f32; num_classes + 1];
        row[label] += 1.0;
        row[num_classes] = 0.1 * (at % 3) as f32;
        row.into()
    };
    let labeled = labels.iter().enumerate().map(|(at, &label)| Labeled {
        sample: at as SampleId,
        row: row(at, label),
        label,
    });
    let class = |label: usize| {
        let name = format!("class {label}");
        (
            label as u32,
            ModelClass {
                name,
                color: 0,
                by_name: false,
            },
        )
    };
    let unsorted = (0..num_unsorted).map(|at| {
        let id = (labels.len() + at) as SampleId;
        (id, row(at + 3, at % num_classes))
    });
    Material {
        classes: (0..num_classes).map(class).collect(),
        labeled: labeled.collect(),
        unsorted: unsorted.collect(),
        target: Default::default(),
        qualities: Vec::new(),
        names: None,
        further_classes: Vec::new(),
        device: Device::flex(),
    }
}

/// Settings to begin with.
pub(super) fn config() -> TrainingConfig {
    TrainingConfig::default()
}
