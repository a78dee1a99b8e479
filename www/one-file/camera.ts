// The webcam, answered a few times a second: what it shows is mirrored where it looks at the person, what the model
// sees is not.

import type { AppAnswer } from '../src/protocol';
import { type Frame, grabFrame, openCamera } from '../src/webcam';
import { isProblem } from './answering';
import { byId, say } from './dom';

/** A few answers a second: faster is hard to read. */
const MILLIS_BETWEEN_FRAMES = 200;

interface Listener {
  ask(frame: Frame): Promise<AppAnswer>;
  onAnswer(answer: AppAnswer, frame: Frame): void;
  /** It runs now, or not any more. */
  onChange(isOn: boolean): void;
}

export class Camera {
  private stream: MediaStream | null = null;
  /** Counts starts and stops: what belongs to an earlier one is over. */
  private turn = 0;
  private readonly video = byId<HTMLVideoElement>('video');
  private readonly choice = byId<HTMLSelectElement>('cameras');

  constructor(private readonly listener: Listener) {
    this.choice.onchange = () => void this.start(this.choice.value);
  }

  get isOn(): boolean {
    return this.stream !== null;
  }

  async start(device?: string): Promise<void> {
    this.stop();
    const turn = this.turn;
    try {
      const stream = await openCamera(device);
      if (turn !== this.turn) return endOf(stream);
      this.stream = stream;
      stream.getVideoTracks()[0]?.addEventListener('ended', () => this.stop('The camera was unplugged.'));
      this.video.srcObject = stream;
      this.video.classList.toggle('mirrored', looksAtPerson(stream));
      this.listener.onChange(true);
      await this.video.play();
      await this.offerOthers(stream);
      await this.watch(turn);
    } catch (error) {
      if (turn === this.turn) this.stop(inWords(error));
    }
  }

  stop(trouble = ''): void {
    this.turn++;
    say(byId('camera-trouble'), trouble);
    if (this.stream) endOf(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    byId('cameras-label').hidden = true;
    this.listener.onChange(false);
  }

  /** One frame at a time, the next only after the answer: nothing ever queues up. */
  private async watch(turn: number): Promise<void> {
    while (turn === this.turn) {
      const start = performance.now();
      const frame = await grabFrame(this.video);
      if (frame) {
        const answer = await this.listener.ask(frame);
        if (turn !== this.turn) return;
        this.listener.onAnswer(answer, frame);
      }
      const rest = Math.max(20, MILLIS_BETWEEN_FRAMES - (performance.now() - start));
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  /** Cameras have names only once one of them may be used. */
  private async offerOthers(stream: MediaStream): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const cameras = devices.filter(({ kind }) => kind === 'videoinput');
    const current = stream.getVideoTracks()[0]?.getSettings().deviceId;
    this.choice.replaceChildren(...cameras.map(({ deviceId, label }, at) => {
      const isCurrent = deviceId === current;
      return new Option(label || `Camera ${at + 1}`, deviceId, isCurrent, isCurrent);
    }));
    byId('cameras-label').hidden = cameras.length < 2;
  }
}

function inWords(thrown: unknown): string {
  if (isProblem(thrown)) return `${thrown.file}: ${thrown.trouble}. ${thrown.remedy}`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Laptops' cameras don't say where they look; phones' do. */
function looksAtPerson(stream: MediaStream): boolean {
  return stream.getVideoTracks()[0]?.getSettings().facingMode !== 'environment';
}

function endOf(stream: MediaStream): void {
  stream.getTracks().forEach((track) => track.stop());
}
