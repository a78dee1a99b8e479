// Which classes are taken for which: a table of buttons, or small squares when there are many classes.
// Choosing a cell is an event `choose`.

import { html, nothing, svg } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { type Cell, compactMatrix, sharesIn, type Unit } from '../charts/compact-matrix';
import { mixUps, share } from '../evaluation-rows';
import { classColor } from '../palette';
import type { Evaluation } from '../protocol';
import { count, percent } from '../words';
import { leaf } from './icons';
import { segments } from './segments';
import { View } from './view';

/** More names don't fit beside a table, nor can they be found in it. */
export const MAX_TABLE_CLASSES = 40;
const MAX_LISTED = 500;
const UNITS: [Unit, string][] = [['count', 'Counts'], ['row', '% of row'], ['column', '% of column']];

class ConfusionMatrix extends View {
  static override properties = {
    evaluation: { attribute: false },
    chosen: { attribute: false },
    unit: { state: true },
    cursor: { state: true },
  };
  declare evaluation: Evaluation;
  declare chosen: Cell | null;
  declare unit: Unit;
  /** Where the pointer or the keyboard is among many classes. */
  declare cursor: Cell;
  protected readonly watches = [] as const;

  constructor() {
    super();
    this.chosen = null;
    this.unit = 'count';
    this.cursor = { truth: 0, predicted: 0 };
  }

  protected override willUpdate(): void {
    const last = this.evaluation.classes.length - 1;
    if (Math.max(this.cursor.truth, this.cursor.predicted) > last) this.cursor = { truth: 0, predicted: 0 };
  }

  protected override render() {
    return html`
      ${segments({ name: 'confusion-unit', legend: 'Show', options: UNITS, chosen: this.unit, choose: (unit) => (this.unit = unit) })}
      ${this.evaluation.classes.length <= MAX_TABLE_CLASSES ? this.table() : this.squares()}`;
  }

  private table() {
    const { confusion, classes } = this.evaluation;
    const shareOf = sharesIn(confusion, this.unit);
    return html`
      <div class="table-scroll" tabindex="0" role="region" aria-label="Confusion matrix">
        <table class="confusion" data-testid="confusion">
          <caption>Rows: what the picture is. Columns: what the model says.</caption>
          <thead>
            <tr>
              <td></td>
              ${classes.map(({ name, color }) => html`
                <th scope="col" style=${`--class-color:${classColor(color)}`}><span>${leaf}<span class="column-name">${name}</span></span></th>`)}
            </tr>
          </thead>
          <tbody>
            ${confusion.map((row, truth) => html`
              <tr>
                <th scope="row" style=${`--class-color:${classColor(classes[truth]!.color)}`}>${leaf}<span class="row-name">${classes[truth]!.name}</span></th>
                ${row.map((num, predicted) => this.cell({ truth, predicted }, num, shareOf({ truth, predicted })))}
              </tr>`)}
          </tbody>
        </table>
      </div>`;
  }

  private cell(cell: Cell, num: number, part: number) {
    const { truth, predicted } = cell;
    if (num === 0) return html`<td class="zero">0</td>`;
    const [is, says] = [this.nameOf(truth), this.nameOf(predicted)];
    const label = `${num} ${is} called ${says}${this.unit === 'count' ? '' : `, ${this.ofWhat(cell, part)}`}`;
    return html`
      <td class=${truth === predicted ? 'right' : 'wrong'} style=${`--share:${part.toFixed(3)}`}>
        <button type="button" aria-label=${label} title=${label} aria-pressed=${this.isChosen(cell)} data-truth=${is} data-predicted=${says}
          @click=${() => this.choose(cell)}>${this.unit === 'count' ? num : percent(part).slice(0, -1)}</button>
      </td>`;
  }

  private squares() {
    const { confusion, classes } = this.evaluation;
    const { truth, predicted } = this.cursor;
    const size = classes.length;
    return html`
      <div class="table-scroll">
        <div class="squares" tabindex="0" role="application" aria-roledescription="confusion matrix" data-testid="confusion"
          aria-label=${`${size} classes: rows are what pictures are, columns what the model says. Arrow keys move, N finds the next mix-up, Enter shows the pictures.`}
          aria-describedby="square-told" style=${`--size:${size}`} @keydown=${this.pressed} @pointermove=${this.pointed} @click=${this.clicked}>
          <svg viewBox=${`0 0 ${size} ${size}`} aria-hidden="true">
            ${guard([confusion, this.unit], () => compactMatrix(confusion, this.unit))}
            <path class="cross" d=${`M0 ${truth + 0.5}H${size}M${predicted + 0.5} 0V${size}`}></path>
            <rect class="cursor" x=${predicted} y=${truth} width="1" height="1"></rect>
            ${this.chosen ? svg`<rect class="chosen-cell" x=${this.chosen.predicted} y=${this.chosen.truth} width="1" height="1"></rect>` : nothing}
          </svg>
        </div>
      </div>
      <p id="square-told" class="square-told" role="status" data-testid="square-told">${this.told(this.cursor)}</p>
      <p class="quiet">Rows: what the picture is. Columns: what the model says. Right answers lie on the diagonal; the fuller a square, the larger
        its share. Click one, or move with the arrow keys (N: the next mix-up) and press Enter, to see its pictures.</p>
      ${this.numbers()}`;
  }

