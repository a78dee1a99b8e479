// ROC and precision-recall curves of one class against the rest, or of all on average.

import { html, LitElement, nothing } from 'lit';
import { precisionRecallChart, rocChart } from '../charts/class-curves';
import type { ClassSummary, Evaluation } from '../protocol';
import { hundredths, percent } from '../words';

class ClassCurves extends LitElement {
  static override properties = { evaluation: { attribute: false }, chosen: { state: true } };
  declare evaluation: Evaluation;
  /** Index of a class; null for all. */
  declare chosen: number | null;

  constructor() {
    super();
    this.chosen = null;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    if (this.chosen !== null && this.chosen >= this.evaluation.classes.length) this.chosen = null;
  }

  protected override render() {
    const { classes, report } = this.evaluation;
    if (report.area === null) return nothing;
    const { chosen } = this;
    const name = chosen === null ? 'all classes on average' : classes[chosen]!.name;
    const choose = (event: Event) => {
      const { value } = event.target as HTMLSelectElement;
      this.chosen = value === '' ? null : Number(value);
    };
    return html`
      <h4>What a stricter or a laxer threshold would do</h4>
      <label class="curves-of">Curves of
        <select data-testid="curves-of" @change=${choose}>
          <option value="" ?selected=${chosen === null}>all classes on average</option>
          ${classes.map((each, index) => html`<option value=${index} ?selected=${chosen === index}>${each.name}</option>`)}
        </select>
      </label>
      ${this.summary()}
      <div class="curve-pair" data-testid="class-curves">
        <figure>${rocChart(report.classes, chosen, name)}</figure>
        <figure>${precisionRecallChart(report.classes, chosen, name)}</figure>
      </div>
      <p class="quiet">The strong line is ${name}${classes.length > 30 ? '' : ', the faint ones are the classes'}. Left: the nearer the upper left corner,
        the better; on the dashes it is guessing. Right: the nearer the upper right corner, the better.</p>
      <details class="behind">
        <summary>The numbers</summary>
        ${chosen === null ? areas(this.evaluation) : points(report.classes[chosen]!)}
      </details>`;
  }

  private summary() {
    const { classes, report } = this.evaluation;
    const of = this.chosen === null ? report : report.classes[this.chosen]!;
    if (of.area === null) return html`<p>Too few pictures were held out for this class to have curves.</p>`;
    const whose = this.chosen === null ? 'its class' : `“${classes[this.chosen]!.name}”`;
    return html`
      <p data-testid="areas">
        A picture of ${whose} gets a higher probability for it than a picture of another class does
        <strong>${percent(of.area)}</strong> of the time (AUC <strong>${of.area.toFixed(3)}</strong>). Average precision:
        <strong>${hundredths(of.averagePrecision)}</strong>.
      </p>`;
  }
}

function areas({ classes, report }: Evaluation) {
  return html`
    <div class="table-scroll tall" tabindex="0" role="region" aria-label="Areas under the curves">
      <table class="numbers">
        <thead><tr>${['Class', 'AUC', 'Average precision'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${report.classes.map(({ area, averagePrecision }, index) => html`
          <tr><th scope="row">${classes[index]!.name}</th><td>${hundredths(area)}</td><td>${hundredths(averagePrecision)}</td></tr>`)}</tbody>
      </table>
    </div>`;
}

function points({ roc, precisionRecall }: ClassSummary) {
  return html`
    <div class="curve-pair">
      ${pairs(['Others taken for it', 'Found'], roc)}
      ${pairs(['Found', 'Right of those called so'], precisionRecall)}
    </div>`;
}

function pairs(titles: string[], values: readonly (readonly [number, number])[]) {
  return html`
    <div class="table-scroll tall" tabindex="0" role="region" aria-label=${titles.join(' and ')}>
      <table class="numbers">
        <thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
        <tbody>${values.map((pair) => html`<tr>${pair.map((value) => html`<td>${(value * 100).toFixed(1)}%</td>`)}</tr>`)}</tbody>
      </table>
    </div>`;
}

customElements.define('class-curves', ClassCurves);
