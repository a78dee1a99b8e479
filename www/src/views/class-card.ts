// One class: its name, its pictures and what can be done with them.

import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { SAMPLES_TYPE } from '../drop';
import { classColor } from '../palette';
import type { ClassView } from '../protocol';
import { leaf, more, plus } from './icons';
import { menu } from './menu';
import { pickButton } from './pick';
import { likeness } from './names-settings';
import { View } from './view';
import './thumb-grid';

export class ClassCard extends View {
  static override properties = { view: { attribute: false }, inviting: { state: true } };
  declare view: ClassView;
  declare inviting: boolean;
  protected readonly watches = ['names'] as const;

  constructor() {
    super();
    this.inviting = false;
    this.addEventListener('dragover', this.invite);
    this.addEventListener('dragleave', () => (this.inviting = false));
    this.addEventListener('drop', this.take);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('view')) {
      this.style.setProperty('--class-color', classColor(this.view.color));
      this.dataset.drop = 'class';
      this.dataset.className = this.view.name;
    }
    this.classList.toggle('taking', this.inviting);
  }

  protected override render() {
    const { id, name, samples } = this.view;
    return html`
      <article aria-label=${`Class ${name}`}>
        <div class="class-head">
          ${leaf}
          <input class="class-name" aria-label="Class name" autocomplete="off" spellcheck="false"
            .value=${name} @keydown=${this.typed} @change=${this.rename} />
          <span class="class-count" data-testid="class-count" title="pictures">${samples.length.toLocaleString('en-US')}</span>
          ${pickButton({
            label: html`<span class="visually-hidden">Add pictures to ${name}</span>`, icon: plus,
            className: 'icon-button', onPick: (files) => void app.addFiles(files, { kind: 'class', class: id }),
          })}
          ${menu({ label: html`<span class="visually-hidden">More for ${name}</span>`, icon: more, items: this.menuItems() })}
        </div>
        ${samples.length > 0
          ? html`<thumb-grid .ids=${samples} .within=${id} .label=${`Pictures of ${name}`} collapsible draggable-samples></thumb-grid>`
          : html`<p class="quiet empty">Drop or paste pictures of this here.</p>${this.byName()}`}
      </article>`;
  }

  /** Without pictures its name may do. */
  private byName() {
    const read = this.state.names[this.view.name];
    return read ? html`<p class="quiet" data-testid="by-name">Until then it can be learned from its name only: ${likeness(read)}.</p>` : nothing;
  }

  async startNaming(): Promise<void> {
    await this.updateComplete;
    const input = this.querySelector<HTMLInputElement>('.class-name');
    input?.focus();
    input?.select();
  }

  private menuItems() {
    const { id, name } = this.view;
    const others = this.state.dataset.classes.filter((other) => other.id !== id);
    return html`
      ${others.length > 0 ? html`
        <label>Merge into
          <select data-testid="merge-into">
            <option value="" selected>choose a class…</option>
            ${repeat(others, (other) => other.id, (other) => html`<option value=${other.id}>${other.name}</option>`)}
          </select>
        </label>
        <button type="button" data-testid="merge-confirm" @click=${this.merge}>Merge</button>` : nothing}
      <button type="button" class="danger" data-testid="delete-class" aria-label=${`Delete class ${name}`}
        @click=${() => app.send({ type: 'deleteClass', class: id })}>Delete class</button>`;
  }

  private readonly merge = (event: Event) => {
    const select = this.querySelector<HTMLSelectElement>('[data-testid=merge-into]')!;
    if (select.value) {
      app.send({ type: 'mergeClasses', from: this.view.id, into: Number(select.value) });
    } else {
      // The menu stays open.
      event.stopPropagation();
      select.focus();
    }
  };

  private readonly typed = (event: KeyboardEvent) => {
    const input = event.currentTarget as HTMLInputElement;
    if (event.key === 'Escape') input.value = this.view.name;
    if (event.key === 'Enter' || event.key === 'Escape') input.blur();
  };

  private readonly rename = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    const name = input.value.trim();
    if (name && name !== this.view.name) app.send({ type: 'renameClass', class: this.view.id, name });
    else input.value = this.view.name;
  };

  private readonly invite = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes(SAMPLES_TYPE)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'move';
    this.inviting = true;
  };

  private readonly take = (event: DragEvent) => {
    this.inviting = false;
    if (!event.dataTransfer?.types.includes(SAMPLES_TYPE)) return;
    event.preventDefault();
    app.moveSelection(this.view.id);
  };
}

customElements.define('class-card', ClassCard);

declare global {
  interface HTMLElementTagNameMap {
    'class-card': ClassCard;
  }
}
