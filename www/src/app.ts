// Wires the store, the workers and the user's intents together. Views call this and nothing below.

import simdUrl from '../wasm/extractor/extractor_bg.wasm?url';
import relaxedUrl from '../wasm/extractor-relaxed/extractor_bg.wasm?url';
import { applyEvent, withStudy } from './apply-event';
import { Asker } from './asker';
import { Batch } from './batch';
import { batchZip } from './batch-export';
import { detectSimd, numExtractors, type Simd } from './capabilities';
import { askedFor, backbone } from './backbones';
import { BackboneRanking } from './backbone-ranking';
import { BackboneSwitch } from './backbone-switch';
import { chooseDevice } from './device';
import type { PickedFile } from './drop';
import { Explainer } from './explain';
import { Importer, problemOf } from './importer';
import { PLAIN } from './methods';
import { EMPTY_APP, keepEmptyApp, workOffline } from './offline';
import { numPictures } from './health-watch';
import { Inquiries } from './inquiries';
import { Pool } from './pool';
import type { PictureFile, Reading } from './messages';
import type { ClassId, Command, Destination, DeviceKind, Event, ExportFormat, Problem, Restoration, SampleId, Study, StudyKind, TrainingConfig } from './protocol';
import { kept, Originals } from './project/originals';
import { Saver } from './project/saver';
import { isRepeated, numImported, owed, Restarts } from './recovery';
import { countRequests } from './requests';
import { saveFile, saveStream } from './save-file';
import { type Failure, type Loading, type Place, store } from './store';
import { notKept, sources } from './sources';
import { thumbnails } from './thumbnails';
import { TrainerHandle } from './trainer';
import { Trials } from './trial';
import { NamesReader } from './names';
import { fetchFile, fetchWeights } from './weights';
import { count } from './words';

/** More decoded pictures than this waiting for the GPU only fill memory (150 KB each). */
const MAX_IN_FLIGHT = 64;
/** Commands after which a trained model no longer reflects the classes. */
const EDITS = new Set<Command['type']>([
  'import', 'renameClass', 'mergeClasses', 'deleteClass', 'moveSamples', 'markTarget', 'deleteSamples', 'undo', 'redo',
]);

/** More pictures than this aren't learned anew after every edit: 5,000 take over a second. */
const MAX_QUIET = 3000;

const RELOAD = 'Reload the page: what was saved comes back. If it happens again, try another browser.';
const RELOAD_UNSAVED = 'Nothing is saved here, so this work is lost. Reload the page to begin anew; a window that isn\'t private saves it.';

class App {
  private simd: Simd = 'none';
  private weights: Uint8Array = new Uint8Array();
  private trainer: TrainerHandle | undefined;
  /** Until what was saved is on its way to the trainer. */
  private early: { command: Command; transfer: ArrayBuffer[] }[] | null = [];
  private resolvePool: (pool: Pool) => void = () => {};
  private pool = new Promise<Pool>((resolve) => (this.resolvePool = resolve));
  private startedPool: Pool | undefined;
  private module: Promise<WebAssembly.Module> | undefined;
  private readonly restarts = new Restarts();
  /** Training that was cut short, by no fault of its own. */
  private trainAgain = false;
  private isStartingAnew = false;
  /** Whether the trainer has the model that is shown. */
  private modelIsThere = false;
  private numEdits = 0;
  private numEditsTrained = 0;
  /** Pictures came in that the run, or the model it made, has not seen. */
  private readSince = false;

  /** The model's zip that was dropped last. */
  private lastModel: PickedFile | undefined;

