// Asks for a cross-validation and tells how far it is.

import { html, nothing } from 'lit';
import { app } from '../app';
import type { TrainingConfig } from '../protocol';
import { View } from './view';
import './duplicate-threshold';
import { isReady, mayStudy, studyCourse } from './study-course';

const DEFAULT_FOLDS = 5;

class CrossValidation extends View {
  static override properties = { numFolds: { state: true } };
  declare numFolds: number;
  protected readonly watches = ['studies', 'findings', 'config', 'dataset'] as const;
  private asked: { config: TrainingConfig; numFolds: number } | null = null;

  constructor() {
    super();
    this.numFolds = DEFAULT_FOLDS;
  }

  protected override render() {
    const { config, dataset, findings } = this.state;
    if (!config) return nothing;
    const again = findings.crossValidation !== undefined;
    const changed = again && this.asked && (this.asked.config !== config || this.asked.numFolds !== this.numFolds);
    return html`
      <form class="asking" data-testid="cross-validation" @submit=${this.submitted}>
        ${again ? nothing : html`
          <p class="asking-why"><span>Every picture is held out once, from a model that learns from the others: a fairer judgment than a single
            split, since none is left out by luck.</span></p>`}
        <label class="folds">Folds
          <input type="number" min="2" max="20" step="1" required .value=${String(this.numFolds)} data-testid="folds" @change=${this.setFolds} />
        </label>
        <duplicate-threshold></duplicate-threshold>
        <button class=${again ? '' : 'primary'} ?disabled=${!isReady()} aria-disabled=${mayStudy('crossValidation') ? nothing : 'true'} aria-describedby="cross-validation-missing"
          data-testid="cross-validate">${again ? 'Cross-validate again' : 'Cross-validate'}</button>
        ${dataset.missing.length > 0 ? html`<p id="cross-validation-missing" class="quiet">${dataset.missing[0]}</p>` : nothing}
      </form>
      ${changed ? html`<p class="quiet">The settings have changed since; these numbers are of the earlier ones.</p>` : nothing}
      ${studyCourse('crossValidation', { doing: 'Cross-validating', again: this.ask })}`;
  }

  private readonly setFolds = (event: Event) => {
    const input = event.target as HTMLInputElement;
    if (!Number.isNaN(input.valueAsNumber)) this.numFolds = Math.min(20, Math.max(2, Math.round(input.valueAsNumber)));
    input.value = String(this.numFolds);
  };

  private readonly submitted = (event: Event) => {
    event.preventDefault();
    this.ask();
  };

  private readonly ask = () => {
    const { config } = this.state;
    if (!config || !mayStudy('crossValidation')) return;
    this.asked = { config, numFolds: this.numFolds };
    app.study({ kind: 'crossValidation', ...this.asked });
  };
}

customElements.define('cross-validation', CrossValidation);
