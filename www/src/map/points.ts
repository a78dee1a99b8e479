// Ever better places in; where points are shown out, which run there without jumping.

import type { SampleId } from '../protocol';
import { shuffled } from './random';

/** Points run two thirds of the way to a new place in this time. */
const EASE_MILLIS = 90;

export class Points {
  samples: readonly SampleId[] = [];
  /** x and y of each as it is shown. */
  shown: Float32Array = new Float32Array();
  /** Classes come one after the other; drawn in that order the last would hide the others. */
  order: Uint32Array = new Uint32Array();
  private target: Float32Array = new Float32Array();

  place(samples: readonly SampleId[], target: Float32Array, atOnce: boolean): void {
    if (this.samples !== samples) this.begin(samples, target);
    this.target = target;
    if (atOnce) this.shown.set(target);
  }

  /** How far the farthest is from where it is going, after so much time. */
  ease(millis: number): number {
    const { shown, target } = this;
    const share = 1 - Math.exp(-millis / EASE_MILLIS);
    let farthest = 0;
    for (let i = 0; i < shown.length; i++) {
      const left = target[i]! - shown[i]!;
      shown[i]! += share * left;
      farthest = Math.max(farthest, Math.abs(left));
    }
    return farthest;
  }

  arrive(): void {
    this.shown.set(this.target);
  }

  /** How far points are from the middle, across and up. */
  extent(): [number, number] {
    let across = 0, up = 0;
    for (let i = 0; i < this.shown.length; i += 2) {
      across = Math.max(across, Math.abs(this.shown[i]!));
      up = Math.max(up, Math.abs(this.shown[i + 1]!));
    }
    return [across, up];
  }

  /** Samples that were there before start from where they were. */
  private begin(samples: readonly SampleId[], positions: Float32Array): void {
    const before = new Map(this.samples.map((id, point) => [id, point]));
    const old = this.shown;
    this.shown = Float32Array.from(positions);
    samples.forEach((id, point) => {
      const there = before.get(id);
      if (there !== undefined) this.shown.set(old.subarray(2 * there, 2 * there + 2), 2 * point);
    });
    this.samples = samples;
    this.order = shuffled(samples.length, 1);
  }
}
