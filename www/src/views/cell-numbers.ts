// The numbers behind a heat map, as a table folded away.

import { html } from 'lit';

export function cellNumbers(values: readonly number[], side: number, caption: string, show: (value: number) => string) {
  const indices = Array.from({ length: side }, (_, index) => index);
  return html`
    <details class="behind">
      <summary>The numbers</summary>
      <div class="table-scroll" tabindex="0" role="region" aria-label="The numbers">
        <table class="numbers cell-numbers">
          <caption>${caption}</caption>
          <thead><tr><td></td>${indices.map((column) => html`<th scope="col"><span class="visually-hidden">Column </span>${column + 1}</th>`)}</tr></thead>
          <tbody>
            ${indices.map((row) => html`
              <tr><th scope="row"><span class="visually-hidden">Row </span>${row + 1}</th>
                ${indices.map((column) => html`<td>${show(values[row * side + column]!)}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
    </details>`;
}
