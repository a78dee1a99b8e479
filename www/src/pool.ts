// Tasks in, answers out: hands them to extractor workers, one at a time each, and outlives crashes.

import type { FromExtractor, TaskName, Tasks, ToExtractor } from './messages';
import type { Problem } from './protocol';
import { ENDED, spawn } from './spawn';
import workerAddress from './worker/extractor.worker.ts?worker&url';

/** A file that can't be used: thrown to whoever asked, to be listed. */
export class Unusable extends Error {
  constructor(readonly problem: Problem) {
    super(problem.trouble);
  }
}

/** Workers that die this often before ever starting will not start. */
const MAX_FAILED_STARTS = 3;

/**
 * A worker's memory never shrinks: one that has read a PNG of 99 megapixels would keep 443 MB. JPEGs
 * of 12 megapixels take it to 55 MB, PNGs of that size to 93; starting anew takes 0.1 s.
 */
const MAX_KEPT_BYTES = 192e6;

export interface PoolOptions {
  size: number;
  /** What each worker is started with. */
  start: Omit<ToExtractor & { type: 'start' }, 'type'>;
  /** While false, only urgent jobs are handed out. */
  mayStart(): boolean;
  /** No worker can be started at all. */
  onBroken(message: string): void;
}

interface Job {
  id: number;
  name: TaskName;
  ask: Tasks[TaskName]['ask'];
  path: string;
  signal: AbortSignal | undefined;
  retried: boolean;
  resolve(answer: unknown): void;
  reject(reason: unknown): void;
}

interface Seat {
  worker: Worker;
  started: boolean;
  job: Job | undefined;
}

export class Pool {
  private seats: Seat[] = [];
  private readonly urgent: Job[] = [];
  private readonly queue: Job[] = [];
  /** Jobs before this index are gone; shifting a long array for each would be quadratic. */
  private head = 0;
  private nextJob = 0;
  private failedStarts = 0;

  constructor(private readonly options: PoolOptions) {
    for (let index = 0; index < options.size; index++) this.seats.push(this.newSeat());
  }

  /** Urgent tasks overtake all others. Aborting keeps a task from starting. */
  run<Name extends TaskName>(
    name: Name,
    ask: Tasks[Name]['ask'],
    { urgent = false, signal }: { urgent?: boolean; signal?: AbortSignal } = {},
  ): Promise<Tasks[Name]['answer']> {
    return new Promise((resolve, reject) => {
      const path = 'path' in ask ? ask.path : 'the sample set';
      const id = this.nextJob++;
      const job: Job = {
        id, name, ask, path, signal, retried: false, reject,
        resolve: resolve as (answer: unknown) => void,
      };
      (urgent ? this.urgent : this.queue).push(job);
      this.pump();
    });
  }

  /** Looks for work for every idle worker. Call it when `mayStart` may have become true. */
  pump(): void {
    for (const seat of this.seats) {
      if (!seat.started || seat.job) continue;
      const job = this.next();
      if (!job) return;
      this.hand(seat, job);
    }
  }

  /** Ends all workers. What was asked and not answered is refused. */
  close(): void {
    const jobs = [...this.seats.flatMap(({ job }) => job ?? []), ...this.urgent, ...this.queue.slice(this.head)];
    for (const { worker } of this.seats) worker.terminate();
    this.seats = [];
    this.urgent.length = 0;
    this.queue.length = 0;
    this.head = 0;
    for (const { reject } of jobs) reject(new Error('Its reader was closed'));
  }

  private next(): Job | undefined {
    const urgent = this.urgent.shift();
    if (urgent) return urgent;
    while (this.head < this.queue.length && this.options.mayStart()) {
      const job = this.queue[this.head++]!;
      if (!job.signal?.aborted) return job;
      job.reject(job.signal.reason);
    }
    if (this.head > 0 && this.head === this.queue.length) {
      this.queue.length = 0;
      this.head = 0;
    }
    return undefined;
  }

  private hand(seat: Seat, job: Job): void {
    seat.job = job;
    const message = { type: 'task', job: job.id, name: job.name, ask: job.ask } as ToExtractor;
    seat.worker.postMessage(message);
  }

  private newSeat(): Seat {
    const worker = spawn(workerAddress, () => this.replace(seat, ENDED));
    const seat: Seat = { worker, started: false, job: undefined };
    worker.onmessage = ({ data }: MessageEvent<FromExtractor>) => this.hear(seat, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.replace(seat, event.message || 'a worker could not be loaded');
    };
    worker.onmessageerror = () => this.replace(seat, 'a worker sent something unreadable');
    worker.postMessage({ type: 'start', ...this.options.start } satisfies ToExtractor);
    return seat;
  }

  private hear(seat: Seat, message: FromExtractor): void {
    if (message.type === 'crashed') return this.replace(seat, message.message);
    if (message.type === 'started') {
      seat.started = true;
      this.failedStarts = 0;
    } else {
      const job = seat.job!;
      seat.job = undefined;
      if (message.type === 'done') job.resolve(message.answer);
      else job.reject(new Unusable(message.problem));
      if (message.memory > MAX_KEPT_BYTES) this.renew(seat);
    }
    this.pump();
  }

  private renew(seat: Seat): void {
    seat.worker.terminate();
    this.seats[this.seats.indexOf(seat)] = this.newSeat();
  }

  /** A crashed worker's wasm memory can't be trusted: a fresh one, and its file once more. */
  private replace(seat: Seat, message: string): void {
    const index = this.seats.indexOf(seat);
    if (index < 0) return;
    seat.worker.terminate();
    if (!seat.started && ++this.failedStarts >= MAX_FAILED_STARTS) {
      this.seats.splice(index, 1);
      return this.options.onBroken(message);
    }
    this.seats[index] = this.newSeat();
    if (seat.job) this.again(seat.job);
  }

  private again(job: Job): void {
    if (job.retried) {
      job.reject(new Unusable({
        file: job.path,
        trouble: 'reading it stopped the reader twice',
        remedy: 'It may be damaged or very large; open it in an image editor and save it again as PNG or JPEG.',
      }));
    } else {
      job.retried = true;
      this.urgent.push(job);
    }
  }
}
