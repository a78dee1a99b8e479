// Would more pictures help? Accuracy against their number, and where it is heading.

import { html, nothing } from 'lit';
import { app } from '../app';
import { learningCurveChart } from '../charts/learning-curve';
import { interval, ratio } from '../evaluation-rows';
import type { ClassOutlook, LearningCurveView, Outlook } from '../protocol';
import { percent, points } from '../words';
import { isReady, mayStudy, studyCourse } from './study-course';
import { View } from './view';

const OUTLOOKS: Record<Outlook, string> = { likely: 'likely to help', open: 'may help', unlikely: 'unlikely to help' };

class LearningCurve extends View {
  protected readonly watches = ['studies', 'findings', 'config', 'dataset'] as const;

  protected override render() {
    const curve = this.state.findings.learningCurve?.curve;
    return html`
      <details class="report" data-testid="learning-curve">
        <summary><h3>Would more pictures help?</h3></summary>
        <div class="study">
          ${curve ? nothing : html`<p>Models that learn from fewer of your pictures show how much the next ones are worth.</p>`}
          ${curve ? this.answer(curve) : nothing}
          ${studyCourse('learningCurve', { doing: 'Learning from fewer pictures', again: this.ask })}
          <button type="button" data-testid="draw-learning-curve" ?disabled=${!isReady()} aria-disabled=${mayStudy('learningCurve') ? nothing : 'true'}
            @click=${this.ask}>${curve ? 'Draw it again' : 'Draw the learning curve'}</button>
        </div>
      </details>`;
  }

  private answer(curve: LearningCurveView) {
    return html`
      <p class="advice" data-testid="advice">${curve.advice}</p>
      ${curve.points.length === 0 ? nothing : html`
        <figure>
          ${learningCurveChart(curve)}
          <figcaption class="quiet">Dots: measured on held-out pictures, with 95% intervals.${curve.fitted.length === 0 ? '' : ` Line: the curve through
            them; dashed where it is a forecast, up to twice the pictures. Gray: where it probably lies.`}</figcaption>
        </figure>
        <details class="behind">
          <summary>The numbers</summary>
          ${measured(curve)}
        </details>`}
      ${this.outlooks(curve.classes)}`;
  }

  private outlooks(outlooks: ClassOutlook[]) {
    const names = new Map(this.state.dataset.classes.map(({ id, name }) => [id, name]));
    const known = outlooks.filter((each) => names.has(each.class)).sort((a, b) => b.gain.value - a.gain.value);
    if (known.length === 0) return nothing;
    return html`
      <details class="behind" data-testid="class-outlooks">
        <summary>Class by class</summary>
        <div class="table-scroll tall" tabindex="0" role="region" aria-label="What twice the pictures would do for each class">
          <table class="numbers">
            <caption>What twice as many pictures of all classes would add to the share of each that is found, with a 95% interval.</caption>
            <thead><tr><th scope="col">Class</th><th scope="col">More pictures are</th><th scope="col">Gain</th></tr></thead>
            <tbody>${known.map(({ class: id, outlook, gain }) => html`
              <tr><th scope="row">${names.get(id)}</th><td>${OUTLOOKS[outlook]}</td>
                <td>${points(gain.value)} (${(gain.low * 100).toFixed(1)} to ${(gain.high * 100).toFixed(1)})</td></tr>`)}</tbody>
          </table>
        </div>
      </details>`;
  }

  private readonly ask = () => {
    const { config } = this.state;
    if (config && mayStudy('learningCurve')) app.study({ kind: 'learningCurve', config });
  };
}

/** Also for a report that is taken along. */
export function measured({ points: each, fitted }: LearningCurveView) {
  const forecast = fitted.at(-1);
  return html`
    <table class="numbers">
      <thead><tr>${['Pictures a class', 'Named right', '95% interval'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>
        ${each.map(({ numImages, accuracy }) => html`
          <tr><th scope="row">${shown(numImages)}</th><td>${percent(ratio(accuracy))} of ${accuracy.total}</td><td>${interval(accuracy)}</td></tr>`)}
        ${forecast ? html`
          <tr><th scope="row">${shown(forecast.numImages)}, forecast</th><td>${percent(forecast.accuracy.value)}</td>
            <td>${percent(forecast.accuracy.low)} to ${percent(forecast.accuracy.high)}</td></tr>` : nothing}
      </tbody>
    </table>`;
}

const shown = (num: number) => (Number.isInteger(num) ? String(num) : num.toFixed(1));

customElements.define('learning-curve', LearningCurve);
