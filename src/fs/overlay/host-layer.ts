import { EEXIST, EIO, type Errno } from "../errno.js";
import type { Directory } from "../node.js";
import { HostQuota } from "../quota/host-quota.js";
import { QuotaDirectory } from "../quota/quota-directory.js";
import { SteadyDirectory } from "../steady/steady-directory.js";
import { SteadyFilesystem } from "../steady/steady-filesystem.js";
import type { BoardRecord } from "../writable-board.js";
import { HiddenRecords } from "./hidden-records.js";
import type { Layer } from "./layer.js";

export interface HostLayerLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** The virtual time of a container, in ns since 1970. */
export interface LayerTime {
  readonly start: bigint;
  readonly now: () => bigint;
}

/**
 * Changes kept in a directory of the host, shared live by all processes of a container:
 *
 *     files/    what was written, under the paths of the guest
 *     work/     files on their way
 *     hidden    numbers of the image's entries that are hidden
 *     attributes  times and inode numbers, where time is virtual
 *
 * While the board says generation 0 the directory does not exist, and nothing here asks the disk.
 */
export class HostLayer implements Layer {
  readonly #openDirectory: (create: boolean) => Directory | Errno;
  readonly #record: BoardRecord;
  readonly #quota: HostQuota;
  readonly #steady: SteadyFilesystem | undefined;
  readonly #hidden = new HiddenRecords();
  #base: Directory | undefined;
  #files: Directory | undefined;
  #work: Directory | undefined;
  #generation = 0;
  #epoch = 0;

  /**
   * @param openDirectory - opens the layer's directory, made first if `create`
   * @param dev - `Stat.dev` of everything in it
   * @param time - undefined: files have the host's times
   */
  constructor(
    openDirectory: (create: boolean) => Directory | Errno,
    record: BoardRecord,
    limits: HostLayerLimits,
    dev: bigint,
    time?: LayerTime,
  ) {
    this.#openDirectory = openDirectory;
    this.#record = record;
    const { maxBytes, maxFiles } = limits;
    this.#quota = new HostQuota(record, { maxBytes, maxFiles, dev, names: record.number });
    if (time === undefined) return;
    const { start, now } = time;
    const base = () => this.#openBase(true);
    this.#steady = new SteadyFilesystem({ now, dev }, { base, record, start });
  }

  refresh(): number {
    const generation = this.#record.generation();
    if (generation === this.#generation) return this.#epoch;
    this.#generation = generation;
    const base = this.#openBase(false);
    if (typeof base !== "number") this.#hidden.refresh(base);
    return ++this.#epoch;
  }

  changed(): void {
    const generation = this.#record.changed();
    // Somebody else changed it too: leave it to `refresh` to see that.
    if (generation === this.#generation + 1) this.#generation = generation;
  }

  files(): Directory | undefined {
    if (this.#files !== undefined || this.#generation === 0) return this.#files;
    const base = this.#openBase(false);
    if (typeof base === "number") return undefined;
    const files = base.openDirectory("files");
    if (typeof files === "number") return undefined;
    this.#files = this.#counted(files);
    return this.#files;
  }

  makeFiles(): Directory | Errno {
    if (this.#files !== undefined) return this.#files;
    const files = this.#make("files");
    if (typeof files === "number") return files;
    this.#files = files;
    return files;
  }

  work(): Directory | Errno {
    if (this.#work !== undefined) return this.#work;
    const work = this.#make("work");
    if (typeof work !== "number") this.#work = work;
    return work;
  }

  isHidden(record: number): boolean {
    return this.#hidden.has(record);
  }

  hide(record: number): Errno {
    const base = this.#openBase(true);
    return typeof base === "number" ? base : this.#hidden.add(base, record);
  }

  close(): void {
    this.#hidden.close();
    this.#steady?.close();
    for (const directory of [this.#files, this.#work, this.#base]) directory?.close();
    this.#files = this.#work = this.#base = undefined;
  }

  #openBase(create: boolean): Directory | Errno {
    if (this.#base !== undefined) return this.#base;
    // Before the directory is made: a worker that is ended between the two must not leave one that nobody removes.
    if (create && this.#record.generation() === 0) this.changed();
    const base = this.#openDirectory(create);
    if (typeof base !== "number") this.#base = base;
    return base;
  }

  #make(name: string): Directory | Errno {
    const base = this.#openBase(true);
    if (typeof base === "number") return -EIO; // a fault of the host's disk, not of the guest's path
    const error = base.mkdir(name);
    if (error < 0 && error !== -EEXIST) return error;
    const directory = base.openDirectory(name);
    return typeof directory === "number" ? directory : this.#counted(directory);
  }

  #counted(directory: Directory): Directory {
    const counted = new QuotaDirectory(this.#quota, directory);
    return this.#steady === undefined ? counted : new SteadyDirectory(this.#steady, counted);
  }
}
