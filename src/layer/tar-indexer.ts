import { extract, type Extract, type Header } from "tar-stream";
import { printable } from "../base/printable.js";
import { baseName, entryPath, parentPath } from "./entry-path.js";
import type { LayerEntry } from "./layer-entry.js";
import { TarGuard } from "./tar-guard.js";

/** Largest and smallest time of an entry, in ns since 1970: what a signed 64-bit number holds. */
const MAX_TIME = 2n ** 63n - 1n;

const WHITEOUT = ".wh.";
/** Names that begin with it are aufs's own; one of them means "opaque", the others nothing. */
const WHITEOUT_META = ".wh..wh.";
const WHITEOUT_OPAQUE = ".wh..wh..opq";

/** What tar-stream gives and its types do not declare. */
interface UndeclaredHeader {
  /** Where the entry's data begins, in bytes. */
  readonly byteOffset?: number;
  readonly pax?: unknown;
}
type TarStreamHeader = Omit<Header, "pax"> & UndeclaredHeader;

/** What tar-stream has found: the place of each entry, and what we make of it. */
interface Seen {
  readonly offsets: (number | undefined)[];
  readonly sizes: number[];
  readonly entries: (LayerEntry | undefined)[];
}

/** Makes the error for what is wrong with the archive. */
export type RejectTar = (problem: string) => Error;

/**
 * Indexes a tar while it streams by. Every chunk goes through {@link TarGuard} first; at the end both
 * readers must have seen the same entries at the same places.
 */
export class TarIndexer {
  readonly #guard: TarGuard;
  readonly #extract: Extract = extract();
  readonly #seen: Seen = { offsets: [], sizes: [], entries: [] };
  readonly #finished: Promise<void>;
  /** What an entry was refused for, until the next call can say so. */
  #failure: { readonly error: unknown } | undefined;
  #lastMs = NaN;
  #lastTime = 0n;
  /** Devices, FIFOs and aufs's own files, which an image of WebAssembly has no use for. */
  ignored = 0;

