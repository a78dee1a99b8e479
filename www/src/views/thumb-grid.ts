// Any number of samples in, only the rows on screen in the document. Selectable by mouse and keyboard.

import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { SAMPLES_TYPE } from '../drop';
import type { SampleId } from '../protocol';
import type { Key, Place } from '../store';
import { thumbnails } from '../thumbnails';
import { count, fileName } from '../words';
import { askSoon, visibleRows, watchScrolling } from './visible-rows';
import { View } from './view';

/** Cells are at least this wide and grow to fill the row. */
const MIN_CELL_PIXELS = 64;
/** … or at least this, if there are words in them. */
const MIN_CAPTIONED_PIXELS = 96;
const GAP_PIXELS = 6;
const COLLAPSED_ROWS = 2;
/** The same sample may be in several grids at a time. */
let numGrids = 0;

class ThumbGrid extends View {
  static override properties = {
    ids: { attribute: false },
    within: { attribute: false },
    label: { attribute: false },
    captions: { attribute: false },
    captioned: { type: Boolean },
    collapsible: { type: Boolean },
    draggableSamples: { type: Boolean, attribute: 'draggable-samples' },
    numColumns: { state: true },
    pitch: { state: true },
    firstRow: { state: true },
    lastRow: { state: true },
    expanded: { state: true },
    cursor: { state: true },
  };
  declare ids: readonly SampleId[];
  declare within: Place;
  declare label: string;
  /** What to say of a sample beside its file name. */
  declare captions: ReadonlyMap<SampleId, string> | undefined;
  /** Whether that is written on the picture, too. */
  declare captioned: boolean;
  declare collapsible: boolean;
  declare draggableSamples: boolean;
  declare numColumns: number;
  /** From one cell's edge to the next's, in pixels. */
  declare pitch: number;
  declare firstRow: number;
  declare lastRow: number;
  declare expanded: boolean;
  /** The sample the keyboard is at. */
  declare cursor: number;

  protected readonly watches = ['selection', 'thumbnails'] as const;
  /** Whether a cell in the document has no picture yet. */
  private isWaiting = false;
  private readonly number = numGrids++;
  private anchor = 0;
  private stopWatching = () => {};
  /** Object URLs of the cells in the document; each is revoked when its cell goes. */
  private readonly addresses = new Map<SampleId, string>();

  constructor() {
    super();
    this.ids = [];
    this.label = '';
    this.captioned = false;
    this.collapsible = false;
    this.draggableSamples = false;
    this.numColumns = 1;
    this.pitch = MIN_CELL_PIXELS + GAP_PIXELS;
    this.firstRow = 0;
    this.lastRow = 0;
    this.expanded = false;
    this.cursor = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopWatching = watchScrolling(this, () => this.measure());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopWatching();
    for (const address of this.addresses.values()) URL.revokeObjectURL(address);
    this.addresses.clear();
  }

