/** What descriptors and their streams hold: closed when the last of them is gone. */
import type { File } from "../../../fs/node.js";
import type { Location } from "../../../fs/resolve.js";
import type { Process } from "../process.js";

/** `descriptor-flags` of WASI 0.2. */
export const FLAG_READ = 1;
export const FLAG_WRITE = 2;
export const FLAG_FILE_SYNC = 4;
export const FLAG_DATA_SYNC = 8;
export const FLAG_READ_SYNC = 16;
export const FLAG_MUTATE_DIRECTORY = 32;
const FLAGS_SYNC = FLAG_FILE_SYNC | FLAG_DATA_SYNC | FLAG_READ_SYNC;

export type Opened = OpenedFile | OpenedDirectory;

export class OpenedFile {
  readonly isFile = true;
  readonly file: File;
  /** FLAG_* bits. */
  readonly flags: number;
  readonly #process: Process;
  #holders = 1;

  constructor(process: Process, file: File, flags: number) {
    this.#process = process;
    this.file = file;
    this.flags = flags;
    process.opened();
  }

  get readable(): boolean {
    return (this.flags & FLAG_READ) !== 0;
  }

  get writable(): boolean {
    return (this.flags & FLAG_WRITE) !== 0;
  }

  /** What is written has to be on the disk before a call answers; undefined: it need not. */
  get syncsDataOnly(): boolean | undefined {
    if ((this.flags & FLAGS_SYNC) === 0) return undefined;
    return (this.flags & FLAG_FILE_SYNC) === 0;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  letGo(): void {
    if (--this.#holders > 0) return;
    this.file.close();
    this.#process.closed();
  }
}

export class OpenedDirectory {
  readonly isFile = false;
  readonly location: Location;
  /** The path under which it was opened, links and all: for telling what was refused. */
  readonly path: string;
  /** Undefined: a preopen, which the process closes. */
  readonly #process: Process | undefined;
  #holders = 1;

  constructor(process: Process | undefined, location: Location, path: string) {
    this.#process = process;
    this.location = location;
    this.path = path;
    process?.opened();
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  letGo(): void {
    if (--this.#holders > 0 || this.#process === undefined) return;
    this.location.close();
    this.#process.closed();
  }
}
