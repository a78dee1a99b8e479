// How good heads are on pictures they haven't seen, and on which they err: of the last run, or cross-validated.

import { html, nothing } from 'lit';
import type { Cell } from '../charts/compact-matrix';
import { judges, leakageSentence, mixUps, originSentence, ratio } from '../evaluation-rows';
import { placement } from '../placement';
import type { Evaluation, HeldOutPrediction, Origin, Proportion } from '../protocol';
import { percent } from '../words';
import { MAX_TABLE_CLASSES } from './confusion-matrix';
import { foldTable } from './fold-table';
import { segments } from './segments';
import { View } from './view';
import './compare-methods';
import './cross-validation';
import './duplicate-groups';
import './learning-curve';
import './losses-gallery';
import './make-smaller';
import './none-of-these';
import './report-download';
import './report-panel';
import './thumb-grid';

type Source = Evaluation['origin']['kind'];

const FEW_MIXUPS = 5;
/** Beside a matrix that has no names on it. */
const MANY_MIXUPS = 15;

class ResultsPanel extends View {
  static override properties = { source: { state: true }, chosen: { state: true } };
  declare source: Source;
  declare chosen: Cell | null;
  protected readonly watches = ['evaluation', 'findings', 'stale', 'dataset'] as const;
  private seen: { [Kind in Source]: Evaluation | null } = { heldOut: null, crossValidation: null };

  constructor() {
    super();
    this.source = 'crossValidation';
    this.chosen = null;
  }

  /** What was found last is what somebody wants to see. */
  protected override willUpdate(): void {
    const { evaluation, findings } = this.state;
    const now = { heldOut: evaluation, crossValidation: findings.crossValidation?.evaluation ?? null };
    for (const source of ['crossValidation', 'heldOut'] as const) {
      if (now[source] === this.seen[source]) continue;
      if (now[source]) this.source = source;
      this.chosen = null;
    }
    if (this.source === 'heldOut' && !now.heldOut) this.source = 'crossValidation';
    this.seen = now;
  }

  protected override render() {
    const evaluation = this.seen[this.source];
    return html`
      <div class="panel-head"><h2 id="results" tabindex="-1">Results</h2>${this.chooser()}</div>
      ${this.source === 'crossValidation' ? html`<cross-validation></cross-validation>` : nothing}
      ${this.source === 'heldOut' && this.state.stale ? html`
        <p class="stale">The pictures have changed since this model was trained: train again to take that in.</p>` : nothing}
      ${evaluation ? this.body(evaluation) : nothing}
      <compare-methods></compare-methods>
      <make-smaller></make-smaller>
      <learning-curve></learning-curve>
      <none-of-these></none-of-these>
      ${evaluation ? html`<report-download .evaluation=${evaluation}></report-download>` : nothing}`;
  }

  private chooser() {
    const { heldOut, crossValidation } = this.seen;
    const options: [Source, string][] = [
      ['heldOut', heldOut ? `Held out: ${heldOut.accuracy.total.toLocaleString('en-US')} pictures` : 'Held out: after training'],
      ['crossValidation', crossValidation ? `Cross-validated: all ${crossValidation.accuracy.total.toLocaleString('en-US')}` : 'Cross-validated'],
    ];
    const choose = (source: Source) => {
      this.source = source;
      this.chosen = null;
    };
    return segments({
      name: 'evaluation-source', legend: 'Judged by', options, chosen: this.source, choose,
      disabled: (source) => source === 'heldOut' && !heldOut,
    });
  }

  private body(evaluation: Evaluation) {
    const { origin } = evaluation;
    return html`
      <div class="results-parts">
        <div class="results-words">
          ${accuracy(evaluation)}
          ${origin.kind === 'crossValidation' ? crossValidated(origin, evaluation.accuracy) : nothing}
          ${this.mixups(evaluation)}
        </div>
        <div class="results-table">
          <confusion-matrix .evaluation=${evaluation} .chosen=${this.chosen}
            @choose=${({ detail }: CustomEvent<Cell>) => (this.chosen = detail)}></confusion-matrix>
        </div>
        <div class="chosen" data-testid="cell-pictures">
          ${this.chosen ? this.pictures(evaluation, this.chosen)
            : html`<p class="quiet empty">Choose a number in the table to see its pictures.</p>`}
        </div>
      </div>
      ${origin.kind === 'crossValidation' ? html`<duplicate-groups .groups=${origin.groups}></duplicate-groups>` : nothing}
      <losses-gallery .evaluation=${evaluation}></losses-gallery>
      <report-panel .evaluation=${evaluation}></report-panel>`;
  }

  private mixups(evaluation: Evaluation) {
    const { classes } = evaluation;
    const all = mixUps(evaluation);
    if (all.length === 0) return html`<p>No mix-ups among the held-out pictures.</p>`;
    const worst = all.slice(0, classes.length > MAX_TABLE_CLASSES ? MANY_MIXUPS : FEW_MIXUPS);
    return html`
      <h3>Most frequent mix-ups</h3>
      <ul class="mixups">
        ${worst.map(({ truth, predicted, num }) => html`
          <li><button type="button" class="link" @click=${() => (this.chosen = { truth, predicted })}>
            ${num} × ${classes[truth]!.name} called ${classes[predicted]!.name}</button></li>`)}
      </ul>`;
  }

  private pictures({ predictions, classes }: Evaluation, { truth, predicted }: Cell) {
    const where = placement(this.state.dataset);
    const there = predictions
      .filter((prediction) => prediction.truth === truth && prediction.predicted === predicted && where.has(prediction.sample))
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

function accuracy({ accuracy: right, origin }: Evaluation) {
  const { hits, total, low, high } = right;
  return html`
    <p class="headline" data-testid="headline">
      <strong>${hits} of ${total}</strong> ${judges(origin)} named right: <strong>${percent(ratio(right))}</strong>.
    </p>
    <p data-testid="interval">
      Judged by so ${total < 100 ? 'few' : 'many'} pictures, the true rate probably lies between
      <strong>${percent(low)}</strong> and <strong>${percent(high)}</strong>
      <span class="quiet">(95% confidence, Wilson)</span>.
    </p>
    ${origin.kind === 'heldOut' && origin.judgedBy === 'source' ? html`
      <p class="stale" data-testid="judged-by-source">These are source pictures: no target picture has a class, so how good the model is on those is not known.
        Give a few of them their class to find out.</p>` : nothing}
    <p class="quiet" data-testid="kept">${originSentence(origin)}</p>`;
}

function crossValidated(origin: Origin & { kind: 'crossValidation' }, right: Proportion) {
  return html`
    <p data-testid="leakage">${leakageSentence(origin, right)}</p>
    <details class="behind">
      <summary>Fold by fold</summary>
      ${foldTable(origin.folds)}
    </details>`;
}

customElements.define('results-panel', ResultsPanel);
