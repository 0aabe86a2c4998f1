import { EEXIST, EIO, type Errno } from "../errno.js";
import {
  emptyStat,
  FILETYPE_REGULAR_FILE,
  OPEN_APPEND,
  OPEN_CREATE,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_WRITE,
  type Directory,
  type File,
  type Stat,
} from "../node.js";
import type { BoardRecord } from "../writable-board.js";
import type { AttributeTable } from "./attribute-table.js";
import type { Attributes } from "./attributes.js";

const FILE_NAME = "attributes";
const NEW_NAME = "attributes.new";
/** Six Uint64: key, number, atime, mtime, ctime, and who wrote it. */
const RECORD_BYTES = 48;
/** Set in the last one when the file is gone: its key may be another's by now, its number is not. */
const GONE = 1n << 63n;
/** 3 MiB of records that say nothing any more, and as many as there are files, before they are left out. */
const MIN_STALE_RECORDS = 65_536;
/** Records written at once. */
const BATCH_RECORDS = 1024;

const stat: Stat = emptyStat();
/** One for the thread: nothing is kept in it between two calls. */
let batch: Buffer | undefined;

/**
 * Attributes in a file of the layer's own directory, so that the processes of a container, one after the
 * other or at once, show the same. It grows by whole records, each written at once; the last one of a
 * file holds. The board's count of notes says whether there is something new in it.
 *
 * A number or a time that was given is noted right away, the time of a write with the end of the process.
 */
export class AttributeJournal {
  readonly #base: () => Directory | Errno;
  readonly #record: BoardRecord;
  readonly #table: AttributeTable;
  /** Marks what this one has written: unlike all others of the container; 0 while it has not. */
  #writer = 0n;
  #file: File | undefined;
  #unsaved: Attributes[] = [];
  /** The count of notes that were seen. */
  #seen = 0;
  /** Bytes of the file that are in the table. */
  #read = 0;
  /** Records that this one has written since the file was made anew. */
  #written = 0;

  /** `base` opens the directory in which the file is. */
  constructor(base: () => Directory | Errno, record: BoardRecord, table: AttributeTable) {
    this.#base = base;
    this.#record = record;
    this.#table = table;
  }

  /** A number that no file of the container has had. */
  nextNumber(): bigint {
    return BigInt(this.#note() >>> 0);
  }

  /** Reads what others have noted. */
  refresh(): void {
    const notes = this.#record.notes();
    if (notes === this.#seen) return;
    this.#seen = notes;
    const file = this.#open();
    if (typeof file === "number") return;
    if (file.stat(stat) === 0 && stat.nlink === 0) {
      this.#reopen();
      this.#seen = -1;
      return this.refresh();
    }
    this.#readTo(file, stat.size);
  }

  /** Notes attributes now. */
  save(attributes: Attributes): void {
    attributes.unsaved = false;
    this.#encode(attributes, 0);
    this.#append(1);
  }

  /** Notes attributes with the end of the process. */
  saveLater(attributes: Attributes): void {
    if (attributes.unsaved) return;
    attributes.unsaved = true;
    this.#unsaved.push(attributes);
  }

  close(): void {
    this.#saveAll(this.#unsaved.splice(0));
    this.#file?.close();
    this.#file = undefined;
  }

  #saveAll(all: Iterable<Attributes>): void {
    let count = 0;
    for (const attributes of all) {
      attributes.unsaved = false;
      this.#encode(attributes, count++);
      if (count < BATCH_RECORDS) continue;
      this.#append(count);
      count = 0;
    }
    if (count > 0) this.#append(count);
  }

  #append(count: number): void {
    const file = this.#open();
    if (typeof file === "number" || batch === undefined) return;
    // A full disk loses what is noted for later processes, nothing else.
    file.append(batch, 0, count * RECORD_BYTES);
    this.#note();
    this.#written += count;
    if (this.#written > MIN_STALE_RECORDS + 2 * this.#table.size) this.#compact();
  }

  /** Counts one note more: the new count. */
  #note(): number {
    const notes = this.#record.noted();
    // Else somebody has noted something in between, which `refresh` is to see.
    if (notes === ((this.#seen + 1) | 0)) this.#seen = notes;
    return notes;
  }

  #encode({ key, number, times, gone }: Attributes, index: number): void {
    if (this.#writer === 0n) this.#writer = this.nextNumber();
    const at = index * RECORD_BYTES;
    batch ??= Buffer.alloc(BATCH_RECORDS * RECORD_BYTES);
    batch.writeBigUInt64LE(BigInt.asUintN(64, key), at);
    batch.writeBigUInt64LE(number, at + 8);
    batch.writeBigUInt64LE(BigInt.asUintN(64, times?.atime ?? 0n), at + 16);
    batch.writeBigUInt64LE(BigInt.asUintN(64, times?.mtime ?? 0n), at + 24);
    batch.writeBigUInt64LE(BigInt.asUintN(64, times?.ctime ?? 0n), at + 32);
    batch.writeBigUInt64LE(gone ? this.#writer | GONE : this.#writer, at + 40);
  }

  #readTo(file: File, size: number): void {
    const length = size - (size % RECORD_BYTES) - this.#read;
    if (length <= 0) return;
    const bytes = Buffer.allocUnsafe(length);
    if (file.read(bytes, 0, length, this.#read) !== length) return;
    this.#read += length;
    for (let at = 0; at < length; at += RECORD_BYTES) this.#apply(bytes, at);
  }

  #apply(bytes: Buffer, at: number): void {
    const mark = bytes.readBigUInt64LE(at + 40);
    if ((mark & ~GONE) === this.#writer) return;
    const key = bytes.readBigUInt64LE(at);
    const number = bytes.readBigUInt64LE(at + 8);
    const known = this.#table.get(key);
    if ((mark & GONE) !== 0n) {
      if (known?.number === number) this.#table.forget(known);
      return;
    }
    const times = {
      atime: bytes.readBigUInt64LE(at + 16),
      mtime: bytes.readBigUInt64LE(at + 24),
      ctime: bytes.readBigUInt64LE(at + 32),
    };
    if (known?.number !== number) this.#table.add(key, number, times);
    // In place: open files hold on to it.
    else known.times = times;
  }

  #open(): File | Errno {
    if (this.#file !== undefined) return this.#file;
    const base = this.#base();
    if (typeof base === "number") return base;
    const file = openIn(base, FILE_NAME, OPEN_APPEND);
    if (typeof file !== "number") this.#file = file;
    return file;
  }

  #reopen(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#read = 0;
  }

  /** Puts a file in place of it that has one record for each file that there is. */
  #compact(): void {
    this.#written = 0;
    const base = this.#base();
    if (typeof base === "number") return;
    const file = openIn(base, NEW_NAME, OPEN_EXCLUSIVE);
    if (typeof file === "number") {
      // Left by a worker that has died, or another one is at it.
      if (file === -EEXIST) base.unlink(NEW_NAME);
      return;
    }
    this.#reopen();
    this.#file = file;
    const live = [...this.#table.values()].filter(({ gone }) => !gone);
    this.#unsaved = [];
    this.#saveAll(live);
    this.#written = 0;
    base.rename(NEW_NAME, base, FILE_NAME);
  }
}

function openIn(base: Directory, name: string, flags: number): File | Errno {
  const file = base.open(name, flags | OPEN_READ | OPEN_WRITE | OPEN_CREATE);
  if (typeof file === "number") return file;
  return file.type === FILETYPE_REGULAR_FILE ? file : -EIO;
}
