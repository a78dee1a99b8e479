// What the trainer says to save goes to the keeper; what was saved comes back before all else.

import { formatName } from './names';
import { chooseProject, claim, currentProject, newProjectId, whileUnused } from './claim';
import { Keeper, Refusal } from './keeper';
import { BACKBONES, type Command, type Event, type Restoration, type SampleId, type SaveMark } from '../protocol';
import { sources } from '../sources';
import { type ProjectState, type State, store } from '../store';
import { thumbnails } from '../thumbnails';

/** Bytes read at a time: a picture is about ten thousand. */
const PIECE = 4 << 20;

export interface SaverOptions {
  send(command: Command, transfer?: ArrayBuffer[]): void;
  onRestored(restoration: Restoration): void;
  onNotRestored(trouble: string): void;
}

export class Saver {
  private readonly id = currentProject();
  private keeper: Keeper | null = null;
  private writes = false;
  private opening: Promise<void> | undefined;
  /** Of the project, as far as the list of projects knows; the journal is what counts. */
  private backbone: string | null = null;
  private numBytes = 0;
  private numAppended = 0;
  /** Counts trainers. */
  private turn = 0;
  private resolveFirstId: (id: SampleId) => void = () => {};
  /** The first id that is free, known when what was saved is back. */
  readonly firstId = new Promise<SampleId>((resolve) => (this.resolveFirstId = resolve));

  /** The page goes by its own will. */
  private leaves = false;

  constructor(private readonly options: SaverOptions) {
    addEventListener('beforeunload', (event) => {
      if (!this.leaves && wouldLose(store.state)) event.preventDefault();
    });
  }

  /** Finds out whether there is something to bring back; needs no trainer. */
  open(): Promise<void> {
    this.opening ??= this.openOnce().catch((error) => this.giveUp(error));
    return this.opening;
  }

  /** The backbone to begin with; null where nothing is saved. */
  async backboneInUse(): Promise<string | null> {
    await this.open();
    return this.numBytes > 0 ? this.backbone : null;
  }

  /** Whether all that the trainer told is saved, so that another one can go on with it. */
  get hasAll(): boolean {
    const { saving } = store.state.project;
    return this.writes && (saving === 'idle' || saving === 'saving' || saving === 'saved');
  }

