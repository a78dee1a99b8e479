// Picked files in; announced to the trainer, read by the pool, their features sent on.

import { isLitter, type PickedFile } from './drop';
import { buffersOf, type Reading, type Source } from './messages';
import { type Pool, Unusable } from './pool';
import type { ClassId, Command, Import, Problem, SampleId } from './protocol';

interface Found {
  path: string;
  source: Source;
}

export interface ImporterOptions {
  pool(): Promise<Pool>;
  send(command: Command, transfer?: ArrayBuffer[]): void;
  onNamed(id: SampleId, path: string): void;
  onReading(id: SampleId, reading: Reading): void;
  /** Trouble with a file that never got an id, such as a zip. */
  onProblem(problem: Problem): void;
  /** How many of the files announced since the last cancel have been read. */
  onCounts(numRead: number, numAnnounced: number): void;
}

export class Importer {
  private nextId: SampleId = 0;
  private nextArchive = 0;
  private numAnnounced = 0;
  private numRead = 0;
  private canceling = new AbortController();

  constructor(private readonly options: ImporterOptions) {}

  /** Without a class each file goes where its folder says. Resolves when all are announced. */
  async add(picked: PickedFile[], into: ClassId | null): Promise<void> {
    const { signal } = this.canceling;
    const wanted = picked.filter(({ path }) => !isLitter(path));
    const zips = wanted.filter(({ path }) => /\.zip$/i.test(path));
    const loose = wanted.filter(({ path }) => !/\.zip$/i.test(path));
    this.announce(loose.map(({ path, file }) => ({ path, source: { from: 'file', file } })), into, signal);
    for (const zip of zips) this.announce(await this.open(zip), into, signal);
  }

  async addSampleSet(seed: number): Promise<void> {
    const pool = await this.options.pool();
    const files = await pool.run('drawSampleSet', { seed }, { urgent: true });
    const found = files.map(({ path, bytes }): Found => ({ path, source: { from: 'bytes', bytes } }));
    this.announce(found, null, this.canceling.signal);
  }

  cancel(): void {
    this.canceling.abort();
    this.canceling = new AbortController();
    this.numAnnounced = 0;
    this.numRead = 0;
    this.options.onCounts(0, 0);
    this.options.send({ type: 'cancelImport' });
  }

  /** What is in a zip; a zipped model is taken into use instead. */
  private async open({ path, file }: PickedFile): Promise<Found[]> {
    const pool = await this.options.pool();
    try {
      const { isModel, entries, problems } = await pool.run('open', { path, file }, { urgent: true });
      if (isModel) {
        const bytes = new Uint8Array(await file.arrayBuffer());
        this.options.send({ type: 'loadModel', file: file.name, bytes }, buffersOf(bytes));
        return [];
      }
      problems.forEach((problem) => this.options.onProblem(problem));
      const archive = this.nextArchive++;
      const folder = path.replace(/\.zip$/i, '');
      return entries
        .filter((entry) => !isLitter(entry.path))
        .map((entry) => ({
          path: `${folder}/${entry.path}`,
          source: { from: 'archive', archive, file, index: entry.index },
        }));
    } catch (error) {
      this.options.onProblem(problemOf(error, path));
      return [];
    }
  }

  private announce(found: Found[], into: ClassId | null, signal: AbortSignal): void {
    if (signal.aborted || found.length === 0) return;
    const files = found.map(({ path }): Import => ({ id: this.nextId++, path }));
    this.numAnnounced += files.length;
    this.options.onCounts(this.numRead, this.numAnnounced);
    // All at once: loose files of one import share a class.
    this.options.send({ type: 'import', files, class: into });
    files.forEach(({ id, path }, index) => {
      this.options.onNamed(id, path);
      void this.read(id, path, found[index]!.source, signal);
    });
  }

  private async read(id: SampleId, path: string, source: Source, signal: AbortSignal): Promise<void> {
    try {
      const pool = await this.options.pool();
      const reading = await pool.run('extract', { path, source }, { signal });
      if (signal.aborted) return;
      this.options.onReading(id, reading);
      const { extracted } = reading;
      this.options.send({ type: 'sample', id, extracted }, buffersOf(extracted.bytes));
    } catch (error) {
      if (signal.aborted) return;
      this.options.send({ type: 'unreadable', id, problem: problemOf(error, path) });
    }
    this.options.onCounts(++this.numRead, this.numAnnounced);
  }
}

export function problemOf(error: unknown, file: string): Problem {
  if (error instanceof Unusable) return error.problem;
  const trouble = error instanceof Error ? error.message : String(error);
  return { file, trouble, remedy: 'Try again; if it fails again, save the picture anew as PNG or JPEG.' };
}
