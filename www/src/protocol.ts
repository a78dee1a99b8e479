// Generated from src/protocol.rs by `cargo test protocol`. Do not edit.

export type SampleId = number;
export type ClassId = number;

export type Extracted = { "kind": "features", 
/**
 * 5120 bytes.
 */
bytes: Uint8Array, } | { "kind": "pixels", 
/**
 * 150,528 bytes at 224 × 224, row by row.
 */
bytes: Uint8Array, };

export type Quality = { 
/**
 * Width of the image as it is shown (after EXIF orientation), in pixels.
 */
width: number, 
/**
 * Height of the image as it is shown, in pixels.
 */
height: number, 
/**
 * Mean luma.
 */
brightness: number, 
/**
 * Standard deviation of luma, from 0 to 0.5.
 */
contrast: number, 
/**
 * Share of pixels that are white, or bright with a channel at its end. White counts as paper
 * and is left out where at least half of the border is white.
 */
overexposed: number, 
/**
 * How much of the contrast is in the finest detail, from 0 to 1; `pixels::quality` says how.
 */
sharpness: number, 
/**
 * Entropy of the luma histogram, in bits of 8.
 */
entropy: number, };

export type Problem = { 
/**
 * The file's path as it was dropped.
 */
file: string, 
/**
 * What is wrong, in plain words.
 */
trouble: string, 
/**
 * What to do about it.
 */
remedy: string, 
/**
 * The browser may be able to decode the file, though Graft is not.
 */
needsBrowser?: boolean, };

export type Extraction = { 
/**
 * What the trainer wants of it.
 */
extracted: Extracted, 
/**
 * A JPEG of the whole image, its longer side at most 128 pixels.
 */
thumbnail: Uint8Array, 
/**
 * What can be told of it without knowing what it shows.
 */
quality: Quality, 
/**
 * Time spent decoding, in milliseconds.
 */
decodeMillis: number, 
/**
 * Time spent resizing, thumbnail included, in milliseconds.
 */
resizeMillis: number, 
/**
 * Time spent in the backbone, in milliseconds; 0 for pixels.
 */
forwardMillis: number, };

export type ArchiveEntry = { 
/**
 * Where it stands in the zip's directory; hand it back to read the entry.
 */
index: number, 
/**
 * Its path inside the zip, `/`-separated.
 */
path: string, };

export type BackboneView = { 
/**
 * Its weights are the page's `weights/{id}.safetensors`.
 */
id: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Numbers it has learned.
 */
numParameters: number, 
/**
 * Multiplications an image takes it, each with an addition.
 */
multiplyAdds: number, 
/**
 * Bytes of its weights file, but for some 10 KB of header.
 */
numBytes: number, 
/**
 * Share of ImageNet's validation images that the published network classifies right.
 */
imagenetTop1: number, 
/**
 * Of the published weights.
 */
license: string, 
/**
 * Side of the square it sees, in pixels.
 */
inputSize: number, };

export type Import = { 
/**
 * The sample it will become.
 */
id: number, 
/**
 * Its path inside the drop, `/`-separated; its folder's name is its class.
 */
path: string, };

export type Destination = { "kind": "folder" } | { "kind": "class", 
/**
 * Which.
 */
class: number, } | { "kind": "unsorted" };

export type ClassOrder = "name" | "size";

export type HeadKind = "softmax" | "ridge" | "blend" | "mlp";

export type MethodFamily = "plain" | "semiSupervised" | "domainAdaptation" | "selection" | "representation" | "text" | "fineTuning";

export type Weighting = "even" | "meanMatching" | "densityRatio";

export type MethodView = { 
/**
 * For [`TrainingConfig::method`].
 */
id: string, 
/**
 * A few words.
 */
name: string, 
/**
 * What it does, in one plain sentence.
 */
sentence: string, 
/**
 * What it is for.
 */
family: MethodFamily, };

export type TuningConfig = { 
/**
 * Blocks that learn, counted from the end, beside the last convolution.
 */
numBlocks: number, 
/**
 * Passes over the training samples, at most.
 */
numEpochs: number, 
/**
 * Of AdamW for the last convolution; smaller with depth.
 */
learningRate: number, 
/**
 * Of each image, itself included.
 */
numViews: number, 
/**
 * How far views differ from the image, in [0, 1].
 */
strength: number, 
/**
 * Whether left and right may be exchanged.
 */
flips: boolean, };

export type TeacherKind = "heads" | "model";

export type DistillationConfig = { 
/**
 * Who teaches.
 */
teacher: TeacherKind, 
/**
 * What logits are divided by before they are compared, in [1, 20]: the higher, the more
 * counts what else a picture might have been.
 */
temperature: number, 
/**
 * What a label counts against the teacher's word, in [0, 1].
 */
labelShare: number, };