  readonly saver = new Saver({
    send: (command, transfer) => this.trainer?.send(command, transfer),
    onRestored: (restoration) => this.goOn(restoration),
    onNotRestored: (trouble) => {
      if (this.isStartingAnew) this.failTrainer(`What was saved could not be brought back: ${trouble.replace(/\.$/, '')}`);
    },
  });
  readonly originals = new Originals(this.saver, () => this.pool);
  private readonly explainer = new Explainer((command) => this.send(command));
  private readonly asker = new Asker((command) => this.send(command));
  readonly names = new NamesReader((command, transfer) => this.send(command, transfer));
  readonly trials = new Trials(() => this.pool, this.asker, this.explainer);
  readonly batch = new Batch(() => this.pool, this.asker);
  readonly inquiries = new Inquiries(() => this.pool, this.explainer);
  readonly ranking = new BackboneRanking({
    send: (command, transfer) => this.send(command, transfer),
    openPool: (id, weights) => this.openPool(id, weights, () => true),
  });
  readonly backbones = new BackboneSwitch({
    send: (command, transfer) => this.send(command, transfer),
    openPool: (id, weights, mayStart) => this.openPool(id, store.state.device?.kind === 'webgpu' ? null : weights, mayStart),
    onProblem: (problem) => this.report(problem),
    onInUse: ({ weights, pool }) => {
      this.startedPool?.close();
      this.startedPool = pool;
      this.pool = Promise.resolve(pool);
      this.weights = weights;
    },
  });
  private readonly importer = new Importer({
    pool: () => this.pool,
    firstId: () => this.saver.firstId,
    send: (command, transfer) => this.send(command, transfer),
    onModel: (picked) => (this.lastModel = picked),
    onNamed: (id, file) => {
      thumbnails.name(id, file.path);
      sources.keep(id, file);
    },
    onProject: (file) => void this.openProjectFile(file),
    onReading: (id, reading) => this.keep(id, reading),
    onProblem: (problem) => this.report(problem),
    onCounts: (done, total) => {
      // Once the trainer is ready, it tells.
      if (store.state.device) return;
      store.set({ progress: total > 0 ? { done, total, imagesPerSecond: null, secondsLeft: null } : null });
    },
  });

  async start(): Promise<void> {
    countRequests((requests) => {
      store.state.requests.push(...requests);
      store.set({ requests: store.state.requests });
    });
    this.simd = detectSimd();
    if (this.simd === 'none') {
      return this.fail({
        title: 'This browser is too old for Graft',
        trouble: 'Graft computes with WebAssembly SIMD, which it lacks.',
        remedy: 'Any Chrome, Edge or Firefox since 2021, or Safari since 16.4, will do.',
      });
    }
    store.set({ project: { ...store.state.project, keepPictures: Originals.areWanted() } });
    sources.lookIn(async (id) => {
      const file = await this.saver.picture(id);
      return file && kept(thumbnails.path(id), file);
    });
    store.subscribe((changed) => {
      if (changed.has('config') || changed.has('keepUpToDate')) this.keepSettings();
    });
    try {
      // What is in the project was read by one network; the address only counts for new ones.
      const saved = await this.saver.backboneInUse();
      store.set({ backbone: saved === null ? askedFor(location.search) : backbone(saved).id });
    } catch (error) {
      return this.fail({
        title: 'There is no such network',
        trouble: error instanceof Error ? error.message : String(error),
        remedy: 'Take “backbone=” out of the address and reload the page.',
      });
    }
    try {
      const [choice, weights] = await Promise.all([
        chooseDevice(location.search),
        fetchWeights(store.state.backbone, (loaded, total) => this.showLoading({ what: 'the pretrained network', loaded, total })),
      ]);
      this.weights = weights;
      this.showLoading({ what: 'the trainer', loaded: 0, total: 0 });
      this.startTrainer(choice);
      // The CPU needs nothing of the trainer to read images: begin at once.
      if (choice.device === 'cpu') await this.startPool('cpu');
    } catch (error) {
      this.failLoading(error);
    }
  }

  send(command: Command, transfer: ArrayBuffer[] = []): void {
    if ((command.type === 'undo' || command.type === 'redo') && store.state.dataset[command.type] === null) return;
    if (EDITS.has(command.type)) {
      this.numEdits++;
      this.outdate();
    }
    if (this.early) this.early.push({ command, transfer });
    else this.trainer?.send(command, transfer);
  }

