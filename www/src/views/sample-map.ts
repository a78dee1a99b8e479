// All pictures on one plane, like beside like: asked for, laid out, colored, and told in words.

import { html, nothing } from 'lit';
import { app } from '../app';
import { Layout, type Places } from '../map/layout';
import { type Mingling, minglingOf } from '../map/mingling';
import { inWords, legend } from '../map/parts';
import { type ColorBy, describe, type Known, knownFrom, portray, type Portrayal } from '../map/portrayal';
import type { SampleId, SampleMap } from '../protocol';
import type { State } from '../store';
import { count } from '../words';
import { View } from './view';
import './map-stage';
import './thumb-grid';

/** With so few it is drawn without being asked for, as soon as somebody looks. */
const MAX_UNASKED = 2000;
const MIN_SAMPLES = 3;

class SampleMapView extends View {
  static override properties = {
    by: { state: true }, picked: { state: true }, places: { state: true }, settling: { state: true }, trouble: { state: true },
    seen: { state: true },
  };
  declare by: ColorBy;
  /** What was last chosen on the map; the selection may be narrowed down in the list. */
  declare picked: SampleId[];
  declare places: Places | null;
  /** How far the layout is; null when it isn't running. */
  declare settling: number | null;
  declare trouble: string | null;
  declare seen: boolean;

