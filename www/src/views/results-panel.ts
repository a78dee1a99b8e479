// How good the model is, and on which pictures it errs.

import { html, nothing } from 'lit';
import { classColor } from '../palette';
import type { Evaluation, HeldOutPrediction, Kept } from '../protocol';
import { count, percent } from '../words';
import { leaf } from './icons';
import { View } from './view';
import './report-panel';
import './thumb-grid';

/** A larger table is neither readable nor quick; the list of mix-ups still is. */
const MAX_TABLE_CLASSES = 40;
const MAX_MIXUPS = 5;

interface Cell {
  truth: number;
  predicted: number;
}

class ResultsPanel extends View {
  static override properties = { chosen: { state: true } };
  declare chosen: Cell | null;
  protected readonly watches = ['evaluation', 'stale', 'dataset'] as const;
  private shown: Evaluation | null = null;

  constructor() {
    super();
    this.chosen = null;
  }

  protected override willUpdate(): void {
    const { evaluation } = this.state;
    if (this.shown !== evaluation) this.chosen = null;
    this.shown = evaluation;
  }

  protected override render() {
    const { evaluation } = this.state;
    if (!evaluation) return nothing;
    return html`
      <div class="panel-head"><h2 id="results" tabindex="-1">Results</h2></div>
      <div class="results-parts">
        <div class="results-words">${this.accuracy(evaluation)}${this.mixups(evaluation)}</div>
        <div class="results-table">
          ${evaluation.classes.length <= MAX_TABLE_CLASSES ? this.table(evaluation)
            : html`<p class="quiet">With more than ${MAX_TABLE_CLASSES} classes the table is left out; the most frequent mix-ups are listed.</p>`}
        </div>
        <div class="chosen" data-testid="cell-pictures">
          ${this.chosen ? this.pictures(evaluation, this.chosen)
            : html`<p class="quiet empty">Choose a number in the table to see its pictures.</p>`}
        </div>
      </div>
      <report-panel></report-panel>`;
  }

  private accuracy({ accuracy, kept, numTrain, device }: Evaluation) {
    const { hits, total, low, high } = accuracy;
    return html`
      <p class="headline" data-testid="headline">
        <strong>${hits} of ${total}</strong> held-out pictures named right: <strong>${percent(hits / total)}</strong>.
      </p>
      <p data-testid="interval">
        Judged by so ${total < 100 ? 'few' : 'many'} pictures, the true rate probably lies between
        <strong>${percent(low)}</strong> and <strong>${percent(high)}</strong>
        <span class="quiet">(95% confidence, Wilson)</span>.
      </p>
      <p class="quiet" data-testid="kept">
        Learned from ${count(numTrain, 'picture')} on the ${device === 'webgpu' ? 'GPU' : 'CPU'}; ${course(kept)}.
      </p>`;
  }

  private mixups({ confusion, classes }: Evaluation) {
    const all = confusion.flatMap((row, truth) =>
      row.map((num, predicted) => ({ truth, predicted, num })).filter(({ num, predicted }) => num > 0 && predicted !== truth));
    if (all.length === 0) return html`<p>No mix-ups among the held-out pictures.</p>`;
    const worst = all.sort((a, b) => b.num - a.num).slice(0, MAX_MIXUPS);
    return html`
      <h3>Most frequent mix-ups</h3>
      <ul class="mixups">
        ${worst.map(({ truth, predicted, num }) => html`
          <li><button type="button" class="link" @click=${() => (this.chosen = { truth, predicted })}>
            ${num} × ${classes[truth]!.name} called ${classes[predicted]!.name}</button></li>`)}
      </ul>`;
  }

  private table({ confusion, classes }: Evaluation) {
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
            ${confusion.map((row, truth) => {
              const { name, color } = classes[truth]!;
              const sum = Math.max(1, row.reduce((a, b) => a + b, 0));
              return html`
                <tr>
                  <th scope="row" style=${`--class-color:${classColor(color)}`}>${leaf}<span class="row-name">${name}</span></th>
                  ${row.map((num, predicted) => this.cell({ truth, predicted }, num, num / sum, classes))}
                </tr>`;
            })}
          </tbody>
        </table>
      </div>`;
  }

  private cell(cell: Cell, num: number, share: number, classes: Evaluation['classes']) {
    const { truth, predicted } = cell;
    if (num === 0) return html`<td class="zero">0</td>`;
    const right = truth === predicted;
    const label = `${num} ${classes[truth]!.name} called ${classes[predicted]!.name}`;
    const chosen = this.chosen?.truth === truth && this.chosen.predicted === predicted;
    return html`
      <td class=${right ? 'right' : 'wrong'} style=${`--share:${share.toFixed(3)}`}>
        <button type="button" aria-label=${label} title=${label} aria-pressed=${chosen} data-truth=${classes[truth]!.name}
          data-predicted=${classes[predicted]!.name} @click=${() => (this.chosen = cell)}>${num}</button>
      </td>`;
  }

  private pictures({ predictions, classes }: Evaluation, { truth, predicted }: Cell) {
    const alive = new Set(this.state.dataset.classes.flatMap(({ samples }) => samples));
    const there = predictions
      .filter((prediction) => prediction.truth === truth && prediction.predicted === predicted && alive.has(prediction.sample))
      .sort((a, b) => b.confidence - a.confidence);
    const captions = new Map(there.map(({ sample, confidence }: HeldOutPrediction) => [sample, `${percent(confidence)} sure`] as const));
    const [is, says] = [classes[truth]!.name, classes[predicted]!.name];
    return html`
      <h3><span role="status">${truth === predicted ? `${is}, named right` : `${is} called ${says}`}</span></h3>
      <p class="quiet">The surest first. Select some to move or delete them.</p>
      <thumb-grid .ids=${there.map(({ sample }) => sample)} .within=${'results'} .captions=${captions}
        .label=${`${is} called ${says}`} draggable-samples></thumb-grid>`;
  }
}

/** How the run came by the head it kept. */
function course(kept: Kept): string {
  switch (kept.kind) {
    case 'optimum':
      return `reached the optimum in ${count(kept.numSteps, 'step')}`;
    case 'last':
      return `stopped on the way to the optimum, after ${count(kept.numSteps, 'step')}`;
    case 'bestEpoch':
      return kept.epoch === 0 ? 'stopped before the first epoch was over'
        : `kept epoch ${kept.epoch} of ${kept.numEpochs}, the one that did best on held-out pictures`;
  }
}

customElements.define('results-panel', ResultsPanel);
