// A drop, a paste or a picker's choice in; files with their paths out, folders of any depth.

import type { Problem } from './protocol';

export interface PickedFile {
  /** `/`-separated, as inside the drop; a loose file has no `/`. */
  path: string;
  file: File;
}

/** Marks a drag as samples of this page, not files. */
export const SAMPLES_TYPE = 'application/x-graft-samples';

/** What operating systems leave in folders; nobody means to train on it. */
const LITTER = /(^|\/)(\.|__MACOSX(\/|$)|Thumbs\.db$|ehthumbs\.db$|desktop\.ini$)/i;

export function isLitter(path: string): boolean {
  return LITTER.test(path);
}

export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

/** Call it within the event: a DataTransfer is emptied as soon as the handler returns. */
export async function filesFromDrop(
  transfer: DataTransfer,
  onProblem: (problem: Problem) => void,
): Promise<PickedFile[]> {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const roots = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile(), handle: handleOf(item) }));
  const picked: PickedFile[] = [];
  for (const { entry, file, handle } of roots) {
    const folder = await handle;
    if (folder) await walkHandle(folder, folder.name, picked, onProblem);
    else if (entry?.isDirectory) await walk(entry, picked, onProblem);
    else if (file && !isLitter(file.name)) picked.push({ path: file.name, file });
  }
  return picked;
}

type WithHandle = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };
type Folder = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

/** A dropped folder, by another way in: Chromium opens no entries for a page that is a file itself. */
async function handleOf(item: WithHandle): Promise<Folder | null> {
  if (location.protocol !== 'file:') return null;
  const handle = await item.getAsFileSystemHandle?.().catch(() => null);
  return handle?.kind === 'directory' ? (handle as Folder) : null;
}

async function walkHandle(folder: Folder, path: string, picked: PickedFile[], onProblem: (problem: Problem) => void): Promise<void> {
  if (isLitter(path)) return;
  try {
    for await (const child of folder.values()) {
      const childPath = `${path}/${child.name}`;
      if (child.kind === 'directory') await walkHandle(child as Folder, childPath, picked, onProblem);
      else if (!isLitter(childPath)) {
        await (child as FileSystemFileHandle).getFile().then(
          (file) => picked.push({ path: childPath, file }),
          () => onProblem(cannotOpen(childPath)),
        );
      }
    }
  } catch {
    onProblem(closedFolder(path));
  }
}

async function walk(entry: FileSystemEntry, picked: PickedFile[], onProblem: (problem: Problem) => void): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (isLitter(path)) return;
  if (entry.isFile) {
    await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)).then(
      (file) => picked.push({ path, file }),
      () => onProblem(cannotOpen(path)),
    );
    return;
  }
  const children = await childrenOf(entry as FileSystemDirectoryEntry).catch(() => {
    onProblem(closedFolder(path));
    return [];
  });
  for (const child of children) await walk(child, picked, onProblem);
}

function closedFolder(path: string): Problem {
  return {
    file: path,
    trouble: 'the browser may not open this folder',
    remedy: location.protocol === 'file:' ? 'Use “Pick a folder” instead.' : 'Copy it to another place and drop it again.',
  };
}

export function cannotOpen(path: string): Problem {
  return {
    file: path,
    trouble: 'the browser could not open this file',
    remedy: 'Check that it still exists and that you may read it, then drop it again.',
  };
}

/** `readEntries` hands out a hundred at a time and is done when it hands out none. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return children;
    children.push(...batch);
  }
}

export function filesFromInput(input: HTMLInputElement): PickedFile[] {
  return [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

let numPasted = 0;

/** Browsers call every pasted picture "image.png": number them, to tell them apart. */
export function filesFromPaste(transfer: DataTransfer): PickedFile[] {
  return [...transfer.files].map((file) => {
    const anonymous = /^image\.\w+$/.test(file.name);
    const path = anonymous ? file.name.replace('image', `pasted ${++numPasted}`) : file.name;
    return { path, file };
  });
}
