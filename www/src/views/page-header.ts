// Name, one line, where it computes and what leaves the computer: nothing.

import { html, nothing } from 'lit';
import { megabytes } from '../words';
import { chip, logo } from './icons';
import { View } from './view';
import './privacy-dialog';

class PageHeader extends View {
  protected readonly watches = ['device', 'loading', 'failure'] as const;

  protected override render() {
    return html`
      <header>
        <div class="brand">
          ${logo}
          <div>
            <h1>Graft</h1>
            <p>Teach your browser to tell pictures apart</p>
          </div>
        </div>
        <div class="facts">
          <privacy-dialog></privacy-dialog>
          <p class="fact" data-testid="device" data-device=${this.state.device?.kind ?? ''} role="status">
            ${this.state.failure ? nothing : html`${chip}<span>${this.device()}</span>`}
          </p>
        </div>
      </header>`;
  }

  private device() {
    const { device, loading } = this.state;
    if (device) {
      const where = device.kind === 'webgpu' ? 'Runs on your GPU (WebGPU)' : 'Runs on your CPU (WebAssembly SIMD)';
      return html`${where}<span class="reason">: ${device.reason}</span>`;
    }
    const [current] = loading;
    if (!current) return 'Starting';
    const { what, loaded, total } = current;
    const share = total > 0 ? html` of ${megabytes(total)}` : nothing;
    const amount = loaded > 0 ? html`, <span class="digits">${megabytes(loaded)}${share} MB</span>` : nothing;
    return html`Fetching ${what}${amount}`;
  }
}

customElements.define('page-header', PageHeader);
