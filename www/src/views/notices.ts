// Short messages, read out by screen readers, gone when dismissed or after a while.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { type Notice, store } from '../store';
import { close } from './icons';
import { View } from './view';

/** Long enough to read twice; warnings stay until dismissed. */
const INFO_MILLIS = 8000;

class PageNotices extends View {
  protected readonly watches = ['notices', 'update'] as const;
  private readonly timed = new Set<number>();

  protected override render() {
    return html`
      <div class="notices" role="log" aria-live="polite" aria-label="Messages">
        ${this.newerVersion()}
        ${repeat(this.state.notices, ({ id }) => id, (notice) => this.notice(notice))}
      </div>`;
  }

  /** Stays until it suits. */
  private newerVersion() {
    const { update } = this.state;
    if (!update) return nothing;
    return html`
      <div class="notice" data-testid="update">
        <p>There is a new version of Graft.</p>
        <button type="button" class="small" @click=${update}>Reload</button>
        <button type="button" class="icon-button" @click=${() => store.set({ update: null })}>
          ${close}<span class="visually-hidden">Not now</span></button>
      </div>`;
  }

  private notice({ id, text, tone }: Notice) {
    return html`
      <div class="notice ${tone}" data-testid="notice">
        <p>${text}</p>
        <button type="button" class="icon-button" @click=${() => store.dismiss(id)}>
          ${close}<span class="visually-hidden">Dismiss</span></button>
      </div>`;
  }

  protected override updated(): void {
    for (const { id, tone } of this.state.notices) {
      if (tone !== 'info' || this.timed.has(id)) continue;
      this.timed.add(id);
      setTimeout(() => store.dismiss(id), INFO_MILLIS);
    }
  }
}

customElements.define('page-notices', PageNotices);
