import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { WritableStream } from "node:stream/web";
import { createGzip } from "node:zlib";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { errorCodeOf } from "../content/process-identity.js";

/** Where an archive goes: a file, or a stream, which is ended (`process.stdout` is not). */
export type ArchiveTarget = string | Writable | WritableStream<Uint8Array>;

/** How an archive is compressed as a whole. */
export type ArchiveCompression = "none" | "gzip";

export interface WriteTargetOptions {
  readonly compression?: ArchiveCompression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a stream of bytes to a file or a stream, as fast as that takes it. A file is there in full or not
 * at all: it is written beside its place and renamed. A stream is destroyed if not all could be written, so
 * that its reader does not take the piece for the whole.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` for a path that cannot be written; the signal's reason
 */
export async function writeTarget(
  target: ArchiveTarget,
  bytes: AsyncIterable<Uint8Array>,
  options: WriteTargetOptions,
): Promise<void> {
  const { signal } = options;
  try {
    if (typeof target !== "string") await pipe(bytes, target, options);
    // Renaming would put a file in the place of the pipe or of `/dev/stdout`.
    else if (await isSpecial(target)) await pipe(bytes, createWriteStream(target), options);
    else await writeFile(target, bytes, options);
  } catch (error) {
    // The pipeline has an error of its own for it.
    signal?.throwIfAborted();
    throw error;
  }
}

async function writeFile(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  options: WriteTargetOptions,
): Promise<void> {
  const name = `.${basename(path)}.${randomBytes(6).toString("hex")}.part`;
  const temporary = join(dirname(path), name);
  // Created before the first byte is asked for: a folder that is missing is said at once.
  const file = await open(temporary, "wx").catch((error: unknown) => {
    throw unwritable(path, error);
  });
  try {
    await pipe(bytes, createWriteStream(temporary, { fd: file, flush: true }), options);
    await rename(temporary, path).catch((error: unknown) => {
      throw unwritable(path, error);
    });
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A pipe, a socket, a device: what is there and is neither a file nor a folder. */
async function isSpecial(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

function pipe(
  bytes: AsyncIterable<Uint8Array>,
  target: Writable | WritableStream<Uint8Array>,
  { compression = "none", signal }: WriteTargetOptions,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  // The web's type is wider here than Node's, which has a newer one in it.
  const writable = target as Writable;
  return compression === "gzip"
    ? pipeline(bytes, createGzip(), writable, call)
    : pipeline(bytes, writable, call);
}

function unwritable(path: string, cause: unknown): SafedockError {
  const why = errorCodeOf(cause) ?? "unknown error";
  const problem = `target: ${printable(path)} cannot be written (${why})`;
  return new SafedockError("ERR_OPTIONS_INVALID", problem, {
    data: { problems: [problem] },
    cause,
  });
}
