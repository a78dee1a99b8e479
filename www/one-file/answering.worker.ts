// Questions in, answers out, while the page stays free.

import type { AppAnswer, Problem, SelfTest } from '../src/protocol';
import { type Answering, isProblem, open, type Source } from './answering';
import type { Contents } from './facts';

export type ToWorker = ({ type: 'open' } & Contents) | { type: 'ask'; job: number; path: string; source: Source };

export type FromWorker =
  | { type: 'opened'; selfTest: SelfTest }
  | { type: 'refused'; problem: Problem }
  | { type: 'answered'; job: number; answer: AppAnswer }
  | { type: 'failed'; job: number; problem: Problem }
  /** A trap: nothing works here any more. */
  | { type: 'crashed'; message: string };

let answering: Answering;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.type === 'open') {
      answering = await open(data);
      return reply({ type: 'opened', selfTest: answering.selfTest });
    }
    const answer = await answering.ask(data.path, data.source);
    reply({ type: 'answered', job: data.job, answer });
  } catch (thrown) {
    if (!isProblem(thrown)) return reply({ type: 'crashed', message: String(thrown) });
    const { file, trouble, remedy } = thrown;
    const problem = { file, trouble, remedy };
    reply(data.type === 'open' ? { type: 'refused', problem } : { type: 'failed', job: data.job, problem });
  }
};

function reply(message: FromWorker): void {
  self.postMessage(message);
}