  protected readonly watches = ['dataset', 'findings', 'studies', 'evaluation', 'live', 'selection', 'progress'] as const;
  private asked = false;
  private laidOut: SampleMap | undefined;
  private lastSelection: State['selection'] | undefined;
  /** What the following three were made from. */
  private basis: unknown[] = [];
  private known: Known | undefined;
  private portrayal: Portrayal | undefined;
  private mingling: Mingling[] = [];
  private listed: { picked: SampleId[]; known: Known; ids: SampleId[]; captions: Map<SampleId, string> } | undefined;
  private readonly layout = new Layout(
    (places) => {
      this.places = places;
      this.settling = this.layout.running ? places.progress : null;
    },
    (message) => {
      this.settling = null;
      this.trouble = `The pictures could not be arranged by likeness: ${message}. They stay where a first guess put them.`;
    },
  );
  private readonly looked = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) this.seen = true;
  });

  constructor() {
    super();
    this.by = 'class';
    this.picked = [];
    this.places = null;
    this.settling = null;
    this.trouble = null;
    this.seen = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.looked.observe(this);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.looked.disconnect();
    this.layout.stop();
    this.laidOut = undefined;
  }

  private get map(): SampleMap | undefined {
    return this.state.findings.map?.map;
  }

  protected override willUpdate(): void {
    const { map, state: { selection, selectedIn } } = this;
    if (!map) return;
    this.learn(map);
    if (this.laidOut !== map) {
      this.laidOut = map;
      this.trouble = null;
      this.layout.start(map);
    }
    if (this.lastSelection !== selection && selection.size > 0 && selectedIn !== 'map') this.picked = [];
    this.lastSelection = selection;
  }

  protected override updated(): void {
    const { map, asked, seen, state } = this;
    const numSamples = numSamplesOf(state);
    if (asked || !seen || map || state.studies.map || state.progress) return;
    if (numSamples >= MIN_SAMPLES && numSamples <= MAX_UNASKED) this.ask();
  }

  protected override render() {
    const { map, settling, trouble, state: { studies } } = this;
    const study = studies.map;
    const settled = map !== undefined && settling === null && !study?.running;
    return html`
      <section class="map" aria-labelledby="map-title" data-testid="map" data-settled=${settled}>
        <div class="panel-head">
          <h3 id="map-title">Map</h3>
          <p class="quiet">What looks alike lies close together.</p>
        </div>
        ${!map && !study?.running ? this.asking() : nothing}
        ${study?.running ? this.course('Comparing the pictures', study.progress, () => app.stopStudy('map'))
          : settling !== null ? this.course('Moving like to like', settling, this.settle) : nothing}
        ${study?.message ? html`<p class="trouble" role="alert">${study.message}</p>` : nothing}
        ${trouble ? html`<p class="trouble" role="alert">${trouble}</p>` : nothing}
        ${map ? this.drawn(map) : nothing}
      </section>`;
  }

  private asking() {
    const numSamples = numSamplesOf(this.state);
    if (numSamples < MIN_SAMPLES) return html`<p class="quiet">With three pictures or more, there is a map of them.</p>`;
    return html`
      <div class="buttons">
        <button type="button" class="small" data-testid="draw-map" @click=${this.ask}>Draw the map</button>
        ${numSamples > MAX_UNASKED ? html`<span class="quiet">With ${count(numSamples, 'picture')} this takes a while.</span>` : nothing}
      </div>`;
  }

  private course(words: string, progress: number, stop: () => void) {
    return html`
      <div class="progress" data-testid="map-progress">
        <p><span role="status">${words}…</span>
          <button type="button" class="link" data-testid="stop-map" @click=${stop}>Stop</button></p>
        ${progress > 0 ? html`<progress max="1" .value=${progress} aria-label=${words}></progress>`
          : html`<progress aria-label=${words}></progress>`}
      </div>`;
  }

  private drawn(map: SampleMap) {
    const { known, portrayal, mingling } = this;
    return html`
      ${this.changes(map)}
      <map-stage .samples=${map.samples} .places=${this.places} .moving=${this.settling !== null} .portrayal=${portrayal!} .known=${known!}
        .pick=${this.pick} .tools=${this.coloring()}></map-stage>
      ${legend(portrayal!.legend, this.pick)}
      ${this.by !== 'class' && known!.evaluation ? html`<p class="quiet">${known!.evaluation.origin.kind === 'crossValidation'
        ? 'As cross-validation judged them, each by a head that had not seen it.'
        : 'Judged are the pictures that were held out in training.'}</p>` : nothing}
      ${inWords(map, mingling, known!, this.pick)}
      ${this.list()}`;
  }

  /** Moving pictures between classes changes colors; only coming and going changes places. */
  private changes({ samples }: SampleMap) {
    const { progress, studies } = this.state;
    if (progress || studies.map?.running) return nothing;
    const { classOf } = this.known!;
    const numThere = samples.reduce((sum, id) => sum + Number(classOf.has(id)), 0);
    const [numNew, numGone] = [classOf.size - numThere, samples.length - numThere];
    if (numNew === 0 && numGone === 0) return nothing;
    const parts = [numNew > 0 ? `${count(numNew, 'picture')} came` : '', numGone > 0 ? `${count(numGone, 'picture')} went` : ''];
    return html`
      <p class="map-changes" role="status" data-testid="map-outdated">
        The pictures have changed since: ${parts.filter(Boolean).join(', ')}.
        <button type="button" class="link" data-testid="redraw-map" @click=${this.ask}>Draw it again</button>
      </p>`;
  }

  private coloring() {
    const judged = this.known!.predictions.size > 0, doubted = this.known!.doubts.size > 0;
    const option = (value: ColorBy, label: string, there: boolean) =>
      html`<option value=${value} ?selected=${this.by === value} ?disabled=${!there}>${label}</option>`;
    return html`
      <label class="map-coloring">Color by
        <select data-testid="map-by" @change=${(event: Event) => (this.by = (event.target as HTMLSelectElement).value as ColorBy)}>
          ${option('class', 'class', true)}${option('prediction', 'what the model says', judged)}${option('error', 'mistakes', judged || doubted)}
        </select>
      </label>`;
  }

  private list() {
    const { ids, captions } = this.listing();
    if (ids.length === 0) return nothing;
    return html`
      <details class="map-picked" data-testid="map-picked">
        <summary>Picked on the map: ${count(ids.length, 'picture')}</summary>
        <thumb-grid .ids=${ids} .within=${'map'} .captions=${captions} .label=${'Pictures picked on the map'} draggable-samples></thumb-grid>
      </details>`;
  }

  /** Those of the picked that are still there; made anew only when something changed. */
  private listing() {
    const picked = this.picked, known = this.known!;
    if (this.listed?.picked !== picked || this.listed.known !== known) {
      const ids = picked.filter((id) => known.classOf.has(id));
      this.listed = { picked, known, ids, captions: new Map(ids.map((id) => [id, describe(id, known)])) };
    }
    return this.listed;
  }

  private learn(map: SampleMap): void {
    const { dataset, findings, evaluation, live } = this.state;
    const basis = [map, dataset, findings.crossValidation, evaluation, live, this.by];
    if (basis.every((part, index) => part === this.basis[index])) return;
    this.basis = basis;
    this.known = knownFrom(this.state);
    this.portrayal = portray(map, this.known, this.by);
    this.mingling = minglingOf(map, this.known);
  }

  private readonly ask = () => {
    this.asked = true;
    app.study({ kind: 'map' });
  };

  /** Everything stays where it is by now. */
  private readonly settle = () => {
    this.layout.stop();
    this.settling = null;
  };

  private readonly pick = (samples: SampleId[]) => {
    this.picked = samples;
    app.select(new Set(samples), 'map');
  };
}

function numSamplesOf({ dataset }: Readonly<State>): number {
  return dataset.classes.reduce((sum, { samples }) => sum + samples.length, dataset.unsorted.length);
}

customElements.define('sample-map', SampleMapView);
