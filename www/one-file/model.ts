// Pictures in, answers out, one after the other; a worker that crashes is replaced.

import type { AppAnswer, Problem, SelfTest } from '../src/protocol';
import { type Answering, isProblem, open, type Source } from './answering';
import type { FromWorker, ToWorker } from './answering.worker';
import AnsweringWorker from './answering.worker.ts?worker&inline';
import { type Contents, readContents } from './facts';

/** How a model that has been opened does, and where it runs. */
export interface Opened {
  selfTest: SelfTest;
  isInWorker: boolean;
}

interface Waiting {
  path: string;
  resolve(answer: AppAnswer): void;
  reject(problem: Problem): void;
}

/** The browser lets no worker start here. */
class NoWorker extends Error {}

export class Model {
  private worker: Worker | null = null;
  /** Where there can be no worker. */
  private here: Answering | null = null;
  private waiting = new Map<number, Waiting>();
  private numJobs = 0;

  /** Rejects with a `Problem` when this file is damaged. */
  async open(): Promise<Opened> {
    const contents = readContents();
    try {
      return { selfTest: await this.openWorker(contents), isInWorker: true };
    } catch (error) {
      if (!(error instanceof NoWorker)) throw error;
      // Workers start from a blob's address. Chromium allows that to pages from a disk; should a browser not, the page
      // itself computes and pauses after each picture.
      this.here = await open(contents);
      return { selfTest: this.here.selfTest, isInWorker: false };
    }
  }

  /** Rejects with a `Problem` when the picture can't be read. */
  async ask(path: string, source: Source): Promise<AppAnswer> {
    if (this.here) return this.askHere(this.here, path, source);
    if (!this.worker) {
      await this.openWorker(readContents()).catch((thrown: unknown) => {
        throw isProblem(thrown) ? thrown : crashed(path, 'Close other tabs and open this file again.');
      });
    }
    const job = ++this.numJobs;
    return new Promise((resolve, reject) => {
      this.waiting.set(job, { path, resolve, reject });
      this.post({ type: 'ask', job, path, source });
    });
  }

  private async askHere(here: Answering, path: string, source: Source): Promise<AppAnswer> {
    // Clicks and drawing come first.
    await new Promise((resolve) => setTimeout(resolve));
    return here.ask(path, source).catch((thrown: unknown) => {
      throw isProblem(thrown) ? thrown : crashed(path, 'Open this file again.');
    });
  }

  private openWorker(contents: Contents): Promise<SelfTest> {
    return new Promise((resolve, reject) => {
      let worker: Worker;
      try {
        worker = new AnsweringWorker();
      } catch {
        return reject(new NoWorker());
      }
      let isOpen = false;
      const giveUp = () => {
        worker.terminate();
        if (isOpen) this.replace();
        else reject(new NoWorker());
      };
      worker.onerror = (event) => {
        event.preventDefault();
        giveUp();
      };
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'opened') {
          isOpen = true;
          this.worker = worker;
          resolve(data.selfTest);
        } else if (data.type === 'refused') {
          worker.terminate();
          reject(data.problem);
        } else if (data.type === 'crashed') {
          giveUp();
        } else {
          this.settle(data);
        }
      };
      worker.postMessage({ type: 'open', ...contents } satisfies ToWorker);
    });
  }

  private settle(message: Extract<FromWorker, { job: number }>): void {
    const waiting = this.waiting.get(message.job);
    this.waiting.delete(message.job);
    if (message.type === 'answered') waiting?.resolve(message.answer);
    else waiting?.reject(message.problem);
  }

  /** The next question starts another worker. */
  private replace(): void {
    this.worker = null;
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    for (const { path, reject } of lost) reject(crashed(path, 'Leave it out, or shrink it; the others go on.'));
  }

  private post(message: ToWorker): void {
    this.worker!.postMessage(message);
  }
}

function crashed(file: string, remedy: string): Problem {
  return { file, trouble: 'the model stopped while looking at it', remedy };
}
