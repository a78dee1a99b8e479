// What this tab has asked the network for since it was opened, and what keeps it from asking for more.

import { html, nothing } from 'lit';
import type { NetworkRequest } from '../requests';
import { count, fileName, megabytes } from '../words';
import { close, lock } from './icons';
import { View } from './view';

class PrivacyDialog extends View {
  static override properties = { open: { state: true } };
  declare open: boolean;
  protected readonly watches = ['requests', 'offline'] as const;

  constructor() {
    super();
    this.open = false;
  }

  private get dialog(): HTMLDialogElement {
    return this.querySelector('dialog')!;
  }

  protected override render() {
    return html`
      <button type="button" class="link fact" data-testid="privacy" @click=${this.show}>${lock}<span>Nothing leaves this computer</span></button>
      <dialog class="privacy" aria-labelledby="privacy-title" data-testid="privacy-dialog" @close=${() => (this.open = false)} @click=${this.clicked}>
        ${this.open ? this.content(this.state.requests) : nothing}
      </dialog>`;
  }

  private content(requests: NetworkRequest[]) {
    const strangers = requests.filter(({ address }) => new URL(address).origin !== location.origin);
    const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
    return html`
      <header class="panel-head">
        <h2 id="privacy-title" tabindex="-1" autofocus>Nothing leaves this computer</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${() => this.dialog.close()}>${close}</button>
      </header>
      <p data-testid="request-count" data-own=${requests.length - strangers.length} data-strangers=${strangers.length}>
        Since you opened it, this page has asked for <strong>${count(requests.length, 'file')}</strong>
        (${megabytes(bytes)} MB), ${strangers.length === 0
          ? html`all of them its own parts, from <strong>${location.host}</strong>, and nothing from anyone else.`
          : html`<strong class="warning">${strangers.length} of them from elsewhere</strong>. That should not happen: please report it.`}
      </p>
      <p>Your browser sees to that: the page's security policy forbids it, and all its workers, to contact any other site.</p>
      <p data-testid="offline" data-ready=${this.state.offline.ready}>${this.offline()}</p>
      <details>
        <summary>All ${count(requests.length, 'request')}</summary>
        <ol class="requests">${requests.map(({ address, bytes: size }) => html`
          <li><span title=${address}>${fileName(new URL(address).pathname) || '/'}</span>
            <span class="quiet digits">${size > 0 ? `${(size / 1000).toFixed(1)} kB` : 'kept by the browser'}</span></li>`)}</ol>
      </details>`;
  }

  private offline() {
    const { ready, trouble } = this.state.offline;
    if (ready) return 'See for yourself: switch the network off. The page goes on working, and opens again without one.';
    if (trouble) return `Once open, the page goes on without a network. It will not open again without one: ${trouble}.`;
    return 'Once open, the page goes on without a network. It is being kept, so that it will open again without one, too.';
  }

  private readonly show = () => {
    this.open = true;
    void this.updateComplete.then(() => this.dialog.showModal());
  };

  /** Beside the dialog is its backdrop, which is the dialog to the browser. */
  private readonly clicked = (event: MouseEvent) => {
    if (event.target === this.dialog) this.dialog.close();
  };
}

customElements.define('privacy-dialog', PrivacyDialog);
