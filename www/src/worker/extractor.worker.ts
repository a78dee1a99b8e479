// Image files in, features (or pixels for the GPU) and thumbnails out. One of several.

import './tell-requests';
import { browserPixels } from './browser-decode';
import { cannotOpen } from '../drop';
import type { FromExtractor, PictureFile, Reading, Source, Tasks, TaskName, ToExtractor } from '../messages';
import { buffersOf } from '../messages';
import type { ArchiveEntry, Extraction, Problem } from '../protocol';

/** The part of the generated module used here; both SIMD variants have it. */
interface ExtractorModule {
  default(options: { module_or_path: WebAssembly.Module }): Promise<{ memory: WebAssembly.Memory }>;
  Extractor: new (backbone?: Uint8Array) => {
    extract_file(path: string, bytes: Uint8Array): Extraction;
    extract_rgba(path: string, width: number, height: number, rgba: Uint8Array): Extraction;
    pixels_of_file(path: string, bytes: Uint8Array): Extraction;
    pixels_of_rgba(path: string, width: number, height: number, rgba: Uint8Array): Extraction;
  };
  Archive: new (path: string, file: File) => Archive;
  draw_sample_set(seed: number): { path: string; bytes: Uint8Array }[];
}

interface Archive {
  is_model(): boolean;
  entries(): ArchiveEntry[];
  problems(): Problem[];
  read(index: number): Uint8Array;
  free(): void;
}

type Thrown = Problem & { needsBrowser?: boolean };

let wasm: ExtractorModule;
let memory: WebAssembly.Memory;
let extractor: InstanceType<ExtractorModule['Extractor']>;
/** Entries of one zip come in a row: one open archive is enough. */
let opened: { archive: number; zip: Archive } | undefined;
let started: Promise<void> | undefined;

self.onmessage = async ({ data }: MessageEvent<ToExtractor>) => {
  try {
    if (data.type === 'start') {
      started = start(data);
      await started;
      reply({ type: 'started' });
      return;
    }
    await started;
    const answer = await carryOut(data.name, data.ask);
    reply({ type: 'done', job: data.job, answer, memory: memory.buffer.byteLength }, transfersOf(answer));
  } catch (thrown) {
    if (data.type === 'task' && isProblem(thrown)) {
      const { file, trouble, remedy } = thrown;
      reply({ type: 'failed', job: data.job, problem: { file, trouble, remedy }, memory: memory.buffer.byteLength });
    } else {
      reply({ type: 'crashed', message: isProblem(thrown) ? `${thrown.trouble}. ${thrown.remedy}` : String(thrown) });
    }
  }
};

async function start(message: ToExtractor & { type: 'start' }): Promise<void> {
  const loaded = message.relaxed
    ? await import('../../wasm/extractor-relaxed/extractor.js')
    : await import('../../wasm/extractor/extractor.js');
  wasm = loaded as unknown as ExtractorModule;
  ({ memory } = await wasm.default({ module_or_path: message.module }));
  extractor = new wasm.Extractor(message.backbone ?? undefined);
}

async function carryOut(name: TaskName, ask: Tasks[TaskName]['ask']): Promise<Tasks[TaskName]['answer']> {
  switch (name) {
    case 'extract':
      return extract(ask as PictureFile, {
        file: (path, bytes) => extractor.extract_file(path, bytes),
        rgba: (path, width, height, rgba) => extractor.extract_rgba(path, width, height, rgba),
      });
    case 'pixels':
      return extract(ask as PictureFile, {
        file: (path, bytes) => extractor.pixels_of_file(path, bytes),
        rgba: (path, width, height, rgba) => extractor.pixels_of_rgba(path, width, height, rgba),
      });
    case 'bytes': {
      const { path, source } = ask as PictureFile;
      if (source.from === 'pixels') throw new Error(`${path} has no file`);
      return { bytes: await bytesOf(path, source) };
    }
    case 'open': {
      const { path, file } = ask as Tasks['open']['ask'];
      const zip = new wasm.Archive(path, file);
      const answer = { isModel: zip.is_model(), entries: zip.entries(), problems: zip.problems() };
      zip.free();
      if (!answer.isModel && answer.entries.length === 0 && answer.problems.length === 0) {
        throw {
          file: path,
          trouble: 'there are no pictures in this zip',
          remedy: 'Drop a zip with picture files in it, such as PNG or JPEG.',
        } satisfies Problem;
      }
      return answer;
    }
    case 'drawSampleSet':
      return wasm.draw_sample_set((ask as Tasks['drawSampleSet']['ask']).seed);
  }
}

/** What to make of an image's bytes, or of the pixels that the browser made of them. */
interface Making {
  file(path: string, bytes: Uint8Array): Extraction;
  rgba(path: string, width: number, height: number, rgba: Uint8Array): Extraction;
}

async function extract({ path, source }: PictureFile, making: Making): Promise<Reading> {
  if (source.from === 'pixels') {
    return { ...making.rgba(path, source.width, source.height, source.rgba), readMillis: 0 };
  }
  const start = performance.now();
  const bytes = await bytesOf(path, source);
  const readMillis = performance.now() - start;
  return { ...(await extractBytes(path, bytes, making)), readMillis };
}

async function extractBytes(path: string, bytes: Uint8Array, making: Making): Promise<Extraction> {
  try {
    return making.file(path, bytes);
  } catch (thrown) {
    if (!isProblem(thrown) || !thrown.needsBrowser) throw thrown;
    const { width, height, rgba } = await browserPixels(bytes, thrown);
    return making.rgba(path, width, height, rgba);
  }
}

async function bytesOf(path: string, source: Exclude<Source, { from: 'pixels' }>): Promise<Uint8Array> {
  switch (source.from) {
    case 'bytes':
      return source.bytes;
    case 'archive':
      try {
        return zipOf(source).read(source.index);
      } catch (thrown) {
        throw isProblem(thrown) ? { ...thrown, file: path } : thrown;
      }
    case 'file':
      return source.file.arrayBuffer().then(
        (buffer) => new Uint8Array(buffer),
        () => {
          throw cannotOpen(path);
        },
      );
  }
}

function zipOf({ archive, file }: Source & { from: 'archive' }): Archive {
  if (opened?.archive === archive) return opened.zip;
  opened?.zip.free();
  // Opening may throw; what was freed must not be used again.
  opened = undefined;
  opened = { archive, zip: new wasm.Archive(file.name, file) };
  return opened.zip;
}

function isProblem(thrown: unknown): thrown is Thrown {
  return typeof thrown === 'object' && thrown !== null && 'trouble' in thrown && 'remedy' in thrown;
}

function transfersOf(answer: Tasks[TaskName]['answer']): ArrayBuffer[] {
  if (Array.isArray(answer)) return buffersOf(...answer.map((file) => file.bytes));
  if ('bytes' in answer) return buffersOf(answer.bytes);
  return 'extracted' in answer ? buffersOf(answer.extracted.bytes, answer.thumbnail) : [];
}

function reply(message: FromExtractor, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, { transfer });
}
