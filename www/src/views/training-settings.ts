// "Under the hood": what a training run is made of, each with a line that says what it does.

import { html, nothing } from 'lit';
import { FAMILIES, FINE_TUNING, hasHeadOfChoice, HEADS, isSelection, known, WEIGHTINGS } from '../methods';
import { CLASS_NAMES } from '../names';
import type { TrainingConfig } from '../protocol';
import { store } from '../store';
import { View } from './view';
import './duplicate-threshold';
import './names-settings';
import './tuning-settings';

type NumberKey = 'selectedShare' | 'hiddenUnits' | 'learningRate' | 'numEpochs' | 'batchSize' | 'weightDecay' | 'validationFraction' | 'seed';

interface Setting {
  key: NumberKey;
  label: string;
  help: string;
  /** As in `TrainingConfig::clamped`. */
  min: number;
  max: number;
  step: number | 'any';
  /** Shown in percent, kept as a share. */
  percent?: boolean;
}

/** A linear head has one optimum, which needs no such advice. */
const MLP_SETTINGS: Setting[] = [
  { key: 'hiddenUnits', label: 'Hidden units', min: 1, max: 4096, step: 1, help: 'How wide the extra layer is. More can learn finer shapes, and more by heart.' },
  { key: 'learningRate', label: 'Learning rate', min: 1e-6, max: 10, step: 'any', help: 'How big the first steps are; they shrink to nothing by the end.' },
  { key: 'numEpochs', label: 'Epochs', min: 1, max: 10_000, step: 1, help: 'How many times each picture is looked at.' },
  { key: 'batchSize', label: 'Batch size', min: 1, max: 4096, step: 1, help: 'How many pictures each step is averaged over.' },
];
const SELECTED_SHARE: Setting =
  { key: 'selectedShare', label: 'Learn from, %', min: 1, max: 100, step: 1, percent: true, help: 'The share of each class that is chosen to learn from. Afterwards the results show which.' };
/** Ridge regression finds its own. */
const WEIGHT_DECAY: Setting =
  { key: 'weightDecay', label: 'Weight decay', min: 0, max: 10, step: 'any', help: 'Pulls weights toward zero, against learning by heart.' };
const SETTINGS: Setting[] = [
  { key: 'validationFraction', label: 'Held out, %', min: 1, max: 90, step: 1, percent: true, help: 'The share of each class kept aside to test with.' },
  { key: 'seed', label: 'Seed', min: 0, max: 4_294_967_295, step: 1, help: 'The same seed on the same pictures gives the same model.' },
];

class TrainingSettings extends View {
  protected readonly watches = ['config', 'methods'] as const;

  protected override render() {
    const { config } = this.state;
    if (!config) return nothing;
    const hasHead = hasHeadOfChoice(config.method);
    const isHead = (head: TrainingConfig['head']) => hasHead && config.head === head;
    return html`
      <details class="settings" data-testid="settings">
        <summary>Under the hood</summary>
        ${this.methods(config)}
        ${config.method === CLASS_NAMES ? html`<names-settings></names-settings>` : nothing}
        ${config.method === FINE_TUNING ? html`<tuning-settings></tuning-settings>` : nothing}
        ${isSelection(config.method) ? this.numberField(config, SELECTED_SHARE) : nothing}
        ${!hasHead ? nothing : html`<div class="setting">
          <label for="set-head">Head</label>
          <select id="set-head" aria-describedby="help-head" @change=${this.setHead}>
            ${HEADS.map(([head, name]) => html`<option value=${head} ?selected=${config.head === head}>${name}</option>`)}
          </select>
          <p id="help-head" class="quiet">Linear ones suit few pictures and have one best answer, found in a blink; a hidden layer can pay off with hundreds a class.</p>
        </div>`}
        ${hasHead ? this.weighting(config) : nothing}
        ${isHead('mlp') ? MLP_SETTINGS.map((setting) => this.numberField(config, setting)) : nothing}
        ${!hasHead || isHead('ridge') ? nothing : this.numberField(config, WEIGHT_DECAY)}
        ${SETTINGS.map((setting) => this.numberField(config, setting))}
        ${!hasHead || isHead('ridge') ? nothing : html`<div class="setting">
          <label for="set-balance">Balance classes</label>
          <input id="set-balance" type="checkbox" aria-describedby="help-balance" .checked=${config.balanceClasses}
            @change=${(event: Event) => this.change({ balanceClasses: (event.currentTarget as HTMLInputElement).checked })} />
          <p id="help-balance" class="quiet">Makes a class of few pictures count as much as one of many.</p>
        </div>`}
        <div class="setting"><duplicate-threshold></duplicate-threshold></div>
      </details>`;
  }

