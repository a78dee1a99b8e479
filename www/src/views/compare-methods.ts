// Which way to learn is best on these pictures: all heads and methods, judged by the same ones.

import { html, nothing } from 'lit';
import { app } from '../app';
import { hasHeadOfChoice, learnerName, methodSentence } from '../methods';
import type { DomainDistance, DomainGap, MethodComparison, MethodScore } from '../protocol';
import { store } from '../store';
import { count, percent, points } from '../words';
import { interval, ratio } from '../evaluation-rows';
import { isReady, mayStudy, studyCourse } from './study-course';
import { View } from './view';
import './target-likeness';

const NUM_FOLDS = 5;
/** Differences rarer than this by chance are taken for real. */
const RARE = 0.05;

class CompareMethods extends View {
  protected readonly watches = ['studies', 'findings', 'config', 'dataset', 'methods', 'run'] as const;

  protected override render() {
    const comparison = this.state.findings.methods?.comparison;
    return html`
      <details class="report" data-testid="compare-methods">
        <summary><h3>Which way to learn is best here?</h3></summary>
        <div class="study">
          ${comparison ? this.answer(comparison) : html`
            <p>All heads and transfer-learning methods learn from your pictures and are judged by the same ones they haven't seen: by each
              picture in turn, or by the target pictures that have a class.</p>`}
          ${studyCourse('methods', { doing: 'Trying all ways to learn', again: this.ask })}
          <button type="button" data-testid="start-comparison" ?disabled=${!isReady()} aria-disabled=${mayStudy('methods') ? nothing : 'true'}
            @click=${this.ask}>${comparison ? 'Compare again' : 'Compare methods'}</button>
        </div>
      </details>`;
  }

  private answer(comparison: MethodComparison) {
    const ranked = comparison.scores.filter(({ accuracy }) => accuracy !== null);
    const refused = comparison.scores.filter(({ refusal }) => refusal !== null);
    return html`
      <p class="advice" data-testid="comparison-verdict">${verdict(comparison)}</p>
      ${ranked.length === 0 ? nothing : html`
        <div class="table-scroll" tabindex="0" role="region" aria-label="Ways to learn, the best first">
          <table class="numbers ranking" data-testid="ranking">
            <caption>${basis(comparison)}</caption>
            <thead><tr>${['Way to learn', 'Named right', '95% interval', 'Against the plain head', ''].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
            <tbody>${ranked.map((score) => this.row(score))}</tbody>
          </table>
        </div>`}
      ${comparison.distance ? html`${apart(comparison.distance)}<target-likeness></target-likeness>` : nothing}
      ${refused.length === 0 ? nothing : html`
        <details class="behind" data-testid="refusals">
          <summary>${count(refused.length, 'method')} ${refused.length === 1 ? 'does' : 'do'} not apply</summary>
          <ul class="refusals">${byReason(refused).map(([reason, names]) => html`<li><strong>${names.join(', ')}.</strong> ${reason}</li>`)}</ul>
        </details>`}`;
  }

  private row(score: MethodScore) {
    const { config, run } = this.state;
    const { method, head, weighting } = score;
    const inUse = config?.method === method && (!hasHeadOfChoice(method) || config.head === head && config.weighting === weighting);
    const use = () => {
      if (!config) return;
      store.set({ config: { ...config, method, head, weighting } });
      app.train();
    };
    return html`
      <tr data-method=${method} data-head=${head} data-weighting=${weighting}>
        <th scope="row">${learnerName(score)}<br /><span class="quiet">${methodSentence(score)}</span></th>
        <td><span class="share-bar" style=${`--share:${ratio(score.accuracy!)}`}>${(ratio(score.accuracy!) * 100).toFixed(1)}%</span></td>
        <td>${interval(score.accuracy!)}</td>
        <td>${against(score)}</td>
        <td><button type="button" class="small" ?disabled=${run?.running ?? false} aria-label=${`Train with ${learnerName(score)}`}
          @click=${use}>${inUse ? 'Train' : 'Use this'}</button></td>
      </tr>`;
  }

  private readonly ask = () => {
    const { config } = this.state;
    if (config && mayStudy('methods')) app.study({ kind: 'methods', config, numFolds: NUM_FOLDS });
  };
}

function isBaseline({ method, head, weighting }: MethodScore): boolean {
  return method === 'plain' && head === 'softmax' && weighting === 'even';
}

function against(score: MethodScore) {
  if (isBaseline(score)) return 'is it';
  const { numGained, numLost, chance } = score;
  if (numGained + numLost === 0) return 'the same answers';
  return html`+${numGained} −${numLost} <span class="quiet">${chance > RARE ? 'may be chance' : `p = ${chance < 0.001 ? '< 0.001' : chance.toFixed(3)}`}</span>`;
}

function basis({ numJudged, numFolds, numUnlabeled }: MethodComparison): string {
  const judged = numFolds === null ? `Judged by the ${count(numJudged, 'target picture')} that have a class; all else taught.`
    : `Each of ${count(numJudged, 'picture')} was held out once, in ${count(numFolds, 'fold')}.`;
  return `${judged} ${count(numUnlabeled, 'picture')} without a class could be learned from. +3 −1: three named right that the plain head gets wrong, and one the other way round.`;
}

/** Of many compared, one is ahead by chance now and then: the best has to be rarer than that. */
export function verdict({ scores, distance }: MethodComparison): string {
  const ranked = scores.filter(({ accuracy }) => accuracy !== null);
  const [best] = ranked;
  const plain = ranked.find(isBaseline);
  if (!best || !plain) {
    return distance ? 'No target picture has a class, so nothing can be judged there. Give a few of them one, the more the better; until then “Adapt automatically” is the one to take.'
      : 'Nothing could be compared.';
  }
  const lead = ratio(best.accuracy!) - ratio(plain.accuracy!);
  if (lead <= 0) return 'Nothing does better than the plain head on these pictures: stay with it.';
  const ahead = `“${learnerName(best)}” names ${points(lead)} more right than the plain head`;
  const sure = best.chance * ranked.length < RARE;
  return sure ? `${ahead}, and more than chance would explain.`
    : `${ahead}, but with ${count(ranked.length, 'way', 'ways')} compared on so few pictures that may be chance.`;
}

function apart({ before, centered }: DomainDistance) {
  const told = (gap: DomainGap) => percent((gap.proxyA / 2 + 1) / 2);
  const rare = before.chance < RARE;
  return html`
    <p data-testid="domain-distance">
      ${rare ? 'Source and target differ' : 'Source and target hardly differ'}: a linear head tells which of the two a picture is of
      <strong>${told(before)}</strong> of the time, where 50% would be guessing, and ${told(centered)} when each has lost its own mean.
      <span class="quiet">Proxy A-distance ${before.proxyA.toFixed(2)} → ${centered.proxyA.toFixed(2)} of 2; maximum mean discrepancy
        ${before.discrepancy.toFixed(3)} → ${centered.discrepancy.toFixed(3)} (p = ${before.chance.toFixed(3)} → ${centered.chance.toFixed(3)}).</span>
    </p>`;
}

function byReason(refused: MethodScore[]): [string, string[]][] {
  const reasons = new Map<string, string[]>();
  for (const score of refused) reasons.set(score.refusal!, [...(reasons.get(score.refusal!) ?? []), learnerName(score)]);
  return [...reasons];
}

customElements.define('compare-methods', CompareMethods);