  /** What was saved goes to the trainer first, then what was asked meanwhile. */
  private async begin(): Promise<void> {
    const { trainer } = this;
    trainer?.send({ type: 'expect', files: sources.all() });
    await this.saver.bringBack();
    // It may have stopped again by now.
    if (trainer !== this.trainer) return;
    const early = this.early ?? [];
    this.early = null;
    for (const { command, transfer } of early) trainer?.send(command, transfer);
  }

  /** The trainer has stopped; another one goes on with what was saved. */
  private startAnew(message: string, device: DeviceKind, reason: string): void {
    const trouble = message.replace(/\.$/, '');
    const neverWorked = store.state.device === null;
    if (neverWorked || !this.saver.hasAll || this.restarts.areTooMany(performance.now())) return this.failTrainer(trouble);
    const onGpu = device === 'webgpu';
    // Should one of these be why, it isn't said again.
    const unheard = this.restarts.areRepeated ? [] : this.trainer!.unheard;
    const numLost = this.restarts.areRepeated ? numImported(this.trainer!.unheard) : 0;
    const waiting = (this.early ?? []).map(({ command }) => command).filter(isRepeated);
    const repeated = [...unheard, ...waiting];
    this.early = repeated.map((command) => ({ command, transfer: [] }));
    this.trainAgain = onGpu && (store.state.run?.running ?? false);
    this.modelIsThere = false;
    this.isStartingAnew = true;
    this.saver.interrupt();
    this.importer.interrupt();
    this.inquiries.stopHiding();
    const lost = numLost > 0 ? ` ${count(numLost, 'picture')} that came last must be dropped again.` : '';
    const words = `${onGpu ? 'WebGPU' : 'The trainer'} stopped working: ${trouble}. Graft goes on${onGpu ? ' on the CPU' : ''} with what was saved.${lost}`;
    for (const event of owed(store.state, words)) this.hear(event);
    store.set({ run: null, progress: null, live: null, restoring: true, reader: { stage: 'absent' }, names: {} });
    if (onGpu) this.closePool();
    this.startTrainer({ device: 'cpu', reason: onGpu ? `WebGPU stopped working: ${trouble}` : reason, forced: false });
    this.resume(repeated.flatMap((command) => (command.type === 'import' ? command.files.map(({ id }) => id) : [])));
  }

  private failTrainer(trouble: string): void {
    this.fail({
      title: 'The trainer stopped working',
      trouble: `${trouble}.`,
      remedy: store.state.project.saving === 'off' ? RELOAD_UNSAVED : RELOAD,
    });
  }

  private resume(samples: SampleId[]): void {
    this.importer.readAgain(samples.flatMap((id) => {
      const file = sources.of(id);
      return file ? [[id, file]] : [];
    }));
  }

  /** Another one is opened when the trainer is ready. */
  private closePool(): void {
    this.startedPool?.close();
    this.startedPool = undefined;
    this.pool = new Promise<Pool>((resolve) => (this.resolvePool = resolve));
  }

  private goOn({ settings, isStale, numMissing, toRead, isDamaged }: Restoration): void {
    this.resume(toRead);
    const isAnew = this.isStartingAnew;
    this.isStartingAnew = false;
    if (!this.modelIsThere) store.set({ model: null, evaluation: null });
    // The page may have been set otherwise while the trainer was away.
    if (settings && !isAnew) store.set({ config: settings.config, keepUpToDate: settings.keepUpToDate });
    this.settings = isAnew ? settings : null;
    this.keepSettings();
    if (isStale) store.set({ stale: true });
    if (isDamaged) {
      const lost = numMissing > 0 ? `${count(numMissing, 'picture')} could not be brought back: drop them again.` : 'Nothing of importance seems to be lost.';
      store.notify(`Part of what was saved is damaged. ${lost}`, 'warning');
    } else if (numMissing > 0) {
      store.notify(`${count(numMissing, 'picture')} had not been read yet when the page was closed: drop them again.`, 'warning');
    }
    if (this.trainAgain) this.train();
    this.trainAgain = false;
  }

