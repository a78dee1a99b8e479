// What the names of classes are read as, and the reader that has to be fetched before.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { backbone, DEFAULT } from '../backbones';
import { READER_MEGABYTES } from '../names';
import type { ClassView } from '../protocol';
import type { ReadName } from '../store';
import { megabytes } from '../words';
import { View } from './view';

/** Below, a name is as far from all known ones as German names or made-up ones are. */
const LEAST_NEARNESS = 0.45;

class NamesSettings extends View {
  protected readonly watches = ['reader', 'names', 'dataset', 'backbone'] as const;

  protected override render() {
    return html`<div class="setting" data-testid="names">${this.reader()}</div>`;
  }

  private reader() {
    const { reader } = this.state;
    if (this.state.backbone !== DEFAULT) {
      return html`<p class="trouble">Names are known to ${backbone(DEFAULT).title} only: choose that network first.</p>`;
    }
    switch (reader.stage) {
      case 'absent':
        return html`
          <p class="quiet">Names are read by a network of its own, which knows English. Nothing is sent anywhere.</p>
          <button type="button" class="small" data-testid="get-reader" @click=${() => void app.names.get()}>
            Get the reader of names (${READER_MEGABYTES} MB, once)</button>`;
      case 'fetching':
        return html`
          <p role="status">Getting the reader of names: ${megabytes(reader.loaded)} of ${READER_MEGABYTES} MB</p>
          <progress max=${reader.total || READER_MEGABYTES * 1e6} value=${reader.loaded} aria-label="Getting the reader of names"></progress>
          <button type="button" class="small" data-testid="cancel-reader" @click=${() => app.names.cancel()}>Cancel</button>`;
      case 'starting':
        return html`<p role="status">Starting the reader of names…</p>`;
      case 'reading':
        return this.names();
    }
  }

  private names() {
    const { classes } = this.state.dataset;
    return html`
      <p class="quiet">What each name is taken to look like. A class without pictures is learned from its name only; add one and try.</p>
      <ul data-testid="read-names">${repeat(classes, ({ id }) => id, (view) => this.name(view))}</ul>`;
  }

  private name({ name, samples }: ClassView) {
    const read = this.state.names[name];
    return html`<li data-name=${name}><strong>${name}</strong>: ${read ? likeness(read) : 'being read…'}${samples.length === 0
      ? html` <span class="quiet">(no pictures: from its name only)</span>` : nothing}</li>`;
  }
}

/** “like chimpanzee, gorilla or baboon”. */
export function likeness({ like, nearness }: ReadName): string {
  const words = `like ${like.slice(0, -1).join(', ')} or ${like.at(-1)}`;
  return nearness < LEAST_NEARNESS ? `hardly known, perhaps ${words}; a plainer English word may do better` : words;
}

customElements.define('names-settings', NamesSettings);
