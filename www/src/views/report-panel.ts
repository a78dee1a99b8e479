// What held-out pictures say beyond "how many are right": class by class, how sure, when to hold back.

import { html, nothing, svg } from 'lit';
import { classColor } from '../palette';
import type { Evaluation, Proportion, Report } from '../protocol';
import { count, percent } from '../words';
import { leaf } from './icons';
import { View } from './view';

/** Side of the reliability diagram, in its own units. */
const SIDE = 100;

class ReportPanel extends View {
  static override properties = { withheld: { state: true } };
  /** Place on the coverage curve, from the point that answers always. */
  declare withheld: number;
  protected readonly watches = ['evaluation'] as const;

  constructor() {
    super();
    this.withheld = 0;
  }

  protected override render() {
    const { evaluation } = this.state;
    if (!evaluation) return nothing;
    return html`
      <details class="report" data-testid="report">
        <summary><h3>Class by class, how sure, and when to say "not sure"</h3></summary>
        <div class="report-parts">
          <section class="report-wide">${this.classes(evaluation)}${averages(evaluation)}</section>
          <section>${reliability(evaluation.report)}</section>
          <section>${this.coverage(evaluation.report)}</section>
        </div>
      </details>`;
  }

  private classes({ classes, report }: Evaluation) {
    return html`
      <div class="table-scroll" tabindex="0" role="region" aria-label="Each class">
        <table class="numbers" data-testid="class-report">
          <caption>Precision: of the pictures called so, the share that are. Recall: of the pictures that are, the
            share found. F1: their harmonic mean. AUC: how well the class's probability ranks its pictures first.</caption>
          <thead>
            <tr><th scope="col">Class</th>
              ${['Held out', 'Precision', 'Recall', 'F1', 'AUC'].map((name) => html`<th scope="col">${name}</th>`)}</tr>
          </thead>
          <tbody>
            ${report.classes.map(({ report: { support, precision, recall, f1 }, area }, index) => {
              const { name, color } = classes[index]!;
              return html`
                <tr data-name=${name}>
                  <th scope="row" style=${`--class-color:${classColor(color)}`}>${leaf}<span class="row-name">${name}</span></th>
                  <td>${support}</td><td>${share(precision)}</td><td>${share(recall)}</td><td>${hundredths(f1)}</td><td>${hundredths(area)}</td>
                </tr>`;
            })}
          </tbody>
        </table>
      </div>`;
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
        <strong>${accuracy.hits}</strong> of those: ${percent(accuracy.hits / accuracy.total)}
        <span class="quiet">(${interval(accuracy)})</span>.
      </p>`;
  }
}

function averages({ report }: Evaluation) {
  const { overview: { balancedAccuracy, kappa, macroAverage, weightedAverage }, topK, area, averagePrecision } = report;
  const entries: [string, string, string][] = [
    ['Balanced accuracy', share(balancedAccuracy), 'the mean recall: small classes count as much as large ones'],
    ['Mean F1', hundredths(macroAverage?.f1 ?? null), 'each class counts the same'],
    ['Weighted F1', hundredths(weightedAverage?.f1 ?? null), 'each class counts by its pictures'],
    ["Cohen's κ", hundredths(kappa), 'agreement beyond chance: 0 is guessing, 1 is perfect'],
    ['Mean AUC', hundredths(area), 'area under the ROC curves'],
    ['Mean average precision', hundredths(averagePrecision), 'area under the precision-recall curves'],
    ...topK.map(({ hits, total }, index): [string, string, string] =>
      [`Right within ${index + 2} guesses`, total > 0 ? percent(hits / total) : '–', 'its class is among the likeliest']),
  ];
  return html`
    <dl class="averages" data-testid="averages">
      ${entries.map(([name, value, meaning]) => html`<div><dt>${name}</dt><dd><strong>${value}</strong> <span class="quiet">${meaning}</span></dd></div>`)}
    </dl>`;
}

function reliability({ reliability: { bins, error, errorByChance }, temperature }: Report) {
  if (error === null) return nothing;
  const filled = bins.filter(({ accuracy }) => accuracy.total > 0);
  const worse = errorByChance !== null && error > 2 * errorByChance;
  const lean = temperature === null ? '' : temperature > 1 ? ' It tends to be too sure.' : ' It could be surer of itself.';
  return html`
    <h4>As sure as it is right?</h4>
    <p data-testid="calibration">
      Its confidence is off by <strong>${(error * 100).toFixed(1)} points</strong> on average${errorByChance === null ? ''
        : html`; with ${count(total(bins), 'picture')}, chance alone would show about ${(errorByChance * 100).toFixed(1)}`}.
      ${worse ? `Take its percentages with a grain of salt.${lean}` : 'That is no cause for concern.'}
    </p>
    <figure class="reliability">
      <svg viewBox="-5 -5 110 110" role="img" aria-label="Share right against confidence; the table below has the numbers">
        <rect class="frame" width=${SIDE} height=${SIDE}></rect>
        <path class="diagonal" d="M0 ${SIDE} L${SIDE} 0"></path>
        ${filled.map(({ confidence, accuracy: { hits, total: num, low, high } }) => {
          const [x, y] = [SIDE * (confidence ?? 0), SIDE * (1 - hits / num)];
          return svg`
            <path class="whisker" d="M${x} ${SIDE * (1 - low)} V${SIDE * (1 - high)}"></path>
            <circle cx=${x} cy=${y} r=${1.5 + 2.5 * Math.sqrt(num / total(bins))}></circle>`;
        })}
      </svg>
      <figcaption class="quiet">Across: how sure. Up: the share right, with 95% intervals. On the line it is as right as it is sure.</figcaption>
    </figure>
    <details class="behind">
      <summary>The numbers</summary>
      <table class="numbers">
        <thead><tr>${['Sure', 'Pictures', 'Right'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${filled.map(({ low, high, accuracy }) => html`
          <tr><th scope="row">${percent(low)} to ${percent(high)}</th><td>${accuracy.total}</td><td>${percent(accuracy.hits / accuracy.total)}</td></tr>`)}</tbody>
      </table>
    </details>`;
}

const total = (bins: { accuracy: Proportion }[]) => bins.reduce((sum, { accuracy }) => sum + accuracy.total, 0);
const share = (value: number | null) => (value === null ? '–' : percent(value));
const hundredths = (value: number | null) => (value === null ? '–' : value.toFixed(2));
const interval = ({ low, high }: Proportion) => `${percent(low)} to ${percent(high)}`;

customElements.define('report-panel', ReportPanel);
