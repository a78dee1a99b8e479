// Methods and heads by their ids in, their names and what they do out.

import type { HeadKind, MethodFamily, MethodView, Weighting } from './protocol';
import { store } from './store';

export const PLAIN = 'plain';
export const FINE_TUNING = 'fine_tuning';

export const HEADS: readonly (readonly [HeadKind, string])[] = [
  ['softmax', 'Linear (softmax)'], ['ridge', 'Linear (ridge)'], ['blend', 'Linear (mean of both)'], ['mlp', 'Hidden layer (MLP)'],
];

const HEAD_SENTENCES: Record<HeadKind, string> = {
  softmax: 'The plain head: learns from the labeled pictures only.',
  ridge: 'Solved at once, with the penalty that does best on pictures left out.',
  blend: 'Says the mean of what softmax and ridge say.',
  mlp: 'An extra layer that can learn finer shapes, and more by heart.',
};

/** Each with what a head that learns so is called beside its name. */
export const WEIGHTINGS: readonly (readonly [Weighting, string, string])[] = [
  ['even', 'All the same', ''],
  ['meanMatching', 'So that together they are like the target', 'weighed to match the target'],
  ['densityRatio', 'By the odds of being a target picture', 'weighed by the odds of being target'],
];

const WEIGHTING_SENTENCES: Record<Weighting, string> = {
  even: '',
  meanMatching: 'Lets pictures count as much as makes them, taken together, like the target (kernel mean matching).',
  densityRatio: 'Lets each picture count by the odds that it is a target picture (density ratio).',
};

/** In the order they are offered. */
export const FAMILIES: readonly (readonly [MethodFamily, string])[] = [
  ['plain', 'From labeled pictures'],
  ['selection', 'From some of the labeled pictures'],
  ['representation', 'On other features made of the usual ones'],
  ['text', 'And from what the classes are called'],
  ['semiSupervised', 'And from unsorted ones of the same kind'],
  ['domainAdaptation', 'For target pictures of another kind'],
  ['fineTuning', 'And the network itself'],
];

interface Learner {
  method: string;
  head: HeadKind;
  weighting: Weighting;
}

export function learnerName({ method, head, weighting }: Learner): string {
  if (method !== PLAIN) return known(method)?.name ?? method;
  const name = HEADS.find(([kind]) => kind === head)![1];
  const weighed = WEIGHTINGS.find(([kind]) => kind === weighting)![2];
  return weighed ? `${name}, ${weighed}` : name;
}

export function methodSentence({ method, head, weighting }: Learner): string {
  if (method !== PLAIN) return known(method)?.sentence ?? '';
  return WEIGHTING_SENTENCES[weighting] || HEAD_SENTENCES[head];
}

/** Whether a method leaves the kind of head, and how much pictures count, to the settings. */
export function hasHeadOfChoice(method: string): boolean {
  return method === PLAIN || isSelection(method);
}

export function isSelection(method: string): boolean {
  return known(method)?.family === 'selection';
}

export function known(method: string): MethodView | undefined {
  return store.state.methods.find(({ id }) => id === method);
}
