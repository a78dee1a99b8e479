// The answers that cost most, worst first: sorted by loss, filtered by class, verdict and mix-up.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { SAMPLES_TYPE } from '../drop';
import { mixUps } from '../evaluation-rows';
import { placement } from '../placement';
import type { ClassView, Evaluation, HeldOutPrediction } from '../protocol';
import { thumbnails } from '../thumbnails';
import { count, fileName, percent } from '../words';
import { segments } from './segments';
import { View } from './view';
import './sample-picture';

type Verdict = 'wrong' | 'right' | 'all';

const VERDICTS: [Verdict, string][] = [['wrong', 'Wrong'], ['right', 'Right'], ['all', 'All']];
const FIRST = 24;
const MORE = 96;
/** Rarer mix-ups are found by class. */
const MAX_PAIRS = 20;

class LossesGallery extends View {
  static override properties = {
    evaluation: { attribute: false },
    open: { state: true },
    verdict: { state: true },
    truth: { state: true },
    pair: { state: true },
    numShown: { state: true },
  };
  declare evaluation: Evaluation;
  declare open: boolean;
  declare verdict: Verdict;
  /** Index of a class, or null for any. */
  declare truth: number | null;
  /** `truth,predicted`, or empty for any. */
  declare pair: string;
  declare numShown: number;
  protected readonly watches = ['dataset', 'selection', 'selectedIn'] as const;
  private sorted: { of: Evaluation; predictions: HeldOutPrediction[] } | null = null;

  constructor() {
    super();
    this.open = false;
    this.verdict = 'wrong';
    this.truth = null;
    this.pair = '';
    this.numShown = FIRST;
  }

  protected override willUpdate(): void {
    if (this.sorted?.of === this.evaluation || !this.open) return;
    const predictions = [...this.evaluation.predictions].sort((a, b) => b.loss - a.loss);
    this.sorted = { of: this.evaluation, predictions };
    this.filter({ truth: null, pair: '' });
  }

  protected override render() {
    return html`
      <details class="report" data-testid="losses" ?open=${this.open} @toggle=${this.toggled}>
        <summary><h3>The worst answers, picture by picture</h3></summary>
        ${this.open && this.sorted ? html`${this.filters()}${this.gallery()}` : nothing}
      </details>`;
  }

  private filters() {
    const { classes } = this.evaluation;
    const pairs = mixUps(this.evaluation).slice(0, MAX_PAIRS);
    const chooseClass = (event: Event) => {
      const { value } = event.target as HTMLSelectElement;
      this.filter({ truth: value === '' ? null : Number(value), pair: '' });
    };
    const choosePair = (event: Event) => this.filter({ pair: (event.target as HTMLSelectElement).value, truth: null, verdict: 'wrong' });
    return html`
      <div class="filters">
        ${segments({ name: 'losses-verdict', legend: 'Answers', options: VERDICTS, chosen: this.verdict, choose: (verdict) => this.filter({ verdict, pair: '' }) })}
        <label>Pictures of
          <select data-testid="losses-class" .value=${this.truth === null ? '' : String(this.truth)} @change=${chooseClass}>
            <option value="" ?selected=${this.truth === null}>any class</option>
            ${classes.map(({ name }, index) => html`<option value=${index} ?selected=${this.truth === index}>${name}</option>`)}
          </select>
        </label>
        ${pairs.length === 0 ? nothing : html`
          <label>Mix-up
            <select data-testid="losses-pair" .value=${this.pair} @change=${choosePair}>
              <option value="" ?selected=${this.pair === ''}>any</option>
              ${pairs.map(({ truth, predicted, num }) => html`
                <option value=${`${truth},${predicted}`} ?selected=${this.pair === `${truth},${predicted}`}>
                  ${classes[truth]!.name} called ${classes[predicted]!.name} (${num})</option>`)}
            </select>
          </label>`}
      </div>`;
  }

