// What is wrong with the pictures, line by line; each line opens to the pictures and a way to mend them.

import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { openDoubts } from '../doubts';
import { lookAtHealth, MAX_UNASKED, numPictures } from '../health-watch';
import { placement } from '../placement';
import type { Flaw, FlawKind, Health, SampleId } from '../protocol';
import type { Place } from '../store';
import { count, percent } from '../words';
import { classBalance, isUneven } from './class-balance';
import { dataNumbers } from './data-numbers';
import { FLAW_ORDER, flawWords, isAcrossClasses, isGrouped } from './flaw-words';
import { check, warning } from './icons';
import { View } from './view';
import './picture-groups';
import './thumb-grid';

/** More than this is a different trouble than a few slips. */
const MAX_DOUBTS = 60;

interface Line {
  kind: FlawKind | 'unreadable' | 'doubts' | 'uneven';
  words: string;
  /** Drawn once somebody opens it. */
  body: () => TemplateResult;
}

class HealthReport extends View {
  static override properties = { opened: { state: true } };
  declare opened: ReadonlySet<Line['kind']>;
  protected readonly watches = ['findings', 'studies', 'live', 'dataset', 'problems', 'config'] as const;

  constructor() {
    super();
    this.opened = new Set();
  }

  protected override render() {
    const health = this.state.findings.health?.health;
    const lines = this.lines(health);
    return html`
      ${this.course(health, lines.length)}
      <ul class="health-lines" data-testid="health-lines">
        ${repeat(lines, ({ kind }) => kind, (line) => this.line(line))}
        ${health ? this.clear(health) : nothing}
      </ul>
      ${health ? dataNumbers(health, this.state) : nothing}`;
  }

  /** One row of always the same height: looking again must not move what is below. */
  private course(health: Health | undefined, numLines: number) {
    const study = this.state.studies.health;
    if (study?.running) {
      return html`
        <div class="health-course" data-testid="health-running">
          <span class="quiet">Looking through the pictures…</span>
          <progress max="1" .value=${study.progress} aria-label="Looking through the pictures"></progress>
          <button type="button" class="link" data-testid="stop-health" @click=${() => app.stopStudy('health')}>Stop</button>
        </div>`;
    }
    const again = html`
      <button type="button" class="link" data-testid="look-at-health" ?disabled=${!this.state.config} @click=${lookAtHealth}>
        ${health ? 'Look again' : 'Look through the pictures'}</button>`;
    const words = study?.message ?? this.summary(health, numLines, study?.outdated ?? false);
    return html`
      <div class="health-course" data-testid="health-course">
        <span role="status" class=${study?.message ? 'trouble' : ''} data-testid="health-summary">${words}</span>
        ${!health || study?.outdated || study?.message ? again : nothing}
      </div>`;
  }

  private summary(health: Health | undefined, numLines: number, outdated: boolean): string {
    if (!health) {
      return numPictures(this.state.dataset) > MAX_UNASKED ? 'With so many pictures this takes a while, so it is done when you ask.' : 'Not looked through yet.';
    }
    if (outdated) return 'The pictures have changed since.';
    const looked = `${count(health.numSamples, 'picture')} looked through`;
    return numLines === 0 ? `${looked}: nothing found. Your pictures are in good health.` : `${looked}: ${count(numLines, 'thing')} worth a look.`;
  }

  private lines(health: Health | undefined): Line[] {
    const flaws = FLAW_ORDER.flatMap((kind) => health?.flaws.filter((flaw) => flaw.kind === kind) ?? []);
    return [
      ...this.unreadable(),
      ...this.doubts(),
      ...flaws.flatMap((flaw) => this.flaw(flaw)),
      ...this.uneven(health),
    ];
  }

  private line({ kind, words, body }: Line) {
    const toggled = (event: Event) => {
      const opened = new Set(this.opened);
      if ((event.target as HTMLDetailsElement).open) opened.add(kind);
      else opened.delete(kind);
      this.opened = opened;
    };
    return html`
      <li>
        <details id=${`health-${kind}`} .open=${this.opened.has(kind)} data-testid=${kind} @toggle=${toggled}>
          <summary>${warning}<span>${words}</span></summary>
          <div class="health-body">${this.opened.has(kind) ? body() : nothing}</div>
        </details>
      </li>`;
  }

