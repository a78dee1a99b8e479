// The right column: one picture or the webcam, and what the model makes of it.

import { html, nothing } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { app } from '../app';
import { classColor } from '../palette';
import type { ModelClass } from '../protocol';
import { type LiveHeat, store } from '../store';
import { percent, probability } from '../words';
import { camera as cameraIcon, folder as folderIcon, leaf, picture as pictureIcon } from './icons';
import { pickButton } from './pick';
import { View } from './view';
import './batch-results';
import './heat-overlay';

/** Width over height of the stage, as in the style sheet. */
const STAGE_ASPECT = 4 / 3;
/** Up to here every class keeps its place; beyond, the likeliest come first. */
const MAX_BARS = 10;

class TryPanel extends View {
  protected readonly watches = ['model', 'trial', 'camera', 'run', 'sayNone', 'showWhy'] as const;

  override connectedCallback(): void {
    super.connectedCallback();
    this.dataset.drop = 'try';
  }

  protected override render() {
    const { model } = this.state;
    return html`
      <div class="panel-head"><h2>Try it</h2></div>
      ${model ? this.trying() : html`<p class="quiet empty">Once a model is trained, show it a new photo here.</p>`}`;
  }

  private trying() {
    const { camera, trial } = this.state;
    return html`
      ${this.stage()}
      <div class="buttons">
        ${camera.on
          ? html`<button type="button" class="small" data-testid="stop-camera" @click=${() => app.trials.stopCamera()}>Stop the camera</button>`
          : html`
            ${pickButton({
              label: 'Pick photos', icon: pictureIcon, className: 'small', testid: 'try-file',
              onPick: (files) => void app.classify(files),
            })}
            ${pickButton({
              label: 'Pick a folder', icon: folderIcon, folder: true, className: 'small', testid: 'try-folder',
              onPick: (files) => void app.classify(files),
            })}
            <button type="button" class="small" data-testid="start-camera" @click=${() => app.trials.startCamera()}>
              ${cameraIcon}<span>Webcam</span></button>`}
        ${trial?.probabilities && app.trials.shown ? html`
          <button type="button" class="small" data-testid="why-trial" @click=${() => app.inquiries.about(app.trials.shown!)}>Why?</button>` : nothing}
      </div>
      ${camera.on ? html`
        <label class="choice"><input type="checkbox" data-testid="show-why" .checked=${this.state.showWhy}
          @change=${(event: Event) => store.set({ showWhy: isChecked(event) })}> Show where the answer comes from</label>` : nothing}
      ${!camera.on && camera.trouble ? html`<p class="trouble" role="alert" data-testid="camera-trouble">${camera.trouble}</p>` : nothing}
      ${trial?.problem ? html`
        <p class="trouble" role="alert"><strong>${trial.problem.file}</strong>: ${trial.problem.trouble}. ${trial.problem.remedy}</p>` : nothing}
      ${trial && !trial.problem ? this.answer() : nothing}
      <batch-results></batch-results>
      ${this.promise()}`;
  }

  /** What "none of these" stands on. */
  private promise() {
    const { familiarShare, file } = this.state.model!;
    if (familiarShare === null) {
      return html`<p class="quiet" data-testid="none-promise">It always names a class: ${file === null
        ? 'too few pictures were held out to tell unknown things.' : 'this model can’t tell unknown things.'}</p>`;
    }
    return html`
      <div>
        <label class="choice"><input type="checkbox" data-testid="say-none" .checked=${this.state.sayNone}
          @change=${(event: Event) => store.set({ sayNone: isChecked(event) })}> Say “none of these” to unknown things</label>
        <p class="quiet" data-testid="none-promise">Set so that about ${percent(familiarShare)} of held-out pictures of your own classes still
          get an answer.</p>
      </div>`;
  }

  /** What is being looked at. */
  private stage() {
    const { camera, trial } = this.state;
    if (camera.on) {
      return html`
        <div class="stage filled">
          <video muted playsinline aria-label="The webcam" ${ref((element) => showStream(element, camera.stream))}></video>
          ${trial?.heat ? heatOver(trial.heat) : nothing}
        </div>`;
    }
    if (trial?.picture) {
      return html`<div class="stage filled"><img src=${trial.picture} alt=${trial.name} data-testid="try-picture" /></div>`;
    }
    return html`
      <div class="stage">
        <p>Drop a photo here, or paste one with the pointer over this panel. A folder of photos gives a table of answers.</p>
      </div>`;
  }

  private answer() {
    const { trial, model } = this.state;
    const { probabilities, familiar, waiting } = trial!;
    if (!probabilities) return html`<p class="quiet" role="status">${waiting ? 'Looking…' : 'No answer came.'}</p>`;
    const bars = model!.classes.map((modelClass, index) => ({ modelClass, share: probabilities[index] ?? 0 }));
    const best = bars.reduce((a, b) => (b.share > a.share ? b : a));
    const shown = bars.length <= MAX_BARS ? bars : [...bars].sort((a, b) => b.share - a.share).slice(0, MAX_BARS);
    // A webcam would have it read out five times a second.
    const live = this.state.camera.on ? 'off' : 'polite';
    const none = familiar === false && this.state.sayNone;
    return html`
      <div aria-live=${live}>
        ${none ? html`
          <p class="verdict" data-testid="verdict"><strong>None of these</strong></p>
          <p class="quiet" data-testid="closest">closest: ${best.modelClass.name}, <span class="digits">${probability(best.share)}</span></p>` : html`
          <p class="verdict" data-testid="verdict" style=${`--class-color:${classColor(best.modelClass.color)}`}>
            ${leaf}<strong>${best.modelClass.name}</strong> <span class="digits">${probability(best.share)}</span>
          </p>`}
      </div>
      <ul class="bars ${none ? 'unsure' : ''}" data-testid="bars">${shown.map(({ modelClass, share }) => this.bar(modelClass, share, modelClass === best.modelClass))}</ul>
      ${bars.length > shown.length ? html`<p class="quiet">and ${bars.length - shown.length} less likely classes</p>` : nothing}`;
  }

  private bar({ name, color }: ModelClass, share: number, best: boolean) {
    return html`
      <li class=${best ? 'best' : ''} style=${`--class-color:${classColor(color)}`} data-name=${name} data-probability=${share}>
        <span class="bar-name">${name}</span>
        <span class="bar"><span style=${`width:${share * 100}%`}></span></span>
        <span class="digits bar-value">${probability(share)}</span>
      </li>`;
  }
}

/** The square that the network saw, as wide as the picture's longer side, over the middle of the picture. */
function heatOver({ values, side, aspect }: LiveHeat) {
  const width = 100 * Math.min(1, aspect / STAGE_ASPECT);
  return html`
    <div class="live-heat" style=${`width:${width}%;aspect-ratio:${aspect}`}>
      <heat-overlay .values=${values} side=${side} data-testid="live-heat" style=${`width:${100 * Math.max(1, 1 / aspect)}%`}></heat-overlay>
    </div>`;
}

function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}

function showStream(element: Element | undefined, stream: MediaStream | null): void {
  const video = element as HTMLVideoElement | undefined;
  if (!video || video.srcObject === stream) return;
  video.muted = true;
  video.srcObject = stream;
  if (stream) void video.play().catch(() => {});
}

customElements.define('try-panel', TryPanel);