export type TrainingConfig = { 
/**
 * The transfer-learning method, by its id.
 */
method: string, 
/**
 * The kind of head; methods other than [`PLAIN`] and those of [`MethodFamily::Selection`] bring
 * their own.
 */
head: HeadKind, 
/**
 * How much each sample counts; only where there is a choice of heads.
 */
weighting: Weighting, 
/**
 * Share of each class's training samples that are learned from, in (0, 1]; only for
 * [`MethodFamily::Selection`].
 */
selectedShare: number, 
/**
 * Width of the hidden layer; only for [`HeadKind::Mlp`].
 */
hiddenUnits: number, 
/**
 * Adam's step size at the start; it decays to zero along a cosine. Only for
 * [`HeadKind::Mlp`].
 */
learningRate: number, 
/**
 * Passes over the training samples; only for [`HeadKind::Mlp`].
 */
numEpochs: number, 
/**
 * Samples a gradient step; only for [`HeadKind::Mlp`].
 */
batchSize: number, 
/**
 * L2 penalty on the weights (not the biases).
 */
weightDecay: number, 
/**
 * Weigh each class by the inverse of its size, so that rare classes count as much.
 */
balanceClasses: boolean, 
/**
 * Share of each class held out for validation, in (0, 1).
 */
validationFraction: number, 
/**
 * Images whose features have a cosine above this count as nearly the same and are never
 * divided between training and validation. 1 keeps only copies together.
 */
duplicateThreshold: number, 
/**
 * Determines the split, the order of samples and the initial weights.
 */
seed: number, 
/**
 * Only for [`FINE_TUNING`].
 */
tuning: TuningConfig, 
/**
 * Only for [`super::Study::Distillation`].
 */
distillation: DistillationConfig, };

export type ProjectSettings = { 
/**
 * How to train.
 */
config: TrainingConfig, 
/**
 * Whether edits are taken in at once, where that takes no time to speak of.
 */
keepUpToDate: boolean, };

export type SaveMark = { 
/**
 * Pictures.
 */
numSamples: number, 
/**
 * The newest state of the classes.
 */
revision: number, };

export type RestoredPicture = { 
/**
 * Its identity.
 */
id: number, 
/**
 * Its path as it was dropped.
 */
path: string, 
/**
 * A JPEG.
 */
thumbnail: Uint8Array, };

export type Restoration = { 
/**
 * The first id that is free for a new picture.
 */
nextSample: number, 
/**
 * How the page was set; nothing if it was never changed.
 */
settings: ProjectSettings | null, 
/**
 * Whether the classes have changed since the model was trained.
 */
isStale: boolean, 
/**
 * What is safe.
 */
mark: SaveMark, 
/**
 * Pictures of the classes that are not there: they had not been read yet, or got damaged.
 */
numMissing: number, 
/**
 * Pictures that are to be read again, of those that [`Command::Expect`](super::Command::Expect)
 * announced.
 */
toRead: Array<number>, 
/**
 * All pictures that are in the classes or that undo and redo can bring back there. What was kept
 * of others is of no use any more.
 */
known: Array<number>, 
/**
 * Whether something was damaged, other than what was being written when the page was closed.
 */
isDamaged: boolean, 
/**
 * Where the sound part of the file ends, in bytes: what is appended belongs there.
 */
soundBytes: number, 
/**
 * Whether the file had better be written anew.
 */
shouldCompact: boolean, };

export type Study = { "kind": "crossValidation", 
/**
 * How they are trained.
 */
config: TrainingConfig, 
/**
 * Rounds, 2 to 20.
 */
numFolds: number, } | { "kind": "learningCurve", 
/**
 * How heads are trained.
 */
config: TrainingConfig, } | { "kind": "noneOfThese", 
/**
 * How heads are trained.
 */
config: TrainingConfig, } | { "kind": "methods", 
/**
 * The settings of heads, and the seed.
 */
config: TrainingConfig, 
/**
 * Rounds where samples are held out in turn, 2 to 20.
 */
numFolds: number, } | { "kind": "likeness" } | { "kind": "health", 
/**
 * As in [`TrainingConfig::duplicate_threshold`].
 */
duplicateThreshold: number, } | { "kind": "map" } | { "kind": "nextLabels", 
/**
 * How many at most.
 */
count: number, 
/**
 * Samples not to suggest.
 */
skip: Array<number>, } | { "kind": "distillation", 
/**
 * How they learn; the split and the heads that teach are as for training.
 */
config: TrainingConfig, };

export type StudyKind = "crossValidation" | "learningCurve" | "noneOfThese" | "methods" | "likeness" | "health" | "map" | "nextLabels" | "distillation";

export type Candidate = { 
/**
 * Its id.
 */
backbone: string, 
/**
 * Rows of 1280 little-endian `f32`, a sample each.
 */
features: Uint8Array, };

export type ExportFormat = "graft" | "oneFile" | "onnx" | "tfLite" | "tensorFlowJs" | "huggingFace" | "burn";

export type FormatView = { 
/**
 * Which.
 */
id: ExportFormat, 
/**
 * What people call it.
 */
name: string, 
/**
 * Whom it is for.
 */
sentence: string, 
/**
 * About its size.
 */
bytes: number, 
/**
 * The same with 16 bits a number; nothing if there is no choice.
 */
halfBytes: number | null, 
/**
 * Why this model can't be had so, and what to do.
 */
refusal: string | null, };

