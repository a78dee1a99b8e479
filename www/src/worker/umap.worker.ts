// Who is like whom in, where everybody stands out: UMAP (McInnes et al. 2018, arXiv:1802.03426), step by step.

import './tell-requests';
import { UMAP } from 'umap-js';
import { seeded } from '../map/random';

export interface ToUmap {
  /** x and y of each to begin at. */
  positions: Float32Array;
  numNeighbors: number;
  /** `[N, num_neighbors]`, the nearest first, without the point itself. */
  neighbors: Uint32Array;
  distances: Float32Array;
}

export interface FromUmap {
  positions: Float32Array;
  /** In (0, 1]; 1 is the last. */
  progress: number;
}

/** Between two messages: often enough to watch it settle. */
const TELL_MILLIS = 60;
/** Where UMAP's own start lies, in each direction. */
const SPREAD = 10;
/** Copies of a picture would never part. */
const JITTER = 1e-3;
const SEED = 1;

self.onmessage = ({ data }: MessageEvent<ToUmap>) => {
  const numPoints = data.positions.length / 2;
  // The library counts the point itself as its first neighbor, and wants more points than neighbors.
  const numNeighbors = Math.min(data.numNeighbors + 1, numPoints - 1);
  const random = seeded(SEED);
  const umap = new UMAP({ nNeighbors: numNeighbors, random });
  const points = Array.from({ length: numPoints }, (_, point) => point);
  const row = (values: Uint32Array | Float32Array, point: number) =>
    [...values.subarray(point * data.numNeighbors, point * data.numNeighbors + numNeighbors - 1)];
  umap.setPrecomputedKNN(
    points.map((point) => [point, ...row(data.neighbors, point)]),
    // A cosine may be above 1 by rounding.
    points.map((point) => [0, ...row(data.distances, point).map((distance) => Math.max(0, distance))]),
  );
  // With neighbors given it never looks at what the points are.
  const numEpochs = umap.initializeFit(points.map(() => []));
  const embedding = umap.getEmbedding();
  beginAt(embedding, data.positions, random);
  let told = 0;
  for (let epoch = 0; epoch < numEpochs; ) {
    epoch = umap.step();
    const now = performance.now();
    if (now - told < TELL_MILLIS && epoch < numEpochs) continue;
    told = now;
    tell({ positions: Float32Array.from(embedding.flat()), progress: epoch / numEpochs });
  }
};

/** The library begins at random; from here, what is shown already only has to settle. */
function beginAt(embedding: number[][], positions: Float32Array, random: () => number): void {
  const largest = positions.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  embedding.forEach((place, point) => {
    for (let axis = 0; axis < 2; axis++) {
      place[axis] = (SPREAD * positions[2 * point + axis]!) / largest + JITTER * (random() - 0.5);
    }
  });
}

function tell(message: FromUmap): void {
  self.postMessage(message, { transfer: [message.positions.buffer] });
}
