// One project's folder; its journal's bytes in and out. Only workers can write like this.
//
// A journal is rewritten into a file of the next generation, whose first bytes are written last: a
// file without them is one that wasn't finished, and the generation before it counts.

/** Not every TypeScript library has them as they are now. */
export interface SyncHandle {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(length: number): void;
  flush(): void;
  getSize(): number;
  close(): void;
}

type Directory = FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> };
type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

/** `GRAFTJ`, 0 and a version: src/project/journal.rs. */
const PREAMBLE_BYTES = 8;
const NAME = /^journal-(\d+)$/;

/** A page that was reloaded may take a moment to let go of its files. */
const PATIENCE_MILLIS = 4000;

/** What says how often a file was written anew. */
export class JournalFile {
  private next: { handle: SyncHandle; length: number; head: Uint8Array | null } | null = null;

  private constructor(
    private readonly folder: Directory,
    private generation: number,
    private handle: SyncHandle | null,
    /** Of what is safe to go on after. */
    public length: number,
  ) {}

  /** The newest journal that is complete; it is made when something is appended. */
  static async open(folder: FileSystemDirectoryHandle): Promise<JournalFile> {
    const found = await generations(folder as Directory);
    const best = found.find(({ complete }) => complete) ?? found[0];
    for (const { generation } of found) {
      if (generation !== best?.generation) await folder.removeEntry(`journal-${generation}`).catch(() => {});
    }
    if (!best) return new JournalFile(folder as Directory, 1, null, 0);
    const handle = await openSync(await folder.getFileHandle(`journal-${best.generation}`));
    return new JournalFile(folder as Directory, best.generation, handle, handle.getSize());
  }

  /** For a look only: somebody else may be writing. */
  static async snapshot(folder: FileSystemDirectoryHandle): Promise<File | null> {
    const found = await generations(folder as Directory);
    return (found.find(({ complete }) => complete) ?? found[0])?.file ?? null;
  }

  read(at: number, length: number): Uint8Array {
    const buffer = new Uint8Array(Math.max(0, Math.min(length, this.length - at)));
    this.handle?.read(buffer, { at });
    return buffer;
  }

  /** All of it or nothing: throws if there is no room. */
  async append(bytes: Uint8Array): Promise<void> {
    this.handle ??= await openSync(await this.folder.getFileHandle(`journal-${this.generation}`, { create: true }));
    writeAll(this.handle, bytes, this.length);
    this.length += bytes.length;
  }

  flush(): void {
    this.handle?.flush();
  }

  settle(at: number): void {
    this.length = at;
    this.handle?.truncate(at);
  }

  async beginNext(): Promise<void> {
    const file = await this.folder.getFileHandle(`journal-${this.generation + 1}`, { create: true });
    const handle = await openSync(file);
    handle.truncate(0);
    this.next = { handle, length: 0, head: null };
  }

  appendToNext(bytes: Uint8Array): void {
    const { next } = this;
    if (!next || bytes.length === 0) return;
    let piece = bytes;
    if (!next.head) {
      next.head = bytes.slice(0, PREAMBLE_BYTES);
      piece = bytes.slice();
      piece.fill(0, 0, PREAMBLE_BYTES);
    }
    writeAll(next.handle, piece, next.length);
    next.length += piece.length;
  }

  /** From here on the new file is the journal, and was it all along should the tab die now. */
  async finishNext(): Promise<void> {
    const { next } = this;
    if (!next?.head) throw new Error('nothing to go on with');
    next.handle.flush();
    writeAll(next.handle, next.head, 0);
    next.handle.flush();
    this.handle?.close();
    this.handle = next.handle;
    this.length = next.length;
    this.next = null;
    const old = `journal-${this.generation++}`;
    await this.folder.removeEntry(old).catch(() => {});
  }

  async abandonNext(): Promise<void> {
    this.next?.handle.close();
    this.next = null;
    await this.folder.removeEntry(`journal-${this.generation + 1}`).catch(() => {});
  }

  close(): void {
    this.next?.handle.close();
    this.next = null;
    this.handle?.close();
    this.handle = null;
  }
}

/** Newest first. */
async function generations(folder: Directory): Promise<{ generation: number; complete: boolean; file: File }[]> {
  const found = [];
  for await (const [name, entry] of folder.entries()) {
    const generation = Number(NAME.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(generation) || entry.kind !== 'file') continue;
    const file = await (entry as FileSystemFileHandle).getFile();
    const head = new Uint8Array(await file.slice(0, PREAMBLE_BYTES).arrayBuffer());
    found.push({ generation, complete: head.some((byte) => byte !== 0), file });
  }
  return found.sort((a, b) => b.generation - a.generation);
}

/** Retries while somebody else, such as the page before a reload, still has it. */
export async function openSync(file: FileSystemFileHandle): Promise<SyncHandle> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    try {
      return await (file as SyncFile).createSyncAccessHandle();
    } catch (error) {
      const taken = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!taken || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Leaves the file as it was if there is no room for all. */
function writeAll(handle: SyncHandle, bytes: Uint8Array, at: number): void {
  let written = 0;
  try {
    written = handle.write(bytes, { at });
  } catch (error) {
    restore(handle, at);
    throw error;
  }
  if (written === bytes.length) return;
  restore(handle, at);
  throw new DOMException('there is no room', 'QuotaExceededError');
}

function restore(handle: SyncHandle, length: number): void {
  if (handle.getSize() > length && length > 0) handle.truncate(length);
}
