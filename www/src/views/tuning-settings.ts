// How the network learns when it learns, too; what that takes, and what it would see.

import { html, nothing, type PropertyValues } from 'lit';
import { app } from '../app';
import type { TrainingConfig, TuningConfig } from '../protocol';
import { type Dataset, store } from '../store';
import { count, megabytes, timeLength } from '../words';
import { View } from './view';

type NumberKey = 'numBlocks' | 'numEpochs' | 'numViews';

interface Setting {
  key: NumberKey;
  label: string;
  help: string;
  /** As in `TrainingConfig::clamped`. */
  min: number;
  max: number;
}

const SETTINGS: Setting[] = [
  { key: 'numBlocks', label: 'Blocks that learn', min: 1, max: 6, help: 'Counted from the end of the network. More can learn more, and take longer.' },
  { key: 'numEpochs', label: 'Epochs', min: 1, max: 1000, help: 'How often it goes through the pictures, at most; it ends early when nothing is gained.' },
  { key: 'numViews', label: 'Views of each picture', min: 1, max: 32, help: 'The picture itself and variants of it, made once and then shown in turn.' },
];
const NUM_VARIANTS = 8;

class TuningSettings extends View {
  protected readonly watches = ['config', 'dataset', 'tuningEstimate', 'variants', 'device'] as const;
  /** What the estimate was asked for. */
  private asked: { config: TrainingConfig; dataset: Dataset } | null = null;

  protected override render() {
    const { config, tuningEstimate, dataset } = this.state;
    if (!config) return nothing;
    const { tuning } = config;
    return html`
      <div class="setting"><p data-testid="tuning-estimate">${dataset.missing.length > 0 ? 'How long it takes is told when there is enough to learn from.'
        : tuningEstimate === null ? 'Finding out how long it takes…'
          : html`Takes about <strong>${timeLength(tuningEstimate.seconds)}</strong> and ${megabytes(tuningEstimate.bytes)} MB here, on the CPU whatever the device.`}</p></div>
      ${SETTINGS.map((setting) => this.numberField(tuning, setting))}
      <div class="setting">
        <label for="set-strength">Strength of variation</label>
        <input id="set-strength" type="range" min="0" max="1" step="0.05" aria-describedby="help-strength" .value=${String(tuning.strength)}
          @change=${(event: Event) => this.change({ strength: (event.currentTarget as HTMLInputElement).valueAsNumber })} />
        <p id="help-strength" class="quiet">How far variants are cropped, turned and recolored. A variant must still be of its class.</p>
      </div>
      <div class="setting">
        <label for="set-flips">Mirror pictures</label>
        <input id="set-flips" type="checkbox" aria-describedby="help-flips" .checked=${tuning.flips}
          @change=${(event: Event) => this.change({ flips: (event.currentTarget as HTMLInputElement).checked })} />
        <p id="help-flips" class="quiet">Not for letters, or where left and right matter.</p>
      </div>
      <div class="variants">
        <button type="button" class="small" data-testid="show-variants" ?disabled=${dataset.classes.every(({ samples }) => samples.length === 0)}
          @click=${this.showVariants}>Show what it would see</button>
        <canvas data-testid="variants" hidden role="img" aria-label=${`${count(NUM_VARIANTS, 'variant')} of one picture`}></canvas>
      </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.estimate();
    this.paint();
  }

  private numberField(tuning: TuningConfig, { key, label, help, min, max }: Setting) {
    const set = (event: Event) => {
      const input = event.currentTarget as HTMLInputElement;
      if (!Number.isNaN(input.valueAsNumber)) this.change({ [key]: Math.round(Math.min(max, Math.max(min, input.valueAsNumber))) });
      input.value = String(store.state.config!.tuning[key]);
    };
    return html`
      <div class="setting">
        <label for=${`set-tuning-${key}`}>${label}</label>
        <input id=${`set-tuning-${key}`} type="number" min=${min} max=${max} step="1" required aria-describedby=${`help-tuning-${key}`}
          .value=${String(tuning[key])} @change=${set} />
        <p id=${`help-tuning-${key}`} class="quiet">${help}</p>
      </div>`;
  }

  /** Anew whenever what it depends on has changed. */
  private estimate(): void {
    const { config, dataset, device } = this.state;
    if (!config || !device || dataset.missing.length > 0) return;
    if (this.asked?.config === config && this.asked.dataset === dataset) return;
    this.asked = { config, dataset };
    app.send({ type: 'estimateTuning', config });
  }

  private paint(): void {
    const { variants } = this.state;
    const canvas = this.querySelector('canvas');
    if (!canvas || !variants) return;
    const side = Math.round(Math.sqrt(variants.length / NUM_VARIANTS / 3));
    const columns = NUM_VARIANTS / 2;
    Object.assign(canvas, { width: side * columns, height: side * 2, hidden: false });
    const context = canvas.getContext('2d')!;
    for (let at = 0; at < NUM_VARIANTS; at++) {
      const image = new ImageData(side, side);
      for (let pixel = 0; pixel < side * side; pixel++) {
        const from = 3 * (at * side * side + pixel);
        image.data.set([variants[from]!, variants[from + 1]!, variants[from + 2]!, 255], 4 * pixel);
      }
      context.putImageData(image, (at % columns) * side, Math.floor(at / columns) * side);
    }
  }

  /** Of a picture chosen by chance: one may be odd. */
  private readonly showVariants = () => {
    const { selection, dataset } = this.state;
    const samples = dataset.classes.flatMap((view) => view.samples);
    const [selected] = selection;
    const id = selected ?? samples[Math.floor(Math.random() * samples.length)];
    if (id !== undefined) void app.showVariants(id, NUM_VARIANTS);
  };

  private change(patch: Partial<TuningConfig>): void {
    const { config } = this.state;
    if (config) store.set({ config: { ...config, tuning: { ...config.tuning, ...patch } } });
    if (this.state.variants && ('strength' in patch || 'flips' in patch)) this.showVariants();
  }
}

customElements.define('tuning-settings', TuningSettings);
