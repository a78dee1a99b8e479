// The network that looks: which there are, which of them suits the pictures, and the change to another.

import { html, nothing } from 'lit';
import { app } from '../app';
import { backbone, DEFAULT, sentence } from '../backbones';
import { ratio } from '../evaluation-rows';
import { numPictures } from '../health-watch';
import { BACKBONES, type BackboneView } from '../protocol';
import type { RankingResult } from '../store';
import { count, megabytes, millis, percent, signed } from '../words';
import { isReady } from './study-course';
import { View } from './view';

/** With fewer pictures than this the favorite was the wrong one in more than a draw of twenty (docs/methods.md). */
const FEW = 100;

class BackboneChoice extends View {
  protected readonly watches = ['backbone', 'ranking', 'switching', 'dataset', 'model', 'progress', 'device', 'run', 'exporting'] as const;
  /** The one about to be changed to, if that has to be confirmed. */
  private asking: string | null = null;

  protected override render() {
    const { backbone: inUse } = this.state;
    return html`
      <details class="settings backbones" data-testid="backbones">
        <summary>Network: <span data-testid="backbone-in-use" data-backbone=${inUse}>${backbone(inUse).title}</span></summary>
        <p class="quiet">Before anything is learned here, a network that has seen a million photographs turns each picture into 1,280
          numbers. There are three to choose from.</p>
        ${this.ranking()}
        <ul class="backbone-cards">${BACKBONES.map((view) => this.card(view))}</ul>
        ${this.change()}
      </details>`;
  }

  private ranking() {
    const { ranking, switching } = this.state;
    const more = BACKBONES.filter(({ id }) => id !== this.state.backbone).reduce((sum, { numBytes }) => sum + numBytes, 0);
    if (ranking?.running) {
      return html`
        <div class="study-course" data-testid="ranking-running">
          <p role="status">${ranking.doing}…</p>
          <progress max="1" .value=${ranking.progress} aria-label="Trying the networks"></progress>
          <button type="button" class="small" data-testid="stop-ranking" @click=${() => app.ranking.stop()}>Stop</button>
        </div>`;
    }
    return html`
      ${ranking?.message ? html`<p class="stale" role="status" data-testid="ranking-message">${ranking.message}</p>` : nothing}
      ${ranking?.result ? html`<p class="advice" role="status" data-testid="ranking-verdict">${verdict(ranking.result)}
        ${ranking.outdated ? 'The pictures have changed since.' : nothing}</p>` : nothing}
      <button type="button" data-testid="rank-backbones" aria-disabled=${isReady() && !switching ? nothing : 'true'} aria-describedby="rank-help"
        @click=${this.rank}>${ranking?.result ? 'Try them again' : 'Which one suits my pictures?'}</button>
      <p id="rank-help" class="quiet">${isReady() ? `All three look at up to 200 of your pictures: a matter of seconds, and of ${megabytes(more)} MB to fetch, once.`
        : 'That can be found out as soon as there are pictures of two classes.'}</p>`;
  }

  private card({ id, title, numBytes, multiplyAdds, imagenetTop1, license, inputSize, numParameters }: BackboneView) {
    const { backbone: inUse, ranking, switching, progress, device } = this.state;
    const rating = ranking?.result?.ratings.find((each) => each.backbone === id);
    const suits = ranking?.result?.recommended === id;
    const blocked = switching !== null || progress !== null || device === null || ranking?.running;
    return html`
      <li class="backbone-card" data-backbone=${id} ?data-in-use=${id === inUse}>
        <h4>${title}${id === DEFAULT ? html` <span class="tag">usual</span>` : nothing}${suits ? html` <span class="tag good" data-testid="suits">suits these pictures</span>` : nothing}</h4>
        <p>${sentence(id)}</p>
        <dl>
          <div><dt>To fetch</dt><dd>${megabytes(numBytes)} MB</dd></div>
          <div><dt>Work a picture</dt><dd>${Math.round(multiplyAdds / 1e6)} million steps</dd></div>
          <div><dt>Sees</dt><dd>${inputSize} × ${inputSize} pixels</dd></div>
          <div><dt>Right on ImageNet</dt><dd>${(imagenetTop1 * 100).toFixed(1)}%</dd></div>
          ${rating ? html`
            <div class="measured"><dt>Named right of yours</dt><dd data-testid="left-out">${(ratio(rating.leftOut) * 100).toFixed(1)}%</dd></div>
            <div class="measured"><dt>Evidence (LogME)</dt><dd data-testid="log-me">${signed(rating.logMe.evidence, 2)}</dd></div>
            <div class="measured"><dt>Time a picture, here</dt><dd data-testid="millis">${millis(rating.millis)}</dd></div>` : nothing}
        </dl>
        <p class="quiet">${(numParameters / 1e6).toFixed(1)} million numbers; license: ${license}</p>
        ${id === inUse ? html`<p class="in-use"><strong>In use</strong></p>` : html`
          <button type="button" class="small" data-testid="use-backbone" aria-label=${`Use ${title}`} aria-disabled=${blocked ? 'true' : nothing}
            @click=${() => !blocked && this.choose(id)}>Use this one</button>`}
      </li>`;
  }

