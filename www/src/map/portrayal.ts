// What is known of the samples in; how each point looks, and what the legend says, out.

import { openDoubts } from '../doubts';
import { classColor } from '../palette';
import type { Evaluation, HeldOutPrediction, SampleId, SampleMap } from '../protocol';
import type { Dataset, State } from '../store';
import { percent } from '../words';
import { circle, type Shape, shapeOf } from './shapes';

export type ColorBy = 'class' | 'prediction' | 'error';

export interface Look {
  shape: Shape;
  /** Any CSS color. */
  color: string;
  hollow: boolean;
}

/** What goes round a point: nothing, a line, a dashed line. */
export const PLAIN = 0, WRONG = 1, DOUBTED = 2;

export interface LegendEntry {
  name: string;
  look: Look;
  ring: number;
  samples: SampleId[];
}

export interface Portrayal {
  looks: Look[];
  /** Index of each point's look; -1 for a sample that is gone. */
  lookOf: Int16Array;
  ringOf: Uint8Array;
  legend: LegendEntry[];
}

/** What each sample is, and is said to be. */
export interface Known {
  dataset: Dataset;
  /** Index into `dataset.classes`; -1 for an unsorted one. Samples that are gone are not in it. */
  classOf: ReadonlyMap<SampleId, number>;
  evaluation: Evaluation | null;
  predictions: ReadonlyMap<SampleId, HeldOutPrediction>;
  /** The class each of them looks like. */
  doubts: ReadonlyMap<SampleId, string>;
}

export function knownFrom(state: Readonly<State>): Known {
  const { dataset, findings, evaluation: trained } = state;
  const evaluation = findings.crossValidation?.evaluation ?? trained;
  const classOf = new Map<SampleId, number>();
  dataset.classes.forEach(({ samples }, index) => samples.forEach((id) => classOf.set(id, index)));
  dataset.unsorted.forEach((id) => classOf.set(id, -1));
  return {
    dataset, classOf, evaluation,
    predictions: new Map(evaluation?.predictions.map((prediction) => [prediction.sample, prediction])),
    doubts: new Map(openDoubts(state).map(({ sample, suggestion }) => [sample, suggestion.name])),
  };
}

const UNSORTED: Look = { shape: circle, color: 'var(--ink-soft)', hollow: true };
const solid = (color: number): Look => ({ shape: shapeOf(color), color: classColor(color), hollow: false });
const faded = (look: Look): Look => ({ ...look, color: `color-mix(in srgb, ${look.color} 40%, var(--sunken))` });

export function portray(map: SampleMap, known: Known, by: ColorBy): Portrayal {
  return by === 'class' ? byClass(map, known) : by === 'prediction' ? byPrediction(map, known) : byError(map, known);
}

/** Points are put into groups; each group has a look, and is a line of the legend. */
class Groups {
  readonly entries: LegendEntry[] = [];
  readonly looks: Look[] = [];
  readonly lookOf: Int16Array;
  readonly ringOf: Uint8Array;

  constructor(private readonly map: SampleMap) {
    this.lookOf = new Int16Array(map.samples.length).fill(-1);
    this.ringOf = new Uint8Array(map.samples.length);
  }

  look(look: Look): number {
    return this.looks.push(look) - 1;
  }

  entry(name: string, look: Look, ring = PLAIN): LegendEntry {
    const entry = { name, look, ring, samples: [] };
    this.entries.push(entry);
    return entry;
  }

  put(point: number, look: number, ring: number, ...entries: LegendEntry[]): void {
    this.lookOf[point] = look;
    this.ringOf[point] = ring;
    for (const { samples } of entries) samples.push(this.map.samples[point]!);
  }

  finish(): Portrayal {
    const { looks, lookOf, ringOf, entries } = this;
    return { looks, lookOf, ringOf, legend: entries.filter(({ samples }) => samples.length > 0) };
  }
}

