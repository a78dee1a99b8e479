// The one-file app: a model in use, opened from a disk, with nothing and nobody else around.

import { detectSimd } from '../src/capabilities';
import type { AppFacts, SelfTest } from '../src/protocol';
import { saveFile } from '../src/save-file';
import { count, percent } from '../src/words';
import { problemOf } from './answering';
import { App } from './app';
import { bytesOf } from './base64';
import { cardElements } from './card';
import { byId, say } from './dom';
import { readContents, readFacts } from './facts';
import { Model } from './model';
import './style.css';

/** Names in the title. */
const MAX_NAMES = 5;

const facts = readFacts();
if (facts) void run(facts);
else alarm('There is no model in this page yet', 'Train one with Graft and download it as a one-file app.');

async function run(known: AppFacts): Promise<void> {
  introduce(known);
  const model = new Model();
  // At once, so that nothing dropped while the model opens is lost.
  const app = new App(known, model);
  const lack = whatIsMissing();
  if (lack) return refuse(`This browser can’t run the model: it has no ${lack}`, 'Open this file in a current Chrome, Edge, Firefox or Safari.');
  try {
    const opened = await model.open();
    tellTest(opened.selfTest);
    const pauses = opened.isInWorker ? '' : ', on the page itself, which may pause while it looks';
    say(byId('device'), `Runs on this computer’s CPU (WebAssembly SIMD)${pauses}`);
    app.begin();
  } catch (thrown) {
    const { file, trouble, remedy } = problemOf(thrown, 'This file');
    refuse(`${file}: ${trouble}`, remedy);
  }
}

/** What can be said without the model. */
function introduce({ classes, date, card, accuracy, familiarShare, backbone, isTuned, version }: AppFacts): void {
  const names = classes.map(({ name }) => name);
  document.title = `${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? '…' : ''}: a model by Graft`;
  say(byId('title'), `Tells apart ${listed(names)}`);
  const day = new Date(date).toLocaleDateString('en-US', { dateStyle: 'long' });
  const good = accuracy ? ` Right on ${accuracy.hits} of ${count(accuracy.total, 'picture')} it had not seen.` : '';
  say(byId('made'), `A model by Graft ${version}, made on ${day}: ${backbone}${isTuned ? ', adapted' : ''}.${good}`);
  byId('card').append(...cardElements(card));
  byId('say-none').parentElement!.hidden = familiarShare === null;
  say(byId('none-promise'), familiarShare === null
    ? 'It always names a class: this model can’t tell unknown things.'
    : `Set so that about ${percent(familiarShare)} of pictures of these classes still get an answer.`);
  byId('take-model').onclick = () => saveFile('graft-model.zip', new Blob([bytesOf(readContents().model)], { type: 'application/zip' }));
}

function listed(names: string[]): string {
  if (names.length > MAX_NAMES) return `${names.slice(0, MAX_NAMES - 1).join(', ')} and ${names.length - MAX_NAMES + 1} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function whatIsMissing(): string | null {
  if (typeof WebAssembly === 'undefined') return 'WebAssembly';
  if (detectSimd() === 'none') return 'WebAssembly SIMD';
  return typeof DecompressionStream === 'undefined' ? 'DecompressionStream' : null;
}

function tellTest({ difference, isPassed }: SelfTest): void {
  const differs = difference < 1e-6 ? 'less than 0.000001' : difference.toFixed(6);
  const tested = byId('tested');
  tested.dataset.passed = String(isPassed);
  tested.querySelector('use')!.setAttribute('href', isPassed ? '#check' : '#close');
  say(byId('self-test'), isPassed ? `Self-test passed: differs by ${differs}` : 'Self-test failed');
  if (isPassed) return;
  alarm('Don’t trust these answers', `Shown its painted test picture, this copy of the model says something else than where it was trained:
    a probability differs by ${differs}. Get the file again, or try another browser.`);
}

function alarm(trouble: string, remedy: string): void {
  const words = [Object.assign(document.createElement('strong'), { textContent: trouble }), `. ${remedy}`];
  byId('alarm').replaceChildren(...words);
  byId('alarm').hidden = false;
}

function refuse(trouble: string, remedy: string): void {
  alarm(trouble, remedy);
  say(byId('device'), 'The model is not running');
  byId('verdict').replaceChildren();
  byId('invitation').hidden = true;
  for (const button of document.querySelectorAll<HTMLButtonElement>('.look button')) button.disabled = true;
}