export type Command = { "type": "import", 
/**
 * The files.
 */
files: Array<Import>, 
/**
 * Where they go.
 */
into: Destination, } | { "type": "sample", 
/**
 * Which.
 */
id: number, 
/**
 * What was in it.
 */
extracted: Extracted, 
/**
 * How it looks.
 */
quality: Quality, } | { "type": "unreadable", 
/**
 * Which.
 */
id: number, 
/**
 * Why, and what to do.
 */
problem: Problem, } | { "type": "cancelImport" } | { "type": "addClass", 
/**
 * Its name; made unique if taken.
 */
name: string, } | { "type": "renameClass", 
/**
 * Which.
 */
class: number, 
/**
 * The new name.
 */
name: string, } | { "type": "mergeClasses", 
/**
 * The class that goes.
 */
from: number, 
/**
 * The class that stays.
 */
into: number, } | { "type": "deleteClass", 
/**
 * Which.
 */
class: number, } | { "type": "sortClasses", 
/**
 * How.
 */
by: ClassOrder, } | { "type": "moveSamples", 
/**
 * Which.
 */
samples: Array<number>, 
/**
 * Where to; nothing for the unsorted ones, which are not learned from.
 */
class: number | null, } | { "type": "markTarget", 
/**
 * Which.
 */
samples: Array<number>, 
/**
 * Whether they are like those the model is for.
 */
isTarget: boolean, } | { "type": "deleteSamples", 
/**
 * Which.
 */
samples: Array<number>, } | { "type": "undo" } | { "type": "redo" } | { "type": "train", 
/**
 * How.
 */
config: TrainingConfig, } | { "type": "readNames", 
/**
 * The safetensors file of the reader.
 */
reader: Uint8Array, } | { "type": "stopTraining" } | { "type": "pixels", 
/**
 * Which.
 */
sample: number, 
/**
 * Square RGB, as the backbone takes it; nothing if the file can't be read any more.
 */
pixels: Uint8Array | null, } | { "type": "estimateTuning", 
/**
 * How.
 */
config: TrainingConfig, } | { "type": "augment", 
/**
 * Square RGB.
 */
pixels: Uint8Array, 
/**
 * How.
 */
tuning: TuningConfig, 
/**
 * How many, at most 16.
 */
count: number, } | { "type": "predict", 
/**
 * Comes back in the answer.
 */
request: number, 
/**
 * The image.
 */
extracted: Extracted, } | { "type": "study", 
/**
 * Which.
 */
study: Study, } | { "type": "stopStudy", 
/**
 * Which.
 */
study: StudyKind, } | { "type": "keepStudent", 
/**
 * Which, as [`StudentView::num_blocks`] says.
 */
numBlocks: number, } | { "type": "explain", 
/**
 * Comes back in the answer.
 */
request: number, 
/**
 * Square RGB, as the backbone takes it.
 */
pixels: Uint8Array, 
/**
 * Index of the class that samples are to speak about; nothing for the likeliest.
 */
class: number | null, 
/**
 * Whether to look for samples that speak, which takes a moment with many.
 */
withVoices: boolean, } | { "type": "occlude", 
/**
 * Comes back in the answers.
 */
request: number, 
/**
 * Square RGB, as the backbone takes it.
 */
pixels: Uint8Array, 
/**
 * Index of the class.
 */
class: number, } | { "type": "stopOcclusion" } | { "type": "listFormats" } | { "type": "exportModel", 
/**
 * Which.
 */
format: ExportFormat, 
/**
 * Whether to store numbers in 16 bits, where there is a choice.
 */
half: boolean, 
/**
 * Now, as ISO 8601 has it.
 */
date: string, 
/**
 * The empty page for [`ExportFormat::OneFile`]; nothing for all others.
 */
page: Uint8Array | null, } | { "type": "loadModel", 
/**
 * The zip's name, for messages.
 */
file: string, 
/**
 * The zip.
 */
bytes: Uint8Array, } | { "type": "drawLabeled", 
/**
 * Determines which.
 */
seed: number, } | { "type": "rateBackbones", 
/**
 * Which samples.
 */
samples: Array<number>, 
/**
 * What each backbone made of them, row by row.
 */
candidates: Array<Candidate>, } | { "type": "useBackbone", 
/**
 * Its safetensors file.
 */
backbone: Uint8Array, } | { "type": "reading", 
/**
 * Which.
 */
sample: number, 
/**
 * What was in it; nothing if the file can't be read any more.
 */
extracted: Extracted | null, } | { "type": "keepBackbone" } | { "type": "expect", 
/**
 * The files, under the ids they had.
 */
files: Array<Import>, } | { "type": "restore", 
/**
 * The next piece of the file.
 */
bytes: Uint8Array, 
/**
 * Whether the file ends here.
 */
isLast: boolean, } | { "type": "compact", 
/**
 * The next piece of the file.
 */
bytes: Uint8Array, 
/**
 * Whether the file ends here.
 */
isLast: boolean, } | { "type": "thumbnail", 
/**
 * Which.
 */
sample: number, 
/**
 * A JPEG.
 */
jpeg: Uint8Array, } | { "type": "keepSettings", 
/**
 * How.
 */
settings: ProjectSettings, };

export type DeviceKind = "webgpu" | "cpu";

export type ClassView = { 
/**
 * Its identity.
 */
id: number, 
/**
 * Its name.
 */
name: string, 
/**
 * Index into the palette; stays with the class when it is renamed or moved.
 */
color: number, 
/**
 * Its samples in the order they came, those still being read included.
 */
samples: Array<number>, };

export type ModelClass = { 
/**
 * Its name when the model was trained.
 */
name: string, 
/**
 * Index into the palette.
 */
color: number, 
/**
 * Whether there was no picture of it to learn from, only its name.
 */
byName: boolean, };

export type EpochMetrics = { 
/**
 * Counts from 1.
 */
epoch: number, 
/**
 * Mean cross-entropy over the training samples, in nats.
 */
trainLoss: number, 
/**
 * In [0, 1].
 */
trainAccuracy: number, 
/**
 * Mean cross-entropy over the held-out samples, in nats.
 */
validationLoss: number, 
/**
 * In [0, 1].
 */
validationAccuracy: number, };

export type Proportion = { 
/**
 * How many hits.
 */
hits: number, 
/**
 * Out of how many.
 */
total: number, 
/**
 * Wilson's lower bound.
 */
low: number, 
/**
 * Wilson's upper bound.
 */
high: number, };

