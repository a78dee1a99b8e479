// Questions to the keeper's worker, its answers back.

import type { SaveMark } from '../protocol';
import { ENDED, spawn } from '../spawn';
import workerAddress from '../worker/keeper.worker.ts?worker&url';
import type { AskName, Asks, FromKeeper, ToKeeper } from './messages';

/** Refused, in words for the person in front of the page. */
export class Refusal extends Error {
  constructor(readonly trouble: string, readonly remedy: string) {
    super(`${trouble[0]?.toUpperCase()}${trouble.slice(1)}. ${remedy}`);
  }
}

export interface KeeperListener {
  onSaved(mark: SaveMark, serial: number): void;
  onUnsaved(refusal: Refusal): void;
}

export class Keeper {
  private readonly worker = spawn(workerAddress, () => this.giveUp(ENDED));
  private readonly asked = new Map<number, { resolve(answer: unknown): void; reject(reason: Refusal): void }>();
  private nextAsk = 0;
  /** Why it answers nothing any more. */
  private refusal: Refusal | null = null;

  constructor(private readonly listener: KeeperListener) {
    this.worker.onmessage = ({ data }: MessageEvent<FromKeeper>) => this.hear(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.giveUp(event.message || 'its code could not be loaded');
    };
  }

  ask<Name extends AskName>(name: Name, of: Asks[Name]['ask'], transfer: Transferable[] = []): Promise<Asks[Name]['answer']> {
    if (this.refusal) return Promise.reject(this.refusal);
    return new Promise((resolve, reject) => {
      const ask = this.nextAsk++;
      this.asked.set(ask, { resolve: resolve as (answer: unknown) => void, reject });
      this.worker.postMessage({ type: 'ask', ask, name, of } as ToKeeper, transfer);
    });
  }

  append(bytes: Uint8Array, mark: SaveMark, serial: number): void {
    this.worker.postMessage({ type: 'append', bytes, mark, serial } satisfies ToKeeper, [bytes.buffer as ArrayBuffer]);
  }

  private giveUp(message: string): void {
    const refusal = new Refusal(`the part of Graft that saves stopped working: ${message}`, 'Download the model if you need it, then reload the page: what was saved comes back.');
    this.refusal = refusal;
    for (const { reject } of this.asked.values()) reject(refusal);
    this.asked.clear();
    this.listener.onUnsaved(refusal);
  }

  private hear(message: FromKeeper): void {
    switch (message.type) {
      case 'answer':
        this.asked.get(message.ask)?.resolve(message.of);
        this.asked.delete(message.ask);
        break;
      case 'refused':
        this.asked.get(message.ask)?.reject(new Refusal(message.trouble, message.remedy));
        this.asked.delete(message.ask);
        break;
      case 'saved':
        this.listener.onSaved(message.mark, message.serial);
        break;
      case 'unsaved':
        this.listener.onUnsaved(new Refusal(message.trouble, message.remedy));
    }
  }
}
