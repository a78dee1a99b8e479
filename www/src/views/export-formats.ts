// The ways in which the model leaves the page, beside Graft's own, and how the last download did.

import { html, nothing } from 'lit';
import { app } from '../app';
import type { FormatView } from '../protocol';
import { megabytes } from '../words';
import { download } from './icons';
import { View } from './view';

class ExportFormats extends View {
  protected readonly watches = ['model', 'formats', 'exporting', 'exported'] as const;
  private open = false;
  /** Whether the trainer has been asked. */
  private asked = false;
  private half = false;

  protected override render() {
    const { formats } = this.state;
    return html`
      <details class="settings" data-testid="formats" @toggle=${this.toggle}>
        <summary>As an app, for other programs</summary>
        ${this.open && formats ? this.list(formats.filter(({ id }) => id !== 'graft')) : nothing}
      </details>
      <p class="quiet" role="status" data-testid="self-test">${this.outcome()}</p>`;
  }

  protected override updated(): void {
    const wanted = this.open && this.state.formats === null;
    if (wanted && !this.asked) app.listFormats();
    this.asked = wanted;
  }

  private list(formats: FormatView[]) {
    return html`
      <ul class="formats">${formats.map((format) => this.format(format))}</ul>
      <label class="check"><input type="checkbox" data-testid="half" .checked=${this.half} @change=${this.halve}>
        Half the size where possible: numbers in 16 bits. The answers stay the same.</label>`;
  }

  private format({ id, name, sentence, bytes, halfBytes, refusal }: FormatView) {
    const { exporting } = this.state;
    const size = this.half && halfBytes !== null ? halfBytes : bytes;
    return html`
      <li>
        <div><strong>${name}</strong> <span class="quiet">${megabytes(size)} MB</span></div>
        <button type="button" class="small" data-testid="download-${id}" ?disabled=${exporting !== null || refusal !== null}
          aria-label=${`Download for ${name}`} @click=${() => app.download(id, this.half)}>
          ${download}<span>${exporting === id ? 'Packing…' : 'Download'}</span></button>
        <p class="quiet">${sentence}</p>
        ${refusal ? html`<p class="quiet">${refusal}</p>` : nothing}
      </li>`;
  }

  private outcome(): string {
    const { exported } = this.state;
    if (!exported) return '';
    const { file, difference } = exported;
    const most = difference < 1e-6 ? 'less than 0.000001' : `at most ${difference.toFixed(6)}`;
    return `${file} is tested: read again and shown a painted picture, it answers as this page does; probabilities differ by ${most}.`;
  }

  private readonly toggle = (event: Event) => {
    this.open = (event.target as HTMLDetailsElement).open;
    this.requestUpdate();
  };

  private readonly halve = (event: Event) => {
    this.half = (event.target as HTMLInputElement).checked;
    this.requestUpdate();
  };
}

customElements.define('export-formats', ExportFormats);
