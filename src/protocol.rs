//! What the page says to the trainer worker, and what it hears back.
//!
//! This is the only definition of the protocol. `cargo test` writes its TypeScript twin to
//! `www/src/protocol.ts` and fails if the committed file differs, so the two cannot drift.
//!
//! Messages are plain objects with a `type` field. Binary payloads are `Uint8Array`s: features
//! are 1280 little-endian `f32`, pixels are 224 × 224 RGB bytes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::metrics::Report;

/// Identifies one image for the life of a session. The page counts them up from 0.
pub type SampleId = u32;

/// Identifies one class for the life of a session. The session counts them up from 0.
pub type ClassId = u32;

/// What an extractor made of one image.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Extracted {
    /// The backbone has run: 1280 little-endian `f32`.
    Features {
        /// 5120 bytes.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
    },
    /// Decoded and resized only; the trainer runs the backbone on the GPU: 224 × 224 × 3 RGB.
    Pixels {
        /// 150,528 bytes, row by row.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
    },
}

/// A thing that went wrong with one file, told so that a person can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Problem {
    /// The file's path as it was dropped.
    pub file: String,
    /// What is wrong, in plain words.
    pub trouble: String,
    /// What to do about it.
    pub remedy: String,
    /// The browser may be able to decode the file, though Graft is not.
    #[serde(rename = "needsBrowser", default)]
    #[ts(as = "Option<bool>", optional)]
    pub needs_browser: bool,
}

/// One image, extracted.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Extraction {
    /// What the trainer wants of it.
    pub extracted: Extracted,
    /// A JPEG of the whole image, its longer side at most 128 pixels.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array")]
    pub thumbnail: Vec<u8>,
    /// Width of the image as it is shown (after EXIF orientation), in pixels.
    pub width: u32,
    /// Height of the image as it is shown, in pixels.
    pub height: u32,
    /// Time spent decoding, in milliseconds.
    pub decode_millis: f64,
    /// Time spent resizing, thumbnail included, in milliseconds.
    pub resize_millis: f64,
    /// Time spent in the backbone, in milliseconds; 0 for pixels.
    pub forward_millis: f64,
}

/// One image file inside a zip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ArchiveEntry {
    /// Where it stands in the zip's directory; hand it back to read the entry.
    pub index: usize,
    /// Its path inside the zip, `/`-separated.
    pub path: String,
}

/// One file announced for import, before it is read.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Import {
    /// The sample it will become.
    pub id: SampleId,
    /// Its path inside the drop, `/`-separated; its folder's name is its class.
    pub path: String,
}

/// How classes are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ClassOrder {
    /// Alphabetically, ignoring case; numbers in names by value.
    Name,
    /// Most samples first.
    Size,
}

/// The kind of head to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum HeadKind {
    /// Multinomial logistic regression: one linear layer, trained to the optimum.
    Softmax,
    /// One hidden layer of rectified units, then a linear layer.
    Mlp,
}

/// Everything that determines a training run, beside the data and the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrainingConfig {
    /// The kind of head.
    pub head: HeadKind,
    /// Width of the hidden layer; only for [`HeadKind::Mlp`].
    pub hidden_units: usize,
    /// Adam's step size at the start; it decays to zero along a cosine. Only for
    /// [`HeadKind::Mlp`].
    pub learning_rate: f64,
    /// Passes over the training samples; only for [`HeadKind::Mlp`].
    pub num_epochs: usize,
    /// Samples a gradient step; only for [`HeadKind::Mlp`].
    pub batch_size: usize,
    /// L2 penalty on the weights (not the biases).
    pub weight_decay: f64,
    /// Weigh each class by the inverse of its size, so that rare classes count as much.
    pub balance_classes: bool,
    /// Share of each class held out for validation, in (0, 1).
    pub validation_fraction: f64,
    /// Determines the split, the order of samples and the initial weights.
    pub seed: u32,
}

impl Default for TrainingConfig {
    /// Softmax regression, as measured best on 12 classes of photos (see ARCHITECTURE.md).
    fn default() -> Self {
        Self {
            head: HeadKind::Softmax,
            hidden_units: 100,
            learning_rate: 0.01,
            num_epochs: 60,
            batch_size: 32,
            weight_decay: 1e-4,
            balance_classes: false,
            validation_fraction: 0.2,
            seed: 1,
        }
    }
}

impl TrainingConfig {
    /// The same with every number forced into the range that makes sense, whatever was typed.
    pub fn clamped(self) -> Self {
        let finite =
            |x: f64, low: f64, high: f64| if x.is_nan() { low } else { x.clamp(low, high) };
        Self {
            hidden_units: self.hidden_units.clamp(1, 4096),
            learning_rate: finite(self.learning_rate, 1e-6, 10.0),
            num_epochs: self.num_epochs.clamp(1, 10_000),
            batch_size: self.batch_size.clamp(1, 4096),
            weight_decay: finite(self.weight_decay, 0.0, 10.0),
            validation_fraction: finite(self.validation_fraction, 0.01, 0.9),
            ..self
        }
    }
}

