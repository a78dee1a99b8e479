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
  const roots = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const picked: PickedFile[] = [];
  for (const { entry, file } of roots) {
    if (entry) await walk(entry, picked, onProblem);
    else if (file) picked.push({ path: file.name, file });
  }
  return picked;
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
    onProblem({
      file: path,
      trouble: 'the browser may not open this folder',
      remedy: 'Copy it to another place and drop it again.',
    });
    return [];
  });
  for (const child of children) await walk(child, picked, onProblem);
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
