// Commands to the trainer worker, its Events back. Falls back to the CPU when the GPU won't do.

import type { FromTrainer, ToTrainer } from './messages';
import type { Choice } from './device';
import type { Command, DeviceKind, Event } from './protocol';
import { isRepeated } from './recovery';
import { ENDED, spawn } from './spawn';
import workerAddress from './worker/trainer.worker.ts?worker&url';

/** A GPU that answers at all passes the known-answer check in well under this. */
const READY_MILLIS = 30_000;
/** SwiftShader compiles its shaders on the CPU. */
const FORCED_READY_MILLIS = 180_000;

export interface TrainerListener {
  onLoading(loaded: number, total: number): void;
  onEvents(events: Event[]): void;
  /** WebGPU was tried and is not used after all. */
  onFallback(message: string, forced: boolean): void;
  /** It has stopped for good, on this device, chosen for this reason; what it hasn't heard is in `unheard`. */
  onCrash(message: string, device: DeviceKind, reason: string): void;
  /** Samples were taken off the trainer's hands. */
  onRelief(): void;
}

export class TrainerHandle {
  private worker: Worker | undefined;
  private device: DeviceKind = 'cpu';
  private reason = '';
  private ready = false;
  private deadline: ReturnType<typeof setTimeout> | undefined;
  /** Commands from before `ready`: a worker that fails to start would swallow them. */
  private early: { command: Command; transfer: ArrayBuffer[] }[] = [];
  private numSent = 0;
  /** Worth repeating, and not known to be carried out. */
  private sent: { place: number; command: Command }[] = [];
  private numSamplesSent = 0;
  private numSamplesDone = 0;
  private lastDone = 0;
  /** For each sample on its way, its place among all commands. */
  private places: number[] = [];

  constructor(
    private readonly choice: Choice,
    private readonly backbone: Uint8Array,
    private readonly listener: TrainerListener,
  ) {
    this.start(choice.device, choice.reason);
  }

  /** Images handed over whose features the trainer has not got yet. */
  get inFlight(): number {
    return this.numSamplesSent - this.numSamplesDone;
  }

  /** What is worth repeating of the commands that may not have been carried out. */
  get unheard(): Command[] {
    return [...this.sent, ...this.early].map(({ command }) => command).filter(isRepeated);
  }

  send(command: Command, transfer: ArrayBuffer[] = []): void {
    if (!this.ready) {
      this.early.push({ command, transfer });
      return;
    }
    this.numSent++;
    if (isRepeated(command)) this.sent.push({ place: this.numSent, command });
    // The trainer's count of files done has both.
    if (command.type === 'sample' || command.type === 'unreadable') {
      this.numSamplesSent++;
      this.places.push(this.numSent);
    }
    this.post({ type: 'command', command }, transfer);
  }

  private start(device: DeviceKind, reason: string): void {
    this.device = device;
    this.reason = reason;
    const worker = spawn(workerAddress, () => this.fail(ENDED));
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromTrainer>) => this.hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(event.message || 'its code could not be loaded');
    };
    this.post({ type: 'start', device, reason, backbone: this.backbone });
  }

  private hear(message: FromTrainer): void {
    switch (message.type) {
      case 'loading':
        // The download doesn't count against the GPU.
        this.restartDeadline();
        this.listener.onLoading(message.loaded, message.total);
        break;
      case 'crashed':
        this.fail(message.message);
        break;
      case 'events':
        this.sent = this.sent.filter(({ place }) => place > message.handled);
        for (const event of message.events) this.note(event);
        this.listener.onEvents(message.events);
        if (message.idle) this.settle(message.handled);
        this.listener.onRelief();
        // Last: what it saved came before.
        for (const event of message.events) if (event.type === 'deviceLost') this.fail(event.message);
    }
  }

  private note(event: Event): void {
    if (event.type === 'ready') this.becomeReady();
    if (event.type === 'progress') {
      this.numSamplesDone += Math.max(0, event.done - this.lastDone);
      this.lastDone = event.done < event.total ? event.done : 0;
      this.numSamplesDone = Math.min(this.numSamplesDone, this.numSamplesSent);
    }
  }

  private becomeReady(): void {
    clearTimeout(this.deadline);
    this.ready = true;
    const early = this.early;
    this.early = [];
    for (const { command, transfer } of early) this.send(command, transfer);
  }

  /** Idle after `handled` commands: whatever was among them is done, however it was counted. */
  private settle(handled: number): void {
    this.places = this.places.filter((place) => place > handled);
    this.numSamplesDone = this.numSamplesSent - this.places.length;
  }

  private restartDeadline(): void {
    clearTimeout(this.deadline);
    if (this.ready || this.device !== 'webgpu') return;
    const patience = this.choice.forced ? FORCED_READY_MILLIS : READY_MILLIS;
    this.deadline = setTimeout(() => this.fail(`it did not answer within ${patience / 1000} s`), patience);
  }

  private fail(message: string): void {
    if (!this.worker) return;
    this.worker.terminate();
    this.worker = undefined;
    clearTimeout(this.deadline);
    if (this.ready || this.device === 'cpu') {
      this.ready = false;
      return this.listener.onCrash(message, this.device, this.reason);
    }
    this.listener.onFallback(message, this.choice.forced);
    this.start('cpu', `WebGPU was tried and does not work here: ${message}`);
  }

  private post(message: ToTrainer, transfer: ArrayBuffer[] = []): void {
    this.worker?.postMessage(message, transfer);
  }
}
