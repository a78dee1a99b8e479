// Which pictures the model in use has learned from, and how much each counted, where that was not all the same.

import { html, nothing } from 'lit';
import { placement } from '../placement';
import type { SampleWeight } from '../protocol';
import { count } from '../words';
import { View } from './view';
import './thumb-grid';

class TaughtBy extends View {
  protected readonly watches = ['teachers', 'dataset'] as const;

  protected override render() {
    const { teachers, dataset } = this.state;
    if (teachers.length === 0) return nothing;
    const where = placement(dataset);
    const there = teachers.filter(({ sample }) => where.has(sample));
    const [chosen, leftOut] = [there.filter(({ weight }) => weight > 0), there.filter(({ weight }) => weight === 0)];
    const isWeighed = chosen.some(({ weight }) => weight !== 1);
    return html`
      <details class="report" data-testid="taught-by">
        <summary><h3>What it learned from</h3></summary>
        <p class="quiet">${leftOut.length === 0 ? '' : `${chosen.length} of ${count(there.length, 'picture')} were chosen to learn from. `}${isWeighed
          ? 'A picture × 2 counted as much as two pictures of the ordinary kind.' : ''}</p>
        ${grid(leftOut.length === 0 ? 'The heaviest first' : isWeighed ? 'Chosen, the heaviest first' : 'Chosen', chosen, isWeighed)}
        ${leftOut.length === 0 ? nothing : grid('Left out', leftOut, false)}
      </details>`;
  }
}

function grid(title: string, some: SampleWeight[], isWeighed: boolean) {
  const captions = isWeighed ? new Map(some.map(({ sample, weight }) => [sample, `× ${weight.toFixed(2)}`])) : undefined;
  return html`
    <h4>${title}</h4>
    <thumb-grid .ids=${some.map(({ sample }) => sample)} .within=${'teachers'} .captions=${captions} .label=${title} ?captioned=${isWeighed}
      collapsible></thumb-grid>`;
}

customElements.define('taught-by', TaughtBy);