function byClass(map: SampleMap, { dataset, classOf }: Known): Portrayal {
  const groups = new Groups(map);
  const looks = dataset.classes.map(({ color }) => groups.look(solid(color)));
  const unsorted = groups.look(UNSORTED);
  const entries = dataset.classes.map(({ name, color }) => groups.entry(name, solid(color)));
  const rest = groups.entry('Unsorted', UNSORTED);
  map.samples.forEach((id, point) => {
    const index = classOf.get(id);
    if (index !== undefined) groups.put(point, looks[index] ?? unsorted, PLAIN, entries[index] ?? rest);
  });
  return groups.finish();
}

function byPrediction(map: SampleMap, known: Known): Portrayal {
  const { classOf, evaluation, predictions } = known;
  const groups = new Groups(map);
  const classes = evaluation?.classes ?? [];
  const looks = classes.map(({ color }) => groups.look(solid(color)));
  const unjudged = groups.look(UNSORTED);
  const entries = classes.map(({ name, color }) => groups.entry(`Called ${name}`, solid(color)));
  const wrong = groups.entry('Not what it is called', UNSORTED, WRONG);
  const rest = groups.entry('Not judged', UNSORTED);
  map.samples.forEach((id, point) => {
    if (!classOf.has(id)) return;
    const prediction = predictions.get(id);
    if (!prediction) return groups.put(point, unjudged, PLAIN, rest);
    const { predicted } = prediction;
    if (isWrong(id, known)) groups.put(point, looks[predicted]!, WRONG, entries[predicted]!, wrong);
    else groups.put(point, looks[predicted]!, PLAIN, entries[predicted]!);
  });
  return groups.finish();
}

/** What is in order steps back; each point still has its class's mark. */
function byError(map: SampleMap, known: Known): Portrayal {
  const { dataset, classOf, predictions, doubts } = known;
  const groups = new Groups(map);
  const strong = dataset.classes.map(({ color }) => groups.look(solid(color)));
  const weak = dataset.classes.map(({ color }) => groups.look(faded(solid(color))));
  const unsorted = groups.look(UNSORTED);
  const wrong = groups.entry('Named wrong', UNSORTED, WRONG);
  const doubted = groups.entry('May be in the wrong class', UNSORTED, DOUBTED);
  const right = groups.entry('Named right', faded({ ...UNSORTED, hollow: false }));
  const rest = groups.entry('Not judged', UNSORTED);
  map.samples.forEach((id, point) => {
    const index = classOf.get(id);
    if (index === undefined) return;
    if (index < 0) return groups.put(point, unsorted, PLAIN, rest);
    const wronged = isWrong(id, known), doubtful = doubts.has(id);
    const judgment = wronged ? wrong : predictions.has(id) ? right : rest;
    const look = wronged || doubtful ? strong[index]! : weak[index]!;
    groups.put(point, look, wronged ? WRONG : doubtful ? DOUBTED : PLAIN, judgment, ...(doubtful ? [doubted] : []));
  });
  return groups.finish();
}

/** By its class of today, which may no longer be the one it was judged with. Colors stay when classes are renamed. */
function isWrong(id: SampleId, { dataset, classOf, evaluation, predictions }: Known): boolean {
  const prediction = predictions.get(id);
  const today = dataset.classes[classOf.get(id) ?? -1];
  return prediction !== undefined && today !== undefined && evaluation!.classes[prediction.predicted]!.color !== today.color;
}

/** A point in words: its class, and what else is said of it. */
export function describe(id: SampleId, known: Known): string {
  const { dataset, classOf, evaluation, predictions, doubts } = known;
  const index = classOf.get(id) ?? -1;
  const words = [dataset.classes[index]?.name ?? 'unsorted'];
  const prediction = predictions.get(id);
  if (prediction) {
    const { predicted, confidence } = prediction;
    const verdict = index >= 0 && !isWrong(id, known) ? 'named right' : `called ${evaluation!.classes[predicted]!.name}`;
    words.push(`${verdict}, ${percent(confidence)} sure`);
  }
  const suggestion = doubts.get(id);
  if (suggestion) words.push(`looks like ${suggestion}`);
  return words.join('; ');
}
