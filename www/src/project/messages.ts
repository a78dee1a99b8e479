// What the page and the keeper, the worker that holds a project's files, say to each other.

import type { SaveMark } from '../protocol';

/** A project as the list shows it. */
export interface ProjectEntry {
  id: string;
  name: string;
  /** Milliseconds since 1970. */
  changed: number;
  numPictures: number;
  /** All its files together. */
  bytes: number;
  /** Those of them that are pictures as they were dropped. */
  pictureBytes: number;
}

/** What the keeper can be asked, and what it answers. Questions are answered in order. */
export interface Asks {
  /** Takes hold of a project; it need not be there yet. `bytes` is the length of its journal. */
  open: { ask: { id: string; writes: boolean }; answer: { bytes: number; name: string | null; backbone: string | null } };
  /** The next piece of the journal; empty at its end. */
  read: { ask: { at: number; length: number }; answer: { bytes: Uint8Array } };
  /** Where appending goes on: what follows is torn. */
  settle: { ask: { at: number }; answer: null };
  /** Begins a new journal that is to replace this one; meanwhile what is appended waits. */
  renew: { ask: null; answer: null };
  /** The next piece of the new journal. */
  renewed: { ask: { bytes: Uint8Array; isLast: boolean }; answer: null };
  /** Gives the new journal up, if one was begun. */
  keepOld: { ask: null; answer: null };
  /** What the list of projects says beside the name. */
  note: { ask: { backbone: string }; answer: null };
  rename: { ask: { id: string; name: string }; answer: null };
  list: { ask: null; answer: { projects: ProjectEntry[] } };
  remove: { ask: { id: string }; answer: null };
  /** Lets go of the project, with all that has been appended saved. */
  close: { ask: null; answer: null };
  keepPicture: { ask: { picture: number; file: Blob }; answer: { bytes: number } };
  picture: { ask: { picture: number }; answer: { file: File | null } };
  /**
   * Drops the kept files of all other pictures. Null: not known, as the journal is damaged. Then none is
   * ever dropped, as they may be all that is left.
   */
  sweep: { ask: { known: number[] | null }; answer: null };
  /** Makes one file of the open project. */
  pack: { ask: { name: string; withPictures: boolean; paths: Map<number, string> }; answer: { file: File } };
  /** Makes a new project of such a file. */
  unpack: { ask: { id: string; file: File }; answer: null };
}

export type AskName = keyof Asks;

export type ToKeeper =
  | { [Name in AskName]: { type: 'ask'; ask: number; name: Name; of: Asks[Name]['ask'] } }[AskName]
  /** What is appended is numbered. */
  | { type: 'append'; bytes: Uint8Array; mark: SaveMark; serial: number };

export type FromKeeper =
  | { type: 'answer'; ask: number; of: unknown }
  | { type: 'refused'; ask: number; trouble: string; remedy: string }
  /** All up to this mark and number survives whatever comes. */
  | { type: 'saved'; mark: SaveMark; serial: number }
  /** Nothing is lost that was saved, and nothing more is saved for now. */
  | { type: 'unsaved'; trouble: string; remedy: string };
