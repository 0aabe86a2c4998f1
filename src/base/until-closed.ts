import type { WriteStream } from "node:fs";

/** Settles when a file's stream has let go of it: one that fails early may still be creating the file. */
export function untilClosed(file: WriteStream): Promise<void> {
  if (file.closed) return Promise.resolve();
  return new Promise((resolve) => {
    file.once("close", () => resolve());
  });
}