/// From the page to the trainer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Command {
    /// Files are on their way. Without a class each goes to the class named after its folder.
    Import {
        /// The files.
        files: Vec<Import>,
        /// Put all of them into this class instead.
        class: Option<ClassId>,
    },
    /// One announced file has been read.
    Sample {
        /// Which.
        id: SampleId,
        /// What was in it.
        extracted: Extracted,
    },
    /// One announced file could not be read.
    Unreadable {
        /// Which.
        id: SampleId,
        /// Why, and what to do.
        problem: Problem,
    },
    /// Forget the announced files that have not been read yet.
    CancelImport,
    /// Add an empty class.
    AddClass {
        /// Its name; made unique if taken.
        name: String,
    },
    /// Rename a class. A name that is taken merges the two.
    RenameClass {
        /// Which.
        class: ClassId,
        /// The new name.
        name: String,
    },
    /// Move all samples of a class into another and remove it.
    MergeClasses {
        /// The class that goes.
        from: ClassId,
        /// The class that stays.
        into: ClassId,
    },
    /// Remove a class and its samples.
    DeleteClass {
        /// Which.
        class: ClassId,
    },
    /// Re-order the classes.
    SortClasses {
        /// How.
        by: ClassOrder,
    },
    /// Put samples into another class.
    MoveSamples {
        /// Which.
        samples: Vec<SampleId>,
        /// Where to.
        class: ClassId,
    },
    /// Remove samples.
    DeleteSamples {
        /// Which.
        samples: Vec<SampleId>,
    },
    /// Take the last edit back.
    Undo,
    /// Do the last undone edit again.
    Redo,
    /// Train a head on the samples that are ready.
    Train {
        /// How.
        config: TrainingConfig,
    },
    /// Stop training and keep what has been reached.
    StopTraining,
    /// Classify one image with the trained head.
    Predict {
        /// Comes back in the answer.
        request: u32,
        /// The image.
        extracted: Extracted,
    },
    /// Pack the trained model into a zip.
    ExportModel {
        /// The backbone's safetensors file, as served with the page.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        backbone: Vec<u8>,
    },
    /// Take a zip made by [`Command::ExportModel`] into use.
    LoadModel {
        /// The zip's name, for messages.
        file: String,
        /// The zip.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
    },
}

/// The compute device in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum DeviceKind {
    /// WebGPU through Burn.
    Webgpu,
    /// WebAssembly SIMD.
    Cpu,
}

/// One class as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClassView {
    /// Its identity.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// Index into the palette; stays with the class when it is renamed or moved.
    pub color: u32,
    /// Its samples in the order they came, those still being read included.
    pub samples: Vec<SampleId>,
}

/// One class of a trained model. Its place in the list is its place in the probabilities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelClass {
    /// Its name when the model was trained.
    pub name: String,
    /// Index into the palette.
    pub color: u32,
}

/// Loss and accuracy after one epoch of Adam or one step of L-BFGS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EpochMetrics {
    /// Counts from 1.
    pub epoch: usize,
    /// Mean cross-entropy over the training samples, in nats.
    pub train_loss: f64,
    /// In [0, 1].
    pub train_accuracy: f64,
    /// Mean cross-entropy over the held-out samples, in nats.
    pub validation_loss: f64,
    /// In [0, 1].
    pub validation_accuracy: f64,
}

/// A share with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Proportion {
    /// How many hits.
    pub hits: usize,
    /// Out of how many.
    pub total: usize,
    /// Wilson's lower bound.
    pub low: f64,
    /// Wilson's upper bound.
    pub high: f64,
}

/// What the model says of one held-out sample. Classes are indices into the model's list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HeldOutPrediction {
    /// Which sample.
    pub sample: SampleId,
    /// The class it was labelled with.
    pub truth: usize,
    /// The class the model says.
    pub predicted: usize,
    /// The probability the model gives `predicted`.
    pub confidence: f32,
}

/// Which of the heads a run came by it kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Kept {
    /// The one that minimizes the objective; only [`HeadKind::Softmax`] has such.
    Optimum {
        /// Steps it took.
        num_steps: usize,
        /// What is left of the gradient: its Euclidean norm over all parameters.
        gradient_norm: f64,
    },
    /// The last: the run was stopped on its way to the optimum.
    Last {
        /// Steps taken.
        num_steps: usize,
    },
    /// That of the epoch with the lowest validation loss.
    BestEpoch {
        /// Counts from 1; 0 if none was over.
        epoch: usize,
        /// How many epochs ran.
        num_epochs: usize,
    },
}

/// How the head that was kept does on the samples it was not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// The model's classes.
    pub classes: Vec<ModelClass>,
    /// Share of held-out samples classified right.
    pub accuracy: Proportion,
    /// `confusion[truth][predicted]` counts held-out samples.
    pub confusion: Vec<Vec<usize>>,
    /// One row a held-out sample.
    pub predictions: Vec<HeldOutPrediction>,
    /// What else they say.
    pub report: Report,
    /// Which head this is about.
    pub kept: Kept,
    /// How many samples were trained on.
    pub num_train: usize,
    /// Where the head was trained; softmax regression always on the CPU.
    pub device: DeviceKind,
}

