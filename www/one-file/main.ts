// The one-file app: a model in use, opened from a disk, with nothing and nobody else around.

import { detectSimd } from '../src/capabilities';
import type { PickedFile } from '../src/drop';
import type { AppFacts, Problem, SelfTest } from '../src/protocol';
import { saveFile } from '../src/save-file';
import type { Frame } from '../src/webcam';
import { count, percent } from '../src/words';
import { AnswerList } from './answer-list';
import { type Answered, answered, unreadable } from './answered';
import { isProblem, type Source } from './answering';
import { listenForPictures } from './arrivals';
import { bytesOf } from './base64';
import { Camera } from './camera';
import { cardElements } from './card';
import { byId, say } from './dom';
import { readContents, readFacts } from './facts';
import { Model } from './model';
import { Stage } from './stage';
import './style.css';

/** Names in the title. */
const MAX_NAMES = 5;

const facts = readFacts();
if (facts) void run(facts);
else alarm('There is no model in this page yet', 'Train one with Graft and download it as a one-file app.');

async function run(known: AppFacts): Promise<void> {
  introduce(known);
  const lack = whatIsMissing();
  if (lack) return refuse(`This browser can't run the model: it has no ${lack}`, 'Open this file in a current Chrome, Edge, Firefox or Safari.');
  try {
    const model = new Model();
    const opened = await model.open();
    tellTest(opened.selfTest);
    say(byId('device'), `Runs on this computer’s CPU (WebAssembly SIMD)${opened.isInWorker ? '' : ', on the page itself, which may pause while it looks'}`);
    new App(known, model);
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
  byId('tested').dataset.passed = String(isPassed);
  say(byId('self-test'), isPassed ? `Self-test passed: differs by ${differs}` : 'Self-test failed');
  if (isPassed) return;
  alarm('Don’t trust these answers', `Shown its painted test picture, this copy of the model says something else than where it was trained: a probability differs by ${differs}. Get the file again, or try another browser.`);
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
  for (const button of document.querySelectorAll<HTMLButtonElement>('.look button')) button.disabled = true;
}

function problemOf(thrown: unknown, file: string): Problem {
  return isProblem(thrown) ? thrown : { file, trouble: `something unforeseen happened (${String(thrown)})`, remedy: 'Open this file again.' };
}

/** The page once its model answers. */
class App {
  private readonly stage: Stage;
  private readonly list: AnswerList;
  private readonly camera: Camera;
  private queue: PickedFile[] = [];
  private isAsking = false;
  private numDone = 0;
  private numWanted = 0;
  /** What the stage shows. */
  private shown: Answered | null = null;
  private lastFrame: { answer: Answered; source: Source } | null = null;
  private numKept = 0;

  constructor({ classes }: AppFacts, private readonly model: Model) {
    this.stage = new Stage(classes);
    this.list = new AnswerList(classes, (answer) => {
      this.camera.stop();
      this.show(answer, true);
      byId('stage').scrollIntoView({ block: 'nearest' });
    });
    this.camera = new Camera({
      ask: (frame) => this.model.ask('the webcam', fromFrame(frame)),
      onAnswer: (answer, frame) => this.seeFrame(answered('the webcam', fromFrame(frame), answer), fromFrame(frame)),
      onChange: (isOn) => this.cameraChanged(isOn),
    });
    listenForPictures({ onFiles: (files) => void this.take(files), onProblem: (problem) => this.list.add(unreadable(problem.file, problem)) });
    byId('camera-button').onclick = () => (this.camera.isOn ? this.camera.stop() : void this.camera.start());
    byId('keep').onclick = () => this.keep();
    byId('stop').onclick = () => (this.queue = []);
    byId('csv').onclick = () => this.list.saveTable();
    byId('clear').onclick = () => this.clear();
    const sayNone = byId<HTMLInputElement>('say-none');
    sayNone.onchange = () => {
      this.list.sayNone(sayNone.checked);
      if (this.shown) this.stage.answer(this.shown, sayNone.checked);
    };
    document.documentElement.dataset.ready = 'true';
  }

  private async take(files: PickedFile[]): Promise<void> {
    this.camera.stop();
    this.list.begin();
    this.queue.push(...files);
    this.numWanted += files.length;
    if (this.isAsking) return;
    this.isAsking = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      this.tellCourse();
      await this.look(next, this.numWanted === 1);
      this.numDone++;
    }
    this.isAsking = false;
    this.numDone = this.numWanted = 0;
    this.tellCourse();
  }

  private async look({ path, file }: PickedFile, isOnly: boolean): Promise<void> {
    const source: Source = { from: 'file', file };
    if (isOnly) this.stage.clear('Looking…');
    try {
      const answer = answered(path, source, await this.model.ask(path, source));
      this.list.add(answer);
      if (!this.camera.isOn) this.show(answer, isOnly);
    } catch (thrown) {
      const problem = problemOf(thrown, path);
      this.list.add(unreadable(path, problem));
      if (isOnly) this.stage.clear(`${problem.file}: ${problem.trouble}. ${problem.remedy}`);
    }
  }

  /** `large`: the file itself rather than its thumbnail, which is quicker where many follow each other. */
  private show(answer: Answered, large: boolean): void {
    this.shown = answer;
    const { file, thumbnail, path } = answer;
    void this.stage.show((large && file) || thumbnail, path, thumbnail ?? undefined);
    this.stage.answer(answer, this.list.saysNone);
  }

  private seeFrame(answer: Answered, source: Source): void {
    this.lastFrame = { answer, source };
    this.shown = answer;
    byId('keep').hidden = false;
    this.stage.answer(answer, this.list.saysNone, true);
  }

  /** The camera's picture of now goes to the others. */
  private keep(): void {
    if (!this.lastFrame) return;
    const path = `webcam ${++this.numKept}`;
    this.list.begin();
    this.list.add({ ...this.lastFrame.answer, path });
  }

  private cameraChanged(isOn: boolean): void {
    byId('camera-button').querySelector('span')!.textContent = isOn ? 'Stop the camera' : 'Webcam';
    const wasOn = !byId('video').hidden;
    this.stage.showVideo(isOn);
    if (!isOn) byId('keep').hidden = true;
    if (wasOn && !isOn) this.stage.clear('The answer will be here.');
  }

  private clear(): void {
    this.queue = [];
    this.shown = null;
    this.list.clear();
    if (this.camera.isOn) return;
    void this.stage.show(null, '');
    this.stage.clear('The answer will be here.');
  }

  private tellCourse(): void {
    const { numDone, numWanted } = this;
    byId('course').hidden = numWanted < 2;
    byId('course-words').textContent = `Asked about ${numDone.toLocaleString('en-US')} of ${count(numWanted, 'picture')}`;
    const bar = byId<HTMLProgressElement>('course-bar');
    bar.max = Math.max(1, numWanted);
    bar.value = numDone;
  }
}

function fromFrame({ width, height, rgba }: Frame): Source {
  return { from: 'pixels', width, height, rgba };
}
