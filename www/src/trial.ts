// "Try it": one picture, or the webcam a few times a second, put to the model in use.

import type { Answer, Asker } from './asker';
import { type Explainer, likeliest } from './explain';
import { problemOf } from './importer';
import type { PictureFile } from './messages';
import type { Pool } from './pool';
import type { Event, Extracted } from './protocol';
import { type LiveHeat, store, type Trial } from './store';
import { grabFrame, openCamera } from './webcam';

/** A few answers a second: faster is hard to read and starves an import. */
const MILLIS_BETWEEN_FRAMES = 200;

export class Trials {
  /** The picture last read, to be asked about again after training. */
  private last: Extracted | null = null;
  /** Whether that was read for a model with a backbone of its own. */
  private lastForTuned = false;
  private picture: string | null = null;
  private turn = 0;
  /** What the answer shown is about, to be looked into. */
  shown: PictureFile | null = null;

  constructor(
    private readonly pool: () => Promise<Pool>,
    private readonly asker: Asker,
    private readonly explainer: Explainer,
  ) {}

  hear(event: Event): void {
    if (event.type === 'trained' || event.type === 'modelLoaded') void this.again();
  }

  async classify(picture: PictureFile): Promise<void> {
    this.clear();
    const { turn } = this;
    const { path, source } = picture;
    const file = source.from === 'file' ? source.file : null;
    this.shown = picture;
    this.show({ ...UNANSWERED, name: path, picture: file && this.pictureOf(file) });
    try {
      const { extracted, thumbnail } = await this.readForModel(picture);
      if (turn !== this.turn) return;
      this.last = extracted;
      // Browsers don't show TIFF; the thumbnail always works, if smaller.
      if (!file || !(await canShow(file))) this.change({ picture: this.pictureOf(new Blob([thumbnail as Uint8Array<ArrayBuffer>])) });
      await this.again();
    } catch (error) {
      if (turn === this.turn) this.change({ problem: problemOf(error, path), picture: null, waiting: false });
    }
  }

  /** Nothing is being tried. */
  clear(): void {
    this.stopCamera();
    this.turn++;
    this.last = null;
    this.shown = null;
    store.set({ trial: null });
  }

  async startCamera(): Promise<void> {
    const turn = ++this.turn;
    this.last = null;
    store.set({ camera: { on: true, stream: null }, trial: null });
    try {
      const stream = await openCamera();
      if (turn !== this.turn) return stream.getTracks().forEach((track) => track.stop());
      stream.getVideoTracks()[0]?.addEventListener('ended', () => this.stopCamera('The camera was unplugged.'));
      store.set({ camera: { on: true, stream } });
      await this.watch(stream, turn);
    } catch (error) {
      if (turn === this.turn) this.stopCamera(error instanceof Error ? error.message : String(error));
    }
  }

  stopCamera(trouble: string | null = null): void {
    const { camera } = store.state;
    if (!camera.on) return;
    this.turn++;
    camera.stream?.getTracks().forEach((track) => track.stop());
    store.set({ camera: { on: false, trouble }, trial: null });
  }

  /** One frame at a time, the next only after the answer: nothing ever queues up. */
  private async watch(stream: MediaStream, turn: number): Promise<void> {
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    await video.play();
    while (turn === this.turn) {
      const start = performance.now();
      const frame = await grabFrame(video);
      if (frame) {
        const file: PictureFile = { path: 'the webcam', source: { from: 'pixels', ...frame } };
        const [answer, heat] = await this.look(file, frame.width / frame.height);
        if (turn !== this.turn) return;
        this.shown = file;
        this.show({ ...UNANSWERED, name: file.path, ...answered(answer), heat });
      }
      const rest = Math.max(20, MILLIS_BETWEEN_FRAMES - (performance.now() - start));
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  /** The answer and, if it is wanted, what speaks for it. */
  private async look(file: PictureFile, aspect: number): Promise<[Answer | null, LiveHeat | null]> {
    if (!store.state.showWhy) {
      const { extracted } = await this.readForModel(file);
      return [await this.asker.ask(extracted), null];
    }
    const { extracted } = await this.read(file, 'pixels');
    const question = { pixels: extracted.bytes, class: null, withVoices: false };
    // The trainer's words are in a notice by now.
    const explanation = await this.explainer.explain(question).catch(() => null);
    if (!explanation) return [null, null];
    const { probabilities, isFamiliar, heat, side } = explanation;
    return [{ probabilities, isFamiliar }, { side, values: heat[likeliest(probabilities)]!, aspect }];
  }

  private async read(file: PictureFile, task: 'extract' | 'pixels' = 'extract') {
    const pool = await this.pool();
    return pool.run(task, file, { urgent: true });
  }

  /** What the model in use is asked about. */
  private readForModel(file: PictureFile) {
    const tuned = store.state.model?.tuned ?? false;
    this.lastForTuned = tuned;
    return this.read(file, tuned ? 'pixels' : 'extract');
  }

  private async again(): Promise<void> {
    if (!this.last || !this.shown) return;
    const turn = this.turn;
    // Another model may want pixels where the one before wanted features, or the other way round.
    if (store.state.model?.tuned !== this.lastForTuned) {
      const reading = await this.readForModel(this.shown).catch(() => null);
      if (!reading || turn !== this.turn) return;
      this.last = reading.extracted;
    }
    const answer = await this.asker.ask(this.last);
    if (turn === this.turn) this.change(answered(answer));
  }

  private show(trial: Trial): void {
    store.set({ trial });
  }

  private change(patch: Partial<Trial>): void {
    const { trial } = store.state;
    if (trial) store.set({ trial: { ...trial, ...patch } });
  }

  private pictureOf(blob: Blob): string {
    if (this.picture) URL.revokeObjectURL(this.picture);
    return (this.picture = URL.createObjectURL(blob));
  }
}

const UNANSWERED: Trial = { name: '', picture: null, probabilities: null, familiar: null, heat: null, problem: null, waiting: true };

function answered(answer: Answer | null): Pick<Trial, 'probabilities' | 'familiar' | 'waiting'> {
  return { probabilities: answer?.probabilities ?? null, familiar: answer?.isFamiliar ?? null, waiting: false };
}

async function canShow(file: File): Promise<boolean> {
  const image = new Image();
  const address = URL.createObjectURL(file);
  image.src = address;
  const shown = await image.decode().then(() => true, () => false);
  URL.revokeObjectURL(address);
  return shown;
}