export type HeldOutPrediction = { 
/**
 * Which sample.
 */
sample: number, 
/**
 * The class it was labelled with.
 */
truth: number, 
/**
 * The class the model says.
 */
predicted: number, 
/**
 * The probability the model gives `predicted`.
 */
confidence: number, 
/**
 * −ln of the probability the model gives `truth`, in nats: 0 is sure and right.
 */
loss: number, };

export type Kept = { "kind": "optimum", 
/**
 * Steps it took.
 */
numSteps: number, 
/**
 * What is left of the gradient: its Euclidean norm over all parameters.
 */
gradientNorm: number, } | { "kind": "closedForm", 
/**
 * The strength of the penalty with the least error on samples left out.
 */
lambda: number, } | { "kind": "last", 
/**
 * Steps taken.
 */
numSteps: number, } | { "kind": "bestEpoch", 
/**
 * Counts from 1; 0 if none was over.
 */
epoch: number, 
/**
 * How many epochs ran.
 */
numEpochs: number, } | { "kind": "method", 
/**
 * Its id.
 */
method: string, 
/**
 * Samples without a label it has learned from.
 */
numUnlabeled: number, } | { "kind": "tuned", 
/**
 * Counts from 1; 0 is the head alone.
 */
epoch: number, 
/**
 * How many epochs there would have been at most.
 */
numEpochs: number, 
/**
 * Blocks that learned, beside the last convolution.
 */
numBlocks: number, } | { "kind": "distilled", 
/**
 * Blocks its backbone has.
 */
numBlocks: number, 
/**
 * Who taught.
 */
teacher: TeacherKind, 
/**
 * Samples without a label it has learned from.
 */
numUnlabeled: number, };

export type JudgedBy = "alike" | "target" | "source";

export type Averages = { 
/**
 * Mean precision.
 */
precision: number, 
/**
 * Mean recall.
 */
recall: number, 
/**
 * Mean F1.
 */
f1: number, };

export type Overview = { 
/**
 * Share of samples classified right.
 */
accuracy: number | null, 
/**
 * Mean recall over the classes that have samples: each class counts as much as another.
 */
balancedAccuracy: number | null, 
/**
 * Agreement beyond chance: 0 by guessing at the given frequencies, 1 if all is right, below
 * 0 if worse than guessing (Cohen 1960). `None` also if there is only one class.
 */
kappa: number | null, 
/**
 * Each class that occurs counts the same.
 */
macroAverage: Averages | null, 
/**
 * Each class counts by its support.
 */
weightedAverage: Averages | null, };

export type ClassReport = { 
/**
 * Samples of the class.
 */
support: number, 
/**
 * Samples said to be of the class.
 */
predicted: number, 
/**
 * Share of the samples said to be of the class that are; `None` if it is never said.
 */
precision: number | null, 
/**
 * Share of the class's samples that are recognized; `None` if it has none.
 */
recall: number | null, 
/**
 * Harmonic mean of the two; `None` if the class neither occurs nor is said.
 */
f1: number | null, };

export type ClassSummary = { 
/**
 * Precision, recall, F1 and support.
 */
report: ClassReport, 
/**
 * Area under the ROC curve, in [0, 1].
 */
area: number | null, 
/**
 * Area under the precision-recall curve, in [0, 1].
 */
averagePrecision: number | null, 
/**
 * False positive rate and true positive rate at falling thresholds, from (0, 0) to (1, 1);
 * empty where the area is nothing.
 */
roc: Array<[number, number]>, 
/**
 * Recall and precision at falling thresholds; empty where the average is nothing.
 */
precisionRecall: Array<[number, number]>, };

export type ReliabilityBin = { 
/**
 * Confidences above this, in [0, 1); 0 itself belongs to the first bin.
 */
low: number, 
/**
 * Confidences up to this, in (0, 1].
 */
high: number, 
/**
 * Mean confidence of the answers in the bin; `None` if it is empty.
 */
confidence: number | null, 
/**
 * How many of them are right: as many as the confidence says, if the model is calibrated.
 */
accuracy: Proportion, };

export type Reliability = { 
/**
 * Bins of equal width over [0, 1], empty ones too.
 */
bins: Array<ReliabilityBin>, 
/**
 * Expected calibration error, in [0, 1]: the mean distance of confidence and accuracy over
 * the bins, weighted by their samples (Naeini et al. 2015). `None` without samples.
 */
error: number | null, 
/**
 * The error that a perfectly calibrated model would show by chance: with few samples it is
 * far from 0, and an error below it is no cause for concern. By the normal approximation to
 * the hits in each bin, which is within a tenth of a simulation even for one or two samples a
 * bin (in the spirit of Bröcker & Smith 2007). `None` without samples.
 */
errorByChance: number | null, };

export type CoveragePoint = { 
/**
 * The least confidence at which an answer is given, in (0, 1].
 */
threshold: number, 
/**
 * Share of samples that get an answer.
 */
coverage: Proportion, 
/**
 * Share of the answers that are right.
 */
accuracy: Proportion, };

export type CoverageCurve = { 
/**
 * One for each different confidence, the highest first; the last one answers always.
 */
points: Array<CoveragePoint>, 
/**
 * Area under the curve of the error rate over coverage, in [0, 1], lower is better: the
 * error rate averaged over answering 1, 2, … all samples, the surest first (Geifman &
 * El-Yaniv 2017, arXiv:1705.08500). Equally sure samples go in a random order, on average.
 * `None` without samples.
 */
area: number | null, 
/**
 * The same area if each wrong answer were less sure than each right one: what a better sense
 * of its own errors could reach at this accuracy.
 */
leastArea: number | null, };

