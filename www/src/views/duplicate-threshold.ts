// How alike two pictures must be to stay on one side of the split.

import { html, nothing } from 'lit';
import { store } from '../store';
import { View } from './view';

/** As in `TrainingConfig::clamped`. */
const [LEAST, MOST, STEP] = [0.8, 1, 0.005];

class DuplicateThreshold extends View {
  protected readonly watches = ['config'] as const;

  protected override render() {
    const { config } = this.state;
    if (!config) return nothing;
    const { duplicateThreshold } = config;
    return html`
      <label class="duplicate-threshold">
        <span>Pictures more alike than this stay on one side of the split
          <output class="digits">${shown(duplicateThreshold)}</output></span>
        <input type="range" min=${LEAST} max=${MOST} step=${STEP} .value=${String(duplicateThreshold)}
          aria-valuetext=${shown(duplicateThreshold)} data-testid="duplicate-threshold" @change=${this.choose} @input=${this.tell} />
      </label>`;
  }

  /** Others hear of it only once it is let go. */
  private readonly tell = (event: Event) => {
    this.querySelector('output')!.textContent = shown((event.target as HTMLInputElement).valueAsNumber);
  };

  private readonly choose = (event: Event) => {
    const { config } = store.state;
    if (config) store.set({ config: { ...config, duplicateThreshold: (event.target as HTMLInputElement).valueAsNumber } });
  };
}

function shown(threshold: number): string {
  return threshold >= MOST ? 'only exact copies' : threshold.toFixed(3);
}

customElements.define('duplicate-threshold', DuplicateThreshold);
