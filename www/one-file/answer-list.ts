// All answers, those to what was dropped last on top; as a table to take along, too.

import { batchCsv } from '../src/batch-export';
import { classColor } from '../src/palette';
import type { ModelClass } from '../src/protocol';
import { saveFile } from '../src/save-file';
import { count, fileName, probability } from '../src/words';
import type { Answered } from './answered';
import { byId, copyOf, inside, say } from './dom';

/** Bars in a row. */
const NUM_BARS = 3;
/** More rows than this are only in the table. */
const MAX_ROWS = 1000;

export type Group = HTMLElement;

export class AnswerList {
  private readonly all: Answered[] = [];
  private readonly rows = new Map<Answered, HTMLElement>();
  private addresses: string[] = [];
  /** Where what comes alone goes. */
  private group: Group | null = null;
  /** How many of each answer. */
  private readonly numbers = new Map<string, number>();
  saysNone = true;

  constructor(private readonly classes: readonly ModelClass[], private readonly onChosen: (answer: Answered) => void) {}

  /** A place for what was dropped together. */
  begin(): Group {
    this.group = document.createElement('ol');
    byId('groups').prepend(this.group);
    byId('list').hidden = false;
    return this.group;
  }

  /** Not if the place was cleared meanwhile. */
  add(answer: Answered, group = this.group ?? this.begin()): void {
    if (!group.isConnected) return;
    this.all.push(answer);
    if (this.rows.size < MAX_ROWS || answer.problem) group.append(this.row(answer));
    this.count(answer);
    this.tellNumbers();
  }

  clear(): void {
    this.all.length = 0;
    this.rows.clear();
    this.numbers.clear();
    this.group = null;
    this.addresses.forEach((address) => URL.revokeObjectURL(address));
    this.addresses = [];
    byId('groups').replaceChildren();
    say(byId('counts'), '');
    byId('list').hidden = true;
  }

  /** "None of these" is said from now on, or not any more. */
  sayNone(saysNone: boolean): void {
    this.saysNone = saysNone;
    for (const [answer, row] of this.rows) this.word(row, answer);
    this.numbers.clear();
    for (const answer of this.all) this.count(answer);
    this.tellNumbers();
  }

  saveTable(): void {
    const answers = this.all.map((answer) => ({
      ...answer,
      file: { path: answer.path },
      confidence: answer.probabilities[answer.predicted] ?? 0,
    }));
    const table = batchCsv({ classes: this.classes, answers }, this.saysNone);
    // Excel takes a table without this mark for one in the alphabet of the country.
    saveFile('answers.csv', new Blob(['\ufeff', table], { type: 'text/csv' }));
  }

  private row(answer: Answered): HTMLElement {
    if (answer.problem) {
      const { file, trouble, remedy } = answer.problem;
      const row = copyOf('broken-row');
      inside(row, 'strong').textContent = file;
      inside(row, 'span').textContent = `${trouble}. ${remedy}`;
      return row;
    }
    const row = copyOf('row');
    const address = URL.createObjectURL(answer.thumbnail!);
    this.addresses.push(address);
    inside<HTMLImageElement>(row, 'img').src = address;
    const name = inside(row, '.row-name');
    name.textContent = fileName(answer.path);
    name.title = answer.path;
    inside(row, 'button').onclick = () => this.onChosen(answer);
    row.dataset.path = answer.path;
    row.dataset.predicted = this.classes[answer.predicted]!.name;
    row.dataset.probabilities = JSON.stringify([...answer.probabilities]);
    inside(row, '.row-bars').append(...this.bars(answer));
    this.word(row, answer);
    this.rows.set(answer, row);
    return row;
  }

  private word(row: HTMLElement, answer: Answered): void {
    const none = this.isNone(answer);
    const { name, color } = this.classes[answer.predicted]!;
    const share = probability(answer.probabilities[answer.predicted]!);
    row.classList.toggle('none', none);
    row.style.setProperty('--class-color', classColor(color));
    inside(row, '.row-verdict strong').textContent = none ? 'None of these' : name;
    inside(row, '.row-verdict .digits').textContent = none ? `closest: ${name}, ${share}` : share;
  }

  private bars({ probabilities }: Answered): HTMLElement[] {
    const likeliest = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!).slice(0, NUM_BARS);
    return likeliest.map((index) => {
      const bar = document.createElement('span');
      bar.style.setProperty('--class-color', classColor(this.classes[index]!.color));
      bar.style.width = `${probabilities[index]! * 100}%`;
      return bar;
    });
  }

  private count(answer: Answered): void {
    const words = answer.problem ? 'unreadable' : this.isNone(answer) ? 'none of these' : this.classes[answer.predicted]!.name;
    this.numbers.set(words, (this.numbers.get(words) ?? 0) + 1);
  }

  private tellNumbers(): void {
    if (this.all.length === 0) return;
    const sorted = [...this.numbers].sort(([, a], [, b]) => b - a).map(([words, number]) => `${words} ${number.toLocaleString('en-US')}`);
    const hidden = this.all.length > MAX_ROWS ? `. The first ${MAX_ROWS.toLocaleString('en-US')} are shown; all are in the table` : '';
    say(byId('counts'), `${count(this.all.length, 'picture')}: ${sorted.join(', ')}${hidden}`);
  }

  private isNone({ isFamiliar }: Answered): boolean {
    return this.saysNone && isFamiliar === false;
  }
}
