// The peers' way from photo files to features: what a page of theirs does with chosen files.
import { teachable, tensorflow } from './engines.js';
import { readSafetensors } from './safetensors.js';

const SIDE = 224, BACKBONE = 'efficientnet-lite0';
const readers = {};

window.load = async () => {
  const bytes = await (await fetch(`/weights/${BACKBONE}.safetensors`)).arrayBuffer();
  const weights = readSafetensors(bytes);
  readers.tfjs = straightforward(await tensorflow('tfjs', BACKBONE, bytes, weights));
  readers.teachable = libraryLike(await teachable(weights));
};

/** createImageBitmap → canvas → fromPixels → forward pass, one by one, every step at its fastest. */
function straightforward(engine) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return async (file) => {
    const bitmap = await createImageBitmap(file);
    context.drawImage(bitmap, 0, 0, SIDE, SIDE);
    bitmap.close();
    const normalized = () => tf.browser.fromPixels(canvas).expandDims(0).toFloat().sub(127).div(128);
    return engine.extractTensor(normalized);
  };
}

/** The same with the library's own crop and its `addExample`. */
function libraryLike(machine) {
  machine.setLabels(['everything']);
  return async (file) => {
    const bitmap = await createImageBitmap(file);
    const canvas = cropTo(bitmap);
    bitmap.close();
    await machine.addExample(0, canvas);
    return machine.examples[0].at(-1);
  };
}

/** As @teachablemachine/image's `cropTo`, which it doesn't export: the middle square, a canvas each. */
function cropTo(image) {
  const { width, height } = image;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const scale = SIDE / Math.min(width, height);
  const [w, h] = [width, height].map((side) => Math.ceil(side * scale));
  canvas.getContext('2d').drawImage(image, -Math.trunc((w - SIDE) / 2), -Math.trunc((h - SIDE) / 2), w, h);
  return canvas;
}

/** Seconds from here to the last features of the chosen files. */
window.readAll = async (name) => {
  const { files } = document.querySelector('input');
  const start = performance.now();
  for (const file of files) {
    const features = await readers[name](file);
    if (!features.every(Number.isFinite)) throw new Error(`${file.name}: no features`);
  }
  return (performance.now() - start) / 1e3;
};
window.ready = true;
