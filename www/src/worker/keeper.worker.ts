// The keeper: holds the files of one project, in the browser's own file system. Bytes to append in,
// word that they are safe out. Nothing but this touches those files.

import './tell-requests';
import extractorUrl from '../../wasm/extractor/extractor_bg.wasm?url';
import { JournalFile, openSync, type SyncHandle } from '../project/journal-file';
import type { AskName, Asks, FromKeeper, ProjectEntry, ToKeeper } from '../project/messages';
import type { Problem } from '../protocol';

const PROJECTS = 'projects';
const ABOUT = 'about.json';
const PICTURES = 'pictures';
const PACKED = 'packed.graft';
/** How long appended bytes may wait to be safe; each time costs the disk some milliseconds. */
const FLUSH_MILLIS = 100;

/** What the list of projects says of one. */
interface About {
  name: string;
  changed: number;
  numPictures: number;
  /** The network that its pictures were read by; null if that was never changed. */
  backbone: string | null;
  /** Part of its journal was lost at some time. */
  wasDamaged: boolean;
}

const NOTHING: About = { name: '', changed: 0, numPictures: 0, backbone: null, wasDamaged: false };

/** The part of the generated module used here. */
interface ProjectModule {
  default(options: { module_or_path: string }): Promise<unknown>;
  ProjectPacker: new (out: SyncHandle, name: string) => {
    journal(journal: Blob): void;
    picture(id: number, path: string, picture: Blob): void;
    finish(): void;
  };
  ProjectPackage: new (file: File) => {
    name(): string;
    num_pictures(): number;
    picture_id(at: number): number;
    copy_journal(out: SyncHandle): void;
    copy_picture(at: number, out: SyncHandle): void;
    free(): void;
  };
}

type Appended = ToKeeper & { type: 'append' };

interface Open {
  id: string;
  folder: FileSystemDirectoryHandle | null;
  journal: JournalFile | null;
  /** For a look only, while somebody else writes. */
  snapshot: File | null;
  about: About;
}

let open: Open | null = null;
let renewing = false;
/** Appended, and not in the file yet: while the journal is renewed, or when there is no room. */
let waiting: Appended[] = [];
let newest: Appended | null = null;
let flushing: ReturnType<typeof setTimeout> | undefined;

/** One thing after the other: what is asked may await. */
let turn: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<ToKeeper>) => {
  turn = turn.then(() => (data.type === 'append' ? append(data) : answer(data)));
};

async function answer({ ask, name, of }: ToKeeper & { type: 'ask' }): Promise<void> {
  try {
    const said = await (answers[name] as (of: Asks[AskName]['ask']) => Promise<unknown>)(of);
    const transfer = said && typeof said === 'object' && 'bytes' in said && said.bytes instanceof Uint8Array ? [said.bytes.buffer] : [];
    reply({ type: 'answer', ask, of: said }, transfer);
  } catch (error) {
    reply({ type: 'refused', ask, ...wordsOf(error) });
  }
}

