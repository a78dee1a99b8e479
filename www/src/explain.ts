// Pixels in; why the model says what it says of them, or what hiding parts of them does, out.

import type { Command, Event, Explanation, Occlusion } from './protocol';

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(reason: Error): void;
}

interface Hiding extends Waiting<Occlusion | null> {
  request: number;
  begun: boolean;
  onProgress(progress: number): void;
}

export class Explainer {
  private nextRequest = 0;
  private readonly waiting = new Map<number, Waiting<Explanation>>();
  private hiding: Hiding | null = null;

  constructor(private readonly send: (command: Command) => void) {}

  /** Rejects with the trainer's words when it refuses. The pixels are copied. */
  explain(question: { pixels: Uint8Array; class: number | null; withVoices: boolean }): Promise<Explanation> {
    return new Promise((resolve, reject) => {
      const request = this.nextRequest++;
      this.waiting.set(request, { resolve, reject });
      this.send({ type: 'explain', request, ...question });
    });
  }

  /** `null` if it was stopped or another took its place. */
  occlude(question: { pixels: Uint8Array; class: number }, onProgress: (progress: number) => void): Promise<Occlusion | null> {
    this.hiding?.resolve(null);
    return new Promise((resolve, reject) => {
      const request = this.nextRequest++;
      this.hiding = { request, begun: false, onProgress, resolve, reject };
      this.send({ type: 'occlude', request, ...question });
    });
  }

  stopOcclusion(): void {
    if (!this.hiding) return;
    this.hiding.resolve(null);
    this.hiding = null;
    this.send({ type: 'stopOcclusion' });
  }

  hear(event: Event): void {
    switch (event.type) {
      case 'explained':
        this.waiting.get(event.request)?.resolve(event.explanation);
        this.waiting.delete(event.request);
        break;
      case 'occlusionProgress':
        if (this.hiding?.request !== event.request) break;
        this.hiding.begun = true;
        this.hiding.onProgress(event.progress);
        break;
      case 'occluded':
        if (this.hiding?.request !== event.request) break;
        this.hiding.resolve(event.occlusion);
        this.hiding = null;
        break;
      case 'refused':
        this.giveUp(new Error(event.message));
    }
  }

  /** A refusal doesn't say of what: of anything but what has already begun. */
  private giveUp(reason: Error): void {
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
    if (!this.hiding || this.hiding.begun) return;
    this.hiding.reject(reason);
    this.hiding = null;
  }
}

/** The index of the largest. */
export function likeliest(probabilities: readonly number[]): number {
  return probabilities.reduce((best, value, index) => (value > probabilities[best]! ? index : best), 0);
}
