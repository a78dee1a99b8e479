// The engines, each `(name, backbone, bytes, file) → { prepare(batch), extract(prepared, size) }`.
// A batch is normalized NHWC; `prepare` may re-arrange it, outside the timing.
// `extract` gives the features, [size × 1280], in memory.
const SIDE = 224, IMAGE = SIDE * SIDE * 3, FEATURES = 1280;
const MODULES = '/bench/node_modules';

/** Ours: one of the two WebAssembly builds of kernel.rs. */
export async function graft(name, backbone, bytes) {
  const module = await WebAssembly.compileStreaming(fetch(`/kernel/${name}.wasm`));
  // Whatever of the product's JavaScript boundary got linked in is never called here.
  const imports = {};
  for (const { module: from, name: what } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[what] = () => { throw new Error(`${what} is not there`); };
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  const { memory } = exports;
  const put = (array, at) => new array.constructor(memory.buffer, at, array.length).set(array);
  const file = exports.reserve(bytes.byteLength);
  put(new Uint8Array(bytes), file);
  const handle = exports.backbone(file, bytes.byteLength);
  if (!handle) throw new Error(`${backbone}: the weights were refused`);
  const input = exports.reserve(8 * IMAGE * 4);
  return {
    prepare: (batch) => batch,
    extract(batch, size) {
      put(batch, input);
      const at = exports.forward_normalized(handle, input, batch.length);
      return new Float32Array(memory.buffer, at, size * FEATURES).slice();
    },
  };
}

/** TensorFlow.js on WebAssembly (XNNPACK), one thread: the page is not cross-origin isolated. */
export async function tensorflow(name, backbone, bytes, { metadata, tensors }) {
  await loadTensorflow();
  const layers = layersOf(metadata.backbone, tensors);
  for (const layer of layers) {
    layer.filter = filter(layer, tensors);
    layer.bias = tf.tensor1d(tensors.get(`${layer.name}.bias`).values);
  }
  return {
    prepare: (batch) => batch,
    extract: (batch, size) => run(() => tf.tensor4d(batch, [size, SIDE, SIDE, 3])),
    /** The same of any tensor that `image` makes: [1, 224, 224, 3], normalized. */
    extractTensor: (image) => run(image),
  };

  async function run(input) {
    const features = tf.tidy(() => forward(layers, input()));
    const values = await features.data();
    features.dispose();
    return values;
  }
}

function forward(layers, x) {
  let before;
  for (const layer of layers) {
    if (layer.opensBlock) before = x;
    const fused = layer.depthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
    const y = fused({
      x, filter: layer.filter, bias: layer.bias, strides: layer.stride, pad: layer.pad,
      activation: layer.relu6 ? 'relu6' : 'linear',
    });
    // Intermediate results are freed at once, which tf.js needs to reuse its memory.
    if (x !== before) x.dispose();
    x = y;
    if (layer.closesBlock) {
      if (layer.hasResidual) { x = tf.add(y, before); y.dispose(); }
      before.dispose();
      before = undefined;
    }
  }
  return tf.mean(x, [1, 2]);
}

/**
 * Teachable Machine's library as published, on the same backbone in the form it takes: a layers
 * model of convolutions, batch normalizations and activations, one image at a time.
 */
export async function teachable({ metadata, tensors }) {
  await loadTensorflow();
  if (!window.tmImage) await script(`${MODULES}/@teachablemachine/image/dist/teachablemachine-image.min.js`);
  const input = tf.input({ shape: [SIDE, SIDE, 3] });
  let x = input, before;
  for (const layer of layersOf(metadata.backbone, tensors)) {
    if (layer.opensBlock) before = x;
    const y = unfused(layer, x, tensors);
    x = layer.hasResidual ? tf.layers.add().apply([y, before]) : y;
  }
  const backbone = tf.model({ inputs: input, outputs: tf.layers.globalAveragePooling2d({}).apply(x) });
  return new tmImage.TeachableMobileNet(backbone, { labels: ['everything'] });
}

/** The bias becomes the batch normalization's; padding is an option, or a layer of its own. */
function unfused(layer, x, tensors) {
  const { depthwise, stride: strides, relu6, pad } = layer, { layers } = tf, useBias = false;
  const weights = filter(layer, tensors);
  const [kernelSize, , , filters] = weights.shape;
  if (pad !== 'same') x = layers.zeroPadding2d({ padding: [pad[1], pad[2]] }).apply(x);
  const padding = pad === 'same' ? 'same' : 'valid';
  const conv = depthwise
    ? layers.depthwiseConv2d({ kernelSize, strides, padding, useBias })
    : layers.conv2d({ filters, kernelSize, strides, padding, useBias });
  const epsilon = 1e-3, norm = layers.batchNormalization({ epsilon });
  const y = norm.apply(conv.apply(x));
  const bias = tf.tensor1d(tensors.get(`${layer.name}.bias`).values), like = (value) => tf.fill(bias.shape, value);
  conv.setWeights([weights]);
  norm.setWeights([like(1), bias, like(0), like(1 - epsilon)]);
  return relu6 ? layers.reLU({ maxValue: 6 }).apply(y) : y;
}

async function loadTensorflow() {
  if (window.tf) return;
  await script(`${MODULES}/@tensorflow/tfjs/dist/tf.min.js`);
  await script(`${MODULES}/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`);
  tf.wasm.setWasmPaths(`${MODULES}/@tensorflow/tfjs-backend-wasm/dist/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend of tf.js is not there');
  await tf.ready();
}

/** What tf.js needs to know of each convolution, told from the tensors' shapes. */
function layersOf(backbone, tensors) {
  const same = backbone.startsWith('efficientnet');
  // Blocks with stride 2, as in both papers.
  const strided = same ? [1, 3, 5, 11] : [1, 3, 6, 13];
  const layers = [];
  const push = (name, stride, relu6, more) => {
    const [, , k] = tensors.get(`${name}.weight`).shape, half = k >> 1;
    const pad = same || k === 1 ? 'same' : [[0, 0], [half, half], [half, half], [0, 0]];
    layers.push({ name, stride, relu6, pad, ...more });
  };
  push('stem', 2, true);
  for (let i = 0; tensors.has(`blocks.${i}.depthwise.weight`); i++) {
    const block = `blocks.${i}`, stride = strided.includes(i) ? 2 : 1;
    const expand = tensors.get(`${block}.expand.weight`);
    const narrow = tensors.get(`${block}.project.weight`).shape[0];
    if (expand) push(`${block}.expand`, 1, true, { opensBlock: true });
    push(`${block}.depthwise`, stride, true, { depthwise: true, opensBlock: !expand });
    const hasResidual = stride === 1 && expand?.shape[1] === narrow;
    push(`${block}.project`, 1, false, { closesBlock: true, hasResidual });
  }
  push('top', 1, true);
  return layers;
}

/** PyTorch's [out, in, k, k] → TensorFlow's [k, k, in, out] or, depthwise, [k, k, channels, 1]. */
function filter({ name, depthwise }, tensors) {
  const { shape, values } = tensors.get(`${name}.weight`);
  return tf.tidy(() => {
    const order = depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0];
    return tf.transpose(tf.tensor4d(values, shape), order);
  });
}

/** onnxruntime-web on WebAssembly, one thread; NCHW, which is its own layout. */
export async function onnxruntime(name, backbone) {
  const ort = await import(`${MODULES}/onnxruntime-web/dist/ort.wasm.min.mjs`);
  ort.env.wasm.wasmPaths = `${MODULES}/onnxruntime-web/dist/`;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(`/onnx/${backbone}.onnx`, {
    executionProviders: ['wasm'], graphOptimizationLevel: 'all',
  });
  return {
    prepare(batch) {
      const planes = new Float32Array(batch.length), area = SIDE * SIDE;
      for (let i = 0; i < batch.length; i++) {
        const image = Math.floor(i / IMAGE), pixel = Math.floor((i % IMAGE) / 3);
        planes[image * IMAGE + (i % 3) * area + pixel] = batch[i];
      }
      return planes;
    },
    async extract(planes, size) {
      const x = new ort.Tensor('float32', planes, [size, 3, SIDE, SIDE]);
      const { features } = await session.run({ x });
      return features.getData();
    },
  };
}

const script = (url) => new Promise((resolve, reject) => {
  const element = document.createElement('script');
  element.src = url;
  element.onload = resolve;
  element.onerror = () => reject(new Error(`${url} didn't load`));
  document.head.append(element);
});
