// Places and looks in, the map on a canvas out: marks from afar, thumbnails from near. Draws only when something changed.

import type { SampleId } from '../protocol';
import { Camera } from './camera';
import { cssOf } from './colors';
import type { Places } from './layout';
import { Marks } from './marks';
import { drawCrosshair, drawLasso, drawThumbnail } from './pen';
import { Pictures } from './pictures';
import { Points } from './points';
import { PLAIN, type Portrayal } from './portrayal';
import { contains, type Shape } from './shapes';

/** A thumbnail overlaps its neighbors a little; from this side on it is worth looking at. */
const PICTURE_PER_SPACING = 1.8;
const MIN_PICTURE_PIXELS = 36, MAX_PICTURE_PIXELS = 104;
/** Decoding and drawing more would not be smooth. */
const MAX_PICTURES = 240;
/** Half a mark fits in, or most of half a picture where all may be shown as pictures. */
const MARK_PADDING_PIXELS = 24, PICTURE_PADDING_PIXELS = 48;
/** Fingers and small marks need some room. */
const REACH_PIXELS = { mouse: 9, touch: 20 };
const MAX_DEVICE_PIXELS = 2;
/** Frames closer than this are of one movement. */
const MOVEMENT_MILLIS = 120;
/** A movement whose frames take longer on average is drawn with CSS's pixels, and sharply when it rests. */
const SLOW_FRAME_MILLIS = 21;
const REST_MILLIS = 200;

export class Drawing {
  readonly camera = new Camera();
  /** What is being drawn round points by hand, in CSS pixels. */
  lasso: Shape = [];
  /** Better places are to come: not yet the time for thumbnails. */
  moving = false;
  /** Shows the middle to whoever steers by keys. */
  crosshair = false;
  selection: ReadonlySet<SampleId> = new Set();

  private readonly context: CanvasRenderingContext2D;
  private readonly points = new Points();
  private readonly marks: Marks;
  private readonly pictures: Pictures;
  private spacing = 0.1;
  private portrayal: Portrayal = { looks: [], lookOf: new Int16Array(), ringOf: new Uint8Array(), legend: [] };
  private frame = 0;
  private lastFrame = 0;
  /** Mean time from frame to frame in movements. */
  private pace = 0;
  private slow = false;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private readonly resized = new ResizeObserver(() => this.redraw());
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');
  private readonly still = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(canvas: HTMLCanvasElement, blobOf: (id: SampleId) => Blob | undefined) {
    this.context = canvas.getContext('2d', { alpha: false })!;
    this.marks = new Marks(canvas, this.context);
    this.pictures = new Pictures(blobOf, () => this.redraw());
    this.resized.observe(canvas);
    this.dark.addEventListener('change', this.recolor);
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    this.resized.disconnect();
    this.dark.removeEventListener('change', this.recolor);
    this.pictures.close();
  }

  place(samples: readonly SampleId[], { positions, spacing }: Places): void {
    this.points.place(samples, positions, this.still.matches);
    this.camera.padding = samples.length <= MAX_PICTURES ? PICTURE_PADDING_PIXELS : MARK_PADDING_PIXELS;
    this.spacing = spacing;
    this.redraw();
  }

  portray(portrayal: Portrayal): void {
    if (this.portrayal === portrayal) return;
    this.portrayal = portrayal;
    this.marks.use(portrayal.looks);
    this.redraw();
  }

  /** At the next frame. */
  redraw(): void {
    this.frame ||= requestAnimationFrame((now) => {
      this.frame = 0;
      this.draw(now);
    });
  }

  /** Not into an empty place: what is nearest to the middle stays where it is on the screen. */
  zoomBy(factor: number): void {
    const { camera } = this;
    const nearest = factor > 1 ? this.pointAt(camera.width / 2, camera.height / 2, 'mouse', Infinity) : -1;
    if (nearest < 0) camera.zoomBy(factor);
    else camera.zoomBy(factor, ...this.screenPlace(nearest));
  }

  /** The side of a thumbnail in CSS pixels; 0 while there are only marks. */
  pictureSide(numVisible: number): number {
    const side = Math.min(MAX_PICTURE_PIXELS, PICTURE_PER_SPACING * this.spacing * this.camera.scale);
    return !this.moving && side >= MIN_PICTURE_PIXELS && numVisible <= MAX_PICTURES ? side : 0;
  }

  /** The point nearest to a place on the screen, or -1. */
  pointAt(x: number, y: number, pointer: 'mouse' | 'touch' = 'mouse', reach = 0): number {
    const [placeX, placeY] = this.camera.placeAt(x, y);
    const side = this.pictureSide(this.visible().length);
    let best = -1, nearest = Math.max(reach, REACH_PIXELS[pointer], side / 2) / this.camera.scale;
    for (let point = 0; point < this.points.samples.length; point++) {
      if (this.portrayal.lookOf[point]! < 0) continue;
      const [pointX, pointY] = this.shownAt(point);
      const distance = Math.hypot(pointX - placeX, pointY - placeY);
      if (distance < nearest) [best, nearest] = [point, distance];
    }
    return best;
  }

