import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { ContentStore } from "../content/content-store.js";
import { errorCodeOf } from "../content/process-identity.js";

/**
 * Writes a value as JSON, all of it or nothing, with the SHA-256 of its text in a line of its own: a value
 * that the disk has changed by one bit may well be JSON still.
 */
export async function writeStored(
  content: ContentStore,
  path: string,
  value: unknown,
): Promise<void> {
  const temporary = content.temporary.newPath();
  const text = JSON.stringify(value);
  try {
    await writeFile(temporary, `${text}\n${checksum(text)}\n`, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** `undefined` for what is not there or damaged: such a record is pulled again. */
export async function readStored(path: string): Promise<unknown> {
  try {
    const [text = "", sum = "", ...others] = (await readFile(path, "utf8")).split("\n");
    // A file of an older version has no checksum.
    const isWhole = sum === "" ? others.length === 0 : sum === checksum(text);
    if (!isWhole) return undefined;
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError || errorCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
