// Which pictures are most like the target's: how much each should count.

import { html, nothing } from 'lit';
import { app } from '../app';
import { placement } from '../placement';
import { studyCourse } from './study-course';
import { View } from './view';
import './thumb-grid';

/** At either end; between them weights hardly differ. */
const NUM_SHOWN = 24;

class TargetLikeness extends View {
  protected readonly watches = ['studies', 'findings', 'dataset'] as const;

  protected override render() {
    const found = this.state.findings.likeness;
    return html`
      <details class="behind" data-testid="likeness">
        <summary>Which pictures are most like the target?</summary>
        <div class="study">
          ${found ? nothing : html`<p>Weights by which the source pictures, taken together, come closest to the target (kernel mean matching).</p>`}
          ${studyCourse('likeness', { doing: 'Weighing pictures', again: this.ask })}
          ${found ? this.answer() : nothing}
          <button type="button" class="small" data-testid="weigh" aria-disabled=${this.state.studies.likeness?.running ? 'true' : nothing}
            @click=${this.ask}>${found ? 'Weigh again' : 'Weigh them'}</button>
        </div>
      </details>`;
  }

  private answer() {
    const where = placement(this.state.dataset);
    const weights = this.state.findings.likeness!.weights.filter(({ sample }) => where.has(sample));
    const captions = new Map(weights.map(({ sample, weight }) => [sample, `× ${weight.toFixed(weight < 10 ? 2 : 1)}`]));
    const ids = weights.map(({ sample }) => sample);
    const half = Math.min(NUM_SHOWN, Math.ceil(ids.length / 2));
    const grid = (title: string, some: number[]) => html`
      <h4>${title}</h4>
      <thumb-grid .ids=${some} .within=${'likeness'} .captions=${captions} .label=${title} captioned></thumb-grid>`;
    return html`
      <p class="quiet">1 is what each would count otherwise. To learn with such weights, choose under the hood how much pictures count.</p>
      ${grid('Most like it', ids.slice(0, half))}
      ${grid('Least like it', ids.slice(half).slice(-half).reverse())}`;
  }

  private readonly ask = () => {
    if (!this.state.studies.likeness?.running) app.study({ kind: 'likeness' });
  };
}

customElements.define('target-likeness', TargetLikeness);
