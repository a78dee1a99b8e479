// What the model said of a picture, as the page keeps it.

import type { Source } from './answering';
import type { AppAnswer, Problem } from '../src/protocol';

export interface Answered {
  path: string;
  /** To be shown again. Nothing of a picture is kept but the browser's hold on its file. */
  file: Blob | null;
  /** A small JPEG of it; none if it couldn't be read. */
  thumbnail: Blob | null;
  /** One per class; empty if it couldn't be read. */
  probabilities: Float32Array;
  /** Index of the likeliest class. */
  predicted: number;
  /** Whether it looks like one of the classes at all; null if the model can't tell. */
  isFamiliar: boolean | null;
  problem: Problem | null;
}

export function answered(path: string, source: Source, answer: AppAnswer): Answered {
  const probabilities = Float32Array.from(answer.probabilities);
  return {
    path,
    file: source.from === 'file' ? source.file : null,
    thumbnail: new Blob([answer.thumbnail as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }),
    probabilities,
    predicted: probabilities.indexOf(Math.max(...probabilities)),
    isFamiliar: answer.isFamiliar,
    problem: null,
  };
}

export function unreadable(path: string, problem: Problem): Answered {
  return { path, file: null, thumbnail: null, probabilities: new Float32Array(), predicted: -1, isFamiliar: null, problem };
}
