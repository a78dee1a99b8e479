// The contents of this file in, a model that answers out. Runs in a worker, or on the page where there can be none.

import type { AppAnswer, Problem, SelfTest } from '../src/protocol';
import { browserPixels } from '../src/worker/browser-decode';
import init, { Classifier } from '../wasm/extractor/extractor.js';
import { bytesOf } from './base64';
import type { Contents } from './facts';

/** One picture, as a file or as a camera's frame. */
export type Source = { from: 'file'; file: Blob } | { from: 'pixels'; width: number; height: number; rgba: Uint8Array };

export interface Answering {
  selfTest: SelfTest;
  /** Rejects with a `Problem` when the picture can't be read. */
  ask(path: string, source: Source): Promise<AppAnswer>;
}

/** Rejects with a `Problem` when the model is damaged. */
export async function open({ program, model }: Contents): Promise<Answering> {
  const module = await damagedUnless(async () => WebAssembly.compile(await unpacked(bytesOf(program))));
  await init({ module_or_path: module });
  const zip = await damagedUnless(async () => bytesOf(model));
  const classifier = new Classifier(zip);
  return {
    selfTest: classifier.self_test() as SelfTest,
    ask: async (path, source) => {
      if (source.from === 'pixels') return classifier.classify_rgba(path, source.width, source.height, source.rgba) as AppAnswer;
      return askFile(classifier, path, source.file);
    },
  };
}

async function askFile(classifier: Classifier, path: string, file: Blob): Promise<AppAnswer> {
  const buffer = await file.arrayBuffer().catch(() => {
    throw {
      file: path,
      trouble: 'the browser could not open this file',
      remedy: 'Check that it still exists and that you may read it, then drop it again.',
    } satisfies Problem;
  });
  const bytes = new Uint8Array(buffer);
  try {
    return classifier.classify_file(path, bytes) as AppAnswer;
  } catch (thrown) {
    // AVIF, HEIC: some browsers can what Rust can't.
    if (!isProblem(thrown) || !(thrown as { needsBrowser?: boolean }).needsBrowser) throw thrown;
    const { width, height, rgba } = await browserPixels(bytes, thrown);
    return classifier.classify_rgba(path, width, height, rgba) as AppAnswer;
  }
}

export function isProblem(thrown: unknown): thrown is Problem {
  return typeof thrown === 'object' && thrown !== null && 'trouble' in thrown && 'remedy' in thrown;
}

/** What is to be said of whatever was thrown. */
export function problemOf(thrown: unknown, file: string): Problem {
  return isProblem(thrown) ? thrown : { file, trouble: `something unforeseen happened (${String(thrown)})`, remedy: 'Open this file again.' };
}

function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

async function damagedUnless<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw {
      file: 'This file',
      trouble: 'this copy is damaged, or was cut off on its way',
      remedy: 'Get it again from where it came.',
    } satisfies Problem;
  }
}