export type Report = { 
/**
 * All classes together.
 */
overview: Overview, 
/**
 * One a class of the model.
 */
classes: Array<ClassSummary>, 
/**
 * Share of samples whose class is among the first two, three guesses; as far as there are
 * more classes than guesses.
 */
topK: Array<Proportion>, 
/**
 * Mean area under the classes' ROC curves, in [0, 1].
 */
area: number | null, 
/**
 * Mean of the classes' average precisions, in [0, 1].
 */
averagePrecision: number | null, 
/**
 * Whether it is as sure as it is right.
 */
reliability: Reliability, 
/**
 * What logits would have to be divided by for that: above 1 it is too sure.
 */
temperature: number | null, 
/**
 * What withholding unsure answers costs and gains.
 */
coverage: CoverageCurve, };

export type Origin = { "kind": "heldOut", 
/**
 * Which head was kept.
 */
kept: Kept, 
/**
 * What those samples are.
 */
judgedBy: JudgedBy, 
/**
 * How many samples were trained on.
 */
numTrain: number, 
/**
 * Where; all heads but the perceptron are always trained on the CPU.
 */
device: DeviceKind, 
/**
 * The share of the classes' own pictures that the model is meant to find familiar;
 * nothing if too few were held out to tell unknown things.
 */
familiarShare: number | null, } | { "kind": "crossValidation", 
/**
 * Samples named right in each fold.
 */
folds: Array<Proportion>, 
/**
 * Mean of the folds' accuracies, in [0, 1].
 */
mean: number, 
/**
 * Standard deviation of the folds' accuracies.
 */
deviation: number, 
/**
 * The accuracy if near-duplicates are divided as chance has it; nothing if there are
 * none.
 */
unguarded: Proportion | null, 
/**
 * Near-duplicates that were kept together, copies included.
 */
groups: Array<Array<number>>, };

export type Evaluation = { 
/**
 * The model's classes.
 */
classes: Array<ModelClass>, 
/**
 * Share of held-out samples classified right.
 */
accuracy: Proportion, 
/**
 * `confusion[truth][predicted]` counts held-out samples.
 */
confusion: Array<Array<number>>, 
/**
 * One row a held-out sample.
 */
predictions: Array<HeldOutPrediction>, 
/**
 * What else they say.
 */
report: Report, 
/**
 * Which samples those are.
 */
origin: Origin, };

export type Doubt = { 
/**
 * Which sample.
 */
sample: number, 
/**
 * The class it looks like.
 */
suggestion: number, };

export type LeaveOneOut = { 
/**
 * Share of samples named right.
 */
accuracy: Proportion, 
/**
 * Samples whose label is doubtful, the most doubtful first.
 */
doubts: Array<Doubt>, };

export type MeasuredPoint = { 
/**
 * Training samples a class, on average.
 */
numImages: number, 
/**
 * Share of held-out samples named right.
 */
accuracy: Proportion, };

export type Estimate = { 
/**
 * What is most likely.
 */
value: number, 
/**
 * The true one is rarely below this …
 */
low: number, 
/**
 * … or above this.
 */
high: number, };

export type FittedPoint = { 
/**
 * Training samples a class, on average.
 */
numImages: number, 
/**
 * In [0, 1].
 */
accuracy: Estimate, };

export type Outlook = "likely" | "open" | "unlikely";

export type ClassOutlook = { 
/**
 * Which class.
 */
class: number, 
/**
 * Whether twice as many are worth it.
 */
outlook: Outlook, 
/**
 * What they would add to the recall, in [0, 1].
 */
gain: Estimate, };

export type LearningCurveView = { 
/**
 * What was measured, ascending.
 */
points: Array<MeasuredPoint>, 
/**
 * The curve through them, up to twice the samples; empty with fewer than three points.
 */
fitted: Array<FittedPoint>, 
/**
 * Whether more images are likely to help, and for which classes, in a sentence or two.
 */
advice: string, 
/**
 * For each class that has enough samples to tell.
 */
classes: Array<ClassOutlook>, };

export type FamiliarityScore = "energy" | "probability" | "neighbor" | "classMean";

export type ScoreSeparation = { 
/**
 * Which score.
 */
score: FamiliarityScore, 
/**
 * Area under the ROC curve: probability that a known image scores above an unknown one.
 */
area: number, 
/**
 * Share of unknown images that pass where 95 % of the known ones do.
 */
falsePositiveRate: number, };

export type SampleWeight = { 
/**
 * Which.
 */
sample: number, 
/**
 * At least 0; the mean of all is 1.
 */
weight: number, };

export type DomainGap = { 
/**
 * Maximum mean discrepancy, in [0, 1].
 */
discrepancy: number, 
/**
 * The share of random divisions of all samples that are as far apart.
 */
chance: number, 
/**
 * Proxy A-distance: 2 if a linear head always tells the domains, 0 if it only guesses.
 */
proxyA: number, };

export type DomainDistance = { 
/**
 * As they are.
 */
before: DomainGap, 
/**
 * Each less its own mean.
 */
centered: DomainGap, };

export type MethodScore = { 
/**
 * Its id.
 */
method: string, 
/**
 * The kind of head; see [`TrainingConfig::head`].
 */
head: HeadKind, 
/**
 * How much each sample counted; see [`TrainingConfig::weighting`].
 */
weighting: Weighting, 
/**
 * Share of the samples named right; nothing if the method does not apply.
 */
accuracy: Proportion | null, 
/**
 * Samples it named right and the plain head with softmax regression wrong.
 */
numGained: number, 
/**
 * And the other way round.
 */
numLost: number, 
/**
 * Probability that chance alone makes a difference as large: a two-sided sign test.
 */
chance: number, 
/**
 * Why it does not apply, with the remedy.
 */
refusal: string | null, };

