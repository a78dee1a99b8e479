// What the page and its workers say to each other, beside the session's Commands and Events.

import type { ArchiveEntry, Command, DeviceKind, Event, Extraction, Problem } from './protocol';

/** Where the bytes or pixels of one image come from. */
export type Source =
  | { from: 'file'; file: File }
  | { from: 'bytes'; bytes: Uint8Array }
  /** `archive` tells zips apart, so that a worker opens each only once. */
  | { from: 'archive'; archive: number; file: File; index: number }
  | { from: 'pixels'; width: number; height: number; rgba: Uint8Array };

/** One picture that can be read, again and again. */
export interface PictureFile {
  /** For messages: `/`-separated, as inside the drop. */
  path: string;
  source: Source;
}

export interface OpenedArchive {
  isModel: boolean;
  entries: ArchiveEntry[];
  problems: Problem[];
}

export interface SampleFile {
  path: string;
  bytes: Uint8Array;
}

/** An extraction, and what it took to get at the file's bytes. */
export interface Reading extends Extraction {
  readMillis: number;
}

/** What an extractor worker can be asked to do, and what it answers. */
export interface Tasks {
  extract: { ask: PictureFile; answer: Reading };
  /** As `extract`, but pixels even where features are what the trainer wants. */
  pixels: { ask: PictureFile; answer: Reading };
  /** The file as it is, which may be inside a zip. */
  bytes: { ask: PictureFile; answer: { bytes: Uint8Array } };
  open: { ask: { path: string; file: File }; answer: OpenedArchive };
  drawSampleSet: { ask: { seed: number }; answer: SampleFile[] };
}

export type TaskName = keyof Tasks;

export type ToExtractor =
  | { type: 'start'; module: WebAssembly.Module; relaxed: boolean; backbone: Uint8Array | null }
  | { [Name in TaskName]: { type: 'task'; job: number; name: Name; ask: Tasks[Name]['ask'] } }[TaskName];

export type FromExtractor =
  | { type: 'started' }
  /** `memory` is the wasm instance's, in bytes; it never shrinks. */
  | { type: 'done'; job: number; answer: Tasks[TaskName]['answer']; memory: number }
  | { type: 'failed'; job: number; problem: Problem; memory: number }
  /** The wasm instance trapped and can't be trusted any more: replace the worker. */
  | { type: 'crashed'; message: string };

export type ToTrainer =
  | { type: 'start'; device: DeviceKind; reason: string; backbone: Uint8Array }
  | { type: 'command'; command: Command };

export type FromTrainer =
  /** `total` is 0 while unknown. */
  | { type: 'loading'; loaded: number; total: number }
  /** `handled` counts the commands taken so far; `idle`: there is nothing left to do. */
  | { type: 'events'; events: Event[]; handled: number; idle: boolean }
  | { type: 'crashed'; message: string };

/** The transferable buffers of a message's `Uint8Array`s. */
export function buffersOf(...arrays: Uint8Array[]): ArrayBuffer[] {
  return arrays.map((array) => array.buffer as ArrayBuffer);
}
