import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { SafedockError } from "../base/errors.js";
import { FILETYPE_REGULAR_FILE, OPEN_READ, emptyStat } from "../fs/node.js";
import { openPath, statPath } from "../fs/path-calls.js";
import type { ModuleSource } from "../guest/compiled-module.js";
import type { ImageStore } from "../image/image-store.js";
import { resolveEntry, type Program as ImageProgram } from "../image/resolve-entry.js";
import { wasmKind } from "../layer/wasm-kind.js";
import type { OpenFiles } from "./container-host.js";
import type { Image } from "./image.js";

/** What a process runs: a module, its argv, and the function where it begins if not `_start`. */
export interface Program {
  readonly source: ModuleSource;
  readonly args: readonly string[];
  readonly entry?: string;
  /** Whether the module is a component. */
  readonly isComponent: boolean;
}

/** Programs remembered per image: an app execs a handful of them. */
const MAX_PROGRAMS = 64;

/** Bytes hashed before other work gets its turn: about 1 ms. */
const HASH_CHUNK_BYTES = 2 ** 20;

/**
 * The program of the image itself: `Entrypoint` with `args`, or the command line of an exec. What was
 * found before is remembered: a snapshot never changes.
 */
export async function findImageProgram(
  store: ImageStore,
  image: Image,
  args: readonly string[] | undefined,
  command: readonly string[] | undefined,
): Promise<Program> {
  const [word, ...rest] = command ?? [];
  const more = command === undefined ? args : rest;
  const key = programKey(word, args);
  let base = image.programs.get(key);
  if (base === undefined) {
    const open = await (image.opened ??= store.openImage(image.record));
    base = toProgram(
      await resolveEntry(open, {
        ...(more === undefined ? undefined : { args: [] }),
        ...(command === undefined ? undefined : { command: command.slice(0, 1) }),
      }),
    );
    if (image.programs.size >= MAX_PROGRAMS) image.programs.clear();
    image.programs.set(key, base);
  }
  return more === undefined || more.length === 0
    ? base
    : { ...base, args: [...base.args, ...more] };
}

/** What the program depends on: the word of an exec, or whether `args` replace the image's `Cmd`. */
function programKey(word: string | undefined, args: readonly string[] | undefined): string {
  if (word !== undefined) return `exec ${word}`;
  return args === undefined ? "cmd" : "args";
}

function toProgram({ module, args, entry }: ImageProgram): Program {
  const isComponent = module.kind === "component";
  return { source: module, args, isComponent, ...(entry === undefined ? undefined : { entry }) };
}

/**
 * The program as the container's files have it now: a mount may cover the image's, a process or the app
 * may have written it. Its bytes are read, for what is writable may change while it runs.
 */
export async function findWrittenProgram(
  files: OpenFiles,
  command: readonly string[],
  workingDirectory: string,
  maxBytes: number,
): Promise<Program | undefined> {
  const [word = ""] = command;
  const hash = word.lastIndexOf("#");
  const whole = await readProgram(files, word, workingDirectory, maxBytes);
  if (whole !== undefined) return { ...whole, args: command };
  if (hash <= 0 || hash === word.length - 1) return undefined;
  const name = word.slice(0, hash);
  const found = await readProgram(files, name, workingDirectory, maxBytes);
  if (found === undefined) return undefined;
  return { ...found, args: [name, ...command.slice(1)], entry: word.slice(hash + 1) };
}

async function readProgram(
  { root }: OpenFiles,
  word: string,
  workingDirectory: string,
  maxBytes: number,
): Promise<Pick<Program, "source" | "isComponent"> | undefined> {
  if (root === undefined || word === "" || word.includes("\0")) return undefined;
  const path = (word.startsWith("/") ? word : `${workingDirectory}/${word}`).replace(/^\/+/, "");
  const stat = emptyStat();
  if (statPath(root, path, true, stat) < 0 || stat.type !== FILETYPE_REGULAR_FILE) return undefined;
  if (stat.size > maxBytes) {
    throw new SafedockError(
      "ERR_MODULE_TOO_LARGE",
      `${word} has ${stat.size} bytes, the limit is ${maxBytes}`,
      {
        data: { module: word, size: stat.size, limit: maxBytes },
        hint: "raise limits.moduleBytes",
      },
    );
  }
  const file = openPath(root, path, true, OPEN_READ);
  if (typeof file === "number") return undefined;
  if (!("read" in file)) {
    file.close();
    return undefined;
  }
  const bytes = Buffer.allocUnsafe(stat.size);
  const digest = createHash("sha256");
  let done = 0;
  try {
    while (done < bytes.length) {
      const count = file.read(bytes, done, Math.min(HASH_CHUNK_BYTES, bytes.length - done), done);
      if (count <= 0) break;
      digest.update(bytes.subarray(done, done + count));
      done += count;
      if (done < bytes.length) await setImmediate();
    }
  } finally {
    file.close();
  }
  const found = bytes.subarray(0, done);
  const key = `sha256:${digest.digest("hex")}`;
  return {
    source: { bytes: found, key, name: word },
    isComponent: wasmKind(found) === "component",
  };
}