  private change() {
    const { switching, dataset } = this.state;
    if (switching) {
      const { title } = backbone(switching.to);
      const doing = switching.fetching ? `Fetching ${title}` : `Reading ${count(switching.total, 'picture')} again with ${title}`;
      return html`
        <div class="study-course" data-testid="switching">
          <p role="status">${doing}…</p>
          <progress max="1" value=${switching.total > 0 ? switching.done / switching.total : nothing} aria-label=${doing}></progress>
          <p class="quiet">Until it is done, all stays as it is.</p>
          <button type="button" class="small" data-testid="cancel-switch" @click=${() => app.backbones.cancel()}>Stay with ${backbone(this.state.backbone).title}</button>
        </div>`;
    }
    if (this.asking === null) return nothing;
    const { title } = backbone(this.asking);
    const trained = this.state.model?.file === null;
    return html`
      <div class="study-course" role="group" aria-label="Change the network" data-testid="confirm-switch">
        <p>${count(numPictures(dataset), 'picture is', 'pictures are')} read again with ${title}; classes and labels stay.
          ${this.state.model ? 'The model in use goes, as it only understands the network it was made with.' : nothing}</p>
        <div class="buttons">
          <button type="button" class="primary" data-testid="confirm" @click=${this.confirm}>Change to ${title}</button>
          ${trained ? html`<button type="button" ?disabled=${this.state.exporting !== null} @click=${() => app.download('graft')}>Download the model first</button>` : nothing}
          <button type="button" @click=${() => this.ask(null)}>Stay</button>
        </div>
      </div>`;
  }

  private readonly rank = () => {
    if (isReady() && !this.state.switching) void app.ranking.start();
  };

  private choose(id: string): void {
    // With nothing to lose there is nothing to ask.
    if (numPictures(this.state.dataset) === 0 && !this.state.model) void app.backbones.to(id);
    else this.ask(id);
  }

  private readonly confirm = () => {
    const { asking } = this;
    this.ask(null);
    if (asking) void app.backbones.to(asking);
  };

  private ask(id: string | null): void {
    this.asking = id;
    this.requestUpdate();
    if (id) void this.updateComplete.then(() => this.querySelector<HTMLElement>('[data-testid=confirm]')?.focus());
  }
}

/** In one or two sentences. */
function verdict({ ratings, recommended, numSamples }: RankingResult): string {
  const best = ratings.reduce((a, b) => (b.logMe.evidence > a.logMe.evidence ? b : a));
  const suits = `${backbone(recommended).title} suits these pictures best, judged by ${count(numSamples, 'picture')}`;
  const doubt = numSamples < FEW ? ' With so few that may be chance.' : '';
  if (best.backbone === recommended) return `${suits}.${doubt}`;
  return `${backbone(recommended).title} is the one to take: ${backbone(best.backbone).title} is hardly better on ${count(numSamples, 'picture')}, and slower. ${percent(ratio(ratings.find((each) => each.backbone === recommended)!.leftOut))} are named right.${doubt}`;
}

customElements.define('backbone-choice', BackboneChoice);
