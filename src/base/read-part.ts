import { closeSync, openSync, readSync } from "node:fs";

/** Some bytes of a host file. */
export interface FilePart {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Reads them at once, for a thread that has nothing else to do; throws where the file ends before. */
export function readPart({ file, offset, length }: FilePart): Uint8Array {
  const bytes = new Uint8Array(length);
  const fd = openSync(file, "r");
  try {
    for (let done = 0; done < length;) {
      const count = readSync(fd, bytes, done, length - done, offset + done);
      if (count === 0) throw new Error(`${file} ends after ${offset + done} bytes`);
      done += count;
    }
  } finally {
    closeSync(fd);
  }
  return bytes;
}
