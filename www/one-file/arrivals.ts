// Pictures that are dropped, pasted or picked in, in whatever way; files with their paths out.

import { filesFromDrop, filesFromInput, filesFromPaste, hasFiles, isLitter, type PickedFile } from '../src/drop';
import type { Problem } from '../src/protocol';
import { byId } from './dom';

/** `dragover` repeats every 350 ms or so; longer silence is a drag that was given up elsewhere. */
const SILENCE_MILLIS = 1500;

interface Listener {
  onFiles(files: PickedFile[]): void;
  onProblem(problem: Problem): void;
}

export function listenForPictures({ onFiles, onProblem }: Listener): void {
  const take = (picked: PickedFile[]) => {
    const files = picked.filter(({ path }) => !isLitter(path));
    if (files.length > 0) onFiles(files);
  };
  connect('pick', 'files', take);
  connect('pick-folder', 'folder-files', take);
  document.addEventListener('paste', (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(filesFromPaste(event.clipboardData));
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    invite(false);
    void filesFromDrop(event.dataTransfer!, onProblem).then(take);
  });
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    // Without this the browser would leave the page and open the file.
    event.preventDefault();
    event.dataTransfer!.dropEffect = 'copy';
    invite(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) invite(false);
  });
}

function connect(button: string, input: string, take: (files: PickedFile[]) => void): void {
  const files = byId<HTMLInputElement>(input);
  byId(button).onclick = () => files.click();
  files.onchange = () => {
    take(filesFromInput(files));
    // The same choice again is a new choice.
    files.value = '';
  };
}

let stillThere: ReturnType<typeof setTimeout> | undefined;

function invite(isInviting: boolean): void {
  byId('overlay').hidden = !isInviting;
  clearTimeout(stillThere);
  if (isInviting) stillThere = setTimeout(() => invite(false), SILENCE_MILLIS);
}
