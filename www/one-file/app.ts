// Pictures and the camera in, answers on the page.

import type { PickedFile } from '../src/drop';
import type { AppFacts } from '../src/protocol';
import type { Frame } from '../src/webcam';
import { count } from '../src/words';
import { AnswerList, type Group } from './answer-list';
import { type Answered, answered, unreadable } from './answered';
import { problemOf, type Source } from './answering';
import { listenForPictures } from './arrivals';
import { Camera } from './camera';
import { byId } from './dom';
import type { Model } from './model';
import { Stage } from './stage';

/** A picture to be asked about, and where its answer goes. */
interface Waiting extends PickedFile {
  group: Group;
}

export class App {
  private readonly stage: Stage;
  private readonly list: AnswerList;
  private readonly camera: Camera;
  private queue: Waiting[] = [];
  private isOpen = false;
  private isAsking = false;
  private numDone = 0;
  private numWanted = 0;
  /** What the stage shows. */
  private shown: Answered | null = null;
  private lastFrame: Answered | null = null;
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
      onAnswer: (answer, frame) => this.seeFrame(answered('the webcam', fromFrame(frame), answer)),
      onChange: (isOn) => this.cameraChanged(isOn),
    });
    listenForPictures({
      onFiles: (files) => this.take(files),
      onProblem: (problem) => this.list.add(unreadable(problem.file, problem)),
    });
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
  }

  /** The model answers from now on. */
  begin(): void {
    this.isOpen = true;
    byId<HTMLButtonElement>('camera-button').disabled = false;
    document.documentElement.dataset.ready = 'true';
    void this.work();
  }

  private take(files: PickedFile[]): void {
    this.camera.stop();
    const group = this.list.begin();
    for (const { path, file } of files) this.queue.push({ path, file, group });
    this.numWanted += files.length;
    this.tellCourse();
    void this.work();
  }

  private async work(): Promise<void> {
    if (!this.isOpen || this.isAsking) return;
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

  private async look({ path, file, group }: Waiting, isOnly: boolean): Promise<void> {
    const source: Source = { from: 'file', file };
    if (isOnly) this.stage.clear('Looking…');
    try {
      const answer = answered(path, source, await this.model.ask(path, source));
      this.list.add(answer, group);
      if (!this.camera.isOn && group.isConnected) this.show(answer, isOnly);
    } catch (thrown) {
      const problem = problemOf(thrown, path);
      this.list.add(unreadable(path, problem), group);
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

  private seeFrame(answer: Answered): void {
    this.lastFrame = this.shown = answer;
    byId('keep').hidden = false;
    this.stage.answer(answer, this.list.saysNone, true);
  }

  /** The camera's picture of now goes to the others. */
  private keep(): void {
    if (!this.lastFrame) return;
    const path = `webcam ${++this.numKept}`;
    this.list.begin();
    this.list.add({ ...this.lastFrame, path });
  }

  private cameraChanged(isOn: boolean): void {
    byId('camera-button').querySelector('span')!.textContent = isOn ? 'Stop the camera' : 'Webcam';
    byId('pick-folder').hidden = isOn;
    const wasOn = !byId('video').hidden;
    this.stage.showVideo(isOn);
    if (!isOn) byId('keep').hidden = true;
    if (!wasOn || isOn) return;
    this.shown = null;
    this.stage.clear();
  }

  private clear(): void {
    this.queue = [];
    this.shown = null;
    this.list.clear();
    if (this.camera.isOn) return;
    void this.stage.show(null, '');
    this.stage.clear();
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