  /** Of thousands that arrive few are shown, and by one of many grids. */
  protected override concerns(changed: ReadonlySet<Key>): boolean {
    return changed.has('selection') || (this.isWaiting && changed.has('thumbnails'));
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('ids')) this.cursor = Math.min(this.cursor, Math.max(0, this.ids.length - 1));
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('ids') || changed.has('expanded')) askSoon(this);
    this.revokeUnseen();
  }

  protected override render() {
    const rows = this.numRows;
    const shownRows = this.isCollapsed ? Math.min(rows, COLLAPSED_ROWS) : rows;
    const start = this.firstRow * this.numColumns;
    const end = Math.min(this.ids.length, Math.min(this.lastRow, shownRows) * this.numColumns);
    const visible = this.ids.slice(start, Math.max(start, end));
    this.isWaiting = visible.some((id) => !this.addressOf(id));
    return html`
      <div class="cells" role="listbox" aria-multiselectable="true" aria-label=${this.label} tabindex="0"
        aria-activedescendant=${this.cellId(this.ids[this.cursor])}
        style=${`--cell:${this.pitch - GAP_PIXELS}px;height:${Math.max(0, shownRows * this.pitch - GAP_PIXELS)}px`}
        @click=${this.clicked} @keydown=${this.pressed} @dragstart=${this.dragged}>
        ${repeat(visible, (id) => id, (id, index) => this.cell(id, start + index))}
      </div>
      ${this.collapsible && rows > COLLAPSED_ROWS ? html`
        <button type="button" class="link show-all" aria-expanded=${this.expanded} @click=${() => (this.expanded = !this.expanded)}>
          ${this.expanded ? 'Show fewer' : `Show all ${this.ids.length.toLocaleString('en-US')}`}
        </button>` : nothing}`;
  }

  private get numRows(): number {
    return Math.ceil(this.ids.length / this.numColumns);
  }

  private get isCollapsed(): boolean {
    return this.collapsible && !this.expanded;
  }

  private cell(id: SampleId, index: number) {
    const row = Math.floor(index / this.numColumns);
    const column = index % this.numColumns;
    const name = fileName(thumbnails.path(id));
    const caption = this.captions?.get(id);
    const label = caption ? `${name}: ${caption}` : name;
    const address = this.addressOf(id);
    return html`
      <div class="cell ${address ? '' : 'pending'} ${index === this.cursor ? 'cursor' : ''}" role="option" id=${this.cellId(id)}
        data-index=${index} data-sample=${id} aria-selected=${this.state.selection.has(id)}
        aria-label=${address ? label : `${label}, being read`} title=${label}
        draggable=${this.draggableSamples} style=${`transform:translate(${column * this.pitch}px,${row * this.pitch}px)`}>
        ${address ? html`<img src=${address} alt="" draggable="false" decoding="async" />` : nothing}
        ${this.captioned && caption ? html`<span class="cell-caption" aria-hidden="true">${caption}</span>` : nothing}
      </div>`;
  }

  private cellId(id: SampleId | undefined): string {
    return id === undefined ? '' : `sample-${this.number}-${id}`;
  }

  private addressOf(id: SampleId): string | undefined {
    const known = this.addresses.get(id);
    if (known) return known;
    const blob = thumbnails.blob(id);
    if (!blob) return undefined;
    const address = URL.createObjectURL(blob);
    this.addresses.set(id, address);
    return address;
  }

  private revokeUnseen(): void {
    const seen = new Set<SampleId>();
    for (const cell of this.querySelectorAll<HTMLElement>('.cell')) seen.add(Number(cell.dataset.sample));
    for (const [id, address] of this.addresses) {
      if (seen.has(id)) continue;
      URL.revokeObjectURL(address);
      this.addresses.delete(id);
    }
  }

  private measure(): void {
    const cells = this.querySelector<HTMLElement>('.cells');
    if (!cells || !this.isConnected) return;
    const width = cells.clientWidth + GAP_PIXELS;
    const least = this.captioned ? MIN_CAPTIONED_PIXELS : MIN_CELL_PIXELS;
    this.numColumns = Math.max(1, Math.floor(width / (least + GAP_PIXELS)));
    this.pitch = width / this.numColumns;
    const { first, last } = visibleRows(cells, this.pitch);
    this.firstRow = Math.min(first, this.numRows);
    this.lastRow = Math.min(last, this.numRows);
  }

  private readonly clicked = (event: MouseEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>('.cell');
    if (!cell) return app.select(new Set(), null);
    this.cursor = Number(cell.dataset.index);
    // Fingers have no Ctrl key: each tap adds or takes away.
    const touch = (event as PointerEvent).pointerType === 'touch';
    if (event.shiftKey) this.selectTo(this.cursor);
    else if (event.ctrlKey || event.metaKey || touch) this.toggle(this.cursor);
    else this.selectOnly(this.cursor);
  };

  private readonly pressed = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'a') app.select(new Set(this.ids), this.within);
    else if (event.key === ' ') this.toggle(this.cursor);
    else if (event.key === 'Escape' && this.state.selection.size > 0) app.select(new Set(), null);
    else if (!this.moveCursor(event)) return;
    event.preventDefault();
  };

  private moveCursor(event: KeyboardEvent): boolean {
    const steps: Record<string, number> = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.numColumns, ArrowDown: this.numColumns, Home: -Infinity, End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined) return false;
    const limit = this.isCollapsed ? Math.min(this.ids.length, COLLAPSED_ROWS * this.numColumns) : this.ids.length;
    this.cursor = Math.max(0, Math.min(limit - 1, this.cursor + step));
    if (event.shiftKey) this.selectTo(this.cursor);
    else this.anchor = this.cursor;
    this.revealCursor();
    return true;
  }

  private revealCursor(): void {
    const cells = this.querySelector<HTMLElement>('.cells')!;
    const row = Math.floor(this.cursor / this.numColumns);
    // The cell may not be in the document yet: a stand-in at its place is.
    const stand = document.createElement('span');
    stand.style.cssText = `position:absolute;top:${row * this.pitch}px;height:${this.pitch}px;width:1px`;
    cells.append(stand);
    stand.scrollIntoView({ block: 'nearest' });
    stand.remove();
  }

  private selectOnly(index: number): void {
    this.anchor = index;
    const id = this.ids[index]!;
    const { selection } = this.state;
    const already = selection.size === 1 && selection.has(id);
    app.select(already ? new Set() : new Set([id]), this.within);
  }

  private toggle(index: number): void {
    this.anchor = index;
    const id = this.ids[index];
    if (id === undefined) return;
    const selection = new Set(this.state.selection);
    if (!selection.delete(id)) selection.add(id);
    app.select(selection, this.within);
  }

  private selectTo(index: number): void {
    const [from, to] = [Math.min(this.anchor, index), Math.max(this.anchor, index)];
    app.select(new Set(this.ids.slice(from, to + 1)), this.within);
  }

  private readonly dragged = (event: DragEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>('.cell');
    if (!cell || !event.dataTransfer) return;
    const id = Number(cell.dataset.sample);
    if (!this.state.selection.has(id)) app.select(new Set([id]), this.within);
    const { size } = this.state.selection;
    event.dataTransfer.setData(SAMPLES_TYPE, count(size, 'picture'));
    event.dataTransfer.effectAllowed = 'move';
  };
}

customElements.define('thumb-grid', ThumbGrid);
