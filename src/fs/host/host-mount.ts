/** What all directories and files of one opened host directory share; their `filesystem` identity. */
import type { BigIntStats } from "node:fs";
import type { Access } from "../../mount.js";
import type { Errno } from "../errno.js";
import type { FileType, Stat } from "../node.js";
import {
  emptyStat,
  FILETYPE_BLOCK_DEVICE,
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SOCKET_STREAM,
  FILETYPE_SYMBOLIC_LINK,
  FILETYPE_UNKNOWN,
} from "../node.js";
import { ExactTimes, toHostSeconds } from "./exact-times.js";
import { errnoOf } from "./host-errno.js";

export type LinkPolicy = "contained" | "any";

const S_IFMT = 0o170000;
const TYPE_BY_MODE = new Map<number, FileType>([
  [0o140000, FILETYPE_SOCKET_STREAM],
  [0o120000, FILETYPE_SYMBOLIC_LINK],
  [0o100000, FILETYPE_REGULAR_FILE],
  [0o060000, FILETYPE_BLOCK_DEVICE],
  [0o040000, FILETYPE_DIRECTORY],
  [0o020000, FILETYPE_CHARACTER_DEVICE],
]);

/** The file type of a POSIX mode; witx has none for a FIFO. */
export function fileTypeOf(mode: number): FileType {
  return TYPE_BY_MODE.get(mode & S_IFMT) ?? FILETYPE_UNKNOWN;
}

export class HostMount {
  readonly readOnly: boolean;
  readonly links: LinkPolicy;
  readonly #times = new ExactTimes();

  constructor(access: Access, links: LinkPolicy) {
    this.readOnly = access === "read-only";
    this.links = links;
  }

  /** Fills `out` from the host's stat, with the exact times where a guest has set them. */
  fill(out: Stat, from: BigIntStats): void {
    fillStat(out, from);
    this.#times.apply(out);
  }

  /**
   * Sets times and remembers their nanoseconds. `read` gives the host's stat of the file (it may throw),
   * `write` sets its times in seconds.
   */
  setTimes(
    atime: bigint | undefined,
    mtime: bigint | undefined,
    read: () => BigIntStats,
    write: (atimeSeconds: number, mtimeSeconds: number) => void,
  ): Errno {
    try {
      const stat = emptyStat();
      this.fill(stat, read());
      if (atime === undefined && mtime === undefined) return 0;
      const { dev, ino } = stat;
      const wantedAtime = atime ?? stat.atime;
      const wantedMtime = mtime ?? stat.mtime;
      write(toHostSeconds(wantedAtime), toHostSeconds(wantedMtime));
      fillStat(stat, read());
      // Another file may stand under the name by now; it keeps its own times.
      if (stat.dev === dev && stat.ino === ino) this.#times.record(stat, wantedAtime, wantedMtime);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }
}

function fillStat(out: Stat, from: BigIntStats): void {
  out.dev = from.dev;
  out.ino = from.ino;
  out.type = fileTypeOf(Number(from.mode));
  out.nlink = Number(from.nlink);
  out.size = Number(from.size);
  out.atime = from.atimeNs;
  out.mtime = from.mtimeNs;
  out.ctime = from.ctimeNs;
}
