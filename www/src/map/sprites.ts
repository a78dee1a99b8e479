// A mark, its size and its color in; the pixels it changes out.

import { contains, type Shape } from './shapes';

/** Red, green and blue in the order of `ImageData` on a little-endian machine. */
export type Rgb = number;

/** Pixels round a center, those within one row next to each other. */
export interface Sprite {
  /** From the center, in steps of a buffer of `stride` pixels a row. */
  offsets: Int32Array;
  colors: Uint32Array;
  /** Out of 256. */
  alphas: Uint16Array;
}

/** What a mark is made of: shape, then holes and gaps. */
export interface Mark {
  shape: Shape;
  /** Radius of the shape in device pixels. */
  radius: number;
  /** Radius of what is left out in the middle, in device pixels. */
  hole?: number;
  /** Gaps round it, as in a dashed line; none if 0. */
  gaps?: number;
  color: Rgb;
  /** The color of a line of this width round it, which sets it off from others. */
  edge?: { color: Rgb; width: number };
}

/** Places a pixel is tested at, a side. */
const SAMPLES = 4;
export const MAX_REACH = 48;

export function spriteOf(mark: Mark, stride: number): Sprite {
  const { radius, edge } = mark;
  const reach = Math.min(MAX_REACH, Math.ceil(1.35 * (radius + (edge?.width ?? 0))) + 1);
  const offsets: number[] = [], colors: number[] = [], alphas: number[] = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const inner = coverage(mark, x, y, 0);
      const outer = edge ? Math.max(inner, coverage(mark, x, y, edge.width)) : inner;
      if (outer === 0) continue;
      offsets.push(y * stride + x);
      colors.push(edge ? mix(mark.color, edge.color, Math.round((256 * inner) / outer)) : mark.color);
      alphas.push(Math.round(256 * outer));
    }
  }
  return { offsets: Int32Array.from(offsets), colors: Uint32Array.from(colors), alphas: Uint16Array.from(alphas) };
}

/** The share of the pixel that is covered by the mark, grown by so many pixels. */
function coverage({ shape, radius, hole = 0, gaps = 0 }: Mark, x: number, y: number, grown: number): number {
  const [outside, inside] = [radius + grown, hole - grown];
  let hits = 0;
  for (let i = 0; i < SAMPLES ** 2; i++) {
    const across = x + ((i % SAMPLES) + 0.5) / SAMPLES - 0.5;
    const down = y + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES - 0.5;
    if (!contains(shape, across / outside, down / outside)) continue;
    if (inside > 0 && contains(shape, across / inside, down / inside)) continue;
    if (gaps > 0 && Math.sin(gaps * Math.atan2(down, across)) < -0.2) continue;
    hits++;
  }
  return hits / SAMPLES ** 2;
}

/** `share` of 256 is of the first. Two of the three bytes at once; the results are exact to one step. */
export function mix(over: Rgb, under: Rgb, share: number): Rgb {
  const rest = 256 - share;
  const outer = (Math.imul(over & 0xff00ff, share) + Math.imul(under & 0xff00ff, rest)) >>> 8;
  const middle = (Math.imul(over & 0xff00, share) + Math.imul(under & 0xff00, rest)) >>> 8;
  return (0xff000000 | (outer & 0xff00ff) | (middle & 0xff00)) >>> 0;
}
