// Picked files in; announced to the trainer, read by the pool, their features sent on.

import { isLitter, type PickedFile } from './drop';
import { buffersOf, type PictureFile, type Reading } from './messages';
import { isProjectFile } from './project/names';
import { type Pool, Unusable } from './pool';
import type { Command, Destination, Import, Problem, SampleId } from './protocol';

/** Teachable Machine calls its projects `.tm`. */
const ZIP = /\.(zip|tm)$/i;

export interface ImporterOptions {
  pool(): Promise<Pool>;
  /** The first id that is free: pictures of an earlier visit have theirs. */
  firstId(): Promise<SampleId>;
  send(command: Command, transfer?: ArrayBuffer[]): void;
  /** A zipped model is on its way to the trainer. */
  onModel(picked: PickedFile): void;
  onNamed(id: SampleId, file: PictureFile): void;
  onReading(id: SampleId, reading: Reading): void;
  /** Trouble with a file that never got an id, such as a zip. */
  onProblem(problem: Problem): void;
  /** A whole project, to be opened in this one's place. */
  onProject(file: File): void;
  /** How many of the files announced since the last cancel have been read. */
  onCounts(numRead: number, numAnnounced: number): void;
}

export class Importer {
  private nextId: SampleId | null = null;
  private nextArchive = 0;
  private numAnnounced = 0;
  private numRead = 0;
  private canceling = new AbortController();
  /** Of what is being read, for whatever reason. */
  private reading = new AbortController();

  constructor(private readonly options: ImporterOptions) {}

  /** Resolves when all are announced. */
  async add(picked: PickedFile[], into: Destination): Promise<void> {
    const { signal } = this.canceling;
    const project = picked.find(({ path }) => isProjectFile(path));
    if (project) return this.options.onProject(project.file);
    await this.begin();
    for await (const found of this.picturesIn(picked)) this.announce(found, into, signal);
  }

  /** The loose ones, then those of each zip; a zipped model is taken into use instead. */
  async *picturesIn(picked: PickedFile[]): AsyncGenerator<PictureFile[]> {
    const wanted = picked.filter(({ path }) => !isLitter(path));
    const zips = wanted.filter(({ path }) => ZIP.test(path));
    const loose = wanted.filter(({ path }) => !ZIP.test(path));
    yield loose.map(({ path, file }) => ({ path, source: { from: 'file', file } }));
    for (const zip of zips) yield await this.open(zip);
  }

  async addSampleSet(seed: number): Promise<void> {
    await this.begin();
    const pool = await this.options.pool();
    const files = await pool.run('drawSampleSet', { seed }, { urgent: true });
    const found = files.map(({ path, bytes }): PictureFile => ({ path, source: { from: 'bytes', bytes } }));
    this.announce(found, { kind: 'folder' }, this.canceling.signal);
  }

  cancel(): void {
    this.canceling.abort();
    this.canceling = new AbortController();
    this.interrupt();
    this.options.send({ type: 'cancelImport' });
  }

  /** Stops reading. What is still wanted is told by `readAgain`. */
  interrupt(): void {
    this.reading.abort();
    this.reading = new AbortController();
    this.numAnnounced = 0;
    this.numRead = 0;
    this.options.onCounts(0, 0);
  }

  /** Pictures that were announced and that the trainer still waits for. */
  readAgain(files: Iterable<[SampleId, PictureFile]>): void {
    for (const [id, file] of files) void this.read(id, file);
  }

  private async begin(): Promise<void> {
    const firstId = await this.options.firstId();
    this.nextId ??= firstId;
  }

  /** What is in a zip; a zipped model is taken into use instead. */
  private async open({ path, file }: PickedFile): Promise<PictureFile[]> {
    const pool = await this.options.pool();
    try {
      const { isModel, entries, problems } = await pool.run('open', { path, file }, { urgent: true });
      if (isModel) {
        const bytes = new Uint8Array(await file.arrayBuffer());
        this.options.onModel({ path, file });
        this.options.send({ type: 'loadModel', file: file.name, bytes }, buffersOf(bytes));
        return [];
      }
      problems.forEach((problem) => this.options.onProblem(problem));
      const archive = this.nextArchive++;
      const folder = path.replace(ZIP, '');
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

  private announce(found: PictureFile[], into: Destination, signal: AbortSignal): void {
    if (signal.aborted || found.length === 0) return;
    const files = found.map(({ path }): Import => ({ id: this.nextId!++, path }));
    this.numAnnounced += files.length;
    this.options.onCounts(this.numRead, this.numAnnounced);
    // All at once: loose files of one import share a class.
    this.options.send({ type: 'import', files, into });
    files.forEach(({ id }, index) => {
      const file = found[index]!;
      this.options.onNamed(id, file);
      void this.read(id, file);
    });
  }

  private async read(id: SampleId, file: PictureFile): Promise<void> {
    const { signal } = this.reading;
    try {
      const pool = await this.options.pool();
      const reading = await pool.run('extract', file, { signal });
      if (signal.aborted) return;
      this.options.onReading(id, reading);
      const { extracted, quality, thumbnail } = reading;
      this.options.send({ type: 'thumbnail', sample: id, jpeg: thumbnail });
      this.options.send({ type: 'sample', id, extracted, quality }, buffersOf(extracted.bytes));
    } catch (error) {
      if (signal.aborted) return;
      this.options.send({ type: 'unreadable', id, problem: problemOf(error, file.path) });
    }
    this.options.onCounts(++this.numRead, this.numAnnounced);
  }
}

export function problemOf(error: unknown, file: string): Problem {
  if (error instanceof Unusable) return error.problem;
  const trouble = error instanceof Error ? error.message : String(error);
  return { file, trouble, remedy: 'Try again; if it fails again, save the picture anew as PNG or JPEG.' };
}
