// Everything the page shows, in one place. Changes are told to the views at most once a frame.

import type { Answered } from './batch';
import type {
  ClassId, ClassView, DeviceKind, EpochMetrics, Evaluation, Explanation, Finding, LeaveOneOut, MethodView, ModelClass, Occlusion, Problem,
  Proportion, SampleId, SampleWeight, StudyKind, TrainingConfig,
} from './protocol';
import type { NetworkRequest } from './requests';

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
  /** Samples without a class: not learned from. */
  unsorted: SampleId[];
  /** Samples of the target domain; none if all are of one kind. */
  target: SampleId[];
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
  /** In [0, 1] where there are no epochs; null until that is known. */
  progress: number | null;
  running: boolean;
  stopping: boolean;
  /** Pictures are being compared, so that near-duplicates stay together; nothing is learned yet. */
  preparing: boolean;
  /** Nobody asked for it: it keeps the model up to date. */
  quiet: boolean;
}

/** The model in use. */
export interface Model {
  classes: ModelClass[];
  accuracy: Proportion | null;
  /** Set when it came from a zip. */
  file: string | null;
  /** The share of its own classes' pictures it is meant to know; null if it can't tell unknown things. */
  familiarShare: number | null;
  /** Whether it has a backbone of its own: it is asked about pixels then, not features. */
  tuned: boolean;
}

/** A question put to the trainer that takes a while. */
export interface StudyState {
  running: boolean;
  /** In [0, 1]. */
  progress: number;
  /** Why there is no answer. */
  message: string | null;
  /** The pictures were edited since it was asked. */
  outdated: boolean;
}

export type Studies = { readonly [Kind in StudyKind]?: StudyState };
/** The last answer to each question. */
export type Findings = { readonly [Kind in Finding['kind']]?: Finding & { kind: Kind } };

/** One picture put to the model. */
export interface Trial {
  name: string;
  picture: string | null;
  probabilities: number[] | null;
  /** Whether it looks like one of the classes at all; null if the model can't tell. */
  familiar: boolean | null;
  /** What speaks for the likeliest class and where, laid over the webcam's picture. */
  heat: LiveHeat | null;
  problem: Problem | null;
  waiting: boolean;
}

/** Many pictures put to the model. */
export interface BatchState {
  /** Of the model that was asked. */
  classes: readonly ModelClass[];
  /** Those so far; grown in place, and in the order of the files once all are there. */
  answers: Answered[];
  total: number;
  running: boolean;
  canceled: boolean;
  /** Another model is in use since. */
  outdated: boolean;
  pace: { imagesPerSecond: number | null; secondsLeft: number | null } | null;
}

/** Cells of the square that the webcam's picture was fitted into. */
export interface LiveHeat {
  side: number;
  /** `[side × side]`, row by row. */
  values: number[];
  /** The picture's width over its height. */
  aspect: number;
}

/** One picture whose answer somebody wants explained. */
export interface Inquiry {
  name: string;
  /** What the network sees, 224 × 224 × 3 RGB; null until it is read again. */
  pixels: Uint8Array | null;
  /** The class looked at, an index into the model's; null until the likeliest is known. */
  about: number | null;
  explanation: Explanation | null;
  /** The explanation, or its voices for another class, is on its way. */
  waiting: boolean;
  occlusion: Occlusion | null;
  /** How far hiding parts is, in [0, 1]; null when nobody asked. */
  hiding: number | null;
  /** Why there is no answer. */
  trouble: string | null;
}

export type Camera = { on: false; trouble: string | null } | { on: true; stream: MediaStream | null };

/** Where a grid of pictures is. */
export type Place = ClassId | 'unsorted' | 'results' | 'losses' | 'duplicates' | 'doubts' | 'health' | 'map' | 'voices' | 'likeness' | 'teachers';

export interface State {
  loading: Loading[];
  device: { kind: DeviceKind; reason: string } | null;
  config: TrainingConfig | null;
  /** The transfer-learning methods there are. */
  methods: MethodView[];
  /** What fine-tuning would take with these settings; null until that is known. */
  tuningEstimate: { seconds: number; bytes: number } | null;
  /** One picture as fine-tuning would see it, a few times over: square RGB, one after the other. */
  variants: Uint8Array | null;
  dataset: Dataset;
  /** Zips being opened and folders being listed: work before the first `progress`. */
  listing: number;
  progress: ImportProgress | null;
  stages: StageTimes;
  problems: Problem[];
  run: Run | null;
  model: Model | null;
  evaluation: Evaluation | null;
  /** What each picture counted when the model in use learned, the heaviest first; empty if all did the same. */
  teachers: SampleWeight[];
  /** What is known without training. */
  live: LeaveOneOut | null;
  studies: Studies;
  findings: Findings;
  /** The dataset was edited since the model in use was trained. */
  stale: boolean;
  /** Whether edits are taken in at once, where that takes no time to speak of. */
  keepUpToDate: boolean;
  trial: Trial | null;
  batch: BatchState | null;
  camera: Camera;
  /** Whether "Try it" may answer "none of these". */
  sayNone: boolean;
  /** Whether the webcam's picture shows where the answer comes from. */
  showWhy: boolean;
  inquiry: Inquiry | null;
  selection: ReadonlySet<SampleId>;
  /** The class last clicked in; shift-clicks and "select all" stay inside it. */
  selectedIn: Place | null;
  /** The labeling dialog is open. */
  labeling: boolean;
  exporting: boolean;
  notices: Notice[];
  failure: Failure | null;
  /** Everything this tab has asked the network for; grown in place. */
  requests: NetworkRequest[];
  /** Whether the page opens without a network from now on, or why it won't. */
  offline: { ready: boolean; trouble: string | null };
  /** Loads the newer version that is waiting; null if there is none. */
  update: (() => void) | null;
  /** Counts up when thumbnails arrive. */
  thumbnails: number;
}

export type Key = keyof State;

const initial: State = {
  loading: [],
  device: null,
  config: null,
  methods: [],
  tuningEstimate: null,
  variants: null,
  dataset: { classes: [], unsorted: [], target: [], undo: null, redo: null, missing: [] },
  listing: 0,
  progress: null,
  stages: { count: 0, read: 0, decode: 0, resize: 0, forward: 0 },
  problems: [],
  run: null,
  model: null,
  evaluation: null,
  teachers: [],
  live: null,
  studies: {},
  findings: {},
  stale: false,
  keepUpToDate: true,
  trial: null,
  batch: null,
  camera: { on: false, trouble: null },
  sayNone: true,
  showWhy: false,
  inquiry: null,
  selection: new Set(),
  selectedIn: null,
  labeling: false,
  exporting: false,
  notices: [],
  failure: null,
  requests: [],
  offline: { ready: false, trouble: null },
  update: null,
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
