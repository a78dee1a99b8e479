// A batch's answers in; a table, a JSON file and a zip of the pictures in folders by answer out.

import { makeZip } from 'client-zip';
import type { Answered } from './batch';
import { csv } from './csv';
import type { PictureFile } from './messages';
import type { BatchState } from './store';
import { fileName } from './words';

/** The answer for pictures that look like none of the classes. */
const NONE = 'none of these';
const UNREADABLE = 'unreadable';

/** What a table needs to know of a picture. */
type Row = Omit<Answered, 'file'> & { file: { path: string } };

/** One row a picture. `sayNone`: pictures unlike all classes are rejected rather than named. */
export function batchCsv({ classes, answers }: { classes: BatchState['classes']; answers: readonly Row[] }, sayNone: boolean): string {
  const header = ['picture', 'answer', 'confidence', 'looks_familiar', ...classes.map(({ name }) => `p(${name})`), 'problem'];
  const rows = answers.map((answer) => [
    answer.file.path,
    answerOf(answer, classes, sayNone),
    answer.problem ? '' : rounded(answer.confidence),
    answer.isFamiliar === null ? '' : String(answer.isFamiliar),
    ...classes.map((_, index) => (answer.problem ? '' : rounded(answer.probabilities[index]!))),
    answer.problem ? `${answer.problem.trouble}. ${answer.problem.remedy}` : '',
  ]);
  return csv(header, rows);
}

export function batchJson({ classes, answers }: BatchState, sayNone: boolean): string {
  const names = classes.map(({ name }) => name);
  const predictions = answers.map((answer) => answer.problem ? { picture: answer.file.path, problem: answer.problem } : {
    picture: answer.file.path,
    answer: answerOf(answer, classes, sayNone),
    confidence: rounded(answer.confidence),
    looksFamiliar: answer.isFamiliar,
    probabilities: [...answer.probabilities].map(rounded),
  });
  return `${JSON.stringify({ classes: names, saysNoneOfThese: sayNone, predictions }, null, 1)}\n`;
}

/** Pictures are read one by one, as the zip is written. */
export function batchZip({ classes, answers }: BatchState, sayNone: boolean, bytesOf: (file: PictureFile) => Promise<Blob | Uint8Array>) {
  return makeZip(entries());

  async function* entries() {
    const taken = new Set<string>();
    for (const answer of answers) {
      const folder = inFileName(answerOf(answer, classes, sayNone));
      const name = unused(`${folder}/${inFileName(fileName(answer.file.path))}`, taken);
      const bytes = await bytesOf(answer.file).catch(() => null);
      if (bytes) yield { name, input: new Response(bytes as BodyInit), lastModified: new Date() };
    }
  }
}

/** As people read it: a class, "none of these", or that the picture can't be read. */
export function answerOf(answer: Row, classes: BatchState['classes'], sayNone: boolean): string {
  if (answer.problem) return UNREADABLE;
  return sayNone && answer.isFamiliar === false ? NONE : classes[answer.predicted]!.name;
}

/** Names of classes may have anything in them; file systems mind. */
function inFileName(text: string): string {
  return text.replace(/[\\/:*?"<>|\u0000-\u001f]/g, '_').replace(/^\.+|[. ]+$/g, '_') || '_';
}

/** Two folders may each have had an "1.jpg". */
function unused(path: string, taken: Set<string>): string {
  const [, stem, extension] = /^(.*?)(\.[^./]*)?$/.exec(path)!;
  let name = path;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${stem} (${number})${extension ?? ''}`;
  taken.add(name.toLowerCase());
  return name;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
