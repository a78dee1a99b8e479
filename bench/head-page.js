// The page of head.mjs: features of as many images as asked for, and three ways to train on them.
const MODULES = '/bench/node_modules';
const NUM_CLASSES = 10, NUM_FEATURES = 1280;
/** As in TrainingConfig::default. */
const WEIGHT_DECAY = 1e-4;

/** Numbers in [0, 1), the same in every run. */
function random(state) {
  return () => {
    state = Math.imul(state ^ (state >>> 15), state | 1);
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
    state = (state + 0x6d2b79f5) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * [count, 1280]: rows round the features of ten photos (head-centers.f32: the first of each of ten
 * classes in tests/golden/t1/photos.csv), row i of class i mod 10.
 */
async function features(count) {
  const centers = new Float32Array(await (await fetch('/bench/head-centers.f32')).arrayBuffer());
  const next = random(12345), rows = new Float32Array(count * NUM_FEATURES);
  for (let row = 0, at = 0; row < count; row++) {
    const center = (row % NUM_CLASSES) * NUM_FEATURES;
    for (let i = 0; i < NUM_FEATURES; i++, at++) {
      rows[at] = Math.max(0, centers[center + i] + (next() + next() + next() - 1.5) * 1.5);
    }
  }
  return rows;
}

/** Centered on their mean and scaled to length 1, as our head sees them. */
function normalized(rows) {
  const count = rows.length / NUM_FEATURES, mean = new Float64Array(NUM_FEATURES), out = new Float32Array(rows.length);
  rows.forEach((value, at) => (mean[at % NUM_FEATURES] += value / count));
  for (let start = 0; start < rows.length; start += NUM_FEATURES) {
    let square = 0;
    for (let i = 0; i < NUM_FEATURES; i++) square += (rows[start + i] - mean[i]) ** 2;
    for (let i = 0; i < NUM_FEATURES; i++) out[start + i] = (rows[start + i] - mean[i]) / Math.sqrt(square);
  }
  return out;
}

/** Ours, to the optimum. */
async function graft(count) {
  const module = await WebAssembly.compileStreaming(fetch('/head/head.wasm'));
  // Whatever of the product's JavaScript boundary got linked in is never called here.
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = () => { throw new Error(`${name} is not there`); };
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  const rows = await features(count), at = exports.reserve(rows.length);
  new Float32Array(exports.memory.buffer, at, rows.length).set(rows);
  const data = exports.data(at, count, NUM_FEATURES, NUM_CLASSES);
  return () => {
    const start = performance.now();
    const report = exports.fit(data);
    const seconds = (performance.now() - start) / 1e3;
    const [steps, objective, gradientNorm, crossEntropy] = new Float64Array(exports.memory.buffer, report, 4);
    return { seconds, epochs: steps, objective, gradientNorm, crossEntropy };
  };
}

/** Teachable Machine's own code and settings: TeachableMobileNet.train. It keeps 15% to validate with. */
async function teachable(count) {
  await tensorflow();
  await script(`${MODULES}/@teachablemachine/image/dist/teachablemachine-image.min.js`);
  const rows = await features(count);
  return async (capSeconds) => {
    // Stands for the frozen backbone, which its training never runs: features are kept.
    const backbone = tf.sequential({ layers: [tf.layers.globalAveragePooling2d({ inputShape: [7, 7, NUM_FEATURES] })] });
    const labels = [...Array(NUM_CLASSES).keys()].map(String);
    const machine = new tmImage.TeachableMobileNet(backbone, { labels });
    machine.setLabels(labels);
    for (let row = 0; row < count; row++) {
      machine.examples[row % NUM_CLASSES].push(rows.slice(row * NUM_FEATURES, (row + 1) * NUM_FEATURES));
    }
    const settings = { denseUnits: 100, epochs: 50, learningRate: 1e-3, batchSize: 16 };
    return timed(50, capSeconds, (callbacks) => machine.train(settings, callbacks), () => machine.trainingModel);
  };
}

/** Softmax regression in tf.js by Adam, on our objective and our normalized rows. */
async function softmax(count) {
  await tensorflow();
  const rows = normalized(await features(count));
  return async (capSeconds) => {
    const x = tf.tensor2d(rows, [count, NUM_FEATURES]);
    const classes = tf.tensor1d(Int32Array.from({ length: count }, (_, row) => row % NUM_CLASSES), 'int32');
    const y = tf.oneHot(classes, NUM_CLASSES).toFloat();
    // tf.js's l2 is without the half.
    const kernelRegularizer = tf.regularizers.l2({ l2: WEIGHT_DECAY / 2 });
    const model = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [NUM_FEATURES], units: NUM_CLASSES, activation: 'softmax', kernelInitializer: 'zeros', kernelRegularizer })],
    });
    // Ten times Adam's default, which on rows of length 1 gets nowhere in 50 epochs.
    model.compile({ optimizer: tf.train.adam(1e-2), loss: 'categoricalCrossentropy' });
    const fit = (callbacks) => model.fit(x, y, { epochs: 50, batchSize: 32, shuffle: true, yieldEvery: 'never', callbacks });
    const result = await timed(50, capSeconds, fit, () => model);
    // Without the regularizer's part.
    const crossEntropy = (await model.evaluate(x, y, { batchSize: 500 }).data())[0];
    const penalty = tf.tidy(() => model.layers[0].kernel.read().square().sum().mul(WEIGHT_DECAY / 2).dataSync()[0]);
    tf.dispose([x, y, classes]);
    model.dispose();
    return { ...result, objective: crossEntropy + penalty, crossEntropy };
  };
}

/** Trains for so many epochs, or as long as allowed and the rest by the time an epoch takes. */
async function timed(epochs, capSeconds, train, model) {
  const ends = [];
  let last;
  const start = performance.now();
  await train({
    onEpochEnd: async (epoch, logs) => {
      ends.push((performance.now() - start) / 1e3);
      last = logs;
      if (ends.at(-1) > capSeconds) model().stopTraining = true;
    },
  });
  const seconds = (performance.now() - start) / 1e3, ran = ends.length;
  if (ran >= epochs) return { seconds, epochs: ran, crossEntropy: last.loss };
  const each = ran > 1 ? (ends.at(-1) - ends[0]) / (ran - 1) : ends[0];
  return { seconds: ends[0] + each * (epochs - 1), epochs: ran, extrapolated: true, crossEntropy: last.loss };
}

let loading;
/** On WebAssembly (XNNPACK), one thread: the page is not cross-origin isolated. */
function tensorflow() {
  return (loading ??= (async () => {
    await script(`${MODULES}/@tensorflow/tfjs/dist/tf.min.js`);
    await script(`${MODULES}/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`);
    tf.wasm.setWasmPaths(`${MODULES}/@tensorflow/tfjs-backend-wasm/dist/`);
    if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend of tf.js is not there');
    await tf.ready();
  })());
}

const script = (url) => new Promise((resolve, reject) => {
  const element = document.createElement('script');
  element.src = url;
  element.onload = resolve;
  element.onerror = () => reject(new Error(`${url} didn't load`));
  document.head.append(element);
});

const makers = { graft, teachable, softmax }, trainers = new Map();
window.load = async (name, count) => void trainers.set(`${name} ${count}`, await makers[name](count));
window.train = (name, count, capSeconds) => trainers.get(`${name} ${count}`)(capSeconds);
window.ready = true;