  private clear(health: Health) {
    const found = new Set(health.flaws.map(({ kind }) => kind));
    const absent = FLAW_ORDER.filter((kind) => !found.has(kind)).map((kind) => flawWords(kind).none);
    if (absent.length === 0) return nothing;
    return html`
      <li class="clear" data-testid="clear">${check}
        <span>Looked for and not found: ${absent.join(', ')}.</span></li>`;
  }

  private unreadable(): Line[] {
    const { problems } = this.state;
    if (problems.length === 0) return [];
    return [{
      kind: 'unreadable',
      words: `${count(problems.length, 'file')} could not be used`,
      body: () => html`
        <p class="quiet">The list under “Classes” says for each what is wrong and what to do.</p>
        <button type="button" class="small" @click=${showProblems}>Show the list</button>`,
    }];
  }

  private doubts(): Line[] {
    const doubts = openDoubts(this.state);
    if (doubts.length === 0) return [];
    return [{
      kind: 'doubts',
      words: `${count(doubts.length, 'picture')} may be in the wrong class`,
      body: () => {
        const shown = doubts.slice(0, MAX_DOUBTS);
        const captions = new Map(shown.map(({ sample, suggestion }) => [sample, `like ${suggestion.name}`] as const));
        return html`
          <p class="quiet">The most doubtful first, judged by a head that learned from all the others. Select some to move them where they belong.</p>
          ${this.pictures(shown.map(({ sample }) => sample), 'doubts', captions, 'Pictures that may be in the wrong class')}`;
      },
    }];
  }

  private flaw({ kind, groups }: Flaw): Line[] {
    const places = placement(this.state.dataset);
    const least = isGrouped(kind) ? 2 : 1;
    const alive = groups.map((group) => group.filter((id) => places.has(id))).filter((group) => group.length >= least);
    const spoilt = kind === 'copies' || kind === 'nearDuplicates' ? alive.map((group) => group.slice(1)) : alive;
    const num = spoilt.reduce((sum, group) => sum + group.length, 0);
    if (num === 0) return [];
    const { one, many, advice } = flawWords(kind);
    return [{
      kind,
      words: count(num, one, many),
      body: () => html`
        <p class="quiet">${advice}${kind.startsWith('near') ? ` Nearly the same is what is more than ${percent(this.state.config?.duplicateThreshold ?? 1)} alike.` : ''}</p>
        ${isGrouped(kind) ? html`<picture-groups .groups=${alive} ?across-classes=${isAcrossClasses(kind)}></picture-groups>`
          : this.pictures(alive.flat(), 'health', this.classNames(alive.flat()), count(num, one, many))}`,
    }];
  }

  private uneven(health: Health | undefined): Line[] {
    const balance = health?.balance;
    if (!balance || !isUneven(balance)) return [];
    return [{
      kind: 'uneven',
      words: `The classes are uneven: from ${balance.smallest.toLocaleString('en-US')} to ${count(balance.largest, 'picture')}`,
      body: () => classBalance(this.state.dataset.classes, balance),
    }];
  }

  private pictures(ids: readonly SampleId[], within: Place, captions: ReadonlyMap<SampleId, string>, label: string) {
    return html`
      <button type="button" class="small" data-testid="select-all" @click=${() => app.select(new Set(ids), within)}>
        Select ${ids.length === 1 ? 'it' : `all ${ids.length.toLocaleString('en-US')}`}</button>
      <thumb-grid .ids=${ids} .within=${within} .captions=${captions} .label=${label} captioned collapsible draggable-samples></thumb-grid>`;
  }

  private classNames(ids: readonly SampleId[]): ReadonlyMap<SampleId, string> {
    const { dataset } = this.state;
    const names = new Map(dataset.classes.map(({ id, name }) => [id, name] as const));
    const places = placement(dataset);
    return new Map(ids.map((id) => [id, names.get(places.get(id) ?? -1) ?? 'Unsorted'] as const));
  }
}

function showProblems(): void {
  const list = document.querySelector<HTMLElement>('problem-list details');
  list?.setAttribute('open', '');
  list?.scrollIntoView({ block: 'nearest' });
  list?.querySelector('summary')?.focus({ preventScroll: true });
}

customElements.define('health-report', HealthReport);
