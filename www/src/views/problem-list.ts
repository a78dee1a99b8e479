// The files that could not be used: which, why, and what to do.

import { html, nothing } from 'lit';
import { count } from '../words';
import { close, warning } from './icons';
import { store } from '../store';
import { View } from './view';

/** Nobody reads more, and each is a few elements. */
const MAX_SHOWN = 200;

class ProblemList extends View {
  protected readonly watches = ['problems'] as const;

  protected override render() {
    const { problems } = this.state;
    if (problems.length === 0) return nothing;
    return html`
      <details class="problems" data-testid="problems">
        <summary>${warning}<span role="status">${count(problems.length, 'file')} could not be used</span></summary>
        <ul>
          ${problems.slice(0, MAX_SHOWN).map(({ file, trouble, remedy }) => html`
            <li data-testid="problem">
              <strong class="path">${file}</strong>
              <span>${sentence(trouble)}</span>
              <span class="quiet">${remedy}</span>
            </li>`)}
        </ul>
        ${problems.length > MAX_SHOWN ? html`<p class="quiet">and ${count(problems.length - MAX_SHOWN, 'more', 'more')}</p>` : nothing}
        <button type="button" class="link" @click=${() => store.set({ problems: [] })}>${close}<span>Clear this list</span></button>
      </details>`;
  }
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

customElements.define('problem-list', ProblemList);
