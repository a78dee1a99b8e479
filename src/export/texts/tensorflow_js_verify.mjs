// Says whether the model in this folder answers as the page did that made it.
//
//   npm install @tensorflow/tfjs
//   node verify.mjs

import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import tf from '@tensorflow/tfjs';

const here = (name) => readFileSync(new URL(name, import.meta.url));
const { modelTopology, weightsManifest } = JSON.parse(here('model.json'));
const { labels, imageSize } = JSON.parse(here('metadata.json'));
const expected = JSON.parse(here('expected.json'));
const weights = here('weights.bin');

const model = await tf.loadLayersModel({
  load: async () => ({
    modelTopology,
    weightSpecs: weightsManifest[0].weights,
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
  }),
});
const picture = tf.tensor(pixels(here('probe.png'), imageSize), [1, imageSize, imageSize, 3]);
// Teachable Machine's scale.
const found = await model.predict(picture.div(127).sub(1)).data();

const difference = Math.max(...expected.probabilities.map((share, at) => Math.abs(share - found[at])));
const same = String(labels) === String(expected.labels) && difference < expected.tolerance;
console.log(same ? 'The same as the page.' : 'Not the same as the page!', `Largest difference of a probability: ${difference.toExponential(1)}`);
process.exitCode = same ? 0 : 1;

/** RGB of a PNG file without filters, as Graft writes them. */
function pixels(png, side) {
  const parts = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const rows = inflateSync(Buffer.concat(parts));
  const colors = new Float32Array(side * side * 3);
  // Each row begins with the number of its filter.
  for (let row = 0; row < side; row++) colors.set(rows.subarray(row * (3 * side + 1) + 1, (row + 1) * (3 * side + 1)), row * 3 * side);
  return colors;
}
