// The whole page.

import { html, nothing } from 'lit';
import { View } from './view';
import './page-header';
import './welcome';
import './class-panel';
import './train-panel';
import './try-panel';
import './results-panel';
import './selection-bar';
import './drop-overlay';
import './notices';

class GraftApp extends View {
  protected readonly watches = ['dataset', 'model', 'failure', 'evaluation', 'listing', 'progress', 'problems'] as const;
  /** Once someone has begun, an emptied class list doesn't bring the welcome back. */
  private begun = false;

  protected override render() {
    const { dataset, model, failure, evaluation, listing, progress, problems } = this.state;
    this.begun ||= dataset.classes.length > 0 || model !== null || listing > 0 || progress !== null || problems.length > 0;
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
              ${evaluation ? html`<results-panel class="panel"></results-panel>` : nothing}
            </div>
          </main>`}
      <footer>
        Graft sets a small new head on EfficientNet-Lite0, a network that already knows how to look.
        Your pictures are read, learned from and forgotten in this tab.
      </footer>
      <selection-bar></selection-bar>
      <page-notices></page-notices>
      <drop-overlay></drop-overlay>`;
  }
}

customElements.define('graft-app', GraftApp);
