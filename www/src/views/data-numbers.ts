// Three numbers about the data as a whole: relevance, diversity, scale; each with what it means.

import { html, nothing, type TemplateResult } from 'lit';
import type { Health, LogMe } from '../protocol';
import type { State } from '../store';
import { count } from '../words';

/**
 * Nats a picture above labels without any relation to the pictures. Twelve classes of photos give
 * 0.35, with three pictures of each 0.06; with half of the labels wrong 0.03, with all shuffled 0.00.
 */
const TELLS_WELL = 0.1;
const TELLS_SOMEWHAT = 0.02;
/** Shares of pictures that are worth a whole one. */
const HARDLY_REPEATS = 0.85;
const PARTLY_REPEATS = 0.6;
/** Pictures in the smallest class: what the welcome page promises. The learning curve knows better. */
const FEW = 5;
const ENOUGH = 20;

export function dataNumbers(health: Health, state: Readonly<State>) {
  return html`
    <dl class="data-numbers" data-testid="data-numbers">
      ${health.transferability ? relevance(health.transferability) : nothing}
      ${diversity(health)}
      ${scale(state)}
    </dl>`;
}

function relevance({ evidence, baseline }: LogMe) {
  const above = evidence - baseline;
  const [value, words] = above >= TELLS_WELL ? ['good', 'The pretrained network tells these classes apart well.']
    : above >= TELLS_SOMEWHAT ? ['fair', 'The pretrained network tells these classes apart somewhat. More pictures of each may make it clearer.']
      : ['poor', 'The pretrained network hardly tells these classes apart: there are too few pictures, labels are mixed up, or what sets the classes apart is hard to see.'];
  return number('Relevance', value, words,
    `LogME ${Math.max(0, above).toFixed(2)}: so many nats a picture a linear model on its features explains of the labels.`);
}

function diversity({ numSamples, numDistinct }: Health) {
  const distinct = Math.max(1, Math.round(numDistinct));
  const share = numDistinct / Math.max(1, numSamples);
  const words = share >= HARDLY_REPEATS ? 'Hardly any repeat another.'
    : share >= PARTLY_REPEATS ? 'Some look much like others; new ones that look different would teach more.'
      : 'Many look much like others: pictures from other places, days and angles would teach more than more of these.';
  return number('Diversity', `${distinct.toLocaleString('en-US')} of ${numSamples.toLocaleString('en-US')}`,
    `${count(numSamples, 'picture')}, worth about ${distinct.toLocaleString('en-US')} different ones. ${words}`, '');
}

function scale({ dataset: { classes }, findings }: Readonly<State>) {
  if (classes.length === 0) return number('Scale', 'no class yet', 'Label some pictures, and there is something to learn.', '');
  const bySize = [...classes].sort((a, b) => a.samples.length - b.samples.length);
  const [smallest, largest] = [bySize[0]!, bySize.at(-1)!];
  const total = classes.reduce((sum, { samples }) => sum + samples.length, 0);
  const [fewest, most] = [smallest.samples.length, largest.samples.length];
  const curve = findings.learningCurve?.curve;
  const words = fewest < FEW ? `“${smallest.name}” needs more: five of each are the least to learn from.`
    : fewest < ENOUGH ? 'That is a start; twenty of each are a good one.' : 'That is plenty to learn from.';
  return number('Scale', `${Math.round(total / classes.length).toLocaleString('en-US')} a class`,
    fewest === most ? `Each class has ${count(fewest, 'picture')}.`
      : `From ${fewest.toLocaleString('en-US')} (“${smallest.name}”) to ${most.toLocaleString('en-US')} (“${largest.name}”).`,
    html`${curve ? curve.advice : words} ${document.querySelector('learning-curve') ? html`
      <a class="link" href="#results" @click=${openLearningCurve}>${curve ? 'See the learning curve' : 'Would more pictures help?'}</a>` : nothing}`);
}

function openLearningCurve(event: Event): void {
  const curve = document.querySelector<HTMLElement>('learning-curve');
  if (!curve) return;
  event.preventDefault();
  curve.querySelector('details')?.setAttribute('open', '');
  curve.scrollIntoView({ block: 'start' });
  curve.querySelector('summary')?.focus({ preventScroll: true });
}

function number(name: string, value: string, words: string, more: string | TemplateResult) {
  return html`
    <div>
      <dt>${name}</dt>
      <dd><strong>${value}</strong><span>${words}</span>${more === '' ? nothing : html`<span class="quiet">${more}</span>`}</dd>
    </div>`;
}