  /** A project file in this project's place; this one stays in the list. */
  async openProjectFile(file: File): Promise<void> {
    store.set({ project: { ...store.state.project, packing: true } });
    try {
      await this.saver.unpack(file);
    } catch (error) {
      this.tellTrouble(error);
      store.set({ project: { ...store.state.project, packing: false } });
    }
  }

  showProjects(shown: boolean): void {
    store.set({ project: { ...store.state.project, shown } });
    if (shown) this.saver.refresh().catch((error) => this.tellTrouble(error));
  }

  keepPictures(wanted: boolean): void {
    Originals.want(wanted);
    void this.originals.work();
  }

  async persist(): Promise<void> {
    const granted = await this.saver.persist();
    if (!granted) store.notify('The browser makes no such promise for this page. A downloaded project is safe from it.');
  }

  async removeProject(id: string): Promise<void> {
    await this.saver.remove(id).catch((error) => this.tellTrouble(error));
  }

  private tellTrouble(error: unknown): void {
    store.notify(error instanceof Error ? error.message : String(error), 'warning');
  }

  async saveProjectFile(withPictures: boolean): Promise<void> {
    store.set({ project: { ...store.state.project, packing: true } });
    try {
      const { name, file } = await this.saver.pack(withPictures);
      saveFile(name, file);
    } catch (error) {
      this.tellTrouble(error);
    } finally {
      store.set({ project: { ...store.state.project, packing: false } });
    }
  }

  /** As the project has them. */
  private settings: { config: TrainingConfig; keepUpToDate: boolean } | null = null;

  /** How the page is set belongs to the project. */
  private keepSettings(): void {
    const { config, keepUpToDate } = store.state;
    const old = this.settings;
    if (!config || this.early || (config === old?.config && keepUpToDate === old.keepUpToDate)) return;
    this.settings = { config, keepUpToDate };
    if (old) this.send({ type: 'keepSettings', settings: this.settings });
  }

  async addFiles(picking: PickedFile[] | Promise<PickedFile[]>, into: Destination = { kind: 'folder' }): Promise<void> {
    await this.whileListing(async () => {
      const picked = await picking;
      if (picked.length === 0) store.notify('There were no files in that.');
      await this.backbones.whenSettled();
      await this.importer.add(picked, into);
    });
  }

  async addSampleSet(): Promise<void> {
    await this.whileListing(async () => {
      await this.backbones.whenSettled();
      await this.importer.addSampleSet(1);
    });
  }

  cancelImport(): void {
    this.importer.cancel();
    this.startedPool?.pump();
  }

  train(quiet = false): void {
    const { config, run } = store.state;
    if (!config || run?.running) return;
    this.numEditsTrained = this.numEdits;
    store.set({
      run: { numTrain: 0, numValidation: 0, numEpochs: null, epochs: [], progress: null, running: true, stopping: false, preparing: true, quiet },
    });
    this.send({ type: 'train', config });
  }

  keepUpToDate(wanted: boolean): void {
    store.set({ keepUpToDate: wanted });
    this.catchUp();
  }

  stopTraining(): void {
    const { run } = store.state;
    if (!run?.running || run.stopping) return;
    store.set({ run: { ...run, stopping: true } });
    this.send({ type: 'stopTraining' });
  }

  /** Asks a question that takes a while; the answer comes into the store's findings. */
  study(study: Study): void {
    store.set(withStudy(store.state, study.kind, { running: true, progress: 0, message: null, outdated: false }));
    this.send({ type: 'study', study });
  }

  stopStudy(study: StudyKind): void {
    this.send({ type: 'stopStudy', study });
  }

