// What is known before anyone presses Train: how a quick head fares on pictures it hasn't seen,
// and which of them may be in the wrong class.

import { html, nothing } from 'lit';
import { count, percent } from '../words';
import { View } from './view';
import './thumb-grid';

/** More than this is a different trouble than a few slips. */
const MAX_DOUBTS = 60;

class LiveEstimate extends View {
  protected readonly watches = ['live', 'dataset'] as const;

  protected override render() {
    const { live } = this.state;
    if (!live) return nothing;
    const { hits, total, low, high } = live.accuracy;
    return html`
      <div class="live">
        <p role="status" data-testid="live">
          So far: <strong>${percent(hits / total)}</strong> of ${count(total, 'picture')} would be named right
          <span class="quiet">(${percent(low)} to ${percent(high)}; each judged by a quick head that hasn't seen it)</span>.
        </p>
        ${this.doubts()}
      </div>`;
  }

  private doubts() {
    const { live, dataset } = this.state;
    const names = new Map(dataset.classes.map(({ id, name }) => [id, name]));
    const alive = new Set(dataset.classes.flatMap(({ samples }) => samples));
    const doubts = live!.doubts.filter(({ sample, suggestion }) => alive.has(sample) && names.has(suggestion));
    if (doubts.length === 0) return nothing;
    const shown = doubts.slice(0, MAX_DOUBTS);
    const captions = new Map(shown.map(({ sample, suggestion }) => [sample, `like ${names.get(suggestion)!}`] as const));
    return html`
      <details data-testid="doubts">
        <summary>${count(doubts.length, 'picture')} may be in the wrong class</summary>
        <p class="quiet">The most doubtful first. Drag one to the class it belongs to, or select some to move or delete them.</p>
        <thumb-grid .ids=${shown.map(({ sample }) => sample)} .within=${'doubts'} .captions=${captions}
          .label=${'Pictures that may be in the wrong class'} draggable-samples></thumb-grid>
      </details>`;
  }
}

customElements.define('live-estimate', LiveEstimate);
