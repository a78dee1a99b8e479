// Everything the page shows, in one place. Changes are told to the views at most once a frame.

import type {
  ClassId, ClassView, DeviceKind, EpochMetrics, Evaluation, LeaveOneOut, ModelClass, Problem, Proportion, SampleId, TrainingConfig,
} from './protocol';

export interface Loading {
  what: string;
  loaded: number;
  /** 0 while unknown. */
  total: number;
}

export interface Notice {
  id: number;
  text: string;
  tone: 'info' | 'warning';
}

/** The page can't go on. */
export interface Failure {
  title: string;
  trouble: string;
  remedy: string;
}

export interface Dataset {
  classes: ClassView[];
  undo: string | null;
  redo: string | null;
  missing: string[];
}

export interface ImportProgress {
  done: number;
  total: number;
  imagesPerSecond: number | null;
  secondsLeft: number | null;
}

/** Mean milliseconds an image, over all images read so far. */
export interface StageTimes {
  count: number;
  read: number;
  decode: number;
  resize: number;
  forward: number;
}

export interface Run {
  numTrain: number;
  numValidation: number;
  /** Null when the run ends where the optimum is; its epochs are steps on the way there. */
  numEpochs: number | null;
  epochs: EpochMetrics[];
  running: boolean;
  stopping: boolean;
}

/** The model in use. */
export interface Model {
  classes: ModelClass[];
  accuracy: Proportion | null;
  /** Set when it came from a zip. */
  file: string | null;
}

/** One picture put to the model. */
export interface Trial {
  name: string;
  picture: string | null;
  probabilities: number[] | null;
  problem: Problem | null;
  waiting: boolean;
}

export type Camera = { on: false; trouble: string | null } | { on: true; stream: MediaStream | null };

/** Where a grid of pictures is. */
export type Place = ClassId | 'results' | 'doubts';

export interface State {
  loading: Loading[];
  device: { kind: DeviceKind; reason: string } | null;
  config: TrainingConfig | null;
  dataset: Dataset;
  /** Zips being opened and folders being listed: work before the first `progress`. */
  listing: number;
  progress: ImportProgress | null;
  stages: StageTimes;
  problems: Problem[];
  run: Run | null;
  model: Model | null;
  evaluation: Evaluation | null;
  /** What is known without training. */
  live: LeaveOneOut | null;
  /** The dataset was edited since the model in use was trained. */
  stale: boolean;
  trial: Trial | null;
  camera: Camera;
  selection: ReadonlySet<SampleId>;
  /** The class last clicked in; shift-clicks and "select all" stay inside it. */
  selectedIn: Place | null;
  exporting: boolean;
  notices: Notice[];
  failure: Failure | null;
  /** Counts up when thumbnails arrive. */
  thumbnails: number;
}

export type Key = keyof State;

const initial: State = {
  loading: [],
  device: null,
  config: null,
  dataset: { classes: [], undo: null, redo: null, missing: [] },
  listing: 0,
  progress: null,
  stages: { count: 0, read: 0, decode: 0, resize: 0, forward: 0 },
  problems: [],
  run: null,
  model: null,
  evaluation: null,
  live: null,
  stale: false,
  trial: null,
  camera: { on: false, trouble: null },
  selection: new Set(),
  selectedIn: null,
  exporting: false,
  notices: [],
  failure: null,
  thumbnails: 0,
};

type Listener = (changed: ReadonlySet<Key>) => void;

export class Store {
  private current: State = initial;
  private readonly listeners = new Set<Listener>();
  private changed = new Set<Key>();
  private scheduled = false;
  private nextNotice = 0;

  get state(): Readonly<State> {
    return this.current;
  }

  set(patch: Partial<State>): void {
    this.current = { ...this.current, ...patch };
    for (const key of Object.keys(patch) as Key[]) this.changed.add(key);
    if (this.scheduled) return;
    this.scheduled = true;
    // A hidden tab gets no frames; then nobody looks, and the state itself is already current.
    requestAnimationFrame(() => this.tell());
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  notify(text: string, tone: Notice['tone'] = 'info'): void {
    const notices = this.current.notices.filter((notice) => notice.text !== text);
    this.set({ notices: [...notices, { id: this.nextNotice++, text, tone }].slice(-4) });
  }

  dismiss(id: number): void {
    this.set({ notices: this.current.notices.filter((notice) => notice.id !== id) });
  }

  private tell(): void {
    const changed = this.changed;
    this.changed = new Set();
    this.scheduled = false;
    for (const listener of this.listeners) listener(changed);
  }
}

export const store = new Store();
