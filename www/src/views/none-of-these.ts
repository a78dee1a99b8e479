// How well pictures of unknown things are told from those of the classes, each class playing the unknown in turn.

import { html, nothing } from 'lit';
import { app } from '../app';
import type { FamiliarityScore, Finding } from '../protocol';
import { count, percent } from '../words';
import { isReady, mayStudy, studyCourse } from './study-course';
import { View } from './view';

type Answer = Finding & { kind: 'noneOfThese' };

const SCORES: Record<FamiliarityScore, [string, string]> = {
  energy: ['Energy', 'how strongly anything speaks for any class'],
  probability: ['Probability', 'how sure the answer is'],
  neighbor: ['Nearest picture', 'how alike the most similar training picture is'],
  classMean: ['Nearest class', 'how alike the average of the nearest class is'],
};

class NoneOfThese extends View {
  protected readonly watches = ['studies', 'findings', 'config', 'dataset'] as const;

  protected override render() {
    const found = this.state.findings.noneOfThese;
    return html`
      <details class="report" data-testid="none-of-these">
        <summary><h3>Does it notice what it has never seen?</h3></summary>
        <div class="study">
          ${found ? answer(found) : html`
            <p>Each class in turn is kept from the model, which then has to say "none of these" to its pictures. It takes three classes or more.</p>`}
          ${studyCourse('noneOfThese', { doing: 'Keeping classes from the model, one at a time', again: this.ask })}
          <button type="button" data-testid="check-none-of-these" ?disabled=${!isReady()} aria-disabled=${mayStudy('noneOfThese') ? nothing : 'true'}
            @click=${this.ask}>${found ? 'Check again' : 'Check it'}</button>
        </div>
      </details>`;
  }

  private readonly ask = () => {
    const { config } = this.state;
    if (config && mayStudy('noneOfThese')) app.study({ kind: 'noneOfThese', config });
  };
}

/** Also for a report that is taken along. */
export function answer({ scores, numUnknown }: Answer) {
  const [used] = scores;
  if (!used) return nothing;
  return html`
    <p data-testid="unknown-told">
      With ${count(numUnknown, 'class', 'classes')} kept from it in turn, a picture it should know looks more familiar to it than one it
      can't know <strong>${percent(used.area)}</strong> of the time. If 95% of the known pictures are to get an answer,
      <strong>${percent(used.falsePositiveRate)}</strong> of the unknown ones get one too.
    </p>
    <table class="numbers">
      <caption>AUROC: 0.5 is guessing, 1 is perfect. FPR@95: unknown pictures that slip through where 95% of the known ones pass.</caption>
      <thead><tr>${['Score', 'AUROC', 'FPR@95'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${scores.map(({ score, area, falsePositiveRate }, index) => html`
        <tr><th scope="row">${SCORES[score][0]}${index === 0 ? ' (in use)' : ''}<br /><span class="quiet">${SCORES[score][1]}</span></th>
          <td>${area.toFixed(3)}</td><td>${percent(falsePositiveRate)}</td></tr>`)}</tbody>
    </table>`;
}

customElements.define('none-of-these', NoneOfThese);
