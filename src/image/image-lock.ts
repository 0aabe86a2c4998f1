import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSafedockError, SafedockError } from "../base/errors.js";
import { throwProblems } from "../base/option-problems.js";
import { printable } from "../base/printable.js";
import { isDigest, type Digest } from "../oci/digest.js";
import { JsonNode } from "../oci/json-node.js";
import { formatReference, parseReference, type Reference } from "../oci/reference.js";
import { repeatedName } from "../trust/parse-signed-json.js";

/** What references pointed to when the lock was made: plain JSON, the content of a lock file. */
export interface ImageLock {
  readonly version: 1;
  /** Digests of manifests or indexes by full reference: `ghcr.io/acme/hello:1.2`. */
  readonly images: Readonly<Record<string, string>>;
}

/** A lock, checked. */
export type ReadLock = ReadonlyMap<string, Digest>;

/** Largest lock file, in bytes, and most images in it: 10,000 references of 200 bytes. */
const MAX_LOCK_BYTES = 4 * 2 ** 20;
const MAX_LOCKED = 10_000;
/** A pipe is told from a file only when it is open, and opening one waits for a writer else. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a lock file.
 *
 * @throws SafedockError `ERR_LOCK_INVALID`
 */
export async function readImageLock(path: string): Promise<ImageLock> {
  checkPath(path);
  const lock = parseLock(await readText(path), path);
  return toImageLock(lock);
}

/**
 * Writes a lock file: sorted, so that the same lock is the same bytes; whole or not at all.
 *
 * @throws SafedockError `ERR_LOCK_INVALID` for a lock that is none, or a folder that cannot be written to
 */
export async function writeImageLock(path: string, lock: ImageLock): Promise<void> {
  checkPath(path);
  const text = `${JSON.stringify(toImageLock(checkLock(lock, path)), undefined, 2)}\n`;
  const temporary = join(dirname(path), `.${randomUUID()}.lock-part`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw invalid(path, "it cannot be written", error);
  }
}

/** Reads what the `lock` option names: a lock, or the path of its file. */
export async function openLock(lock: ImageLock | string): Promise<ReadLock> {
  return typeof lock === "string"
    ? parseLock(await readText(lock), lock)
    : checkLock(lock, "the lock");
}

/** The digest that a reference is locked to; one that names a digest itself is not looked up. */
export function lockedDigest(lock: ReadLock, reference: Reference): Digest | undefined {
  return reference.digest ?? lock.get(formatReference(reference));
}

/** As plain JSON, by reference. */
export function toImageLock(lock: ReadLock): ImageLock {
  const images: Record<string, string> = Object.create(null);
  const sorted = Array.from(lock).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [reference, digest] of sorted) images[reference] = digest;
  return { version: 1, images };
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` */
function checkPath(path: unknown): void {
  if (typeof path === "string" && path !== "") return;
  throwProblems("lock file", ["path: must be the path of a file"]);
}

async function readText(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, READ_WITHOUT_WAITING);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw invalid(path, "it is no file");
      if (stat.size > MAX_LOCK_BYTES) {
        throw invalid(path, `it has ${stat.size} bytes, the limit is ${MAX_LOCK_BYTES}`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isSafedockError(error)) throw error;
    throw invalid(path, "it cannot be read", error);
  }
}

function parseLock(bytes: Uint8Array, path: string): ReadLock {
  const node = JsonNode.parse(bytes, MAX_LOCK_BYTES, (problem) => invalid(path, problem));
  if (repeatedName(Buffer.from(bytes).toString("utf8"))) {
    throw invalid(path, "an object in it has a member twice");
  }
  return checkLock(node.value, path);
}

function checkLock(value: unknown, path: string): ReadLock {
  const node = new JsonNode(value, "$", (problem) => invalid(path, problem)).object();
  if (node.required("version").value !== 1) node.fail("must have version 1");
  const images = node.required("images").object();
  const entries = Object.entries(images.value ?? {});
  if (entries.length > MAX_LOCKED) images.fail(`must have at most ${MAX_LOCKED} images`);
  const lock = new Map<string, Digest>();
  for (const [text, digest] of entries) {
    const reference = readReference(text);
    if (reference?.tag === undefined || reference.digest !== undefined) {
      return images.fail(`"${printable(text, 80)}" is no reference with a tag`);
    }
    if (!isDigest(digest)) return images.fail(`"${printable(text, 80)}" has no digest`);
    const name = formatReference(reference);
    if (lock.has(name)) images.fail(`"${printable(name, 80)}" stands there twice`);
    lock.set(name, digest);
  }
  return lock;
}

function readReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (isSafedockError(error)) return undefined;
    throw error;
  }
}

function invalid(path: string, problem: string, cause?: unknown): SafedockError {
  const shown = printable(path);
  return new SafedockError("ERR_LOCK_INVALID", `The lock ${shown} cannot be used: ${problem}`, {
    data: { path: shown, problem },
    hint: "make it anew with engine.lockImages and writeImageLock",
    cause,
  });
}
