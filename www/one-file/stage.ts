// What is being looked at, and what the model says of it.

import { classColor } from '../src/palette';
import type { ModelClass } from '../src/protocol';
import { probability } from '../src/words';
import type { Answered } from './answered';
import { byId, copyOf, inside } from './dom';

/** Up to here every class keeps its place; beyond, the likeliest come first. */
const MAX_BARS = 10;

export class Stage {
  private address: string | null = null;

  constructor(private readonly classes: readonly ModelClass[]) {
    this.clear();
  }

  /** A picture; nothing for none. */
  async show(picture: Blob | null, name: string, fallback?: Blob): Promise<void> {
    const image = byId<HTMLImageElement>('shown');
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = picture && URL.createObjectURL(picture);
    image.hidden = picture === null;
    image.alt = name;
    this.fill(picture !== null);
    if (!this.address) return image.removeAttribute('src');
    const { address } = this;
    image.src = address;
    // Browsers don't show TIFF; the thumbnail always works, if smaller.
    const isShown = await image.decode().then(() => true, () => false);
    if (!isShown && fallback && address === this.address) await this.show(fallback, name);
  }

  showVideo(isOn: boolean): void {
    byId('video').hidden = !isOn;
    if (isOn) void this.show(null, '');
    this.fill(isOn || this.address !== null);
  }

  /** The verdict and a bar a class. `live`: many a second, which nobody wants read out. */
  answer({ probabilities, predicted, isFamiliar }: Answered, saysNone: boolean, live = false): void {
    const none = saysNone && isFamiliar === false;
    const best = this.classes[predicted]!;
    const share = probability(probabilities[predicted]!);
    const verdict = byId('verdict');
    verdict.ariaLive = live ? 'off' : 'polite';
    verdict.replaceChildren(none ? unknown() : named(best, share));
    if (none) verdict.append(quiet(`closest: ${best.name}, ${share}`));
    this.bars(probabilities, predicted, none);
  }

  /** No answer: the classes, and some words. */
  clear(words = 'Show it a picture, and it says which of these it is.'): void {
    byId('verdict').replaceChildren(quiet(words));
    const names = this.classes.slice(0, MAX_BARS).map((one) => bar(one, null, false));
    byId('bars').replaceChildren(...names, ...this.rest('more classes'));
  }

  private bars(probabilities: Float32Array, predicted: number, none: boolean): void {
    const order = [...probabilities.keys()];
    if (order.length > MAX_BARS) order.sort((a, b) => probabilities[b]! - probabilities[a]!);
    const shown = order.slice(0, MAX_BARS);
    const rows = shown.map((index) => bar(this.classes[index]!, probabilities[index]!, index === predicted && !none));
    byId('bars').replaceChildren(...rows, ...this.rest('less likely classes'));
  }

  private rest(what: string): HTMLElement[] {
    const num = this.classes.length - MAX_BARS;
    return num > 0 ? [Object.assign(document.createElement('li'), { className: 'quiet', textContent: `and ${num} ${what}` })] : [];
  }

  private fill(filled: boolean): void {
    byId('stage').classList.toggle('filled', filled);
    byId('invitation').hidden = filled;
  }
}

/** `share`: null as long as nothing was asked. */
function bar({ name, color, byName }: ModelClass, share: number | null, isBest: boolean): HTMLElement {
  const row = copyOf('bar');
  row.classList.toggle('best', isBest);
  row.dataset.name = name;
  row.style.setProperty('--class-color', classColor(color));
  inside(row, '.bar-name').textContent = byName ? `${name} (from its name only)` : name;
  inside(row, '.bar > span').style.width = `${(share ?? 0) * 100}%`;
  if (share !== null) {
    row.dataset.probability = String(share);
    inside(row, '.bar-value').textContent = probability(share);
  }
  return row;
}

function named({ name, color }: ModelClass, share: string): HTMLElement {
  const words = copyOf('named');
  words.style.setProperty('--class-color', classColor(color));
  inside(words, 'strong').textContent = name;
  inside(words, '.digits').textContent = share;
  return words;
}

function unknown(): HTMLElement {
  const words = document.createElement('p');
  words.className = 'verdict';
  words.append(Object.assign(document.createElement('strong'), { textContent: 'None of these' }));
  return words;
}

function quiet(text: string): HTMLElement {
  return Object.assign(document.createElement('p'), { className: 'quiet digits', textContent: text });
}