/// What a quick head says of every sample, each left out of the fit that it is judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LeaveOneOut {
    /// Share of samples named right.
    pub accuracy: Proportion,
    /// Samples whose label is doubtful, the most doubtful first.
    pub doubts: Vec<Doubt>,
}

/// A sample that looks like another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Doubt {
    /// Which sample.
    pub sample: SampleId,
    /// The class it looks like.
    pub suggestion: ClassId,
}

/// From the trainer to the page.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// The trainer takes commands. Sent once, first.
    Ready {
        /// Where it computes.
        device: DeviceKind,
        /// Why there, in one sentence.
        reason: String,
        /// Sensible settings to begin with.
        defaults: TrainingConfig,
    },
    /// The classes or their samples changed.
    Dataset {
        /// All classes in order.
        classes: Vec<ClassView>,
        /// What [`Command::Undo`] would take back.
        undo: Option<String>,
        /// What [`Command::Redo`] would do again.
        redo: Option<String>,
        /// What is missing before training can start; empty when it can.
        missing: Vec<String>,
    },
    /// How far the current import is.
    Progress {
        /// Files done, unreadable ones included.
        done: usize,
        /// Files announced since the trainer was last idle.
        total: usize,
    },
    /// A file could not be used; the rest goes on.
    Problem {
        /// Which, why and what to do.
        problem: Problem,
    },
    /// A command could not be carried out.
    Refused {
        /// Why, and what to do.
        message: String,
    },
    /// Training began.
    TrainingStarted {
        /// Samples trained on.
        num_train: usize,
        /// Samples held out.
        num_validation: usize,
        /// Epochs to run; none when the run ends where the optimum is.
        num_epochs: Option<usize>,
    },
    /// An epoch or a step is over.
    Epoch {
        /// Its numbers.
        metrics: EpochMetrics,
    },
    /// Training is over and its head is in use.
    Trained {
        /// How good it is.
        evaluation: Box<Evaluation>,
    },
    /// How a quick head fares on what is labeled so far; comes by itself after every change.
    Live {
        /// Nothing as long as there are not two classes of two samples.
        estimate: Option<LeaveOneOut>,
    },
    /// Training ended without a head: the device went away.
    TrainingFailed {
        /// Why, and what to do.
        message: String,
    },
    /// The answer to [`Command::Predict`].
    Prediction {
        /// From the command.
        request: u32,
        /// One per class of the model, summing to 1.
        probabilities: Vec<f32>,
    },
    /// The answer to [`Command::ExportModel`].
    Exported {
        /// A name for the download.
        file: String,
        /// The zip.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
    },
    /// The answer to [`Command::LoadModel`]: the model is in use.
    ModelLoaded {
        /// Its classes.
        classes: Vec<ModelClass>,
        /// Its accuracy when it was trained, if the file says.
        accuracy: Option<Proportion>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{
        Averages, ClassReport, ClassSummary, CoverageCurve, CoveragePoint, Overview, Reliability,
        ReliabilityBin,
    };

    /// The TypeScript twin, in the order a reader wants it.
    fn typescript() -> String {
        let config = ts_rs::Config::new();
        let exported = |declaration: String| format!("export {declaration}\n");
        let types = [
            Extracted::decl(&config),
            Problem::decl(&config),
            Extraction::decl(&config),
            ArchiveEntry::decl(&config),
            Import::decl(&config),
            ClassOrder::decl(&config),
            HeadKind::decl(&config),
            TrainingConfig::decl(&config),
            Command::decl(&config),
            DeviceKind::decl(&config),
            ClassView::decl(&config),
            ModelClass::decl(&config),
            EpochMetrics::decl(&config),
            Proportion::decl(&config),
            HeldOutPrediction::decl(&config),
            Kept::decl(&config),
            Averages::decl(&config),
            Overview::decl(&config),
            ClassReport::decl(&config),
            ClassSummary::decl(&config),
            ReliabilityBin::decl(&config),
            Reliability::decl(&config),
            CoveragePoint::decl(&config),
            CoverageCurve::decl(&config),
            Report::decl(&config),
            Evaluation::decl(&config),
            Doubt::decl(&config),
            LeaveOneOut::decl(&config),
            Event::decl(&config),
        ];
        let head = "// Generated from src/protocol.rs by `cargo test protocol`. Do not edit.\n\n\
                    export type SampleId = number;\nexport type ClassId = number;\n\n";
        head.to_owned() + &types.map(exported).join("\n")
    }

    #[test]
    fn typescript_twin_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/src/protocol.ts");
        let expected = typescript();
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        if committed != expected {
            std::fs::create_dir_all(std::path::Path::new(path).parent().expect("has a parent"))
                .and_then(|()| std::fs::write(path, &expected))
                .expect("www/src is writable");
            panic!("www/src/protocol.ts was out of date and has been rewritten: commit it");
        }
    }
}
