import { appendFile, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { untilAborted } from "../base/until-aborted.js";
import { isDigest, type Digest } from "../oci/digest.js";
import type { StoreLayout } from "./store-layout.js";
import { TemporaryFolder } from "./temporary-folder.js";

/** Keeps what it names from being collected, until it is released. */
export interface Lease {
  /** A second call does nothing. */
  release(): Promise<void>;
}

/** A lease for long: other machines forget one that is not refreshed for a day. */
export interface LongLease extends Lease {
  refresh(): Promise<void>;
}

/** What living processes keep. */
export interface Leased {
  /** Parts of images that are being pulled, loaded, built, named or read. */
  readonly work: ReadonlySet<Digest>;
  /** Parts of images that containers use. */
  readonly use: ReadonlySet<Digest>;
}

/** Shortest and longest pause between two looks at who collects, in ms: a collection takes 1 to 100. */
const MIN_PAUSE_MS = 2;
const MAX_PAUSE_MS = 50;
/** Age after which a collector of another machine counts as dead, in ms; a living one says so ten times as often. */
const STALE_COLLECTOR_MS = 60_000;
/** Released digests that a file of a busy process may still name; then a new file is begun. */
const MAX_STALE_LINES = 4096;

/**
 * Who needs what, for all processes that share a store: nothing that a lease names is collected.
 *
 *     v1/leases/<process and random>       a line "work" or "use", then a digest a line
 *     v1/collectors/<process and random>   empty; there while its owner collects
 *
 * A file's name says which process it belongs to (`TemporaryFolder`), so those of one that was killed count
 * for nothing, and whoever meets them removes them. Names are never used twice: removing a dead one's file
 * cannot hit a living one's, and there is no lock that has to be broken.
 *
 * **Why nothing that is needed is ever collected.** Who needs something (W) and who collects (C) go by these
 * steps, each of which has ended before the next begins:
 *
 *     W1 write the digests into the lease     C1 create the file in collectors/
 *     W2 list collectors/; wait until it      C2 list collectors/; with another one there, remove the
 *        holds no living process's file          own file, wait, and begin again
 *     W3 look what is there, and use it       C3 read leases, then records and references
 *     W4 write the record that names it       C4 remove what neither names
 *     W5 remove the lease                     C5 remove the own file
 *
 * - W1 before C3: C reads the digests and keeps them. A line that is half written when C3 reads it belongs to
 *   a W1 that ends after C1: the next case.
 * - W1 after C1: W2 finds C's file. W looks (W3) when C has ended, or when its process is dead; what is gone
 *   then is fetched or made again. Nothing is removed between W3 and W5 any more, for a later C begins after W1.
 * - There is no third case: if W2 did not list C's file, C1 came after W2 began, so W1 before C3.
 * - W5 before C3: the record was written before (W4), and C reads records after leases.
 * - C is killed between any two steps: its file is a dead process's and stops nobody. C4 removes what is derived
 *   before what it was derived of, and each by one call, so what is left is a store with less garbage.
 * - W is killed: its lease counts for nothing. What it had committed without a record is garbage; its temporary
 *   files go when the store is opened next.
 * - Two that collect: each creates its file before it lists, so at least one lists both and steps back.
 * - A record is removed in C4 only, and never one whose digest a `work` lease names: somebody may be about to
 *   point a reference to it.
 *
 * This holds where a file system shows all processes one order of creations and listings, as all local ones
 * do. On a network disk, leases of other machines are kept for a day.
 */
export class Leases {
  readonly #work: WorkLease;

  private constructor(
    private readonly leases: TemporaryFolder,
    private readonly collectors: TemporaryFolder,
  ) {
    this.#work = new WorkLease(leases, (isIdle) => this.#collectorsGone(isIdle));
  }

  /** Opens the folders, which must be there, and removes what dead processes left in them. */
  static async open(layout: StoreLayout): Promise<Leases> {
    const [leases, collectors] = await Promise.all([
      TemporaryFolder.open(layout.leases),
      TemporaryFolder.open(layout.collectors, STALE_COLLECTOR_MS),
    ]);
    return new Leases(leases, collectors);
  }

  /**
   * Keeps digests for a piece of work: look for them in the store only when this has resolved. All work of a
   * process shares one file.
   */
  async hold(digests: readonly Digest[], signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted();
    const lease = this.#work.hold(digests);
    const release = once(() => this.#work.release(digests));
    try {
      await untilAborted(lease, signal);
    } catch (error) {
      await release();
      throw error;
    }
    return { release };
  }

  /** As {@link hold}, for containers: a file of its own, which lives as long as they do. */
  async use(digests: readonly Digest[]): Promise<LongLease> {
    const path = this.leases.newPath();
    await create(path, textOf("use", digests));
    try {
      await this.#collectorsGone(() => false);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    const release = once(() => rm(path, { force: true }));
    return { release, refresh: () => touch(path) };
  }

  /** What living processes keep now; whole only inside of {@link collect}. */
  async read(): Promise<Leased> {
    const sets = { work: new Set<Digest>(), use: new Set<Digest>() };
    for (const name of await this.leases.sweep()) {
      const path = join(this.leases.path, name);
      // Its owner may release it at this moment.
      const [kind, ...lines] = (await readFile(path, "utf8").catch(() => "")).split("\n");
      const set = kind === "use" ? sets.use : sets.work;
      for (const line of lines) if (isDigest(line)) set.add(line);
    }
    return sets;
  }

  /** Runs `work` while nobody else collects and nobody who takes a lease from now on goes on. */
  async collect<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      const path = this.collectors.newPath();
      await writeFile(path, "", { flag: "wx" });
      try {
        const all = await this.collectors.sweep();
        if (all.length === 1) return await whileFresh(path, work);
      } finally {
        await rm(path, { force: true });
      }
      const pause = MIN_PAUSE_MS + Math.random() * (MAX_PAUSE_MS - MIN_PAUSE_MS);
      await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }

  /** Waits until nobody collects; gives up, and says so, when nobody waits for it any more. */
  async #collectorsGone(isIdle: () => boolean): Promise<boolean> {
    for (let pause = MIN_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      if ((await this.collectors.sweep()).length === 0) return true;
      if (isIdle()) return false;
      await sleep(pause);
    }
  }
}

/** The one file of a process's work: digests are added as they are needed, and it goes with the last. */
class WorkLease {
  /** How many want a digest. */
  readonly #wanted = new Map<Digest, number>();
  #written = new Set<Digest>();
  #path: string | undefined;
  /** Each step begins when the one before has ended. */
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: TemporaryFolder,
    private readonly collectorsGone: (isIdle: () => boolean) => Promise<boolean>,
  ) {}

  hold(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) this.#wanted.set(digest, (this.#wanted.get(digest) ?? 0) + 1);
    return this.#step(() => this.#write(digests));
  }

  release(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) {
      const count = (this.#wanted.get(digest) ?? 0) - 1;
      if (count > 0) this.#wanted.set(digest, count);
      else this.#wanted.delete(digest);
    }
    return this.#wanted.size > 0 ? Promise.resolve() : this.#step(() => this.#removeIfIdle());
  }

  #step(work: () => Promise<void>): Promise<void> {
    const step = this.#last.then(work);
    this.#last = step.catch(() => undefined);
    return step;
  }

  async #write(digests: readonly Digest[]): Promise<void> {
    const fresh = digests.filter((digest) => !this.#written.has(digest));
    // Whoever wrote the others has waited for collectors, in an earlier step.
    if (fresh.length === 0) return;
    const old = this.#path;
    let isReplaced = false;
    if (old !== undefined && this.#written.size < this.#wanted.size + MAX_STALE_LINES) {
      await appendFile(old, linesOf(fresh));
      for (const digest of fresh) this.#written.add(digest);
    } else {
      const path = this.folder.newPath();
      const live = [...this.#wanted.keys()];
      await create(path, textOf("work", live));
      this.#path = path;
      this.#written = new Set(live);
      isReplaced = old !== undefined;
    }
    // Written anew by the next step if this one did not wait to the end.
    if (!(await this.collectorsGone(() => this.#wanted.size === 0))) this.#written = new Set();
    // Not sooner: a collector may have listed the old file, and not the new one.
    if (isReplaced && old !== undefined) await rm(old, { force: true });
  }

  async #removeIfIdle(): Promise<void> {
    const path = this.#path;
    if (path === undefined || this.#wanted.size > 0) return;
    this.#path = undefined;
    this.#written = new Set();
    await rm(path, { force: true });
  }
}

/** Runs `work` while its file is kept young, so that other machines know that its owner lives. */
async function whileFresh<T>(path: string, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    // Who cannot say so is taken for dead, as after a kill.
    touch(path).catch(() => undefined);
  }, STALE_COLLECTOR_MS / 10);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

async function create(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function textOf(kind: keyof Leased, digests: readonly Digest[]): string {
  return `${kind}\n${linesOf(digests)}`;
}

function linesOf(digests: readonly Digest[]): string {
  return digests.map((digest) => `${digest}\n`).join("");
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
