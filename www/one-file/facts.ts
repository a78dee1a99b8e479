// What is in this file beside the page: what is known of the model, the model, and the program that runs it.

import type { AppFacts } from '../src/protocol';

/** Nothing if this is the empty page, before Graft has put a model in. */
export function readFacts(): AppFacts | null {
  try {
    return JSON.parse(dataIn('facts')) as AppFacts;
  } catch {
    return null;
  }
}

/** What the model and its program are, as base64. */
export interface Contents {
  /** WebAssembly, compressed by gzip. */
  program: string;
  /** A zip in Graft's own format. */
  model: string;
}

export function readContents(): Contents {
  return { program: dataIn('program'), model: dataIn('model') };
}

function dataIn(id: string): string {
  return document.getElementById(id)?.textContent ?? '';
}