  /** The samples inside an outline on the screen. */
  inside(outline: Shape): SampleId[] {
    return this.points.samples.filter((_, point) =>
      this.portrayal.lookOf[point]! >= 0 && contains(outline, ...this.screenPlace(point)));
  }

  /** Where a point is on the map by now. */
  shownAt(point: number): [number, number] {
    const { shown } = this.points;
    return [shown[2 * point]!, shown[2 * point + 1]!];
  }

  /** Where a point is on the screen, in CSS pixels. */
  screenPlace(point: number): [number, number] {
    const { camera: { scale, x, y, width, height }, points: { shown } } = this;
    return [(shown[2 * point]! - x) * scale + width / 2, (shown[2 * point + 1]! - y) * scale + height / 2];
  }

  private readonly recolor = () => {
    this.marks.recolor();
    this.redraw();
  };

  private draw(now: number): void {
    const { camera, context, marks, points, pictures } = this;
    const elapsed = now - this.lastFrame;
    this.lastFrame = now;
    if (!marks.fit(this.ratioFor(elapsed))) return;
    camera.resize(context.canvas.clientWidth, context.canvas.clientHeight);
    if (points.ease(Math.min(50, elapsed)) * camera.scale > 0.25) this.redraw();
    else points.arrive();
    camera.frame(...points.extent());
    const visible = this.visible();
    const side = this.pictureSide(visible.length);
    const hasPicture = (point: number) => side > 0 && Boolean(pictures.get(points.samples[point]!));
    this.drawMarks(visible.filter((point) => !hasPicture(point)));
    context.setTransform(marks.ratio, 0, 0, marks.ratio, 0, 0);
    for (const point of visible.filter(hasPicture)) this.drawPicture(point, side);
    const ink = cssOf(marks.colors.ink);
    drawLasso(context, this.lasso, ink);
    if (this.crosshair) drawCrosshair(context, camera.width / 2, camera.height / 2, ink);
    context.resetTransform();
  }

  /** How many device pixels a CSS pixel gets in a frame so long after the last. */
  private ratioFor(elapsed: number): number {
    const full = Math.min(MAX_DEVICE_PIXELS, devicePixelRatio);
    if (elapsed > MOVEMENT_MILLIS || full <= 1) return full;
    this.pace += 0.15 * (elapsed - this.pace);
    this.slow ||= this.pace > SLOW_FRAME_MILLIS;
    if (!this.slow) return full;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.redraw(), REST_MILLIS);
    return 1;
  }

  /** Points on the screen: plain ones, then ringed ones, then the selected. */
  private visible(): number[] {
    const { camera, points: { shown, order, samples }, portrayal: { lookOf, ringOf }, selection } = this;
    const { scale } = camera;
    const [halfWidth, halfHeight] = [camera.width / 2 / scale, camera.height / 2 / scale];
    const plain: number[] = [], ringed: number[] = [], selected: number[] = [];
    for (const point of order) {
      if (lookOf[point]! < 0) continue;
      if (Math.abs(shown[2 * point]! - camera.x) >= halfWidth || Math.abs(shown[2 * point + 1]! - camera.y) >= halfHeight) continue;
      (selection.has(samples[point]!) ? selected : ringOf[point] !== PLAIN ? ringed : plain).push(point);
    }
    return plain.concat(ringed, selected);
  }

  private drawMarks(visible: number[]): void {
    const { marks, points: { samples }, selection, portrayal: { lookOf, ringOf } } = this;
    const radius = this.markRadius();
    marks.clear();
    for (const point of visible) {
      const [left, top] = this.screenPlace(point);
      if (selection.has(samples[point]!)) marks.paint('selected', 0, radius, left, top);
      marks.paint('mark', lookOf[point]!, radius, left, top);
      if (ringOf[point] !== PLAIN) marks.paint('ring', ringOf[point]!, radius, left, top);
    }
    marks.show();
  }

  /** In device pixels, in steps of a half: smaller the more there are, larger from near. */
  private markRadius(): number {
    const many = Math.max(1, this.points.samples.length / 300) ** 0.25;
    const radius = Math.min(9, (5.5 / many) * this.camera.zoom ** 0.3);
    return Math.round(2 * radius * this.marks.ratio) / 2;
  }

  private drawPicture(point: number, side: number): void {
    const { marks, points: { samples }, portrayal: { looks, lookOf, ringOf } } = this;
    const { colors } = marks;
    const [id, look, ring] = [samples[point]!, lookOf[point]!, ringOf[point]!];
    drawThumbnail(this.context, ...this.screenPlace(point), {
      bitmap: this.pictures.get(id)!, side, look: looks[look]!, color: cssOf(colors.looks[look]!), ring, ringColor: marks.ringColor(ring),
      ground: cssOf(colors.ground), ink: this.selection.has(id) ? cssOf(colors.ink) : null,
    });
  }
}
