//! A list of images in, their features out: Graft's extractor without a browser.
//!
//! `extract_features WEIGHTS LIST ROOT OUT`, where LIST is a CSV of `path,label` with a header,
//! paths below ROOT; OUT becomes a safetensors file with `features` `[images, 1280]`.

use std::{collections::HashMap, error::Error, fs, path::Path};

use graft::{
    backbone::{Backbone, NUM_FEATURES, Weights},
    pixels,
};
use safetensors::tensor::{Dtype, TensorView};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [weights, list, root, out] = arguments.as_slice() else {
        return Err("usage: extract_features WEIGHTS LIST ROOT OUT".into());
    };
    let mut backbone = Backbone::new(&Weights::from_safetensors(&fs::read(weights)?)?);
    let mut features = Vec::new();
    for line in fs::read_to_string(list)?.lines().skip(1) {
        let (path, _label) = line.rsplit_once(',').ok_or("a line without a comma")?;
        let path = Path::new(root).join(path);
        let image = pixels::extract(&fs::read(&path)?, backbone.architecture().input_size as u32);
        let image = image.map_err(|error| format!("{}: {error}", path.display()))?;
        features.extend(
            backbone
                .forward(&image.pixels)
                .iter()
                .flat_map(|x| x.to_le_bytes()),
        );
    }
    let num_images = features.len() / (4 * NUM_FEATURES);
    let view = TensorView::new(Dtype::F32, vec![num_images, NUM_FEATURES], &features)?;
    let file = safetensors::serialize(HashMap::from([("features", view)]), None)?;
    Ok(fs::write(out, file)?)
}
