// The benchmark's page: sets engines up, then times one forward pass whenever extract.mjs asks.
import { graft, onnxruntime, tensorflow } from './engines.js';
import { readSafetensors } from './safetensors.js';

const SIDE = 224, IMAGE = SIDE * SIDE * 3;
const engines = new Map();

/** Smooth noise, the same in every run: [images, 224, 224, 3] in about [-1, 1]. */
function images(count) {
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const waves = Array.from({ length: count * 3 * 6 }, () => [random(), random(), random() * 6.28]);
  const values = new Float32Array(count * IMAGE);
  for (let i = 0, at = 0; i < count; i++) {
    for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let w = 0; w < 6; w++) {
        const [fx, fy, phase] = waves[(i * 3 + c) * 6 + w];
        sum += Math.sin((fx * x + fy * y) * 0.3 + phase);
      }
      values[at++] = sum / 3;
    }
  }
  return values;
}
const batches = images(8);

window.load = async (name, backbone) => {
  const weights = await (await fetch(`/weights/${backbone}.safetensors`)).arrayBuffer();
  const make = { tfjs: tensorflow, ort: onnxruntime }[name] ?? graft;
  engines.set(`${name} ${backbone}`, await make(name, backbone, weights, readSafetensors(weights)));
};

/** Milliseconds of one pass over a batch, features read back. */
window.pass = async (name, backbone, size) => {
  const engine = engines.get(`${name} ${backbone}`);
  const batch = engine.prepare(batches.slice(0, size * IMAGE));
  const start = performance.now();
  engine.features = await engine.extract(batch, size);
  return performance.now() - start;
};

/** Largest difference between two engines' last features, relative to the largest feature. */
window.difference = (backbone, one, other) => {
  const a = engines.get(`${one} ${backbone}`).features;
  const b = engines.get(`${other} ${backbone}`).features;
  if (a.length !== b.length) throw new Error(`${a.length} features against ${b.length}`);
  let largest = 0, difference = 0;
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]));
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
  }
  return difference / largest;
};
window.ready = true;
