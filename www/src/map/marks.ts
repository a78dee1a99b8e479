// Looks in, marks on a canvas out: which pixels a mark takes is worked out once for each size, color and density.

import { cssOf, resolveColors } from './colors';
import { DOUBTED, type Look, WRONG } from './portrayal';
import { Raster } from './raster';
import { circle } from './shapes';
import { type Mark, type Rgb, type Sprite, spriteOf } from './sprites';

export type MarkKind = 'mark' | 'ring' | 'selected';

export interface Colors {
  looks: Rgb[];
  ground: Rgb;
  ink: Rgb;
  wrong: Rgb;
  doubted: Rgb;
}

/** What is drawn on, and with, at one density of pixels. */
interface Sheet {
  raster: Raster;
  sprites: Map<string, Sprite>;
}

export class Marks {
  /** Device pixels to a CSS pixel. */
  ratio = 1;
  private readonly sheets = new Map<number, Sheet>();
  private sheet: Sheet = { raster: new Raster(1, 1), sprites: new Map() };
  private looks: readonly Look[] = [];
  private resolved: Colors | undefined;
  private size: [number, number] = [0, 0];

  constructor(private readonly canvas: HTMLCanvasElement, private readonly context: CanvasRenderingContext2D) {}

  get colors(): Colors {
    if (this.resolved) return this.resolved;
    const named = ['var(--sunken)', 'var(--ink)', 'var(--danger)', 'var(--warning)'];
    const all = resolveColors(this.canvas.parentElement!, [...named, ...this.looks.map(({ color }) => color)]);
    const [ground, ink, wrong, doubted, ...looks] = all as [Rgb, Rgb, Rgb, Rgb, ...Rgb[]];
    return (this.resolved = { looks, ground, ink, wrong, doubted });
  }

  use(looks: readonly Look[]): void {
    this.looks = looks;
    this.recolor();
  }

  /** What colors mean may have changed. */
  recolor(): void {
    this.resolved = undefined;
    for (const { sprites } of this.sheets.values()) sprites.clear();
  }

  /** The canvas gets as many pixels as it takes on screen at that density; false if it isn't on it. */
  fit(ratio: number): boolean {
    const { canvas, sheets } = this;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (width === 0 || height === 0) return false;
    if (this.size[0] !== canvas.clientWidth || this.size[1] !== canvas.clientHeight) sheets.clear();
    this.size = [canvas.clientWidth, canvas.clientHeight];
    this.ratio = ratio;
    this.sheet = sheets.get(ratio) ?? { raster: new Raster(width, height), sprites: new Map() };
    sheets.set(ratio, this.sheet);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    return true;
  }

  clear(): void {
    this.sheet.raster.clear(this.colors.ground);
  }

  /** The place is in CSS pixels, the radius in device pixels. */
  paint(kind: MarkKind, which: number, radius: number, left: number, top: number): void {
    const { sprites, raster } = this.sheet;
    const key = `${kind} ${which} ${radius}`;
    let sprite = sprites.get(key);
    if (!sprite) {
      sprite = spriteOf(this.mark(kind, which, radius), raster.stride);
      sprites.set(key, sprite);
    }
    raster.paint(sprite, Math.floor(left * this.ratio), Math.floor(top * this.ratio));
  }

  show(): void {
    this.sheet.raster.show(this.context);
  }

  /** CSS color of what goes round a point. */
  ringColor(ring: number): string {
    return cssOf(ring === WRONG ? this.colors.wrong : this.colors.doubted);
  }

  private mark(kind: MarkKind, which: number, radius: number): Mark {
    const { ratio, colors: { looks, ground, ink, wrong, doubted } } = this;
    switch (kind) {
      case 'mark': {
        const { shape, hollow } = this.looks[which]!;
        return { shape, radius, hole: hollow ? 0.55 * radius : 0, color: looks[which]!, edge: { color: ground, width: 0.8 * ratio } };
      }
      case 'ring':
        return {
          shape: circle, radius: 1.3 * radius + 3.2 * ratio, hole: 1.3 * radius + 1.4 * ratio, gaps: which === DOUBTED ? 6 : 0,
          color: which === WRONG ? wrong : doubted,
        };
      case 'selected':
        return { shape: circle, radius: 1.3 * radius + 2.5 * ratio, color: ink, edge: { color: ground, width: ratio } };
    }
  }
}
