/**
 * The record of file attributes, in both layouts (bytes):
 *
 *     wasi_snapshot_preview1  dev 0  ino 8  filetype 16  nlink u64 24  size 32  atim 40  mtim 48  ctim 56
 *     wasi_unstable           dev 0  ino 8  filetype 16  nlink u32 20  size 24  atim 32  mtim 40  ctim 48
 */
import { EINVAL } from "../../fs/errno.js";
import type { Stat } from "../../fs/node.js";
import { USED_CLOCK } from "../../fs/policy-board.js";
import type { GuestMemory } from "../guest-memory.js";
import { FST_ALL, FST_ATIM, FST_ATIM_NOW, FST_MTIM, FST_MTIM_NOW } from "./layout.js";
import type { Process } from "./process.js";

export interface FilestatLayout {
  readonly bytes: number;
  write(memory: GuestMemory, address: number, stat: Stat): void;
}

export const PREVIEW1_FILESTAT: FilestatLayout = {
  bytes: 64,
  write(memory, address, stat) {
    writeHead(memory, address, stat);
    memory.view.setUint32(address + 20, 0, true);
    memory.setU64(address + 24, stat.nlink);
    writeTail(memory, address + 32, stat);
  },
};

export const UNSTABLE_FILESTAT: FilestatLayout = {
  bytes: 56,
  write(memory, address, stat) {
    writeHead(memory, address, stat);
    memory.view.setUint32(address + 20, stat.nlink, true);
    writeTail(memory, address + 24, stat);
  },
};

function writeHead({ view }: GuestMemory, address: number, stat: Stat): void {
  view.setBigUint64(address, stat.dev, true);
  view.setBigUint64(address + 8, stat.ino, true);
  view.setUint32(address + 16, stat.type, true);
}

function writeTail(memory: GuestMemory, address: number, stat: Stat): void {
  const { view } = memory;
  memory.setU64(address, stat.size);
  view.setBigUint64(address + 8, stat.atime, true);
  view.setBigUint64(address + 16, stat.mtime, true);
  view.setBigUint64(address + 24, stat.ctime, true);
}

/** Both times of a `set_times` call; `undefined` leaves one as it is. */
export interface NewTimes {
  atime: bigint | undefined;
  mtime: bigint | undefined;
}

/** Fills `out`; 0, or EINVAL for unknown flags or "this time" together with "now". */
export function readTimes(
  process: Process,
  atim: bigint,
  mtim: bigint,
  flags: number,
  out: NewTimes,
): number {
  if (flags > FST_ALL) return EINVAL;
  if ((flags & FST_ATIM) !== 0 && (flags & FST_ATIM_NOW) !== 0) return EINVAL;
  if ((flags & FST_MTIM) !== 0 && (flags & FST_MTIM_NOW) !== 0) return EINVAL;
  const wantsNow = (flags & (FST_ATIM_NOW | FST_MTIM_NOW)) !== 0;
  if (wantsNow) process.use(USED_CLOCK);
  const now = wantsNow ? process.context.clock.realtime() : 0n;
  out.atime = choose(flags & FST_ATIM, atim, flags & FST_ATIM_NOW, now);
  out.mtime = choose(flags & FST_MTIM, mtim, flags & FST_MTIM_NOW, now);
  return 0;
}

function choose(given: number, time: bigint, useNow: number, now: bigint): bigint | undefined {
  if (given !== 0) return BigInt.asUintN(64, time);
  return useNow === 0 ? undefined : now;
}
