// One engine on WebGPU in a page of its own: from nothing to the first image, then pass by pass.
import { takeCounts } from './gpu-counts.js';
import { tensorflow } from './engines.js';
import { readSafetensors } from './safetensors.js';

const SIDE = 224, IMAGE = SIDE * SIDE * 3;
const MODULES = '/bench/node_modules';
const COLORS = {
  'efficientnet-lite0': { mean: [127, 127, 127], std: [128, 128, 128] },
  'mobilenet-v2': { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
};
let engine, backbone;

/** Slopes, edges and color, another picture for every index: [images, 224, 224, 3] bytes. */
function pictures(count) {
  const bytes = new Uint8Array(count * IMAGE);
  for (let i = 0, at = 0; i < count; i++) {
    for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) {
      bytes[at++] = x + y * (i + 1);
      bytes[at++] = (x * y) >> (3 + (i % 4));
      bytes[at++] = (((x >> 4) + (y >> 4) + i) % 2) * 255;
    }
  }
  return bytes;
}

function normalized(bytes) {
  const { mean, std } = COLORS[backbone];
  return Float32Array.from(bytes, (value, at) => (value - mean[at % 3]) / std[at % 3]);
}

/** Ours takes bytes, as the page's trainer does. */
async function graft(name, backbone, bytes) {
  const { default: load, Gpu } = await import('/bench-gpu/bench_gpu.js');
  await load();
  const gpu = await Gpu.create(new Uint8Array(bytes), SIDE);
  return {
    takesBytes: true,
    prepare: (batch) => batch,
    extract: (batch) => gpu.features(batch),
    memory: () => Array.from(gpu.memory()),
  };
}

/** The engine of the other benchmarks, on another backend: it takes the `tf` it finds. */
async function tfjs(name, backbone, bytes, file) {
  for (const part of ['tfjs/dist/tf.min.js', 'tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js']) {
    await script(`${MODULES}/@tensorflow/${part}`);
  }
  if (!(await tf.setBackend('webgpu'))) throw new Error('tf.js has no WebGPU here');
  await tf.ready();
  return tensorflow(name, backbone, bytes, file);
}

/** Planes of colors, which is its own layout. */
async function ort(name, backbone) {
  const ort = await import(`${MODULES}/onnxruntime-web/dist/ort.webgpu.min.mjs`);
  ort.env.wasm.wasmPaths = `${MODULES}/onnxruntime-web/dist/`;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(`/onnx/${backbone}.onnx`, {
    executionProviders: ['webgpu'], graphOptimizationLevel: 'all',
  });
  return {
    prepare(batch) {
      const planes = new Float32Array(batch.length), area = SIDE * SIDE;
      batch.forEach((value, at) => {
        const image = Math.floor(at / IMAGE), pixel = Math.floor((at % IMAGE) / 3);
        planes[image * IMAGE + (at % 3) * area + pixel] = value;
      });
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

/** Milliseconds from an empty page to the first image's features. */
window.first = async (name, of) => {
  backbone = of;
  const start = performance.now();
  const weights = await (await fetch(`/weights/${backbone}.safetensors`)).arrayBuffer();
  engine = await { graft, tfjs, ort }[name](name, backbone, weights, readSafetensors(weights));
  const ready = performance.now();
  const { features } = await pass(1);
  return { setupMillis: ready - start, firstMillis: performance.now() - start, counts: takeCounts(), features };
};

/** One pass over so many images: its milliseconds, what it asked of WebGPU, and its features. */
window.pass = async (size) => {
  const pixels = pictures(size);
  const batch = engine.prepare(engine.takesBytes ? pixels : normalized(pixels));
  takeCounts();
  const start = performance.now();
  const features = await engine.extract(batch, size);
  const millis = performance.now() - start;
  return { millis, counts: takeCounts(), features: Array.from(features), memory: engine.memory?.() };
};
window.ready = true;