  private methods({ method }: TrainingConfig) {
    const { methods } = this.state;
    const choose = (event: Event) => this.change({ method: (event.currentTarget as HTMLSelectElement).value });
    return html`
      <div class="setting">
        <label for="set-method">Method</label>
        <select id="set-method" aria-describedby="help-method" @change=${choose}>
          ${FAMILIES.map(([family, name]) => {
            const members = methods.filter((each) => each.family === family);
            return members.length === 0 ? nothing : html`
              <optgroup label=${name}>${members.map((each) => html`<option value=${each.id} ?selected=${each.id === method}>${each.name}</option>`)}</optgroup>`;
          })}
        </select>
        <p id="help-method" class="quiet">${known(method)?.sentence} <a href="#results" class="link">Compare them</a> under Results.</p>
      </div>`;
  }

  private weighting({ weighting }: TrainingConfig) {
    const choose = (event: Event) => this.change({ weighting: (event.currentTarget as HTMLSelectElement).value as TrainingConfig['weighting'] });
    return html`
      <div class="setting">
        <label for="set-weighting">How much pictures count</label>
        <select id="set-weighting" aria-describedby="help-weighting" @change=${choose}>
          ${WEIGHTINGS.map(([kind, name]) => html`<option value=${kind} ?selected=${kind === weighting}>${name}</option>`)}
        </select>
        <p id="help-weighting" class="quiet">For target pictures of the same things, photographed otherwise: labeled ones that are like them can count more.</p>
      </div>`;
  }

  private numberField(config: TrainingConfig, setting: Setting) {
    const { key, label, help, min, max, step } = setting;
    return html`
      <div class="setting">
        <label for=${`set-${key}`}>${label}</label>
        <input id=${`set-${key}`} type="number" inputmode="decimal" min=${min} max=${max} step=${step} required
          aria-describedby=${`help-${key}`} .value=${shown(config, setting)}
          @change=${(event: Event) => this.setNumber(event, setting)} />
        <p id=${`help-${key}`} class="quiet">${help}</p>
      </div>`;
  }

  /** What is no number goes back to what it was, what is out of range to the limit. */
  private setNumber(event: Event, setting: Setting): void {
    const { key, min, max, step, percent } = setting;
    const input = event.currentTarget as HTMLInputElement;
    if (!Number.isNaN(input.valueAsNumber)) {
      const typed = Math.min(max, Math.max(min, input.valueAsNumber));
      const value = step === 'any' ? typed : Math.round(typed);
      this.change({ [key]: percent ? value / 100 : value });
    }
    input.value = shown(store.state.config!, setting);
  }

  private readonly setHead = (event: Event) => {
    this.change({ head: (event.currentTarget as HTMLSelectElement).value as TrainingConfig['head'] });
  };

  private change(patch: Partial<TrainingConfig>): void {
    const { config } = this.state;
    if (config) store.set({ config: { ...config, ...patch } });
  }
}

function shown(config: TrainingConfig, { key, percent }: Setting): string {
  return String(percent ? Math.round(config[key] * 100) : config[key]);
}

customElements.define('training-settings', TrainingSettings);