  /** Takes a smaller network that was taught into use. */
  keepStudent(numBlocks: number): void {
    const outdated = store.state.studies.distillation?.outdated ?? false;
    this.readSince = outdated;
    this.numEditsTrained = outdated ? -1 : this.numEdits;
    this.send({ type: 'keepStudent', numBlocks });
  }

  listFormats(): void {
    this.send({ type: 'listFormats' });
  }

  async download(format: ExportFormat, half = false): Promise<void> {
    store.set({ exporting: format, exported: null });
    try {
      const page = format === 'oneFile' ? await fetchFile(EMPTY_APP, () => {}) : null;
      this.send({ type: 'exportModel', format, half, date: new Date().toISOString(), page });
    } catch (error) {
      store.set({ exporting: null });
      store.notify(`The app could not be made: ${error instanceof Error ? error.message : String(error)}.`, 'warning');
    }
  }

  async classify(picking: PickedFile[] | Promise<PickedFile[]>): Promise<void> {
    const found: PictureFile[] = [];
    await this.whileListing(async () => {
      for await (const some of this.importer.picturesIn(await picking)) found.push(...some);
    });
    const [first, ...more] = found;
    if (!first) return;
    if (!store.state.model) return store.notify('There is no model to ask yet: train one first.');
    this.batch.cancel();
    if (more.length === 0) {
      store.set({ batch: null });
      return this.trials.classify(first);
    }
    this.trials.clear();
    await this.batch.ask(found);
  }

  /** The batch's pictures, each in a folder of what the model calls it. */
  async saveSorted(): Promise<void> {
    const { batch, sayNone } = store.state;
    const pool = await this.pool;
    const zip = batchZip(batch!, sayNone, async (file) => (await pool.run('bytes', file)).bytes);
    await saveStream('graft-sorted.zip', zip).catch((error) => {
      store.notify(`The zip could not be saved: ${error instanceof Error ? error.message : error}. Free some disk space and try again.`, 'warning');
    });
  }

  /** Trouble with a file that never became a sample. */
  report(problem: Problem): void {
    store.state.problems.push(problem);
    store.set({ problems: store.state.problems });
  }

  select(selection: ReadonlySet<SampleId>, within: Place | null): void {
    store.set({ selection, selectedIn: within });
  }

  deleteSelection(): void {
    const samples = [...store.state.selection];
    if (samples.length === 0) return;
    this.send({ type: 'deleteSamples', samples });
    this.select(new Set(), null);
  }

  /** Null is the tray of unsorted pictures. */
  moveSelection(to: ClassId | null): void {
    const { classes, unsorted } = store.state.dataset;
    const there = new Set(to === null ? unsorted : classes.find(({ id }) => id === to)?.samples);
    const samples = [...store.state.selection].filter((id) => !there.has(id));
    if (samples.length === 0) return;
    this.send({ type: 'moveSamples', samples, class: to });
    this.select(new Set(), null);
  }

  /** Says of which domain samples are. */
  markTarget(samples: SampleId[], isTarget: boolean): void {
    if (samples.length > 0) this.send({ type: 'markTarget', samples, isTarget });
  }

  /** One picture as fine-tuning would see it, a few times over. */
  async showVariants(id: SampleId, count: number): Promise<void> {
    const { config } = store.state;
    const pixels = await this.pixelsOf(id);
    if (config && pixels) this.send({ type: 'augment', pixels, tuning: config.tuning, count }, [pixels.buffer as ArrayBuffer]);
  }

  private async readAgain(id: SampleId): Promise<void> {
    const pixels = await this.pixelsOf(id);
    this.send({ type: 'pixels', sample: id, pixels }, pixels ? [pixels.buffer as ArrayBuffer] : []);
  }

