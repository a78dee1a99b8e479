// A kind of flaw in, what to say of it and what to do about it out.

import type { FlawKind } from '../protocol';

export interface FlawWords {
  /** After a number of pictures. */
  one: string;
  many: string;
  /** What there is none of. */
  none: string;
  advice: string;
}

const WORDS: Record<FlawKind, FlawWords> = {
  copiesAcrossClasses: {
    one: 'picture is in more than one class', many: 'pictures are in more than one class', none: 'pictures in two classes',
    advice: 'The very same picture under different names teaches the opposite of what it should. Keep it where it belongs.',
  },
  nearDuplicatesAcrossClasses: {
    one: 'picture is nearly the same as one in another class', many: 'pictures are nearly the same as ones in another class',
    none: 'near-duplicates in two classes',
    advice: 'Is there a difference that a person would see? If not, keep each where it belongs.',
  },
  copies: {
    one: 'picture is a copy', many: 'pictures are copies', none: 'copies',
    advice: 'A copy teaches nothing new. It does no harm either: copies are kept together when accuracy is measured.',
  },
  nearDuplicates: {
    one: 'picture is nearly the same as others', many: 'pictures are nearly the same as others', none: 'near-duplicates',
    advice: 'Frames of a burst or edits of one photo teach little more than one of them. They are kept together when accuracy is measured.',
  },
  outlier: {
    one: 'picture is unlike all others', many: 'pictures are unlike all others', none: 'pictures unlike all others',
    advice: 'The strangest first. Some may not belong here; if one does, a few more like it would help.',
  },
  blurry: {
    one: 'picture is blurry', many: 'pictures are blurry', none: 'blurry ones',
    advice: 'Keep them if the pictures to come will be blurry, too; else they blur what is learned.',
  },
  dark: {
    one: 'picture is hardly lit', many: 'pictures are hardly lit', none: 'dark ones',
    advice: 'Keep them if there will be as little light later.',
  },
  overexposed: {
    one: 'picture may have too much light', many: 'pictures may have too much light', none: 'overexposed ones',
    advice: 'Large parts seem to be plain white, with little to learn from. Pale things are sometimes taken for that.',
  },
  tiny: {
    one: 'picture is tiny', many: 'pictures are tiny', none: 'tiny ones',
    advice: 'They have so few pixels that little can be told. Use the originals, if there are larger ones.',
  },
  oddAspect: {
    one: 'picture is very long or very wide', many: 'pictures are very long or very wide', none: 'very long or wide ones',
    advice: 'Fitted into a square, what they show becomes small. Crop them to what matters.',
  },
  lowInformation: {
    one: 'picture shows hardly anything', many: 'pictures show hardly anything', none: 'empty ones',
    advice: 'Plain surfaces and blank scans have nothing to learn from.',
  },
};

/** From what hurts most to what may well be meant. */
export const FLAW_ORDER = Object.keys(WORDS) as FlawKind[];

export function flawWords(kind: FlawKind): FlawWords {
  return WORDS[kind];
}

export function isGrouped(kind: FlawKind): boolean {
  return isAcrossClasses(kind) || kind === 'copies' || kind === 'nearDuplicates';
}

export function isAcrossClasses(kind: FlawKind): boolean {
  return kind === 'copiesAcrossClasses' || kind === 'nearDuplicatesAcrossClasses';
}