  /** Sends all that was saved to a trainer that has not been told anything else yet. */
  async bringBack(): Promise<void> {
    await this.open();
    if (!this.keeper) return this.resolveFirstId(0);
    const { turn } = this;
    try {
      await this.keeper.ask('keepOld', null);
      let at = 0;
      for (;;) {
        if (turn !== this.turn) return;
        const { bytes } = await this.keeper.ask('read', { at, length: PIECE });
        if (turn !== this.turn) return;
        if (bytes.length === 0) break;
        at += bytes.length;
        this.options.send({ type: 'restore', bytes, isLast: false }, [bytes.buffer as ArrayBuffer]);
      }
      this.numBytes = at;
      this.options.send({ type: 'restore', bytes: new Uint8Array(), isLast: true });
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** The trainer is gone: what was begun for it is of no use to the next. */
  interrupt(): void {
    this.turn++;
  }

  hear(event: Event): void {
    switch (event.type) {
      case 'journal':
        if (this.writes) this.append(event.bytes, event.mark);
        break;
      case 'restoredSamples':
        for (const { id, path, thumbnail } of event.samples) {
          thumbnails.name(id, path);
          thumbnails.keep(id, thumbnail);
        }
        break;
      case 'restored':
        void this.goOn(event.restoration);
        break;
      case 'backboneInUse':
        void this.keeper?.ask('note', { backbone: event.backbone });
        break;
      case 'notRestored':
        if (isKnown(event.backbone) && event.backbone !== this.backbone) return void this.beginWith(event.backbone);
        this.writes = false;
        this.resolveFirstId(0);
        store.set({ restoring: false });
        this.show({ saving: 'unreadable', trouble: event.message });
        this.options.onNotRestored(event.message);
        break;
      case 'compacted':
        void this.keeper?.ask('renewed', { bytes: event.bytes, isLast: event.isLast }, [event.bytes.buffer as ArrayBuffer]);
    }
  }

  /** The file a picture was made of, if it was kept. */
  async picture(id: SampleId): Promise<File | null> {
    const answer = await this.keeper?.ask('picture', { picture: id }).catch(() => null);
    return answer?.file ?? null;
  }

  get mayKeepPictures(): boolean {
    return this.writes;
  }

  async keepPicture(picture: SampleId, file: Blob): Promise<void> {
    await this.keeper?.ask('keepPicture', { picture, file });
  }

  /** Fills in what the dialog shows. */
  async refresh(): Promise<void> {
    if (!this.keeper) return;
    const [{ projects }, estimate, persisted] = await Promise.all([
      this.keeper.ask('list', null), navigator.storage.estimate(), navigator.storage.persisted(),
    ]);
    const { usage = 0, quota = 0 } = estimate;
    this.show({ projects, storage: { used: usage, quota, persisted } });
  }

  /** Asks the browser not to clear this away when the disk runs full. */
  async persist(): Promise<boolean> {
    const granted = await navigator.storage.persist();
    await this.refresh();
    return granted;
  }

  async rename(id: string, name: string): Promise<void> {
    await this.keeper?.ask('rename', { id, name });
    if (id === this.id) this.show({ name: name || this.unnamed() });
    await this.refresh();
  }

  /** Another project, or a new one: the page begins anew with it. */
  async leaveFor(id = newProjectId()): Promise<void> {
    await this.keeper?.ask('close', null).catch(() => {});
    chooseProject(id);
    this.reload();
  }

  /** Takes this project from the tab that has it. */
  takeOver(): void {
    chooseProject(this.id, { takeOver: true });
    this.reload();
  }

  /** Throws a refusal if it is in use elsewhere. */
  async remove(id: string): Promise<void> {
    if (id === this.id && this.writes) {
      this.writes = false;
      await this.keeper?.ask('remove', { id });
      return this.leaveFor();
    }
    const unused = await whileUnused(id, async () => {
      await this.keeper?.ask('remove', { id });
    });
    if (!unused) throw new Refusal('this project is open in another tab', 'Close that tab first.');
    await this.refresh();
  }

  async pack(withPictures: boolean): Promise<{ name: string; file: File }> {
    if (!this.keeper) throw new Refusal('nothing is saved in this window', 'Use a window that isn\'t private.');
    const { name } = store.state.project;
    const { file } = await this.keeper.ask('pack', { name, withPictures, paths: thumbnails.allPaths() });
    return { name: formatName(name), file };
  }

  /** Opens a project file as a project of its own. */
  async unpack(file: File): Promise<void> {
    if (!this.keeper) throw new Refusal('this window keeps no projects', 'Use a window that isn\'t private.');
    const id = newProjectId();
    await this.keeper.ask('unpack', { id, file });
    await this.leaveFor(id);
  }

  private async openOnce(): Promise<void> {
    if (!navigator.storage?.getDirectory || !navigator.locks) {
      throw new Refusal('this browser window keeps nothing', 'What you do here is gone when it closes; download the model to keep it.');
    }
    const keeper = new Keeper({
      onSaved: (mark, serial) => this.saved(mark, serial),
      onUnsaved: ({ message }) => {
        if (store.state.project.saving !== 'stuck') store.notify(`Not saved: ${message}`, 'warning');
        this.show({ saving: 'stuck', trouble: message });
      },
    });
    this.writes = await claim(this.id, () => this.lost());
    const { bytes, name, backbone } = await keeper.ask('open', { id: this.id, writes: this.writes });
    this.backbone = backbone;
    this.keeper = keeper;
    this.numBytes = bytes;
    this.show({
      id: this.id,
      name: name ?? this.unnamed(),
      saving: this.writes ? 'idle' : 'elsewhere',
    });
    if (bytes === 0) this.resolveFirstId(0);
    else store.set({ restoring: true });
  }

  /** The journal knows better: once more, with the backbone that it names. */
  private async beginWith(backbone: string): Promise<void> {
    await this.keeper?.ask('note', { backbone });
    await this.keeper?.ask('close', null);
    this.reload();
  }

  private reload(): void {
    this.leaves = true;
    location.reload();
  }

  private append(bytes: Uint8Array, mark: SaveMark): void {
    this.keeper!.append(bytes, mark, ++this.numAppended);
    if (store.state.project.saving !== 'stuck') this.show({ saving: 'saving' });
  }

  private saved(mark: SaveMark, serial: number): void {
    if (serial === this.numAppended) return this.show({ saving: 'saved', mark, trouble: null });
    // What finds no room still waits.
    this.show(store.state.project.saving === 'stuck' ? { mark } : { saving: 'saving', mark, trouble: null });
  }

  private async goOn(restoration: Restoration): Promise<void> {
    this.resolveFirstId(restoration.nextSample);
    this.options.onRestored(restoration);
    const { saving } = store.state.project;
    const isThere = this.numBytes > 0;
    store.set({ restoring: false });
    this.show({ mark: restoration.mark, saving: isThere && saving === 'idle' ? 'saved' : saving });
    if (!this.writes || !isThere) return;
    const { turn } = this;
    await this.keeper!.ask('settle', { at: restoration.soundBytes }).catch(() => {});
    // What came meanwhile is kept; and of a damaged project all is.
    const known = restoration.isDamaged ? null : [...restoration.known, ...sources.all().map(({ id }) => id)];
    await this.keeper!.ask('sweep', { known }).catch(() => {});
    if (restoration.shouldCompact && turn === this.turn) await this.compact(turn);
  }

  /** Leaves out of the file what undo can't reach any more. */
  private async compact(turn: number): Promise<void> {
    const keeper = this.keeper!;
    await keeper.ask('renew', null);
    for (let at = 0; ; ) {
      const { bytes } = await keeper.ask('read', { at, length: PIECE });
      if (turn !== this.turn) return;
      at += bytes.length;
      const isLast = bytes.length === 0;
      this.options.send({ type: 'compact', bytes, isLast }, [bytes.buffer as ArrayBuffer]);
      if (isLast) return;
    }
  }

  /** Another tab has taken over. */
  private lost(): void {
    this.writes = false;
    void this.keeper?.ask('close', null).catch(() => {});
    this.show({ saving: 'elsewhere', trouble: null });
  }

  private giveUp(error: unknown): void {
    this.keeper = null;
    this.writes = false;
    this.resolveFirstId(0);
    const trouble = error instanceof Error ? error.message : String(error);
    store.set({ restoring: false });
    this.show({ saving: 'off', trouble });
    this.options.onNotRestored(trouble);
  }

  private unnamed(): string {
    return 'Unnamed project';
  }

  private show(patch: Partial<ProjectState>): void {
    store.set({ project: { ...store.state.project, ...patch } });
  }
}

function isKnown(backbone: string | null): backbone is string {
  return BACKBONES.some(({ id }) => id === backbone);
}

/** Whether closing the page now would lose something: the browser asks first. */
function wouldLose({ project, progress, dataset }: Readonly<State>): boolean {
  switch (project.saving) {
    case 'saving':
    case 'stuck':
      return true;
    case 'off':
    case 'unreadable':
      return dataset.classes.length > 0 || dataset.unsorted.length > 0;
    default:
      // What was announced and not read yet has to be dropped again.
      return progress !== null;
  }
}
