// Fashion-MNIST as PNGs in folders: as many real pictures as anybody may want.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GRAY, png } from '../tests/e2e/png.mjs';

/** Debian's dataset-fashion-mnist: 60,000 and 10,000 pictures of 28 × 28. */
const PLACE = '/usr/share/datasets/fashion-mnist';
const PARTS = [['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'], ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz']];
const SIDE = 28, IMAGES_HEADER = 16, LABELS_HEADER = 8;

const idx = (name) => gunzipSync(readFileSync(join(PLACE, name)));

/** Pictures number `first` and on, below `parent`, in the folder that `folderOf(class, number)` names. Returns the folders. */
export function writeFashion(parent, { first = 0, count, folderOf }) {
  rmSync(parent, { recursive: true, force: true });
  const folders = new Set();
  let number = 0;
  for (const [images, labels] of PARTS.map((part) => part.map(idx))) {
    for (let at = 0; at < labels.length - LABELS_HEADER; at++, number++) {
      if (number < first || number >= first + count) continue;
      const folder = join(parent, folderOf(labels[LABELS_HEADER + at], number));
      if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
      folders.add(folder);
      const start = IMAGES_HEADER + at * SIDE * SIDE;
      writeFileSync(join(folder, `${number}.png`), grayPng(images.subarray(start, start + SIDE * SIDE)));
    }
  }
  return [...folders].sort();
}

function grayPng(pixels) {
  const rows = Buffer.alloc(SIDE * (SIDE + 1)); // each row begins with its filter: none
  for (let row = 0; row < SIDE; row++) rows.set(pixels.subarray(row * SIDE, (row + 1) * SIDE), row * (SIDE + 1) + 1);
  return png(SIDE, SIDE, GRAY, rows);
}