  /** Null if the file can't be read any more, which is told. */
  private async pixelsOf(id: SampleId): Promise<Uint8Array | null> {
    const file = await sources.find(id);
    if (!file) {
      this.report(notKept(thumbnails.path(id)));
      return null;
    }
    try {
      const pool = await this.pool;
      const { extracted } = await pool.run('pixels', file, { urgent: true });
      return extracted.bytes;
    } catch (error) {
      this.report(problemOf(error, file.path));
      return null;
    }
  }

  private async whileListing(work: () => Promise<void>): Promise<void> {
    store.set({ listing: store.state.listing + 1 });
    try {
      await work();
    } catch (error) {
      store.notify(`Those files could not be read: ${error instanceof Error ? error.message : error}`, 'warning');
    } finally {
      store.set({ listing: store.state.listing - 1 });
      void this.originals.work();
    }
  }

  private startTrainer(choice: Awaited<ReturnType<typeof chooseDevice>>): void {
    this.trainer = new TrainerHandle(choice, this.weights, {
      onLoading: (loaded, total) => this.showLoading({ what: 'the trainer', loaded, total }),
      onEvents: (events) => events.forEach((event) => this.hear(event)),
      onRelief: () => this.startedPool?.pump(),
      onFallback: (message, forced) => {
        const asked = forced ? 'WebGPU, asked for in the address,' : 'WebGPU';
        store.notify(`${asked} does not work here: ${message.replace(/\.$/, '')}. Graft computes on the CPU instead.`, 'warning');
      },
      onCrash: (message, device, reason) => this.startAnew(message, device, reason),
    });
  }

  private hear(event: Event): void {
    // A new trainer knows of no class before the old one's are back.
    if (event.type === 'dataset' && this.isStartingAnew) return;
    store.set(applyEvent(store.state, event, performance.now()));
    this.explainer.hear(event);
    this.asker.hear(event);
    this.trials.hear(event);
    this.batch.hear(event);
    this.inquiries.hear(event);
    this.ranking.hear(event);
    this.backbones.hear(event);
    this.saver.hear(event);
    switch (event.type) {
      case 'ready':
        store.set({ loading: [] });
        void this.begin();
        this.startPool(event.device).catch((error) => this.failLoading(error));
        break;
      case 'progress':
        this.readSince = true;
        this.outdate();
        void this.originals.work();
        break;
      case 'needPixels':
        for (const id of event.samples) void this.readAgain(id);
        break;
      case 'otherBackbone':
        void this.loadWith(event.backbone, event.file);
        break;
      case 'trainingStarted':
        this.readSince = false;
        break;
      case 'dataset':
        this.forgetGone();
        break;
      case 'modelLoaded':
        this.modelIsThere = true;
        break;
      case 'trained':
        this.modelIsThere = true;
        keepEmptyApp();
        store.set({ stale: this.readSince || this.numEdits !== this.numEditsTrained });
        break;
      case 'trainingFailed':
        store.notify(event.message, 'warning');
        break;
      case 'live':
        this.catchUp();
        break;
      case 'refused':
        store.notify(event.message, 'warning');
        // It may be what a button waits for.
        if (store.state.run?.preparing) store.set({ run: null });
        store.set({ exporting: null });
        break;
      case 'exported':
        saveFile(event.file, new Blob([event.bytes as Uint8Array<ArrayBuffer>], {
          type: event.format === 'oneFile' ? 'text/html' : 'application/zip',
        }));
        break;
    }
  }

  /** Called when an edit has settled: heads of linear models take a fraction of a second. */
  private catchUp(): void {
    const { model, stale, config, dataset, keepUpToDate, progress } = store.state;
    const num = dataset.classes.reduce((sum, { samples }) => sum + samples.length, 0);
    const isQuick = config?.method === PLAIN && config.head !== 'mlp' && config.weighting === 'even' && num <= MAX_QUIET;
    const isTrainable = dataset.missing.length === 0 && progress === null;
    // A network of its own is not exchanged for a head: that was somebody's choice.
    if (keepUpToDate && model?.file === null && !model.tuned && stale && isQuick && isTrainable) this.train(true);
  }

