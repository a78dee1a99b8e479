// Which near-duplicates a cross-validation kept together, group by group.

import { html, nothing } from 'lit';
import { placement } from '../placement';
import type { SampleId } from '../protocol';
import { count } from '../words';
import { View } from './view';
import './thumb-grid';

const FIRST = 12;
const MORE = 48;

class DuplicateGroups extends View {
  static override properties = { groups: { attribute: false }, open: { state: true }, numShown: { state: true } };
  declare groups: SampleId[][];
  declare open: boolean;
  declare numShown: number;
  protected readonly watches = ['dataset'] as const;

  constructor() {
    super();
    this.groups = [];
    this.open = false;
    this.numShown = FIRST;
  }

  protected override render() {
    if (this.groups.length === 0) return nothing;
    const toggled = (event: Event) => (this.open = (event.currentTarget as HTMLDetailsElement).open);
    return html`
      <details class="report" data-testid="duplicate-groups" @toggle=${toggled}>
        <summary><h3>The near-duplicates that were kept together: ${count(this.groups.length, 'group')}</h3></summary>
        ${this.open ? this.list() : nothing}
      </details>`;
  }

  private list() {
    const where = placement(this.state.dataset);
    const left = this.groups.length - this.numShown;
    const shown = this.groups.slice(0, this.numShown).map((ids) => ids.filter((id) => where.has(id)));
    return html`
      <p class="quiet">Select what is one too many to delete it. If pictures share a group that differ in what matters, raise the threshold.</p>
      <ul class="duplicate-groups">
        ${shown.map((ids, index) => html`
          <li><thumb-grid .ids=${ids} .within=${'duplicates'} .label=${`Group ${index + 1}: ${count(ids.length, 'picture')}`} draggable-samples></thumb-grid></li>`)}
      </ul>
      ${left > 0 ? html`<button type="button" class="link" @click=${() => (this.numShown += MORE)}>Show more (${left.toLocaleString('en-US')} left)</button>` : nothing}`;
  }
}

customElements.define('duplicate-groups', DuplicateGroups);
