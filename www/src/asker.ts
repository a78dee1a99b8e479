// Pictures in, probabilities out: one question to the trainer at a time.

import type { Command, Event, Extracted } from './protocol';

export interface Answer {
  /** One per class of the model. */
  probabilities: number[];
  /** Whether it looks like one of the classes at all; null if the model can't tell. */
  isFamiliar: boolean | null;
}

export class Asker {
  private nextRequest = 0;
  private readonly waiting = new Map<number, (answer: Answer | null) => void>();

  constructor(private readonly send: (command: Command) => void) {}

  /** `null` when the trainer refuses. The bytes are copied, so that they can be asked about again. */
  ask(extracted: Extracted): Promise<Answer | null> {
    return new Promise((resolve) => {
      const request = this.nextRequest++;
      this.waiting.set(request, resolve);
      this.send({ type: 'predict', request, extracted });
    });
  }

  hear(event: Event): void {
    if (event.type === 'prediction') {
      const { request, probabilities, isFamiliar } = event;
      this.waiting.get(request)?.({ probabilities, isFamiliar });
      this.waiting.delete(request);
    }
    // A refusal doesn't say of what; better an answer withheld than a webcam that waits forever.
    if (event.type === 'refused') {
      for (const resolve of this.waiting.values()) resolve(null);
      this.waiting.clear();
    }
  }
}
