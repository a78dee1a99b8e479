// Many pictures put to the model: how far it is, how the answers spread over the classes, and files to take along.

import { html, nothing } from 'lit';
import { app } from '../app';
import { answerOf, batchCsv, batchJson } from '../batch-export';
import { classColor } from '../palette';
import { saveFile } from '../save-file';
import type { BatchState } from '../store';
import { count, fileName, probability, timeLeft } from '../words';
import { download, leaf } from './icons';
import { View } from './view';

/** The answers people most want to check. */
const NUM_UNSURE = 8;

class BatchResults extends View {
  static override properties = { zipping: { state: true } };
  declare zipping: boolean;
  protected readonly watches = ['batch', 'sayNone'] as const;

  constructor() {
    super();
    this.zipping = false;
  }

  protected override render() {
    const { batch } = this.state;
    if (!batch) return nothing;
    return html`
      <section class="batch" data-testid="batch" data-running=${batch.running} data-answered=${batch.answers.length}>
        ${batch.running ? this.progress(batch) : this.outcome(batch)}
      </section>`;
  }

  private progress({ answers, total, pace }: BatchState) {
    const left = pace?.secondsLeft == null ? 'estimating the time left' : timeLeft(pace.secondsLeft);
    return html`
      <p><span class="digits">Asked about ${answers.length.toLocaleString('en-US')} of ${count(total, 'picture')}</span>
        <button type="button" class="link" data-testid="cancel-batch" @click=${() => app.batch.cancel()}>Cancel</button></p>
      <progress max=${total} .value=${answers.length} aria-label="Asking the model"></progress>
      <p class="quiet digits">${left}</p>`;
  }

  private outcome(batch: BatchState) {
    const { answers, total, canceled, outdated } = batch;
    return html`
      <h3>${count(answers.length, 'picture')}${canceled ? html` of ${total.toLocaleString('en-US')}, then stopped` : nothing}</h3>
      ${outdated ? html`<p class="quiet" data-testid="batch-outdated">The model has changed since: drop the pictures again to ask the new one.</p>` : nothing}
      ${this.shares(batch)}
      ${this.unsure(batch)}
      <div class="buttons">
        <button type="button" class="small" data-testid="batch-csv" @click=${() => this.saveText('csv')}>${download}<span>Table (CSV)</span></button>
        <button type="button" class="small" data-testid="batch-json" @click=${() => this.saveText('json')}>${download}<span>JSON</span></button>
        <button type="button" class="small" data-testid="batch-zip" ?disabled=${this.zipping} @click=${this.saveZip}>
          ${download}<span>${this.zipping ? 'Packing…' : 'Pictures in folders (zip)'}</span></button>
      </div>`;
  }

  /** How many of each answer. */
  private shares({ classes, answers }: BatchState) {
    const counts = new Map<string, number>();
    for (const answer of answers) {
      const name = answerOf(answer, classes, this.state.sayNone);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const colors = new Map(classes.map(({ name, color }) => [name, classColor(color)]));
    const sorted = [...counts].sort(([, a], [, b]) => b - a);
    return html`
      <ul class="batch-shares">${sorted.map(([name, number]) => html`
        <li data-name=${name} data-count=${number} style=${colors.has(name) ? `--class-color:${colors.get(name)}` : ''}>
          ${colors.has(name) ? leaf : nothing}<span>${name}</span><span class="digits">${number.toLocaleString('en-US')}</span></li>`)}</ul>`;
  }

  private unsure({ classes, answers }: BatchState) {
    const least = answers.filter(({ problem }) => !problem).sort((a, b) => a.confidence - b.confidence).slice(0, NUM_UNSURE);
    if (least.length === 0) return nothing;
    return html`
      <details>
        <summary>The least sure answers</summary>
        <ul class="batch-unsure">${least.map((answer) => html`
          <li><button type="button" class="link" title=${answer.file.path} @click=${() => app.inquiries.about(answer.file)}>${fileName(answer.file.path)}</button>
            <span class="quiet">${classes[answer.predicted]!.name}, <span class="digits">${probability(answer.confidence)}</span></span></li>`)}</ul>
      </details>`;
  }

  private saveText(format: 'csv' | 'json'): void {
    const { batch, sayNone } = this.state;
    const text = format === 'csv' ? batchCsv(batch!, sayNone) : batchJson(batch!, sayNone);
    saveFile(`graft-answers.${format}`, new Blob([text], { type: format === 'csv' ? 'text/csv' : 'application/json' }));
  }

  private readonly saveZip = async () => {
    this.zipping = true;
    await app.saveSorted();
    this.zipping = false;
  };
}

customElements.define('batch-results', BatchResults);
