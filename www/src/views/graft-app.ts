// The whole page.

import { html, nothing } from 'lit';
import { backbone } from '../backbones';
import { numPictures } from '../health-watch';
import { View } from './view';
import './page-header';
import './project-dialog';
import './welcome';
import './class-panel';
import './train-panel';
import './try-panel';
import './data-panel';
import './label-next';
import './results-panel';
import './selection-bar';
import './drop-overlay';
import './notices';
import './why-dialog';

class GraftApp extends View {
  protected readonly watches = ['dataset', 'model', 'failure', 'evaluation', 'findings', 'listing', 'progress', 'problems', 'backbone', 'restoring'] as const;
  /** Once someone has begun, an emptied class list doesn't bring the welcome back. */
  private begun = false;

  protected override render() {
    const { dataset, model, failure, evaluation, listing, progress, problems, restoring } = this.state;
    this.begun ||= dataset.classes.length > 0 || dataset.unsorted.length > 0 || model !== null || listing > 0 || progress !== null || problems.length > 0 || restoring;
    return html`
      <page-header></page-header>
      ${failure
        ? html`
          <main class="failure" role="alert">
            <h2>${failure.title}</h2>
            <p>${failure.trouble}</p>
            <p>${failure.remedy}</p>
            <button class="primary" @click=${() => location.reload()}>Reload the page</button>
          </main>`
        : html`
          <main>
            ${this.begun ? nothing : html`<graft-welcome></graft-welcome>`}
            <div class="columns" ?hidden=${!this.begun}>
              <class-panel class="panel"></class-panel>
              <train-panel class="panel"></train-panel>
              <try-panel class="panel"></try-panel>
              ${evaluation || this.canBeJudged() ? html`<results-panel class="panel"></results-panel>` : nothing}
              ${numPictures(dataset) > 0 ? html`<data-panel class="panel"></data-panel>` : nothing}
            </div>
          </main>`}
      <footer>
        Graft sets a small new head on ${backbone(this.state.backbone).title}, a network that already knows how to look.
        Your pictures are read and learned from in this tab, and kept nowhere but in this browser.
      </footer>
      <selection-bar></selection-bar>
      <label-next></label-next>
      <why-dialog></why-dialog>
      <project-dialog></project-dialog>
      <page-notices></page-notices>
      <drop-overlay></drop-overlay>`;
  }

  /** Cross-validation needs no training before it. */
  private canBeJudged(): boolean {
    const { dataset, findings } = this.state;
    return findings.crossValidation !== undefined || (dataset.classes.length > 1 && dataset.missing.length === 0);
  }
}

customElements.define('graft-app', GraftApp);