  private numbers() {
    const shareOf = sharesIn(this.evaluation.confusion, this.unit);
    const all = mixUps(this.evaluation);
    return html`
      <details class="behind">
        <summary>The numbers</summary>
        <div class="table-scroll tall" tabindex="0" role="region" aria-label="All mix-ups">
          <table class="numbers">
            <thead><tr><th scope="col">Is</th><th scope="col">Called</th><th scope="col">Pictures</th>
              <th scope="col">${this.unit === 'column' ? 'Of the answer' : 'Of the class'}</th></tr></thead>
            <tbody>${all.slice(0, MAX_LISTED).map(({ truth, predicted, num }) => html`
              <tr><th scope="row">${this.nameOf(truth)}</th><td>${this.nameOf(predicted)}</td><td>${num}</td><td>${share(shareOf({ truth, predicted }))}</td></tr>`)}</tbody>
          </table>
        </div>
      </details>`;
  }

  private told(cell: Cell): string {
    const num = this.evaluation.confusion[cell.truth]![cell.predicted]!;
    const [is, says] = [this.nameOf(cell.truth), this.nameOf(cell.predicted)];
    const what = cell.truth === cell.predicted ? `“${is}” named right` : `“${is}” called “${says}”`;
    const part = sharesIn(this.evaluation.confusion, this.unit)(cell);
    return `${what}: ${count(num, 'picture')}${num === 0 ? '' : `, ${this.ofWhat(cell, part)}`}`;
  }

  private ofWhat({ truth, predicted }: Cell, part: number): string {
    return this.unit === 'column' ? `${percent(part)} of what is called “${this.nameOf(predicted)}”` : `${percent(part)} of “${this.nameOf(truth)}”`;
  }

  private nameOf(index: number): string {
    return this.evaluation.classes[index]!.name;
  }

  private isChosen({ truth, predicted }: Cell): boolean {
    return this.chosen?.truth === truth && this.chosen.predicted === predicted;
  }

  private choose(cell: Cell): void {
    this.dispatchEvent(new CustomEvent<Cell>('choose', { detail: cell }));
  }

  private readonly pointed = (event: PointerEvent) => {
    const cell = this.cellAt(event);
    if (cell && (cell.truth !== this.cursor.truth || cell.predicted !== this.cursor.predicted)) this.cursor = cell;
  };

  private readonly clicked = (event: MouseEvent) => {
    const cell = this.cellAt(event);
    if (!cell) return;
    this.cursor = cell;
    this.choose(cell);
  };

  private cellAt({ clientX, clientY }: MouseEvent): Cell | null {
    const size = this.evaluation.classes.length;
    const { left, top, width, height } = this.querySelector('.squares svg')!.getBoundingClientRect();
    const [predicted, truth] = [Math.floor((size * (clientX - left)) / width), Math.floor((size * (clientY - top)) / height)];
    return Math.min(predicted, truth) < 0 || Math.max(predicted, truth) >= size ? null : { truth, predicted };
  }

  private readonly pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = this.keyTarget(event.key);
    if (to) this.cursor = to;
    else if (event.key === 'Enter' || event.key === ' ') this.choose(this.cursor);
    else return;
    event.preventDefault();
  };

  private keyTarget(key: string): Cell | null {
    const last = this.evaluation.classes.length - 1;
    const { truth, predicted } = this.cursor;
    const to = (down: number, right: number): Cell => ({
      truth: Math.max(0, Math.min(last, truth + down)),
      predicted: Math.max(0, Math.min(last, predicted + right)),
    });
    switch (key) {
      case 'ArrowUp': return to(-1, 0);
      case 'ArrowDown': return to(1, 0);
      case 'ArrowLeft': return to(0, -1);
      case 'ArrowRight': return to(0, 1);
      case 'Home': return { truth, predicted: 0 };
      case 'End': return { truth, predicted: last };
      case 'n': case 'N': return this.nextMixUp();
      default: return null;
    }
  }

  /** Row by row from the cursor on, and around. */
  private nextMixUp(): Cell | null {
    const { confusion } = this.evaluation;
    const size = confusion.length;
    const from = this.cursor.truth * size + this.cursor.predicted;
    for (let step = 1; step <= size * size; step++) {
      const at = (from + step) % (size * size);
      const cell = { truth: Math.floor(at / size), predicted: at % size };
      if (cell.truth !== cell.predicted && confusion[cell.truth]![cell.predicted]! > 0) return cell;
    }
    return null;
  }
}

customElements.define('confusion-matrix', ConfusionMatrix);
