// What the trainer says of who is like whom in; places on the map out, at once and then ever better ones.

import type { SampleMap } from '../protocol';
import { ENDED, spawn } from '../spawn';
import type { FromUmap, ToUmap } from '../worker/umap.worker';
import workerAddress from '../worker/umap.worker.ts?worker&url';

/** With fewer there is nothing to arrange. */
const MIN_POINTS = 5;

export interface Places {
  /** x and y of each sample, in [-1, 1] along the longer side. */
  positions: Float32Array;
  /** How far a point is from the next, typically. */
  spacing: number;
  /** In [0, 1]: how far settled. */
  progress: number;
}

/** The last one that was finished: whoever leaves and comes back finds the map as it was. */
let settled: { map: SampleMap; places: Places } | undefined;

export class Layout {
  private worker: Worker | undefined;
  /** By which the last positions were turned. */
  private angle = 0;

  constructor(private readonly onPlaces: (places: Places) => void, private readonly onTrouble: (message: string) => void) {}

  /** Whether better places are to come. */
  get running(): boolean {
    return this.worker !== undefined;
  }

  start(map: SampleMap): void {
    this.stop();
    this.angle = 0;
    if (settled?.map === map) return this.onPlaces(settled.places);
    const enough = map.samples.length >= MIN_POINTS && map.numNeighbors >= 2;
    if (enough) this.arrange(map);
    this.tell(map, Float32Array.from(map.positions), enough ? 0 : 1);
  }

  /** Everything stays where it is. */
  stop(): void {
    this.worker?.terminate();
    this.worker = undefined;
  }

  private arrange(map: SampleMap): void {
    const fail = (message: string) => {
      this.stop();
      this.onTrouble(message);
    };
    const worker = spawn(workerAddress, () => fail(ENDED));
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromUmap>) => {
      if (data.progress === 1) this.stop();
      this.tell(map, data.positions, data.progress);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message || 'the worker that does it could not be loaded');
    };
    const message: ToUmap = {
      positions: Float32Array.from(map.positions),
      numNeighbors: map.numNeighbors,
      neighbors: Uint32Array.from(map.neighbors),
      distances: Float32Array.from(map.distances),
    };
    worker.postMessage(message, [message.positions.buffer, message.neighbors.buffer, message.distances.buffer]);
  }

  private tell(map: SampleMap, raw: Float32Array, progress: number): void {
    // Of the two ways that lie along the screen, the one that turns less.
    const turn = longestDirection(raw) - this.angle;
    this.angle += turn - Math.PI * Math.round(turn / Math.PI);
    const positions = centered(turned(raw, this.angle));
    const places = { positions, spacing: typicalSpacing(map, positions), progress };
    if (progress === 1) settled = { map, places };
    this.onPlaces(places);
  }
}

/** The angle of the direction in which positions vary most: screens are wider than high. */
function longestDirection(positions: Float32Array): number {
  const numPoints = positions.length / 2;
  let [meanX, meanY, xx, xy, yy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < positions.length; i += 2) {
    meanX += positions[i]! / numPoints;
    meanY += positions[i + 1]! / numPoints;
  }
  for (let i = 0; i < positions.length; i += 2) {
    const [x, y] = [positions[i]! - meanX, positions[i + 1]! - meanY];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return Math.atan2(2 * xy, xx - yy) / 2;
}

/** So that this direction becomes the first axis. */
function turned(positions: Float32Array, angle: number): Float32Array {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return positions.map((value, i) =>
    i & 1 ? cos * value - sin * positions[i - 1]! : cos * value + sin * positions[i + 1]!);
}

/** Moved and scaled, not stretched, so that the longer side reaches from -1 to 1. */
function centered(positions: Float32Array): Float32Array {
  const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const axis = i & 1;
    low[axis] = Math.min(low[axis]!, positions[i]!);
    high[axis] = Math.max(high[axis]!, positions[i]!);
  }
  const half = Math.max(high[0]! - low[0]!, high[1]! - low[1]!, 1e-9) / 2;
  return positions.map((value, i) => (value - (low[i & 1]! + high[i & 1]!) / 2) / half);
}

/** The median distance to the nearest of the most similar ones. */
function typicalSpacing({ neighbors, numNeighbors }: SampleMap, positions: Float32Array): number {
  const nearest = new Float32Array(positions.length / 2).fill(Infinity);
  for (let i = 0; i < neighbors.length; i++) {
    const point = Math.floor(i / numNeighbors), other = neighbors[i]!;
    const [across, up] = [positions[2 * point]! - positions[2 * other]!, positions[2 * point + 1]! - positions[2 * other + 1]!];
    const squared = across * across + up * up;
    if (squared > 0 && squared < nearest[point]!) nearest[point] = squared;
  }
  const median = nearest.sort()[nearest.length >> 1];
  return median === undefined || median === Infinity ? 0.1 : Math.sqrt(median);
}