const answers: { [Name in AskName]: (of: Asks[Name]['ask']) => Promise<Asks[Name]['answer']> } = {
  async open({ id, writes }) {
    const folder = await folderOf(id, false);
    const about = (folder && (await readAbout(folder))) ?? { ...NOTHING, changed: Date.now() };
    open = { id, folder, journal: null, snapshot: null, about };
    if (folder && writes) open.journal = await JournalFile.open(folder);
    else if (folder) open.snapshot = await JournalFile.snapshot(folder);
    return { bytes: open.journal?.length ?? open.snapshot?.size ?? 0, name: about.name || null, backbone: about.backbone };
  },

  async read({ at, length }) {
    if (open?.snapshot) return { bytes: new Uint8Array(await open.snapshot.slice(at, at + length).arrayBuffer()) };
    return { bytes: open?.journal?.read(at, length) ?? new Uint8Array() };
  },

  async settle({ at }) {
    if (open?.journal && open.journal.length > at) open.journal.settle(at);
    return null;
  },

  async renew() {
    await open?.journal?.beginNext();
    renewing = true;
    return null;
  },

  async renewed({ bytes, isLast }) {
    const journal = open?.journal;
    if (!journal || !renewing) return null;
    try {
      journal.appendToNext(bytes);
      if (isLast) await journal.finishNext();
    } catch {
      // Too full to be tidied up.
      return answers.keepOld(null);
    }
    if (isLast) renewing = false;
    if (!renewing) await writeWaiting();
    return null;
  },

  async keepOld() {
    if (!renewing) return null;
    await open?.journal?.abandonNext();
    renewing = false;
    await writeWaiting();
    return null;
  },

  async note({ backbone }) {
    if (!open) return null;
    open.about.backbone = backbone;
    if (open.folder) await writeAbout(open.folder, open.about);
    return null;
  },

  async rename({ id, name }) {
    if (id === open?.id) {
      open.about.name = name;
      // A project nothing has been put in is not there yet.
      if (open.folder) await writeAbout(open.folder, open.about);
      return null;
    }
    const folder = await folderOf(id, false);
    if (folder) await writeAbout(folder, { ...((await readAbout(folder)) ?? { ...NOTHING, changed: Date.now() }), name });
    return null;
  },

  async list() {
    const projects: ProjectEntry[] = [];
    for await (const [id, entry] of entriesOf(await projectsFolder())) {
      if (entry.kind !== 'directory') continue;
      const folder = entry as FileSystemDirectoryHandle;
      const about = await readAbout(folder);
      const pictures = await folder.getDirectoryHandle(PICTURES).catch(() => null);
      projects.push({
        id,
        name: about?.name ?? '',
        changed: about?.changed ?? 0,
        numPictures: about?.numPictures ?? 0,
        bytes: await bytesIn(folder),
        pictureBytes: pictures ? await bytesIn(pictures) : 0,
      });
    }
    return { projects: projects.sort((a, b) => b.changed - a.changed) };
  },

  async remove({ id }) {
    if (id === open?.id) {
      open.journal?.close();
      open = null;
      waiting = [];
    }
    await (await projectsFolder()).removeEntry(id, { recursive: true });
    await writeWaiting();
    return null;
  },

  async close() {
    await flush();
    open?.journal?.close();
    open = null;
    return null;
  },

  async keepPicture({ picture, file }) {
    const folder = await openFolder();
    const pictures = await folder.getDirectoryHandle(PICTURES, { create: true });
    await writeWhole(pictures, String(picture), new Uint8Array(await file.arrayBuffer()));
    return { bytes: file.size };
  },

  async picture({ picture }) {
    const pictures = await open?.folder?.getDirectoryHandle(PICTURES).catch(() => null);
    const file = await pictures?.getFileHandle(String(picture)).catch(() => null);
    return { file: (await file?.getFile()) ?? null };
  },

  async sweep({ known }) {
    if (!open || open.about.wasDamaged) return null;
    if (!known) {
      open.about.wasDamaged = true;
      if (open.folder) await writeAbout(open.folder, open.about);
      return null;
    }
    const pictures = await open.folder?.getDirectoryHandle(PICTURES).catch(() => null);
    if (!pictures) return null;
    const names = new Set(known.map(String));
    for await (const [name] of entriesOf(pictures)) {
      if (!names.has(name)) await pictures.removeEntry(name).catch(() => {});
    }
    return null;
  },

  async pack({ name, withPictures, paths }) {
    await flush();
    const folder = await openFolder();
    const journal = await JournalFile.snapshot(folder);
    if (!journal) throw { trouble: 'there is nothing in this project yet', remedy: 'Add pictures first.' };
    const packed = await folder.getFileHandle(PACKED, { create: true });
    const { ProjectPacker } = await projectModule();
    const out = await openSync(packed);
    try {
      out.truncate(0);
      const packer = new ProjectPacker(out, name);
      packer.journal(journal);
      if (withPictures) {
        const pictures = await folder.getDirectoryHandle(PICTURES, { create: true });
        for await (const [id, entry] of entriesOf(pictures)) {
          if (entry.kind === 'file') packer.picture(Number(id), paths.get(Number(id)) ?? '', await (entry as FileSystemFileHandle).getFile());
        }
      }
      packer.finish();
    } finally {
      out.close();
    }
    return { file: await packed.getFile() };
  },

  async unpack({ id, file }) {
    const { ProjectPackage } = await projectModule();
    const found = new ProjectPackage(file);
    const folder = (await folderOf(id, true))!;
    try {
      const journal = await openSync(await folder.getFileHandle('journal-1', { create: true }));
      try {
        found.copy_journal(journal);
        journal.flush();
      } finally {
        journal.close();
      }
      const pictures = await folder.getDirectoryHandle(PICTURES, { create: true });
      for (let at = 0; at < found.num_pictures(); at++) {
        const picture = await openSync(await pictures.getFileHandle(String(found.picture_id(at)), { create: true }));
        try {
          picture.truncate(0);
          found.copy_picture(at, picture);
        } finally {
          picture.close();
        }
      }
      await writeAbout(folder, { ...NOTHING, name: found.name(), changed: Date.now() });
    } catch (error) {
      await (await projectsFolder()).removeEntry(id, { recursive: true }).catch(() => {});
      throw error;
    } finally {
      found.free();
    }
    return null;
  },
};

