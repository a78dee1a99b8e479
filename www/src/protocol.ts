// Generated from src/protocol.rs by `cargo test protocol`. Do not edit.

export type SampleId = number;
export type ClassId = number;

export type Extracted = { "kind": "features", 
/**
 * 5120 bytes.
 */
bytes: Uint8Array, } | { "kind": "pixels", 
/**
 * 150,528 bytes, row by row.
 */
bytes: Uint8Array, };

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
 * Width of the image as it is shown (after EXIF orientation), in pixels.
 */
width: number, 
/**
 * Height of the image as it is shown, in pixels.
 */
height: number, 
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

export type Import = { 
/**
 * The sample it will become.
 */
id: number, 
/**
 * Its path inside the drop, `/`-separated; its folder's name is its class.
 */
path: string, };

export type ClassOrder = "name" | "size";

export type HeadKind = "softmax" | "mlp";

export type TrainingConfig = { 
/**
 * The kind of head.
 */
head: HeadKind, 
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
 * Determines the split, the order of samples and the initial weights.
 */
seed: number, };

export type Command = { "type": "import", 
/**
 * The files.
 */
files: Array<Import>, 
/**
 * Put all of them into this class instead.
 */
class: number | null, } | { "type": "sample", 
/**
 * Which.
 */
id: number, 
/**
 * What was in it.
 */
extracted: Extracted, } | { "type": "unreadable", 
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
 * Where to.
 */
class: number, } | { "type": "deleteSamples", 
/**
 * Which.
 */
samples: Array<number>, } | { "type": "undo" } | { "type": "redo" } | { "type": "train", 
/**
 * How.
 */
config: TrainingConfig, } | { "type": "stopTraining" } | { "type": "predict", 
/**
 * Comes back in the answer.
 */
request: number, 
/**
 * The image.
 */
extracted: Extracted, } | { "type": "exportModel", 
/**
 * The backbone's safetensors file, as served with the page.
 */
backbone: Uint8Array, } | { "type": "loadModel", 
/**
 * The zip's name, for messages.
 */
file: string, 
/**
 * The zip.
 */
bytes: Uint8Array, };

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
color: number, };

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
confidence: number, };

export type Kept = { "kind": "optimum", 
/**
 * Steps it took.
 */
numSteps: number, 
/**
 * What is left of the gradient: its Euclidean norm over all parameters.
 */
gradientNorm: number, } | { "kind": "last", 
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
numEpochs: number, };

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
 * Which head this is about.
 */
kept: Kept, 
/**
 * How many samples were trained on.
 */
numTrain: number, 
/**
 * Where the head was trained; softmax regression always on the CPU.
 */
device: DeviceKind, };

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
defaults: TrainingConfig, } | { "type": "dataset", 
/**
 * All classes in order.
 */
classes: Array<ClassView>, 
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
 * Epochs to run; none when the run ends where the optimum is.
 */
numEpochs: number | null, } | { "type": "epoch", 
/**
 * Its numbers.
 */
metrics: EpochMetrics, } | { "type": "trained", 
/**
 * How good it is.
 */
evaluation: Evaluation, } | { "type": "trainingFailed", 
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
probabilities: Array<number>, } | { "type": "exported", 
/**
 * A name for the download.
 */
file: string, 
/**
 * The zip.
 */
bytes: Uint8Array, } | { "type": "modelLoaded", 
/**
 * Its classes.
 */
classes: Array<ModelClass>, 
/**
 * Its accuracy when it was trained, if the file says.
 */
accuracy: Proportion | null, };