  constructor(
    private readonly reject: RejectTar,
    onEntry: (count: number) => void,
  ) {
    this.#guard = new TarGuard(reject, onEntry);
    this.#finished = new Promise((resolve, rejectPromise) => {
      this.#extract.once("close", () => resolve());
      this.#extract.once("error", (error: Error) => rejectPromise(reject(error.message)));
    });
    this.#finished.catch(() => undefined);
    this.#extract.on("entry", (header, stream, next) => {
      try {
        this.#take(header);
      } catch (error) {
        this.#failure ??= { error };
      }
      stream.once("error", () => undefined);
      stream.once("end", () => next());
      stream.resume();
    });
  }

  /** Takes a chunk, which must not change any more. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    const checked = this.#guard.write(chunk);
    if (checked.byteLength === 0 || this.#extract.write(checked)) return undefined;
    const drained = new Promise<void>((resolve) => {
      this.#extract.once("drain", () => resolve());
    });
    return Promise.race([drained, this.#finished]);
  }

  /** The entries in the archive's order. */
  async end(): Promise<LayerEntry[]> {
    this.#extract.end(this.#guard.end());
    await this.#finished;
    if (this.#failure !== undefined) throw this.#failure.error;
    const { offsets, sizes, wasm } = this.#guard.frames;
    const seen = this.#seen;
    if (offsets.length !== seen.offsets.length) throw this.reject("its entries are ambiguous");
    const entries: LayerEntry[] = [];
    for (const [i, entry] of seen.entries.entries()) {
      if (offsets[i] !== seen.offsets[i] || sizes[i] !== seen.sizes[i]) {
        throw this.reject("its entries are ambiguous");
      }
      if (entry === undefined) continue;
      const kind = wasm.get(i);
      entries.push(kind === undefined ? entry : { ...entry, wasm: kind });
    }
    return entries;
  }

  discard(): void {
    this.#extract.on("error", () => undefined);
    this.#extract.destroy();
  }

  /** Entries of one archive mostly have one time: it is made once. */
  #timeOf(header: TarStreamHeader): bigint {
    const ms = header.mtime.getTime();
    if (ms !== this.#lastMs || paxTime(header.pax) !== undefined) {
      this.#lastMs = paxTime(header.pax) === undefined ? ms : NaN;
      this.#lastTime = timeOf(header);
    }
    return this.#lastTime;
  }

  #take(header: TarStreamHeader): void {
    const entry = this.#entryOf(header);
    if (entry === undefined) this.ignored++;
    this.#seen.offsets.push(header.byteOffset);
    this.#seen.sizes.push(header.size);
    this.#seen.entries.push(entry);
  }

  #entryOf(header: TarStreamHeader): LayerEntry | undefined {
    const { name } = header;
    const rejectName: RejectTar = (problem) =>
      this.reject(`the entry ${JSON.stringify(printable(name))} ${problem}`);
    const path = entryPath(name, rejectName);
    const base = {
      path,
      type: "file" as LayerEntry["type"],
      mode: header.mode & 0o7777,
      size: 0,
      offset: 0,
      mtime: this.#timeOf(header),
      link: "",
    };
    if (path.startsWith(WHITEOUT, path.lastIndexOf("/") + 1)) {
      return this.#whiteoutOf(base, rejectName);
    }
    switch (header.type) {
      case "file":
      case "contiguous-file": {
        // How archives older than ustar write a directory.
        if (name.endsWith("/")) {
          if (header.size > 0) throw rejectName("is a directory with data");
          base.type = "directory";
          return base;
        }
        if (path === "/") throw rejectName("would replace the root");
        base.size = header.size;
        base.offset = header.byteOffset ?? 0;
        return base;
      }
      case "directory":
        base.type = "directory";
        return base;
      case "symlink":
      case "link": {
        if (path === "/") throw rejectName("would replace the root");
        const target = header.linkname;
        // Checked for its length and its names also where it is kept as it is.
        const absolute = entryPath(target, rejectName);
        base.type = header.type === "symlink" ? "symlink" : "hardlink";
        base.link = header.type === "symlink" ? target : absolute;
        return base;
      }
      default:
        return undefined;
    }
  }

  #whiteoutOf(base: Omit<LayerEntry, "wasm">, rejectName: RejectTar): LayerEntry | undefined {
    const name = baseName(base.path);
    const parent = parentPath(base.path);
    if (name === WHITEOUT_OPAQUE) return { ...base, type: "opaque", path: parent };
    if (name.startsWith(WHITEOUT_META)) return undefined;
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === "" || hidden === "." || hidden === "..") throw rejectName("hides nothing");
    return {
      ...base,
      type: "whiteout",
      path: parent === "/" ? `/${hidden}` : `${parent}/${hidden}`,
    };
  }
}

/** PAX gives fractions of a second; what is out of range is moved to its edge. */
function timeOf({ mtime, pax }: TarStreamHeader): bigint {
  const match = /^(-?)([0-9]{1,18})(?:\.([0-9]*))?$/.exec(paxTime(pax) ?? "");
  let time: bigint;
  if (match !== null) {
    const [, sign, seconds = "0", fraction = ""] = match;
    const size = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
    time = sign === "-" ? -size : size;
  } else {
    const ms = mtime.getTime();
    time = Number.isNaN(ms) ? 0n : BigInt(Math.trunc(ms)) * 1_000_000n;
  }
  if (time > MAX_TIME) return MAX_TIME;
  return time < -MAX_TIME ? -MAX_TIME : time;
}

function paxTime(pax: unknown): string | undefined {
  if (typeof pax !== "object" || pax === null || !("mtime" in pax)) return undefined;
  return typeof pax.mtime === "string" ? pax.mtime : undefined;
}