export type MethodComparison = { 
/**
 * The best first, those that don't apply last.
 */
scores: Array<MethodScore>, 
/**
 * Samples each was judged by.
 */
numJudged: number, 
/**
 * Rounds in which those were held out in turn; nothing if they are the labeled samples of the
 * target domain.
 */
numFolds: number | null, 
/**
 * Samples without a label that methods could learn from.
 */
numUnlabeled: number, 
/**
 * How far the two domains are apart; nothing if there is one.
 */
distance: DomainDistance | null, };

export type FlawKind = "copiesAcrossClasses" | "copies" | "nearDuplicatesAcrossClasses" | "nearDuplicates" | "outlier" | "blurry" | "dark" | "overexposed" | "tiny" | "oddAspect" | "lowInformation";

export type Flaw = { 
/**
 * What.
 */
kind: FlawKind, 
/**
 * With which, the worst first. Duplicates are grouped, others are alone in their group.
 */
groups: Array<Array<number>>, };

export type Balance = { 
/**
 * Samples of the smallest class.
 */
smallest: number, 
/**
 * Samples of the largest class.
 */
largest: number, 
/**
 * Classes of equal size that would be as hard to guess: 2 to the entropy in bits, from 1 to
 * the number of classes.
 */
effectiveClasses: number, };

export type LogMe = { 
/**
 * The mean over classes of the maximum log evidence a sample, in nats: the higher the better.
 */
evidence: number, 
/**
 * The same for labels without any relation to the features, from the classes' shares alone.
 * What is above this the features explain.
 */
baseline: number, };

export type BackboneRating = { 
/**
 * Its id.
 */
backbone: string, 
/**
 * The evidence of its features for the classes.
 */
logMe: LogMe, 
/**
 * Share of the same samples that a ridge head on its features names right, each left out of
 * the fit that it is judged by.
 */
leftOut: Proportion, };

export type Health = { 
/**
 * What is wrong; kinds of which there is nothing are left out.
 */
flaws: Array<Flaw>, 
/**
 * Samples looked at, unsorted ones included.
 */
numSamples: number, 
/**
 * The number of samples, near-copies counted in part.
 */
numDistinct: number, 
/**
 * How evenly samples are spread over classes; nothing without classes.
 */
balance: Balance | null, 
/**
 * How well features suit the classes; nothing with fewer than two classes.
 */
transferability: LogMe | null, };

export type SampleMap = { 
/**
 * All samples, unsorted ones included.
 */
samples: Array<number>, 
/**
 * x and y of each along the two principal directions: `[N, 2]`.
 */
positions: Array<number>, 
/**
 * How many neighbors of each are given.
 */
numNeighbors: number, 
/**
 * Places in `samples` of each one's most similar, the nearest first: `[N, num_neighbors]`.
 */
neighbors: Array<number>, 
/**
 * Their cosine distances: `[N, num_neighbors]`.
 */
distances: Array<number>, };

export type Suggestion = { 
/**
 * Which.
 */
sample: number, 
/**
 * What it looks like, if anything is known by now.
 */
guess: number | null, 
/**
 * The probability of that guess, in [0, 1].
 */
confidence: number, };

export type ModelCost = { 
/**
 * Of its backbone and its heads in a file.
 */
numBytes: number, 
/**
 * Of its backbone for one picture, in the median of some measured in the trainer: on the CPU,
 * in one thread.
 */
millis: number, 
/**
 * Of its backbone's convolutions for one picture.
 */
multiplyAdds: number, };

export type TeacherView = { 
/**
 * Who.
 */
kind: TeacherKind, 
/**
 * Heads that are asked together.
 */
numMembers: number, 
/**
 * Held-out samples it names right.
 */
accuracy: Proportion, 
/**
 * What it takes.
 */
cost: ModelCost, };

export type StudentView = { 
/**
 * Blocks its backbone has.
 */
numBlocks: number, 
/**
 * What it takes.
 */
cost: ModelCost, 
/**
 * Held-out samples it names right, taught.
 */
taught: Proportion, 
/**
 * The same if it has only the labels to learn from.
 */
alone: Proportion, 
/**
 * Held-out samples that it, taught, names as the teacher does.
 */
agreement: Proportion, 
/**
 * The same if it has only the labels to learn from.
 */
agreementAlone: Proportion, };

export type Distilled = { 
/**
 * Blocks of the whole backbone.
 */
numBlocks: number, 
/**
 * Who taught.
 */
teacher: TeacherView, 
/**
 * From the largest to the smallest.
 */
students: Array<StudentView>, 
/**
 * Labeled samples that were learned from.
 */
numTrain: number, 
/**
 * Samples without a label that the teacher said something of.
 */
numUnlabeled: number, 
/**
 * Samples whose files couldn't be read again; they are left out.
 */
numGone: number, };

