// Short messages, read out by screen readers, gone when dismissed or after a while.

import { html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { type Notice, store } from '../store';
import { close } from './icons';
import { View } from './view';

/** Long enough to read twice; warnings stay until dismissed. */
const INFO_MILLIS = 8000;

class PageNotices extends View {
  protected readonly watches = ['notices'] as const;
  private readonly timed = new Set<number>();

  protected override render() {
    return html`
      <div class="notices" role="log" aria-live="polite" aria-label="Messages">
        ${repeat(this.state.notices, ({ id }) => id, (notice) => this.notice(notice))}
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
