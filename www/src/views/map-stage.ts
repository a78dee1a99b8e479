// Places and looks in; the map itself out, to be moved about, zoomed into and picked from.

import { html, nothing, type TemplateResult } from 'lit';
import { app } from '../app';
import { Drawing } from '../map/drawing';
import { Gestures } from '../map/gestures';
import type { Places } from '../map/layout';
import { hoverCard, type Spot } from '../map/parts';
import { describe, type Known, type Portrayal } from '../map/portrayal';
import type { Shape } from '../map/shapes';
import type { SampleId } from '../protocol';
import { thumbnails } from '../thumbnails';
import { count } from '../words';
import { View } from './view';

const ZOOM_STEP = 1.6;

class MapStage extends View {
  static override properties = {
    samples: { attribute: false }, places: { attribute: false }, moving: { attribute: false }, portrayal: { attribute: false },
    known: { attribute: false }, pick: { attribute: false }, tools: { attribute: false },
    lassoing: { state: true }, hovered: { state: true }, zoomed: { state: true }, hint: { state: true },
  };
  declare samples: readonly SampleId[];
  declare places: Places | null;
  /** Better places are to come. */
  declare moving: boolean;
  declare portrayal: Portrayal;
  declare known: Known;
  declare pick: (samples: SampleId[]) => void;
  /** More to stand beside the map's own tools. */
  declare tools: TemplateResult;
  /** Dragging draws a lasso. */
  declare lassoing: boolean;
  /** The point under the pointer or in the middle; -1 for none. */
  declare hovered: number;
  declare zoomed: boolean;
  /** Somebody turns the wheel and wonders. */
  declare hint: boolean;

  protected readonly watches = ['selection'] as const;
  private drawing: Drawing | undefined;
  private gestures: Gestures | undefined;

  constructor() {
    super();
    this.lassoing = false;
    this.hovered = -1;
    this.zoomed = false;
    this.hint = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.gestures?.close();
    this.drawing?.close();
    this.drawing = this.gestures = undefined;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const fresh = !this.drawing;
    this.drawing ??= this.raise(this.querySelector('canvas')!);
    this.drawing.moving = this.moving;
    this.drawing.selection = this.state.selection;
    if (this.places && (fresh || changed.has('places'))) this.drawing.place(this.samples, this.places);
    this.drawing.portray(this.portrayal);
    this.drawing.redraw();
  }

  protected override render() {
    const { samples, lassoing, zoomed } = this;
    return html`
      <div class="map-tools">
        ${this.tools}
        <button type="button" class="small" aria-pressed=${lassoing} data-testid="lasso" title="Draw round pictures to select them; or hold Shift and drag"
          @click=${() => (this.lassoing = !lassoing)}>Lasso</button>
        <span class="map-zoom" role="group" aria-label="Zoom">
          <button type="button" class="small" aria-label="Zoom out" @click=${() => this.zoom(1 / ZOOM_STEP)}>−</button>
          <button type="button" class="small" aria-label="Zoom in" data-testid="zoom-in" @click=${() => this.zoom(ZOOM_STEP)}>+</button>
          <button type="button" class="small" data-testid="zoom-all" @click=${() => this.zoom(0)}>Show all</button>
        </span>
      </div>
      <div class="map-stage ${lassoing ? 'lassoing' : ''} ${zoomed || lassoing ? 'grabbing' : ''}">
        <canvas tabindex="0" role="application" aria-label=${`Map of ${count(samples.length, 'picture')}`} aria-describedby="map-keys"
          data-testid="map-canvas" @keydown=${this.pressed} @focus=${this.focused} @blur=${() => this.steer(false)}></canvas>
        ${this.card()}
        ${this.hint ? html`<p class="map-hint">Click the map to zoom with the wheel</p>` : nothing}
      </div>
      <p class="quiet" id="map-keys">Zoom with the wheel, two fingers, or + and −, down to the pictures themselves; drag or use the arrow
        keys to move about. Click pictures, press Space for the one in the middle, or draw a lasso round some, and move or delete them.</p>`;
  }

  private card() {
    const id = this.samples[this.hovered];
    if (id === undefined || !this.drawing || !this.known.classOf.has(id)) return nothing;
    const [left, top] = this.drawing.screenPlace(this.hovered);
    const { width, height } = this.drawing.camera;
    const spot: Spot = { left, top, width, height };
    return hoverCard(id, thumbnails.path(id), describe(id, this.known), this.state.selection.has(id), spot);
  }

  private raise(canvas: HTMLCanvasElement): Drawing {
    const drawing = new Drawing(canvas, (id) => thumbnails.blob(id));
    this.gestures = new Gestures(canvas, {
      camera: drawing.camera,
      lassos: () => this.lassoing,
      moved: () => this.moved(),
      zoomed: (factor) => drawing.zoomBy(factor),
      lassoing: (outline) => this.outline(outline),
      lassoed: (outline, adding) => {
        this.outline([]);
        const inside = drawing.inside(outline);
        this.pick(adding ? [...new Set([...this.state.selection, ...inside])] : inside);
      },
      clicked: (x, y, pointer) => {
        this.hovered = drawing.pointAt(x, y, pointer);
        this.toggle(this.hovered);
      },
      hovered: (place) => (this.hovered = place ? drawing.pointAt(...place) : -1),
      declined: () => (this.hint = true),
    });
    return drawing;
  }

  private outline(outline: Shape): void {
    this.drawing!.lasso = outline;
    this.drawing!.redraw();
  }

  private zoom(factor: number): void {
    this.drawing?.zoomBy(factor);
    this.moved();
  }

  private moved(): void {
    const { drawing } = this;
    if (!drawing) return;
    drawing.redraw();
    this.zoomed = drawing.camera.zoom > 1;
    this.hint = false;
    this.hovered = drawing.crosshair ? this.inTheMiddle() : -1;
    // The card goes with its point.
    this.requestUpdate();
  }

  private inTheMiddle(): number {
    const { width, height } = this.drawing!.camera;
    return this.drawing!.pointAt(width / 2, height / 2, 'mouse', Math.min(width, height) / 2);
  }

  private readonly pressed = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && this.state.selection.size > 0) app.select(new Set(), null);
    else if (event.key === ' ' || event.key === 'Enter') this.toggle(this.inTheMiddle());
    else if (this.gestures?.pressed(event)) this.steer(true);
    else return;
    event.preventDefault();
  };

  private readonly focused = () => this.steer(this.querySelector('canvas')!.matches(':focus-visible'));

  private steer(byKeys: boolean): void {
    if (!this.drawing) return;
    this.drawing.crosshair = byKeys;
    this.drawing.redraw();
    this.hint = false;
    this.hovered = byKeys ? this.inTheMiddle() : -1;
  }

  private toggle(point: number): void {
    const id = this.samples[point];
    if (id === undefined) return;
    const selection = new Set(this.state.selection);
    if (!selection.delete(id)) selection.add(id);
    this.pick([...selection]);
  }
}

customElements.define('map-stage', MapStage);