export type Finding = { "kind": "crossValidation", 
/**
 * Of all samples; its origin is [`super::Origin::CrossValidation`].
 */
evaluation: Evaluation, } | { "kind": "learningCurve", 
/**
 * The curve.
 */
curve: LearningCurveView, } | { "kind": "noneOfThese", 
/**
 * Each score's, in the order tried; the first is the one in use.
 */
scores: Array<ScoreSeparation>, 
/**
 * Classes that were held out as unknown, one at a time.
 */
numUnknown: number, } | { "kind": "methods", 
/**
 * Side by side.
 */
comparison: MethodComparison, } | { "kind": "likeness", 
/**
 * Of every labeled source sample, the heaviest first.
 */
weights: Array<SampleWeight>, } | { "kind": "health", 
/**
 * The report.
 */
health: Health, } | { "kind": "map", 
/**
 * The map.
 */
map: SampleMap, } | { "kind": "nextLabels", 
/**
 * The most useful first.
 */
suggestions: Array<Suggestion>, 
/**
 * Whether they stand for many others, as is best while labels are few; else the model is
 * least sure of them.
 */
representative: boolean, } | { "kind": "distillation", 
/**
 * The teacher and its students.
 */
distillation: Distilled, };

export type Voice = { 
/**
 * Which.
 */
sample: number, 
/**
 * What it adds to the class's logit.
 */
contribution: number, 
/**
 * How alike they are: 1 for a copy.
 */
cosine: number, };

export type Voices = { 
/**
 * Those that speak for the class.
 */
supporting: Array<Voice>, 
/**
 * Those that speak against it.
 */
opposing: Array<Voice>, 
/**
 * Those that look most like the image, whatever they say.
 */
nearest: Array<Voice>, };

export type Explanation = { 
/**
 * Of each class of the model.
 */
probabilities: Array<number>, 
/**
 * Whether it looks like one of them at all; nothing if the model can't tell.
 */
isFamiliar: boolean | null, 
/**
 * Cells a side of the heat maps.
 */
side: number, 
/**
 * What each cell adds to each class's logit, row by row: `[num_classes][side × side]`. With a
 * linear head a class's cells and bias add up to its logit; with a perceptron to first order.
 */
heat: Array<Array<number>>, 
/**
 * Samples that speak about the class asked for, by ridge regression on today's labels; nothing
 * if that class is gone or there are too few samples.
 */
voices: Voices | null, };

export type Occlusion = { 
/**
 * Cells a side.
 */
side: number, 
/**
 * The class's probability with nothing hidden.
 */
probability: number, 
/**
 * Its probability with a patch around each cell hidden, row by row: `[side × side]`.
 */
hidden: Array<number>, };

