// Methods and heads by their ids in, their names and what they do out.

import type { HeadKind, MethodFamily, MethodView } from './protocol';
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

/** In the order they are offered. */
export const FAMILIES: readonly (readonly [MethodFamily, string])[] = [
  ['plain', 'From labeled pictures'],
  ['representation', 'On other features made of the usual ones'],
  ['text', 'And from what the classes are called'],
  ['semiSupervised', 'And from unsorted ones of the same kind'],
  ['domainAdaptation', 'For target pictures of another kind'],
  ['fineTuning', 'And the network itself'],
];

interface Learner {
  method: string;
  head: HeadKind;
}

export function learnerName({ method, head }: Learner): string {
  if (method === PLAIN) return HEADS.find(([kind]) => kind === head)![1];
  return known(method)?.name ?? method;
}

export function methodSentence({ method, head }: Learner): string {
  return method === PLAIN ? HEAD_SENTENCES[head] : known(method)?.sentence ?? '';
}

export function known(method: string): MethodView | undefined {
  return store.state.methods.find(({ id }) => id === method);
}
