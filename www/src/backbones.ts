// The backbones there are, in plain words.

import { BACKBONES, type BackboneView } from './protocol';

export const DEFAULT = 'efficientnet-lite0';

/** What each is good for; the numbers beside it are in `BACKBONES`. */
const SENTENCES: Record<string, string> = {
  'mobilenet-v2': 'The quick one: for old phones, slow connections and many pictures.',
  'efficientnet-lite0': 'The usual one: hardly slower, and mostly more accurate.',
  'efficientnet-lite2': 'The thorough one: looks closer and longer, for classes that are hard to tell apart.',
};

export function backbone(id: string): BackboneView {
  const found = BACKBONES.find((known) => known.id === id);
  if (!found) throw new Error(`There is no backbone “${id}”; there are ${BACKBONES.map((known) => known.id).join(', ')}.`);
  return found;
}

export function sentence(id: string): string {
  return SENTENCES[id] ?? '';
}

/** The one to begin with: `?backbone=` in the address, or the usual one. Throws if that doesn't exist. */
export function askedFor(search: string): string {
  return backbone(new URLSearchParams(search).get('backbone') ?? DEFAULT).id;
}