async function append(appended: Appended): Promise<void> {
  waiting.push(appended);
  await writeWaiting();
}

/** In order, and all of a piece or nothing: later ones refer to earlier ones. */
async function writeWaiting(): Promise<void> {
  while (waiting.length > 0 && open && !renewing) {
    const next = waiting[0]!;
    try {
      const folder = await openFolder();
      open.journal ??= await JournalFile.open(folder);
      await open.journal.append(next.bytes);
    } catch (error) {
      return reply({ type: 'unsaved', ...wordsOf(error) });
    }
    waiting.shift();
    newest = next;
    flushing ??= setTimeout(() => (turn = turn.then(flush)), FLUSH_MILLIS);
  }
}

async function flush(): Promise<void> {
  clearTimeout(flushing);
  flushing = undefined;
  if (!open?.journal || !newest) return;
  const { mark, serial } = newest;
  newest = null;
  try {
    open.journal.flush();
  } catch (error) {
    return reply({ type: 'unsaved', ...wordsOf(error) });
  }
  reply({ type: 'saved', mark, serial });
  open.about.changed = Date.now();
  open.about.numPictures = mark.numSamples;
  // Only for the list; the journal has it all.
  if (open.folder) await writeAbout(open.folder, open.about).catch(() => {});
}

async function openFolder(): Promise<FileSystemDirectoryHandle> {
  if (!open) throw { trouble: 'no project is open', remedy: 'Reload the page.' };
  open.folder ??= (await folderOf(open.id, true))!;
  return open.folder;
}

async function projectsFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(PROJECTS, { create: true });
}

async function folderOf(id: string, create: boolean): Promise<FileSystemDirectoryHandle | null> {
  const projects = await projectsFolder();
  return projects.getDirectoryHandle(id, { create }).catch((error) => {
    if (!create && error instanceof DOMException && error.name === 'NotFoundError') return null;
    throw error;
  });
}

async function readAbout(folder: FileSystemDirectoryHandle): Promise<About | null> {
  try {
    const file = await (await folder.getFileHandle(ABOUT)).getFile();
    const { name, changed, numPictures, backbone, wasDamaged } = JSON.parse(await file.text()) as Partial<About>;
    return {
      name: String(name ?? ''), changed: Number(changed ?? 0), numPictures: Number(numPictures ?? 0),
      backbone: backbone ? String(backbone) : null, wasDamaged: wasDamaged === true,
    };
  } catch {
    // Only a name is lost.
    return null;
  }
}

function writeAbout(folder: FileSystemDirectoryHandle, about: About): Promise<void> {
  return writeWhole(folder, ABOUT, new TextEncoder().encode(JSON.stringify(about)));
}

async function writeWhole(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array): Promise<void> {
  const handle = await openSync(await folder.getFileHandle(name, { create: true }));
  try {
    if (handle.write(bytes, { at: 0 }) < bytes.length) throw new DOMException('there is no room', 'QuotaExceededError');
    handle.truncate(bytes.length);
    handle.flush();
  } finally {
    handle.close();
  }
}

async function bytesIn(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0;
  for await (const [, entry] of entriesOf(folder)) {
    bytes += entry.kind === 'file'
      ? (await (entry as FileSystemFileHandle).getFile()).size
      : await bytesIn(entry as FileSystemDirectoryHandle);
  }
  return bytes;
}

function entriesOf(folder: FileSystemDirectoryHandle): AsyncIterable<[string, FileSystemHandle]> {
  return (folder as FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> }).entries();
}

let loading: Promise<ProjectModule> | undefined;

/** Packing needs the module that reads zips; most visits don't. */
function projectModule(): Promise<ProjectModule> {
  loading ??= (async () => {
    const module = (await import('../../wasm/extractor/extractor.js')) as unknown as ProjectModule;
    await module.default({ module_or_path: extractorUrl });
    return module;
  })();
  return loading;
}

function wordsOf(error: unknown): { trouble: string; remedy: string } {
  if (typeof error === 'object' && error !== null && 'trouble' in error && 'remedy' in error) {
    const { trouble, remedy } = error as Problem;
    return { trouble, remedy };
  }
  if (error instanceof DOMException && error.name === 'QuotaExceededError') {
    return { trouble: 'there is no room left for it in this browser', remedy: 'Delete projects you don\'t need any more, or free some disk space.' };
  }
  if (error instanceof DOMException && error.name === 'NoModificationAllowedError') {
    return { trouble: 'the project is in use in another tab', remedy: 'Close that tab and reload this page.' };
  }
  const trouble = error instanceof Error ? error.message : String(error);
  return { trouble, remedy: 'Reload the page; private windows of some browsers keep nothing.' };
}

function reply(message: FromKeeper, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
