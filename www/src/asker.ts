// Pictures in, probabilities out: one question to the trainer at a time.

import type { Command, Event, Extracted } from './protocol';

export class Asker {
  private nextRequest = 0;
  private readonly waiting = new Map<number, (probabilities: number[] | null) => void>();

  constructor(private readonly send: (command: Command) => void) {}

  /** `null` when the trainer refuses. The bytes are copied, so that they can be asked about again. */
  ask(extracted: Extracted): Promise<number[] | null> {
    return new Promise((resolve) => {
      const request = this.nextRequest++;
      this.waiting.set(request, resolve);
      this.send({ type: 'predict', request, extracted });
    });
  }

  hear(event: Event): void {
    if (event.type === 'prediction') {
      this.waiting.get(event.request)?.(event.probabilities);
      this.waiting.delete(event.request);
    }
    // A refusal doesn't say of what; better an answer withheld than a webcam that waits forever.
    if (event.type === 'refused') {
      for (const resolve of this.waiting.values()) resolve(null);
      this.waiting.clear();
    }
  }
}
