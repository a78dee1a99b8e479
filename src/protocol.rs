//! What the page says to the trainer worker, and what it hears back.
//!
//! This is the only definition of the protocol. `cargo test` writes its TypeScript twin to
//! `www/src/protocol.ts` and fails if the committed file differs, so the two cannot drift.
//!
//! Messages are plain objects with a `type` field. Binary payloads are `Uint8Array`s: features
//! are 1280 little-endian `f32`, pixels are RGB bytes of the square the backbone sees, 224 × 224 or
//! 260 × 260.

mod backbone;
mod distillation;
mod evaluation;
mod explanation;
mod exporting;
mod extraction;
mod one_file;
mod project;
mod study;
mod training;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use backbone::*;
pub use distillation::*;
pub use evaluation::*;
pub use explanation::*;
pub use exporting::*;
pub use extraction::*;
pub use one_file::*;
pub use project::*;
pub use study::*;
pub use training::*;

/// Identifies one image for the life of a session. The page counts them up from 0.
pub type SampleId = u32;

/// Identifies one class for the life of a session. The session counts them up from 0.
pub type ClassId = u32;

/// One file announced for import, before it is read.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Import {
    /// The sample it will become.
    pub id: SampleId,
    /// Its path inside the drop, `/`-separated; its folder's name is its class.
    pub path: String,
}

/// Where announced files go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Destination {
    /// Each to the class named after its folder.
    Folder,
    /// All to one class.
    Class {
        /// Which.
        class: ClassId,
    },
    /// All to the unsorted ones.
    Unsorted,
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