  private gallery() {
    const where = placement(this.state.dataset);
    const found = this.sorted!.predictions.filter((prediction) => where.has(prediction.sample) && this.isWanted(prediction));
    const shown = found.slice(0, this.numShown);
    const byName = new Map(this.state.dataset.classes.map((view) => [view.name, view]));
    if (found.length === 0) return html`<p class="quiet empty">${this.verdict === 'wrong' ? 'No wrong answers here.' : 'No pictures here.'}</p>`;
    return html`
      <p class="quiet" role="status">${count(found.length, 'picture')}, those first whose own class got the least probability. Choose some to move or delete them, or drag one to its class.</p>
      <ul class="losses" @dragstart=${this.dragged}>
        ${repeat(shown, ({ sample }) => sample, (prediction) => this.card(prediction, byName))}
      </ul>
      ${found.length > shown.length ? html`
        <button type="button" class="link" @click=${() => (this.numShown += MORE)}>Show more (${(found.length - shown.length).toLocaleString('en-US')} left)</button>` : nothing}`;
  }

  private card(prediction: HeldOutPrediction, byName: ReadonlyMap<string, ClassView>) {
    const { sample } = prediction;
    const caption = captionOf(prediction, this.evaluation);
    const name = fileName(thumbnails.path(sample));
    return html`
      <li draggable="true" data-sample=${sample}>
        <button type="button" class="loss-picture" aria-pressed=${this.state.selection.has(sample)} aria-label=${`${name}: ${caption}`}
          title=${thumbnails.path(sample)} @click=${() => this.choose(prediction)}><sample-picture .sample=${sample}></sample-picture></button>
        <p>${caption}</p>
        ${this.remedy(prediction, byName)}
      </li>`;
  }

  /** One click for what is most often meant: the model was right and the label wrong. */
  private remedy({ sample, truth, predicted }: HeldOutPrediction, byName: ReadonlyMap<string, ClassView>) {
    const { classes } = this.evaluation;
    const now = placement(this.state.dataset).get(sample);
    const [before, suggested] = [byName.get(classes[truth]!.name), byName.get(classes[predicted]!.name)];
    if (now === null) return html`<p class="quiet">set aside</p>`;
    if (before?.id !== now) {
      const there = this.state.dataset.classes.find(({ id }) => id === now);
      return html`<p class="quiet">now in “${there?.name}”</p>`;
    }
    if (truth === predicted || !suggested) return nothing;
    const move = () => app.send({ type: 'moveSamples', samples: [sample], class: suggested.id });
    return html`<button type="button" class="link" data-testid="move-to-predicted" @click=${move}>Move to “${suggested.name}”</button>`;
  }

  private isWanted({ truth, predicted }: HeldOutPrediction): boolean {
    if (this.pair !== '') return this.pair === `${truth},${predicted}`;
    if (this.truth !== null && truth !== this.truth) return false;
    return this.verdict === 'all' || (truth === predicted) === (this.verdict === 'right');
  }

  private filter(to: Partial<Pick<LossesGallery, 'verdict' | 'truth' | 'pair'>>): void {
    Object.assign(this, to);
    this.numShown = FIRST;
  }

  private choose({ sample }: HeldOutPrediction): void {
    const { selection, selectedIn } = this.state;
    const chosen = new Set(selectedIn === 'losses' ? selection : []);
    if (!chosen.delete(sample)) chosen.add(sample);
    app.select(chosen, 'losses');
  }

  private readonly toggled = (event: Event) => {
    if (event.target === this.firstElementChild) this.open = (event.target as HTMLDetailsElement).open;
  };

  private readonly dragged = (event: DragEvent) => {
    const card = (event.target as Element).closest<HTMLElement>('[data-sample]');
    if (!card || !event.dataTransfer) return;
    const id = Number(card.dataset.sample);
    if (!this.state.selection.has(id)) app.select(new Set([id]), 'losses');
    event.dataTransfer.setData(SAMPLES_TYPE, count(this.state.selection.size, 'picture'));
    event.dataTransfer.effectAllowed = 'move';
  };
}

export function captionOf({ truth, predicted, confidence }: HeldOutPrediction, { classes }: Evaluation): string {
  const verdict = truth === predicted ? `${classes[truth]!.name}, named right` : `${classes[truth]!.name}, called ${classes[predicted]!.name}`;
  return `${verdict} · ${percent(confidence)} sure`;
}

customElements.define('losses-gallery', LossesGallery);
