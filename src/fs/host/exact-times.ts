/**
 * File times with the nanoseconds that a guest has set.
 *
 * `node:fs` takes a time as a double of seconds, and libuv cuts it to microseconds. What a guest has set
 * is kept here in full, by device and inode, next to what the host made of it, and is answered while the
 * host's value is still that. One table per opened mount: another process of
 * the container sees the host's microseconds.
 */
import type { Stat } from "../node.js";

/** About 1 MiB of entries; the one set longest ago is forgotten first. */
const MAX_ENTRIES = 4096;

interface Entry {
  readonly dev: bigint;
  readonly hostAtime: bigint;
  readonly hostMtime: bigint;
  readonly atime: bigint;
  readonly mtime: bigint;
}

export class ExactTimes {
  /** By inode; two devices under one mount with the same number share a place. */
  readonly #entries = new Map<bigint, Entry>();

  /** Keeps `atime` and `mtime` for the file whose stat the host now gives as `host`. */
  record(host: Readonly<Stat>, atime: bigint, mtime: bigint): void {
    this.#entries.delete(host.ino);
    if (host.atime === atime && host.mtime === mtime) return;
    if (this.#entries.size >= MAX_ENTRIES) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(host.ino, {
      dev: host.dev,
      hostAtime: host.atime,
      hostMtime: host.mtime,
      atime,
      mtime,
    });
  }

  /** Puts the exact times into a stat that the host has just filled in. */
  apply(stat: Stat): void {
    if (this.#entries.size === 0) return;
    const entry = this.#entries.get(stat.ino);
    if (entry === undefined || entry.dev !== stat.dev) return;
    // Each on its own: a read moves one time, a write the other, and a rename or a link neither.
    if (entry.hostAtime === stat.atime) stat.atime = entry.atime;
    if (entry.hostMtime === stat.mtime) stat.mtime = entry.mtime;
  }
}

/** The seconds to hand to `node:fs`, so that libuv's cut to microseconds gives the right one. */
export function toHostSeconds(ns: bigint): number {
  // Half a microsecond up: the nearest double may lie below a whole one, and libuv cuts downward.
  return (Number(ns / 1000n) + 0.5) / 1e6;
}