/// From the page to the trainer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Command {
    /// Files are on their way.
    Import {
        /// The files.
        files: Vec<Import>,
        /// Where they go.
        into: Destination,
    },
    /// One announced file has been read.
    Sample {
        /// Which.
        id: SampleId,
        /// What was in it.
        extracted: Extracted,
        /// How it looks.
        quality: Quality,
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
        /// Where to; nothing for the unsorted ones, which are not learned from.
        class: Option<ClassId>,
    },
    /// Say of which domain samples are.
    MarkTarget {
        /// Which.
        samples: Vec<SampleId>,
        /// Whether they are like those the model is for.
        is_target: bool,
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
    /// Read the names of classes from now on.
    ReadNames {
        /// The safetensors file of the reader.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        reader: Vec<u8>,
    },
    /// Stop training and keep what has been reached.
    StopTraining,
    /// The answer to [`Event::NeedPixels`], one sample at a time.
    Pixels {
        /// Which.
        sample: SampleId,
        /// Square RGB, as the backbone takes it; nothing if the file can't be read any more.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array | null")]
        pixels: Option<Vec<u8>>,
    },
    /// Say how long fine-tuning would take.
    EstimateTuning {
        /// How.
        config: TrainingConfig,
    },
    /// Make variants of an image, as fine-tuning sees it.
    Augment {
        /// Square RGB.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        pixels: Vec<u8>,
        /// How.
        tuning: TuningConfig,
        /// How many, at most 16.
        count: usize,
    },
    /// Classify one image with the trained head.
    Predict {
        /// Comes back in the answer.
        request: u32,
        /// The image.
        extracted: Extracted,
    },
    /// Answer a question about samples and heads. One at a time; others wait their turn. Asked
    /// again, a question begins anew.
    Study {
        /// Which.
        study: Study,
    },
    /// Give up a question, whether its turn has come or not.
    StopStudy {
        /// Which.
        study: StudyKind,
    },
    /// Take a student of the last [`Study::Distillation`] into use.
    KeepStudent {
        /// Which, as [`StudentView::num_blocks`] says.
        num_blocks: usize,
    },
    /// Say why the model in use says what it says of an image.
    Explain {
        /// Comes back in the answer.
        request: u32,
        /// Square RGB, as the backbone takes it.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        pixels: Vec<u8>,
        /// Index of the class that samples are to speak about; nothing for the likeliest.
        class: Option<usize>,
        /// Whether to look for samples that speak, which takes a moment with many.
        with_voices: bool,
    },
    /// Find out what hiding parts of an image does to one class; 50 to 82 passes through the
    /// backbone. A new one ends the one before.
    Occlude {
        /// Comes back in the answers.
        request: u32,
        /// Square RGB, as the backbone takes it.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        pixels: Vec<u8>,
        /// Index of the class.
        class: usize,
    },
    /// Give up the last [`Command::Occlude`].
    StopOcclusion,
    /// Say in which ways the model in use can be had.
    ListFormats,
    /// Pack the model in use into a file, and test it.
    ExportModel {
        /// Which.
        format: ExportFormat,
        /// Whether to store numbers in 16 bits, where there is a choice.
        half: bool,
        /// Now, as ISO 8601 has it.
        date: String,
        /// The empty page for [`ExportFormat::OneFile`]; nothing for all others.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array | null")]
        page: Option<Vec<u8>>,
    },
    /// Take a zip of [`ExportFormat::Graft`] into use.
    LoadModel {
        /// The zip's name, for messages.
        file: String,
        /// The zip.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
    },
    /// Draw some labeled samples, of each class its share, to compare backbones by.
    DrawLabeled {
        /// Determines which.
        seed: u32,
    },
    /// Say which backbone suits the classes, by what each made of the same samples.
    RateBackbones {
        /// Which samples.
        samples: Vec<SampleId>,
        /// What each backbone made of them, row by row.
        candidates: Vec<Candidate>,
    },
    /// Change to another backbone: all samples have to be read again ([`Event::NeedReadings`]),
    /// and the model in use goes. Until they are, all stays as it is.
    UseBackbone {
        /// Its safetensors file.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        backbone: Vec<u8>,
    },
    /// The answer to [`Event::NeedReadings`], one sample at a time.
    Reading {
        /// Which.
        sample: SampleId,
        /// What was in it; nothing if the file can't be read any more.
        extracted: Option<Extracted>,
    },
    /// Give up the change to another backbone.
    KeepBackbone,
    /// Pictures that the page can read again, should they be missing in what is restored. Before
    /// [`Command::Restore`].
    Expect {
        /// The files, under the ids they had.
        files: Vec<Import>,
    },
    /// Bring back what [`Event::Journal`] told to save, before any other command. From the last
    /// piece on, what changes is told; a new project has one empty piece.
    Restore {
        /// The next piece of the file.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
        /// Whether the file ends here.
        is_last: bool,
    },
    /// Say what of a saved file is still needed, piece by piece.
    Compact {
        /// The next piece of the file.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
        /// Whether the file ends here.
        is_last: bool,
    },
    /// A small picture of an announced file, to be saved with it; before its [`Command::Sample`].
    Thumbnail {
        /// Which.
        sample: SampleId,
        /// A JPEG.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        jpeg: Vec<u8>,
    },
    /// Save how the page is set.
    KeepSettings {
        /// How.
        settings: ProjectSettings,
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
#[serde(rename_all = "camelCase")]
pub struct ModelClass {
    /// Its name when the model was trained.
    pub name: String,
    /// Index into the palette.
    pub color: u32,
    /// Whether there was no picture of it to learn from, only its name.
    #[serde(default)]
    pub by_name: bool,
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
        /// All methods, the plain one first.
        methods: Vec<MethodView>,
    },
    /// The classes or their samples changed.
    Dataset {
        /// All classes in order.
        classes: Vec<ClassView>,
        /// Samples without a class, in the order they came.
        unsorted: Vec<SampleId>,
        /// Samples of the target domain, ascending; none if there is one domain.
        target: Vec<SampleId>,
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
        /// Samples that have near-duplicates, which were kept on one side.
        num_near_duplicates: usize,
        /// Epochs to run; none when the run ends where the optimum is.
        num_epochs: Option<usize>,
    },
    /// How far a run is that has no epochs.
    TrainingProgress {
        /// In [0, 1].
        progress: f64,
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
        /// Whether it has a backbone of its own, so that it needs pixels to predict.
        is_tuned: bool,
        /// What each training sample counted, the heaviest first, 0 for what a choice has left out;
        /// empty if all counted the same.
        teachers: Vec<SampleWeight>,
    },
    /// The answer to [`Command::ReadNames`]: each name is told when it has been read.
    ReadingNames,
    /// The name of a class has been read.
    NameRead {
        /// The name.
        name: String,
        /// Known names that are nearest, the nearest first: what it is taken to look like.
        like: Vec<String>,
        /// How near the nearest is: 1 if it is the name itself, around 0.3 if the name means
        /// nothing to the reader.
        nearness: f32,
    },
    /// Fine-tuning or distillation needs the pixels of these samples, in this order.
    NeedPixels {
        /// Which.
        samples: Vec<SampleId>,
    },
    /// The answer to [`Command::EstimateTuning`].
    TuningEstimate {
        /// On this device, if it isn't over early.
        seconds: f64,
        /// Memory for the images, beside what is used already.
        bytes: usize,
    },
    /// The answer to [`Command::Augment`].
    Augmented {
        /// Square RGB, one after the other.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        pixels: Vec<u8>,
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
        /// Whether it looks like one of the classes at all; nothing if the model can't tell.
        is_familiar: Option<bool>,
    },
    /// How far the question is whose turn it is.
    StudyProgress {
        /// Which.
        study: StudyKind,
        /// In [0, 1].
        progress: f64,
    },
    /// A question was answered.
    Studied {
        /// The answer.
        finding: Finding,
    },
    /// A question was given up.
    StudyEnded {
        /// Which.
        study: StudyKind,
        /// Why, and what to do; nothing if it was stopped.
        message: Option<String>,
    },
    /// The answer to [`Command::Explain`].
    Explained {
        /// From the command.
        request: u32,
        /// Why.
        explanation: Explanation,
    },
    /// How far [`Command::Occlude`] is.
    OcclusionProgress {
        /// From the command.
        request: u32,
        /// In [0, 1].
        progress: f64,
    },
    /// The answer to [`Command::Occlude`].
    Occluded {
        /// From the command.
        request: u32,
        /// What changed.
        occlusion: Occlusion,
    },
    /// The answer to [`Command::ListFormats`].
    Formats {
        /// In the order they are offered.
        formats: Vec<FormatView>,
    },
    /// The answer to [`Command::ExportModel`]. The file was read again, and run.
    Exported {
        /// From the command.
        format: ExportFormat,
        /// Largest difference between what the file says of a painted picture and what the model in
        /// use says.
        difference: f32,
        /// A name for the download.
        file: String,
        /// The file.
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
        /// The share of its own classes' pictures that it is meant to find familiar; nothing if it
        /// can't tell unknown things.
        familiar_share: Option<f64>,
        /// Whether it has a backbone of its own, so that it needs pixels to predict.
        is_tuned: bool,
    },
    /// The answer to [`Command::LoadModel`] when the model is for another backbone than the one in
    /// use: nothing has happened.
    OtherBackbone {
        /// The zip's name.
        file: String,
        /// The backbone's id.
        backbone: String,
    },
    /// The answer to [`Command::DrawLabeled`].
    Drawn {
        /// Which; about 200 at most.
        samples: Vec<SampleId>,
    },
    /// The answer to [`Command::RateBackbones`].
    BackbonesRated {
        /// In the order of the candidates.
        ratings: Vec<BackboneRating>,
        /// The id of the one to take: of those hardly worse than the best the one with the least
        /// work.
        recommended: String,
        /// Samples it rests on.
        num_samples: usize,
    },
    /// The change to another backbone needs these samples read with it.
    NeedReadings {
        /// Which.
        samples: Vec<SampleId>,
    },
    /// How far the change to another backbone is.
    SwitchProgress {
        /// Samples read.
        done: usize,
        /// Samples to be read.
        total: usize,
    },
    /// Another backbone is in use, and there is no model.
    BackboneInUse {
        /// Its id.
        backbone: String,
        /// Samples that could not be read again and are gone.
        lost: Vec<SampleId>,
    },
    /// The backbone stays the one it was.
    BackboneKept {
        /// Why, and what to do; nothing if that was asked for.
        message: Option<String>,
    },
    /// The GPU is gone. This session does nothing more; another one can go on with what was saved.
    DeviceLost {
        /// Why.
        message: String,
    },
    /// What is to be appended to the project's file, after [`Command::Restore`].
    Journal {
        /// The bytes.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
        /// What is safe when they are.
        mark: SaveMark,
    },
    /// Pictures that are back; which classes they are in is told later.
    RestoredSamples {
        /// Which.
        samples: Vec<RestoredPicture>,
    },
    /// All that was saved is back, and from now on what changes is told.
    Restored {
        /// How.
        restoration: Restoration,
    },
    /// What was saved can't be used. It is not to be changed.
    NotRestored {
        /// Why, and what to do.
        message: String,
        /// The backbone that its features are of, if another one than is in use.
        backbone: Option<String>,
    },
    /// The answer to each [`Command::Compact`].
    Compacted {
        /// What is still needed; belongs after what was told before.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
        /// Whether that was all.
        is_last: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::Architecture;
    use crate::metrics::{
        Averages, ClassReport, ClassSummary, CoverageCurve, CoveragePoint, Estimate, Outlook,
        Overview, Reliability, ReliabilityBin, Report,
    };

    /// The TypeScript twin, in the order a reader wants it.
    fn typescript() -> String {
        let config = ts_rs::Config::new();
        let exported = |declaration: String| format!("export {declaration}\n");
        let types = [
            Extracted::decl(&config),
            Quality::decl(&config),
            Problem::decl(&config),
            Extraction::decl(&config),
            ArchiveEntry::decl(&config),
            BackboneView::decl(&config),
            Import::decl(&config),
            Destination::decl(&config),
            ClassOrder::decl(&config),
            HeadKind::decl(&config),
            MethodFamily::decl(&config),
            Weighting::decl(&config),
            MethodView::decl(&config),
            TuningConfig::decl(&config),
            TeacherKind::decl(&config),
            DistillationConfig::decl(&config),
            TrainingConfig::decl(&config),
            ProjectSettings::decl(&config),
            SaveMark::decl(&config),
            RestoredPicture::decl(&config),
            Restoration::decl(&config),
            Study::decl(&config),
            StudyKind::decl(&config),
            Candidate::decl(&config),
            ExportFormat::decl(&config),
            FormatView::decl(&config),
            Command::decl(&config),
            DeviceKind::decl(&config),
            ClassView::decl(&config),
            ModelClass::decl(&config),
            EpochMetrics::decl(&config),
            Proportion::decl(&config),
            HeldOutPrediction::decl(&config),
            Kept::decl(&config),
            JudgedBy::decl(&config),
            Averages::decl(&config),
            Overview::decl(&config),
            ClassReport::decl(&config),
            ClassSummary::decl(&config),
            ReliabilityBin::decl(&config),
            Reliability::decl(&config),
            CoveragePoint::decl(&config),
            CoverageCurve::decl(&config),
            Report::decl(&config),
            Origin::decl(&config),
            Evaluation::decl(&config),
            Doubt::decl(&config),
            LeaveOneOut::decl(&config),
            MeasuredPoint::decl(&config),
            Estimate::decl(&config),
            FittedPoint::decl(&config),
            Outlook::decl(&config),
            ClassOutlook::decl(&config),
            LearningCurveView::decl(&config),
            FamiliarityScore::decl(&config),
            ScoreSeparation::decl(&config),
            SampleWeight::decl(&config),
            DomainGap::decl(&config),
            DomainDistance::decl(&config),
            MethodScore::decl(&config),
            MethodComparison::decl(&config),
            FlawKind::decl(&config),
            Flaw::decl(&config),
            Balance::decl(&config),
            LogMe::decl(&config),
            BackboneRating::decl(&config),
            Health::decl(&config),
            SampleMap::decl(&config),
            Suggestion::decl(&config),
            ModelCost::decl(&config),
            TeacherView::decl(&config),
            StudentView::decl(&config),
            Distilled::decl(&config),
            Finding::decl(&config),
            Voice::decl(&config),
            Voices::decl(&config),
            Explanation::decl(&config),
            Occlusion::decl(&config),
            Event::decl(&config),
            AppFacts::decl(&config),
            AppAnswer::decl(&config),
            SelfTest::decl(&config),
        ];
        let head = "// Generated from src/protocol.rs by `cargo test protocol`. Do not edit.\n\n\
                    export type SampleId = number;\nexport type ClassId = number;\n\n";
        head.to_owned() + &types.map(exported).join("\n") + &backbones()
    }

    /// What is known of the backbones before the trainer has been loaded.
    fn backbones() -> String {
        let views = Architecture::all().map(|architecture| BackboneView::from(&architecture));
        let lines = views.map(|view| serde_json::to_string(&view).expect("plain data"));
        let lines = lines.map(|line| format!("  {line},\n")).concat();
        format!(
            "\n/** All that can be chosen, the quickest first. */\n\
             export const BACKBONES: readonly BackboneView[] = [\n{lines}];\n"
        )
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
