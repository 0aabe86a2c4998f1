import type { Errno } from "../errno.js";
import { FILETYPE_DIRECTORY, type Directory, type Stat } from "../node.js";
import type { BoardRecord } from "../writable-board.js";
import { AttributeJournal } from "./attribute-journal.js";
import { AttributeTable } from "./attribute-table.js";
import type { Attributes, Times } from "./attributes.js";

/** Files of a directory of the host that get numbers and times of ours: some 50 MB of the worker's memory. */
const MAX_FILES = 262_144;
/** As other filesystems of ours say it: on a host it depends on what is on the disk, and on the past. */
const DIRECTORY_SIZE = 4096;
/** No host gives inode numbers of that size to files that can be seen here. */
const OVERFLOW_NUMBER = 1n << 61n;
/** Set in the numbers of a writable layer, so that they never meet those of the image below. */
const LAYER_NUMBER = 1n << 62n;

export interface SteadyOptions {
  /** The virtual time, in ns since 1970. */
  readonly now: () => bigint;
  /** `Stat.dev` of everything in it. */
  readonly dev: bigint;
}

/** Where the attributes of a writable layer are kept from one process to the next. */
export interface SteadyStorage {
  /** Opens the directory in which they are. */
  readonly base: () => Directory | Errno;
  readonly record: BoardRecord;
  /** All times of a file of which nothing was noted: a process that made it was killed. In ns since 1970. */
  readonly start: bigint;
}

/**
 * What directories and files of the host show to a process that repeats: times of its own virtual clock for
 * all that it makes and changes, inode numbers counted from 1 in the order in which files are met, directories of
 * one size. So nothing tells when it runs, where, and what was on the disk before.
 *
 * Of a file of the host that no process has changed the time of the last change is shown as it is, for it
 * belongs to what was put there; for the other two, which change when one looks or copies, it stands too. As on a disk mounted
 * with "noatime", reading changes no time.
 */
export class SteadyFilesystem {
  readonly now: () => bigint;
  readonly #dev: bigint;
  readonly #start: bigint | undefined;
  readonly #table: AttributeTable;
  readonly #journal: AttributeJournal | undefined;
  /** Numbers of the host's devices, in the order in which they are met. */
  readonly #devices = new Map<bigint, bigint>();
  #lastNumber = 0n;

  /** `storage`: of a writable layer; without one, the attributes are this process's own. */
  constructor({ now, dev }: SteadyOptions, storage?: SteadyStorage) {
    this.now = now;
    this.#dev = dev;
    this.#start = storage?.start;
    this.#table = new AttributeTable(storage === undefined ? MAX_FILES : Infinity);
    if (storage !== undefined) {
      this.#journal = new AttributeJournal(storage.base, storage.record, this.#table);
    }
  }

  /** Puts what is to be shown into what the host has said of a file; `known` if it was met before. */
  fill(stat: Stat, known?: Attributes): Attributes {
    this.#journal?.refresh();
    const device = this.#device(stat.dev);
    const attributes = known ?? this.#find(keyOf(stat, device), stat.ino);
    stat.dev = this.#dev | (device << 32n);
    stat.ino = attributes.number;
    const { times } = attributes;
    stat.atime = times?.atime ?? stat.mtime;
    stat.ctime = times?.ctime ?? stat.mtime;
    stat.mtime = times?.mtime ?? stat.mtime;
    if (stat.type === FILETYPE_DIRECTORY) {
      stat.size = DIRECTORY_SIZE;
      // Some hosts count the directories in it.
      if (stat.nlink > 1) stat.nlink = 1;
    }
    return attributes;
  }

  /** The number of an entry of a directory of the host. */
  numberOf(ino: bigint): bigint {
    this.#journal?.refresh();
    return this.#find(ino, ino).number;
  }

  /** A file was made, of which the host says `stat`. */
  created(stat: Stat, now: bigint): Attributes {
    const key = keyOf(stat, this.#device(stat.dev));
    const times = { atime: now, mtime: now, ctime: now };
    this.#journal?.find(key); // of one that is gone, and had the key before
    const attributes = this.#table.add(key, this.#nextNumber(stat.ino), times);
    this.#journal?.save(attributes);
    return attributes;
  }

  /** The contents of a file, or the names in a directory, have changed; `before`: what its times showed. */
  modified(attributes: Attributes, now: bigint, before: Readonly<Times>): void {
    this.renamed(attributes, now, before).mtime = now;
  }

  /** Its names have changed. */
  renamed(attributes: Attributes, now: bigint, before: Readonly<Times>): Times {
    const { atime, mtime } = before;
    const times = (attributes.times ??= { atime, mtime, ctime: now });
    times.ctime = now;
    this.#journal?.saveLater(attributes);
    return times;
  }

  /** Its times were set. */
  setTimes(attributes: Attributes, stat: Stat, atime?: bigint, mtime?: bigint): void {
    attributes.times = {
      atime: atime ?? stat.atime,
      mtime: mtime ?? stat.mtime,
      ctime: this.now(),
    };
    this.#journal?.save(attributes);
  }

  /** Whether times are for this filesystem alone to keep, and not for the host to be told. */
  get keepsTimes(): boolean {
    return this.#journal !== undefined;
  }

  /** The last name of it is gone. */
  removed(attributes: Attributes): void {
    this.#table.remove(attributes);
    this.#journal?.saveLater(attributes);
  }

  close(): void {
    this.#journal?.close();
  }

  #find(key: bigint, ino: bigint): Attributes {
    const known = this.#table.get(key) ?? this.#journal?.find(key);
    if (known !== undefined) return known;
    const start = this.#start;
    const times = start === undefined ? undefined : { atime: start, mtime: start, ctime: start };
    const attributes = this.#table.add(key, this.#nextNumber(ino), times);
    this.#journal?.save(attributes);
    return attributes;
  }

  #nextNumber(ino: bigint): bigint {
    if (this.#journal !== undefined) return LAYER_NUMBER | this.#journal.nextNumber();
    return this.#table.size < MAX_FILES ? ++this.#lastNumber : OVERFLOW_NUMBER | ino;
  }

  #device(dev: bigint): bigint {
    let device = this.#devices.get(dev);
    if (device === undefined) {
      device = BigInt(this.#devices.size);
      this.#devices.set(dev, device);
    }
    return device;
  }
}

/** What a file is known by: its number on the host, and which of the devices it is on. */
function keyOf(stat: Readonly<Stat>, device: bigint): bigint {
  return device === 0n ? stat.ino : stat.ino | (device << 64n);
}
