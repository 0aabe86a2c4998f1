import { setImmediate } from "node:timers/promises";
import type { File } from "../fs/node.js";
import { fileError } from "./container-file-error.js";

/** Bytes moved before other work gets its turn: about 0.1 ms. */
const CHUNK_BYTES = 256 * 1024;

/** All that is in an open file; `path` is named in errors. */
export async function readContent(file: File, path: string): Promise<Buffer> {
  const content = Buffer.allocUnsafe(file.size());
  let done = 0;
  while (done < content.length) {
    const wanted = Math.min(CHUNK_BYTES, content.length - done);
    const count = file.read(content, done, wanted, done);
    if (count < 0) throw fileError("read", path, count);
    if (count === 0) break;
    done += count;
    if (done < content.length) await setImmediate();
  }
  return content.subarray(0, done);
}

/** Writes all of `content` into an open, empty file; `path` is named in errors. */
export async function writeContent(file: File, path: string, content: Uint8Array): Promise<void> {
  let done = 0;
  while (done < content.length) {
    const wanted = Math.min(CHUNK_BYTES, content.length - done);
    const count = file.write(content, done, wanted, done);
    if (count < 0) throw fileError("write", path, count);
    done += count;
    if (done < content.length) await setImmediate();
  }
}
