import * as fs from "node:fs";
import { EIO, type Errno } from "../errno.js";

/** Descriptors of blobs open at once in one worker: images have some ten layers, and pools some ten workers. */
const MAX_OPEN_BLOBS = 32;
/** Blobs known at once in one worker; a known blob costs some 200 bytes. */
const MAX_KNOWN_BLOBS = 1024;

/** One blob of the content store, opened when first read and closed when others need the descriptor. */
export class BlobFile {
  readonly path: string;
  #descriptor = -1;

  constructor(path: string) {
    this.path = path;
  }

  /** Reads until `length` bytes are there or the blob ends; their count, or -EIO. */
  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    let done = 0;
    try {
      const descriptor = this.#descriptor < 0 ? this.#open() : this.#descriptor;
      while (done < length) {
        const count = fs.readSync(descriptor, dst, offset + done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch {
      return -EIO;
    }
    return done;
  }

  close(): Errno {
    if (this.#descriptor >= 0) {
      open.delete(this);
      fs.closeSync(this.#descriptor);
      this.#descriptor = -1;
    }
    return 0;
  }

  #open(): number {
    // The set keeps its order: the first is the one opened longest ago.
    for (const oldest of open) {
      if (open.size < MAX_OPEN_BLOBS) break;
      oldest.close();
    }
    this.#descriptor = fs.openSync(this.path, fs.constants.O_RDONLY);
    open.add(this);
    return this.#descriptor;
  }
}

const open = new Set<BlobFile>();
const known = new Map<string, BlobFile>();

/** The blob at a host path: one object per path, so that snapshots share descriptors. */
export function blobFile(path: string): BlobFile {
  let blob = known.get(path);
  if (blob === undefined) {
    if (known.size >= MAX_KNOWN_BLOBS) known.clear(); // those in use live on with their snapshots
    blob = new BlobFile(path);
    known.set(path, blob);
  }
  return blob;
}

/** Closes every blob's descriptor; they are opened again when read. */
export function closeBlobs(): void {
  for (const blob of open) blob.close();
}
