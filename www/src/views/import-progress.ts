// How far reading is, how long it will take, and a way out.

import { html, nothing } from 'lit';
import { app } from '../app';
import { numExtractors } from '../capabilities';
import { count, millis, timeLeft } from '../words';
import { View } from './view';

class ImportProgress extends View {
  protected readonly watches = ['progress', 'listing', 'stages', 'device', 'restoring'] as const;

  protected override render() {
    const { progress, listing, restoring } = this.state;
    if (restoring) {
      return html`<div class="progress" data-testid="restoring"><p role="status">Bringing back what was saved…</p><progress></progress></div>`;
    }
    if (!progress && listing === 0) return nothing;
    return html`
      <div class="progress" data-testid="progress">
        ${progress ? this.reading() : html`<p role="status">Looking through the files…</p><progress></progress>`}
      </div>`;
  }

  private reading() {
    const { progress, device } = this.state;
    const { done, total, imagesPerSecond, secondsLeft } = progress!;
    const words = device ? 'Reading' : 'Waiting for the trainer: read';
    const pace = imagesPerSecond === null ? nothing
      : html`, ${imagesPerSecond.toFixed(imagesPerSecond < 10 ? 1 : 0)} a second`;
    return html`
      <p>
        <span class="digits">${words} ${done.toLocaleString('en-US')} of ${count(total, 'picture')}${pace}</span>
        <button type="button" class="link" data-testid="cancel-import" @click=${() => app.cancelImport()}>Cancel</button>
      </p>
      <progress max=${total} .value=${done} aria-label="Reading pictures"></progress>
      <p class="quiet digits">${secondsLeft === null ? 'estimating the time left' : timeLeft(secondsLeft)}</p>
      ${this.underTheHood()}`;
  }

  private underTheHood() {
    const { count: num, read, decode, resize, forward } = this.state.stages;
    if (num === 0) return nothing;
    return html`
      <details class="quiet">
        <summary>Under the hood</summary>
        <p class="digits">
          A picture takes ${millis(read)} to read, ${millis(decode)} to decode, ${millis(resize)} to
          resize${forward > 0 ? html` and ${millis(forward)} in the network` : html`; the GPU does the rest`}
          (mean of ${num.toLocaleString('en-US')}, in each of ${count(numExtractors(location.search), 'worker')}).
        </p>
      </details>`;
  }
}

customElements.define('import-progress', ImportProgress);