export type Event = { "type": "ready", 
/**
 * Where it computes.
 */
device: DeviceKind, 
/**
 * Why there, in one sentence.
 */
reason: string, 
/**
 * Sensible settings to begin with.
 */
defaults: TrainingConfig, 
/**
 * All methods, the plain one first.
 */
methods: Array<MethodView>, } | { "type": "dataset", 
/**
 * All classes in order.
 */
classes: Array<ClassView>, 
/**
 * Samples without a class, in the order they came.
 */
unsorted: Array<number>, 
/**
 * Samples of the target domain, ascending; none if there is one domain.
 */
target: Array<number>, 
/**
 * What [`Command::Undo`] would take back.
 */
undo: string | null, 
/**
 * What [`Command::Redo`] would do again.
 */
redo: string | null, 
/**
 * What is missing before training can start; empty when it can.
 */
missing: Array<string>, } | { "type": "progress", 
/**
 * Files done, unreadable ones included.
 */
done: number, 
/**
 * Files announced since the trainer was last idle.
 */
total: number, } | { "type": "problem", 
/**
 * Which, why and what to do.
 */
problem: Problem, } | { "type": "refused", 
/**
 * Why, and what to do.
 */
message: string, } | { "type": "trainingStarted", 
/**
 * Samples trained on.
 */
numTrain: number, 
/**
 * Samples held out.
 */
numValidation: number, 
/**
 * Samples that have near-duplicates, which were kept on one side.
 */
numNearDuplicates: number, 
/**
 * Epochs to run; none when the run ends where the optimum is.
 */
numEpochs: number | null, } | { "type": "trainingProgress", 
/**
 * In [0, 1].
 */
progress: number, } | { "type": "epoch", 
/**
 * Its numbers.
 */
metrics: EpochMetrics, } | { "type": "trained", 
/**
 * How good it is.
 */
evaluation: Evaluation, 
/**
 * Whether it has a backbone of its own, so that it needs pixels to predict.
 */
isTuned: boolean, 
/**
 * What each training sample counted, the heaviest first, 0 for what a choice has left out;
 * empty if all counted the same.
 */
teachers: Array<SampleWeight>, } | { "type": "readingNames" } | { "type": "nameRead", 
/**
 * The name.
 */
name: string, 
/**
 * Known names that are nearest, the nearest first: what it is taken to look like.
 */
like: Array<string>, 
/**
 * How near the nearest is: 1 if it is the name itself, around 0.3 if the name means
 * nothing to the reader.
 */
nearness: number, } | { "type": "needPixels", 
/**
 * Which.
 */
samples: Array<number>, } | { "type": "tuningEstimate", 
/**
 * On this device, if it isn't over early.
 */
seconds: number, 
/**
 * Memory for the images, beside what is used already.
 */
bytes: number, } | { "type": "augmented", 
/**
 * Square RGB, one after the other.
 */
pixels: Uint8Array, } | { "type": "live", 
/**
 * Nothing as long as there are not two classes of two samples.
 */
estimate: LeaveOneOut | null, } | { "type": "trainingFailed", 
/**
 * Why, and what to do.
 */
message: string, } | { "type": "prediction", 
/**
 * From the command.
 */
request: number, 
/**
 * One per class of the model, summing to 1.
 */
probabilities: Array<number>, 
/**
 * Whether it looks like one of the classes at all; nothing if the model can't tell.
 */
isFamiliar: boolean | null, } | { "type": "studyProgress", 
/**
 * Which.
 */
study: StudyKind, 
/**
 * In [0, 1].
 */
progress: number, } | { "type": "studied", 
/**
 * The answer.
 */
finding: Finding, } | { "type": "studyEnded", 
/**
 * Which.
 */
study: StudyKind, 
/**
 * Why, and what to do; nothing if it was stopped.
 */
message: string | null, } | { "type": "explained", 
/**
 * From the command.
 */
request: number, 
/**
 * Why.
 */
explanation: Explanation, } | { "type": "occlusionProgress", 
/**
 * From the command.
 */
request: number, 
/**
 * In [0, 1].
 */
progress: number, } | { "type": "occluded", 
/**
 * From the command.
 */
request: number, 
/**
 * What changed.
 */
occlusion: Occlusion, } | { "type": "formats", 
/**
 * In the order they are offered.
 */
formats: Array<FormatView>, } | { "type": "exported", 
/**
 * From the command.
 */
format: ExportFormat, 
/**
 * Largest difference between what the file says of a painted picture and what the model in
 * use says.
 */
difference: number, 
/**
 * A name for the download.
 */
file: string, 
/**
 * The file.
 */
bytes: Uint8Array, } | { "type": "modelLoaded", 
/**
 * Its classes.
 */
classes: Array<ModelClass>, 
/**
 * Its accuracy when it was trained, if the file says.
 */
accuracy: Proportion | null, 
/**
 * The share of its own classes' pictures that it is meant to find familiar; nothing if it
 * can't tell unknown things.
 */
familiarShare: number | null, 
/**
 * Whether it has a backbone of its own, so that it needs pixels to predict.
 */
isTuned: boolean, } | { "type": "otherBackbone", 
/**
 * The zip's name.
 */
file: string, 
/**
 * The backbone's id.
 */
backbone: string, } | { "type": "drawn", 
/**
 * Which; about 200 at most.
 */
samples: Array<number>, } | { "type": "backbonesRated", 
/**
 * In the order of the candidates.
 */
ratings: Array<BackboneRating>, 
/**
 * The id of the one to take: of those hardly worse than the best the one with the least
 * work.
 */
recommended: string, 
/**
 * Samples it rests on.
 */
numSamples: number, } | { "type": "needReadings", 
/**
 * Which.
 */
samples: Array<number>, } | { "type": "switchProgress", 
/**
 * Samples read.
 */
done: number, 
/**
 * Samples to be read.
 */
total: number, } | { "type": "backboneInUse", 
/**
 * Its id.
 */
backbone: string, 
/**
 * Samples that could not be read again and are gone.
 */
lost: Array<number>, } | { "type": "backboneKept", 
/**
 * Why, and what to do; nothing if that was asked for.
 */
message: string | null, } | { "type": "deviceLost", 
/**
 * Why.
 */
message: string, } | { "type": "journal", 
/**
 * The bytes.
 */
bytes: Uint8Array, 
/**
 * What is safe when they are.
 */
mark: SaveMark, } | { "type": "restoredSamples", 
/**
 * Which.
 */
samples: Array<RestoredPicture>, } | { "type": "restored", 
/**
 * How.
 */
restoration: Restoration, } | { "type": "notRestored", 
/**
 * Why, and what to do.
 */
message: string, 
/**
 * The backbone that its features are of, if another one than is in use.
 */
backbone: string | null, } | { "type": "compacted", 
/**
 * What is still needed; belongs after what was told before.
 */
bytes: Uint8Array, 
/**
 * Whether that was all.
 */
isLast: boolean, };

export type AppFacts = { 
/**
 * The classes in the order of the probabilities.
 */
classes: Array<ModelClass>, 
/**
 * When it was made, as ISO 8601 has it.
 */
date: string, 
/**
 * The model card, in Markdown.
 */
card: string, 
/**
 * How good the model was, if that is known.
 */
accuracy: Proportion | null, 
/**
 * The share of its own classes' pictures that it is meant to find familiar; nothing if it
 * can't tell unknown things.
 */
familiarShare: number | null, 
/**
 * What people call the backbone.
 */
backbone: string, 
/**
 * Whether that has learned, too.
 */
isTuned: boolean, 
/**
 * Graft's version.
 */
version: string, };

export type AppAnswer = { 
/**
 * One per class, summing to 1.
 */
probabilities: Array<number>, 
/**
 * Whether it looks like one of the classes at all; nothing if the model can't tell.
 */
isFamiliar: boolean | null, 
/**
 * A JPEG, at most 128 pixels a side.
 */
thumbnail: Uint8Array, };

export type SelfTest = { 
/**
 * Largest difference between a probability and what the page said that trained the model.
 */
difference: number, 
/**
 * Whether that is next to nothing.
 */
isPassed: boolean, };

/** All that can be chosen, the quickest first. */
export const BACKBONES: readonly BackboneView[] = [
  {"id":"mobilenet-v2","title":"MobileNetV2","numParameters":2206816,"multiplyAdds":299494272.0,"numBytes":4577920,"imagenetTop1":0.719,"license":"BSD-3-Clause (torchvision), MIT (package)","inputSize":224},
  {"id":"efficientnet-lite0","title":"EfficientNet-Lite0","numParameters":3350000,"multiplyAdds":383907552.0,"numBytes":7107776,"imagenetTop1":0.751,"license":"Apache-2.0","inputSize":224},
  {"id":"efficientnet-lite2","title":"EfficientNet-Lite2","numParameters":4782024,"multiplyAdds":858456272.0,"numBytes":10143520,"imagenetTop1":0.776,"license":"Apache-2.0","inputSize":260},
];
