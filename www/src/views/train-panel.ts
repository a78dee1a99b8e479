// The middle column: train, watch, stop, download.

import { html, nothing } from 'lit';
import { app } from '../app';
import { judges } from '../evaluation-rows';
import type { Run } from '../store';
import { count, percent } from '../words';
import { download } from './icons';
import { View } from './view';
import './backbone-choice';
import './curve-chart';
import './export-formats';
import './live-estimate';
import './training-settings';

/** Two hundred new classes lack two hundred things. */
const MAX_REASONS = 5;

class TrainPanel extends View {
  protected readonly watches = ['dataset', 'run', 'model', 'stale', 'device', 'progress', 'exporting', 'evaluation', 'loading', 'keepUpToDate'] as const;

  protected override render() {
    const { run, model } = this.state;
    return html`
      <div class="panel-head"><h2>Train</h2></div>
      ${this.button()}
      ${this.missing()}
      <live-estimate></live-estimate>
      <p class="visually-hidden" role="status">${this.announcement()}</p>
      ${run && !(run.quiet && run.running) ? this.course() : nothing}
      ${model ? this.outcome() : nothing}
      <training-settings></training-settings>
      <backbone-choice></backbone-choice>`;
  }

  private button() {
    const { run, dataset, device, progress, model } = this.state;
    const running = (run?.running && !run.quiet) ?? false;
    const blocked = !device || dataset.missing.length > 0;
    const stop = run?.stopping ? 'Stopping…' : 'Stop';
    const train = model && model.file === null ? 'Train again' : 'Train';
    const press = (event: MouseEvent) => {
      // The second half of a double-click on Train is no wish to stop.
      if (event.detail > 1) return;
      if (running) app.stopTraining();
      else app.train();
    };
    // One button, never disabled while it has the focus: a new one would lose it.
    return html`
      <button type="button" class=${running ? 'big' : 'primary big'} data-testid=${running ? 'stop' : 'train'}
        ?disabled=${!running && blocked} aria-disabled=${run?.stopping ? 'true' : nothing} aria-describedby="missing"
        @click=${press}>${running ? stop : train}</button>
      ${running ? html`<p class="quiet">Stopping keeps ${keeps(run!)}.</p>` : nothing}
      ${progress && !running && !blocked ? html`<p class="quiet">Still reading: training now uses the pictures read so far.</p>` : nothing}`;
  }

  /** For screen readers: the start and the end, not each epoch. */
  private announcement(): string {
    const { run, model } = this.state;
    if (!run || run.quiet) return '';
    if (run.preparing) return 'Comparing pictures';
    if (run.running) return `Training${run.numEpochs === null ? '' : ` for ${count(run.numEpochs, 'epoch')}`} has started`;
    const accuracy = model?.accuracy;
    return accuracy ? `Training is over: ${percent(accuracy.hits / accuracy.total)} of held-out pictures right` : 'Training is over';
  }

  private missing() {
    const { dataset, device } = this.state;
    const reasons = device ? dataset.missing : ['The trainer is still loading.'];
    return html`
      <ul id="missing" class="missing" data-testid="missing" aria-live="polite">
        ${reasons.slice(0, MAX_REASONS).map((reason) => html`<li>${reason}</li>`)}
        ${reasons.length > MAX_REASONS ? html`<li>and ${reasons.length - MAX_REASONS} more like this.</li>` : nothing}
      </ul>`;
  }

  private course() {
    const run = this.state.run!;
    const last = run.epochs.at(-1);
    return html`
      <div class="course" data-testid="course">
        ${run.preparing ? html`
          <p>Comparing pictures: near-duplicates stay on one side of the split.</p>
          <progress aria-label="Comparing pictures"></progress>` : nothing}
        ${run.running && !run.preparing ? html`
          <p class="digits">
            ${run.numEpochs !== null ? `Epoch ${last?.epoch ?? 0} of ${run.numEpochs}, l` : last ? `Step ${last.epoch}, l` : 'L'}earning from ${count(run.numTrain, 'picture')},
            ${run.numValidation} held out
          </p>
          ${run.numEpochs === null || run.progress !== null ? html`<progress max="1" value=${run.progress ?? nothing} aria-label="Training"></progress>`
            : html`<progress max=${run.numEpochs} .value=${last?.epoch ?? 0} aria-label="Training"></progress>`}` : nothing}
        ${run.preparing || last === undefined ? nothing : (['loss', 'accuracy'] as const).map((kind) => html`
          <curve-chart .epochs=${run.epochs} .num=${run.epochs.length} kind=${kind} unit=${run.numEpochs === null ? 'step' : 'epoch'}></curve-chart>`)}
      </div>`;
  }

  private outcome() {
    const { model, stale, exporting, evaluation, run, keepUpToDate } = this.state;
    const { accuracy, file } = model!;
    if (run?.running && !run.quiet) return nothing;
    return html`
      <div class="outcome" data-testid="outcome">
        ${accuracy ? html`
          <p class="score"><strong data-testid="accuracy">${percent(accuracy.hits / accuracy.total)}</strong>
            of ${accuracy.total} ${evaluation ? judges(evaluation.origin) : 'held-out pictures'} right</p>` : nothing}
        ${file !== null
          ? html`<p class="quiet" data-testid="loaded-model">A model from a file is in use${accuracy ? '; this was its accuracy when it was trained' : ''}.</p>`
          : nothing}
        ${stale && file === null ? html`<p class="stale" data-testid="stale">${run?.quiet && run.running
          ? 'Taking in what has changed…' : 'The classes have changed since: train again to take that in.'}</p>` : nothing}
        ${file === null ? html`
          <label class="check"><input type="checkbox" data-testid="keep-up-to-date" .checked=${keepUpToDate}
            @change=${(event: Event) => app.keepUpToDate((event.target as HTMLInputElement).checked)}>
            Take in every change at once</label>` : nothing}
        <div class="buttons">
          ${file === null ? html`
            <button type="button" data-testid="download" ?disabled=${exporting !== null} @click=${() => app.download('graft')}>
              ${download}<span>${exporting === 'graft' ? 'Packing…' : 'Download the model'}</span></button>` : nothing}
          ${evaluation ? html`<a href="#results" class="link">See the results</a>` : nothing}
        </div>
        <export-formats></export-formats>
      </div>`;
  }
}

function keeps({ numEpochs, progress }: Run): string {
  if (numEpochs !== null) return 'the best epoch so far, if one is over';
  return progress === null ? 'what it has learned so far' : 'nothing: this method has no model before its end';
}

customElements.define('train-panel', TrainPanel);
