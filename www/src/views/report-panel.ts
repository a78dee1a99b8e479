// What held-out pictures say beyond "how many are right": class by class, how sure, when to hold back.

import { html, LitElement, nothing } from 'lit';
import { reliabilityDiagram } from '../charts/reliability-diagram';
import { averageRows, calibrationSentence, CLASS_CAPTION, CLASS_COLUMNS, classRow, interval, ratio } from '../evaluation-rows';
import { classColor } from '../palette';
import type { Evaluation, Report } from '../protocol';
import { percent } from '../words';
import { leaf } from './icons';
import './class-curves';

class ReportPanel extends LitElement {
  static override properties = { evaluation: { attribute: false }, open: { state: true }, withheld: { state: true } };
  declare evaluation: Evaluation;
  declare open: boolean;
  /** Place on the coverage curve, from the point that answers always. */
  declare withheld: number;

  constructor() {
    super();
    this.open = false;
    this.withheld = 0;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render() {
    const { report } = this.evaluation;
    const toggled = (event: Event) => {
      if (event.target === event.currentTarget) this.open = (event.target as HTMLDetailsElement).open;
    };
    return html`
      <details class="report" data-testid="report" @toggle=${toggled}>
        <summary><h3>Class by class, how sure, and when to say "not sure"</h3></summary>
        <div class="report-parts">
          <section class="report-wide">${classTable(this.evaluation)}${averages(report)}</section>
          <section>${reliability(report)}</section>
          <section>${this.coverage(report)}</section>
          ${this.open ? html`<section class="report-wide"><class-curves .evaluation=${this.evaluation}></class-curves></section>` : nothing}
        </div>
      </details>`;
  }

  private coverage({ coverage: { points } }: Report) {
    if (points.length === 0) return nothing;
    const point = points[Math.max(0, points.length - 1 - this.withheld)]!;
    const { threshold, coverage, accuracy } = point;
    const choose = (event: Event) => (this.withheld = Number((event.target as HTMLInputElement).value));
    return html`
      <h4 id="withhold">Say "not sure" below …</h4>
      <input type="range" min="0" max=${points.length - 1} .value=${String(this.withheld)} aria-labelledby="withhold"
        aria-valuetext=${`${percent(threshold)} sure`} @input=${choose} data-testid="withhold" ?disabled=${points.length < 2}>
      <p role="status" data-testid="coverage">
        ${this.withheld === 0 ? 'Always answering' : html`Answering only when at least <strong>${percent(threshold)}</strong> sure`}, it
        names <strong>${coverage.hits} of ${coverage.total}</strong> held-out pictures and is right about
        <strong>${accuracy.hits}</strong> of those: ${percent(ratio(accuracy))}
        <span class="quiet">(${interval(accuracy)})</span>.
      </p>`;
  }
}

/** Also for a report that is taken along, like what follows. */
export function classTable({ classes, report }: Evaluation) {
  return html`
    <div class="table-scroll" tabindex="0" role="region" aria-label="Each class">
      <table class="numbers" data-testid="class-report">
        <caption>${CLASS_CAPTION}</caption>
        <thead>
          <tr><th scope="col">Class</th>${CLASS_COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}</tr>
        </thead>
        <tbody>
          ${report.classes.map((summary, index) => {
            const { name, color } = classes[index]!;
            return html`
              <tr data-name=${name}>
                <th scope="row" style=${`--class-color:${classColor(color)}`}>${leaf}<span class="row-name">${name}</span></th>
                ${classRow(summary).map((value) => html`<td>${value}</td>`)}
              </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
}

export function averages(report: Report) {
  return html`
    <dl class="averages" data-testid="averages">
      ${averageRows(report).map(([name, value, meaning]) => html`
        <div><dt>${name}</dt><dd><strong>${value}</strong> <span class="quiet">${meaning}</span></dd></div>`)}
    </dl>`;
}

export function reliability(report: Report) {
  const { bins, error } = report.reliability;
  if (error === null) return nothing;
  const filled = bins.filter(({ accuracy }) => accuracy.total > 0);
  return html`
    <h4>As sure as it is right?</h4>
    <p data-testid="calibration">${calibrationSentence(report)}</p>
    <figure>
      ${reliabilityDiagram(bins)}
      <figcaption class="quiet">With 95% intervals; larger dots stand for more pictures. On the dashes it is as right as it is sure.</figcaption>
    </figure>
    <details class="behind">
      <summary>The numbers</summary>
      <table class="numbers">
        <thead><tr>${['Sure', 'Pictures', 'Right'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${filled.map(({ low, high, accuracy }) => html`
          <tr><th scope="row">${percent(low)} to ${percent(high)}</th><td>${accuracy.total}</td><td>${percent(ratio(accuracy))}</td></tr>`)}</tbody>
      </table>
    </details>`;
}

customElements.define('report-panel', ReportPanel);
