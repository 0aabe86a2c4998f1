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
import {
  decodeRecord,
  encodeRecord,
  RECORD_BYTES,
  RECORD_WORDS,
  SavedAttributes,
  type SavedRecord,
} from "./saved-attributes.js";

const FILE_NAME = "attributes";
const NEW_NAME = "attributes.new";
/** 3 MiB of records that say nothing any more, and as many as there are files, before they are left out. */
const MIN_STALE_RECORDS = 65_536;
/** Records written at once. */
const BATCH_RECORDS = 1024;

const stat: Stat = emptyStat();
/** One for the thread: nothing is kept in it between two calls. */
let batch: BigUint64Array<ArrayBuffer> | undefined;

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
  readonly #saved = new SavedAttributes();
  /** Marks what this one has written: unlike all others of the container; 0 while it has not. */
  #writer = 0n;
  #file: File | undefined;
  #unsaved: Attributes[] = [];
  /** The count of notes that were seen. */
  #seen = 0;
  /** Bytes of the file that were read. */
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

  /** What was noted of a file. */
  find(key: bigint): Attributes | undefined {
    const saved = this.#saved.take(key);
    return saved === undefined ? undefined : this.#table.add(key, saved.number, saved.times);
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
    file.append(new Uint8Array(batch.buffer), 0, count * RECORD_BYTES);
    this.#note();
    this.#written += count;
    const files = this.#table.size + this.#saved.size;
    if (this.#written > MIN_STALE_RECORDS + 2 * files) this.#compact();
  }

  /** Counts one note more: the new count. */
  #note(): number {
    const notes = this.#record.noted();
    // Else somebody has noted something in between, which `refresh` is to see.
    if (notes === ((this.#seen + 1) | 0)) this.#seen = notes;
    return notes;
  }

  #encode(attributes: Attributes, index: number): void {
    if (this.#writer === 0n) this.#writer = this.nextNumber();
    batch ??= new BigUint64Array(BATCH_RECORDS * RECORD_WORDS);
    encodeRecord(batch, index, attributes, this.#writer);
  }

  #readTo(file: File, size: number): void {
    const length = size - (size % RECORD_BYTES) - this.#read;
    if (length <= 0) return;
    const words = new BigUint64Array(length / 8);
    const bytes = new Uint8Array(words.buffer);
    if (file.read(bytes, 0, length, this.#read) !== length) return;
    const first = this.#read === 0 && this.#writer === 0n && this.#table.size === 0;
    this.#read += length;
    if (first) return this.#saved.load(words);
    for (let index = 0; index < length / RECORD_BYTES; index++) {
      this.#apply(decodeRecord(words, index));
    }
  }

  #apply({ key, number, times, gone, writer }: SavedRecord): void {
    if (writer === this.#writer) return;
    const known = this.#table.get(key) ?? this.find(key);
    if (gone) {
      if (known?.number === number) this.#table.forget(known);
    } else if (known?.number === number) {
      // In place: open files hold on to it.
      known.times = times;
    } else {
      this.#table.add(key, number, times);
    }
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
    for (const { key, number, times } of this.#saved.takeAll()) {
      this.#table.add(key, number, times);
    }
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