  private outdate(): void {
    const { ranking } = store.state;
    if (store.state.model && !store.state.stale) store.set({ stale: true });
    if (ranking?.result && !ranking.outdated) store.set({ ranking: { ...ranking, outdated: true } });
    for (const [kind, study] of Object.entries(store.state.studies)) {
      if (!study.outdated) store.set(withStudy(store.state, kind as StudyKind, { outdated: true }));
    }
  }

  /** Samples that were deleted can't stay selected. */
  private forgetGone(): void {
    const { selection, dataset } = store.state;
    if (selection.size === 0) return;
    const left = new Set<SampleId>();
    for (const samples of [...dataset.classes.map((view) => view.samples), dataset.unsorted]) {
      for (const id of samples) if (selection.has(id)) left.add(id);
    }
    if (left.size !== selection.size) store.set({ selection: left });
  }

  private async startPool(device: DeviceKind): Promise<void> {
    if (this.startedPool) return;
    const mayStart = () => device === 'cpu' || (this.trainer?.inFlight ?? 0) < MAX_IN_FLIGHT;
    const pool = await this.openPool(store.state.backbone, device === 'cpu' ? this.weights : null, mayStart);
    if (this.startedPool) return pool.close();
    this.startedPool = pool;
    this.resolvePool(pool);
    workOffline(() => store.state.requests.map(({ address }) => address));
  }

  /** Workers that give features if they have weights, and else pixels. */
  private async openPool(id: string, weights: Uint8Array | null, mayStart: () => boolean): Promise<Pool> {
    const relaxed = this.simd === 'relaxed';
    this.module ??= compile(relaxed ? relaxedUrl : simdUrl);
    return new Pool({
      size: numExtractors(location.search),
      start: { module: await this.module, relaxed, backbone: id, weights },
      mayStart,
      onBroken: (trouble) => this.fail({ title: 'The image reader will not start', trouble, remedy: RELOAD }),
    });
  }

  /** A model of another backbone: where there are no pictures to read again, that is taken. */
  private async loadWith(id: string, file: string): Promise<void> {
    const { title } = backbone(id);
    if (numPictures(store.state.dataset) > 0) {
      return store.notify(`“${file}” was trained with ${title}, another network than the one in use. Choose that one under “Network”, then drop the zip again.`, 'warning');
    }
    if (this.lastModel && await this.backbones.to(id)) await this.importer.add([this.lastModel], { kind: 'folder' });
  }

  private keep(id: SampleId, { thumbnail, readMillis, decodeMillis, resizeMillis, forwardMillis }: Reading): void {
    thumbnails.keep(id, thumbnail);
    const file: PictureFile | undefined = sources.of(id);
    if (file) this.originals.add(id, file);
    const { count: num, read, decode, resize, forward } = store.state.stages;
    const mean = (old: number, value: number) => old + (value - old) / (num + 1);
    store.set({
      stages: {
        count: num + 1,
        read: mean(read, readMillis),
        decode: mean(decode, decodeMillis),
        resize: mean(resize, resizeMillis),
        forward: mean(forward, forwardMillis),
      },
    });
  }

  private showLoading(loading: Loading): void {
    if (!store.state.device) store.set({ loading: [loading] });
  }

  private failLoading(error: unknown): void {
    this.fail({
      title: 'Graft could not be loaded',
      trouble: error instanceof Error ? error.message : String(error),
      remedy: 'Check the connection and reload the page.',
    });
  }

  private fail(failure: Failure): void {
    this.trials.stopCamera();
    store.set({ failure, loading: [] });
  }
}

/** Streaming needs the right media type, which not every static host sends. */
async function compile(address: string): Promise<WebAssembly.Module> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: the server answered ${response.status}`);
  return WebAssembly.compileStreaming(response.clone()).catch(async () =>
    WebAssembly.compile(await response.arrayBuffer()),
  );
}

export const app = new App();
