// How each fold of a cross-validation went; on the page and in a report that is taken along.

import { html } from 'lit';
import { interval, ratio } from '../evaluation-rows';
import type { Proportion } from '../protocol';
import { percent } from '../words';

export function foldTable(folds: Proportion[]) {
  return html`
    <table class="numbers" data-testid="fold-table">
      <thead><tr>${['Fold', 'Right', 'Pictures', 'Accuracy', '95% interval'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${folds.map((fold, index) => html`
        <tr><th scope="row">${index + 1}</th><td>${fold.hits}</td><td>${fold.total}</td><td>${percent(ratio(fold))}</td><td>${interval(fold)}</td></tr>`)}</tbody>
    </table>`;
}
