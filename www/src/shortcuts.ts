// Keys that work anywhere on the page, unless something is being typed.

import { app } from './app';
import { store } from './store';

export function listenForShortcuts(): void {
  document.addEventListener('keydown', (event) => {
    if (isTyping(event.target)) return;
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    if (control && key === 'z') app.send({ type: event.shiftKey ? 'redo' : 'undo' });
    else if (control && key === 'y') app.send({ type: 'redo' });
    else if ((key === 'delete' || key === 'backspace') && store.state.selection.size > 0) app.deleteSelection();
    else return;
    event.preventDefault();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input:not([type=checkbox]), select, textarea, [contenteditable]');
}
