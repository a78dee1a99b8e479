// Pointers, wheel and keys on the map in; pans, zooms, clicks and lassos out.

import type { Camera } from './camera';

export interface Handlers {
  camera: Camera;
  /** Whether dragging draws a lasso instead of moving the map. */
  lassos(): boolean;
  moved(): void;
  /** Asked for by keys, which point at nothing. */
  zoomed(factor: number): void;
  lassoing(outline: readonly (readonly [number, number])[]): void;
  /** `adding` to what is selected. */
  lassoed(outline: readonly (readonly [number, number])[], adding: boolean): void;
  clicked(x: number, y: number, pointer: 'mouse' | 'touch'): void;
  /** Nothing when the pointer leaves. */
  hovered(place: [number, number] | null): void;
  /** The wheel turned while it isn't the map's. */
  declined(): void;
}

/** A hand is never quite still in a click. */
const CLICK_PIXELS = 5;
const LASSO_STEP_PIXELS = 3;
const KEY_PIXELS = 70;
const KEY_ZOOM = 1.4;
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Gestures {
  private readonly pointers = new Map<number, [number, number]>();
  private outline: [number, number][] | null = null;
  private start: [number, number] = [0, 0];
  /** The drag is more than a click by now. */
  private dragged = false;
  private readonly ended = new AbortController();

  constructor(private readonly canvas: HTMLCanvasElement, private readonly on: Handlers) {
    const { signal } = this.ended;
    canvas.addEventListener('pointerdown', this.down, { signal });
    canvas.addEventListener('pointermove', this.move, { signal });
    canvas.addEventListener('pointerup', this.up, { signal });
    canvas.addEventListener('pointercancel', this.cancel, { signal });
    canvas.addEventListener('pointerleave', () => on.hovered(null), { signal });
    canvas.addEventListener('wheel', this.wheel, { signal, passive: false });
  }

  close(): void {
    this.ended.abort();
  }

  /** Whether the key meant something. */
  pressed({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const { camera } = this.on;
    const arrow = ARROWS[key];
    if (arrow) camera.panBy(KEY_PIXELS * arrow[0], KEY_PIXELS * arrow[1]);
    else if (key === '+' || key === '=') this.on.zoomed(KEY_ZOOM);
    else if (key === '-') this.on.zoomed(1 / KEY_ZOOM);
    else if (key === '0') camera.showAll();
    else return false;
    this.on.moved();
    return true;
  }

  private readonly down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const place: [number, number] = [event.offsetX, event.offsetY];
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, place);
    if (this.pointers.size > 1) {
      // Two fingers zoom, whatever the tool.
      this.dragged = true;
      this.dropLasso();
      return;
    }
    this.start = place;
    this.dragged = false;
    this.outline = this.on.lassos() || event.shiftKey ? [place] : null;
  };

  private readonly move = (event: PointerEvent) => {
    const place: [number, number] = [event.offsetX, event.offsetY];
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === 'mouse') this.on.hovered(place);
      return;
    }
    if (!this.dragged && distance(this.start, place) < CLICK_PIXELS) return;
    this.dragged = true;
    this.on.hovered(null);
    if (this.pointers.size === 2) this.pinch(event.pointerId, place);
    else if (this.outline) this.extendLasso(place);
    else this.pan(before, place);
    this.pointers.set(event.pointerId, place);
  };

  private readonly up = (event: PointerEvent) => {
    if (!this.pointers.delete(event.pointerId)) return;
    const { outline } = this;
    this.outline = null;
    if (!this.dragged) this.on.clicked(event.offsetX, event.offsetY, event.pointerType === 'touch' ? 'touch' : 'mouse');
    else if (outline) this.on.lassoed(outline, event.shiftKey);
  };

  private readonly cancel = (event: PointerEvent) => {
    this.pointers.delete(event.pointerId);
    this.dropLasso();
  };

  private readonly wheel = (event: WheelEvent) => {
    // Who only scrolls past doesn't get stuck on the map; a pinch on a touchpad comes with Ctrl.
    if (!event.ctrlKey && document.activeElement !== this.canvas) return this.on.declined();
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const step = Math.max(-60, Math.min(60, event.deltaY * lines));
    this.on.camera.zoomBy(Math.exp(-step * (event.ctrlKey ? 0.01 : 0.005)), event.offsetX, event.offsetY);
    this.on.moved();
  };

  private pan(from: [number, number], to: [number, number]): void {
    this.on.camera.panBy(to[0] - from[0], to[1] - from[1]);
    this.on.moved();
  }

  /** What was between the fingers stays between them. */
  private pinch(moved: number, to: [number, number]): void {
    const from = this.pointers.get(moved)!;
    const other = [...this.pointers].find(([id]) => id !== moved)![1];
    this.on.camera.zoomBy(distance(other, to) / Math.max(1, distance(other, from)), (other[0] + from[0]) / 2, (other[1] + from[1]) / 2);
    this.pan(from.map((value, axis) => (value + other[axis]!) / 2) as [number, number],
      to.map((value, axis) => (value + other[axis]!) / 2) as [number, number]);
  }

  private extendLasso(place: [number, number]): void {
    if (distance(this.outline!.at(-1)!, place) < LASSO_STEP_PIXELS) return;
    this.outline!.push(place);
    this.on.lassoing(this.outline!);
  }

  private dropLasso(): void {
    this.outline = null;
    this.on.lassoing([]);
  }
}

function distance([x1, y1]: [number, number], [x2, y2]: [number, number]): number {
  return Math.hypot(x2 - x1, y2 - y1);
}
