// What can be done with the selected samples.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { count } from '../words';
import { View } from './view';

class SelectionBar extends View {
  protected readonly watches = ['selection', 'dataset', 'model'] as const;

  protected override render() {
    const { selection, selectedIn, dataset } = this.state;
    if (selection.size === 0) return nothing;
    const targets = dataset.classes.filter(({ id }) => id !== selectedIn);
    const marked = new Set(dataset.target);
    const areTarget = [...selection].every((id) => marked.has(id));
    return html`
      <div class="selection-bar" role="region" aria-label="Selection" data-testid="selection-bar">
        <strong role="status">${count(selection.size, 'picture')} selected</strong>
        ${targets.length > 0 ? html`
          <label>Move to
            <select data-testid="move-to">
              <option value="" selected>choose a class…</option>
              ${repeat(targets, ({ id }) => id, ({ id, name }) => html`<option value=${id}>${name}</option>`)}
            </select>
          </label>
          <button type="button" class="small" data-testid="move-confirm" @click=${this.move}>Move</button>` : nothing}
        ${selectedIn === 'unsorted' ? nothing : html`
          <button type="button" class="small set-aside" data-testid="set-aside" @click=${() => app.moveSelection(null)}>
            Set aside <span class="quiet">(kept, not learned from)</span></button>`}
        <button type="button" class="small" data-testid="mark-target" @click=${() => app.markTarget([...selection], !areTarget)}>
          Mark as ${areTarget ? 'source' : 'target'}</button>
        ${this.state.model && selection.size === 1 ? html`
          <button type="button" class="small" data-testid="why-selection" @click=${() => app.inquiries.aboutSample([...selection][0]!)}>Why?</button>`
          : nothing}
        <button type="button" class="danger small" data-testid="delete-selection" @click=${() => app.deleteSelection()}>Delete</button>
        <button type="button" class="link" @click=${() => app.select(new Set(), null)}>Deselect</button>
      </div>`;
  }

  private readonly move = () => {
    const select = this.querySelector<HTMLSelectElement>('[data-testid=move-to]')!;
    if (select.value) app.moveSelection(Number(select.value));
    else select.focus();
  };
}

customElements.define('selection-bar', SelectionBar);
