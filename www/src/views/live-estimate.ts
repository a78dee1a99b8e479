// What is known before anyone presses Train: how a quick head fares on pictures it hasn't seen.

import { html, nothing } from 'lit';
import { openDoubts } from '../doubts';
import { count, percent } from '../words';
import { View } from './view';

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
    const num = openDoubts(this.state).length;
    if (num === 0) return nothing;
    return html`
      <p><a class="link" href="#health-doubts" data-testid="to-doubts" @click=${openDoubtful}>
        ${count(num, 'picture')} may be in the wrong class</a></p>`;
  }
}

/** They are a line of the health report. */
function openDoubtful(): void {
  document.querySelector('#health-doubts')?.setAttribute('open', '');
}

customElements.define('live-estimate', LiveEstimate);
