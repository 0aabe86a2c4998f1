import { posix } from "node:path";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { wasmKind, type WasmKind } from "../layer/wasm-kind.js";
import { TREE_FILE, type Tree } from "../tree/tree.js";
import { describeBytes } from "./describe-bytes.js";
import type { ImageRecord } from "./image-record.js";
import { readHead } from "./module-layer.js";
import { shellLine, shellWords } from "./shell-words.js";

/** A module's bytes: a part of a host file. */
export interface ImageModuleSource {
  /** Host path of the tar, or of the blob that is the module. */
  readonly file: string;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
  /** The same for the same bytes: `<digest of the file>:<offset>:<length>`. */
  readonly key: string;
  /** Absolute path in the image, links followed. */
  readonly name: string;
  readonly kind: WasmKind;
}

/** What a command line runs. */
export interface Program {
  readonly module: ImageModuleSource;
  /** All words of the command line; the first names the program as the image or the caller wrote it. */
  readonly args: readonly string[];
  /** Exported function that the first word named behind a "#". */
  readonly entry?: string;
}

/** An image that is open: its tree, and where the tree's data lies. */
export interface OpenImage {
  readonly record: ImageRecord;
  readonly tree: Tree;
  /** Host paths, by layer number. */
  readonly blobs: readonly string[];
}

export interface ResolveEntryOptions {
  /** Replaces the image's `Cmd`, as the words behind `docker run IMAGE` do. */
  readonly args?: readonly string[];
  /** A whole command line in place of `Entrypoint` and `Cmd`, as for `docker exec`. */
  readonly command?: readonly string[];
}

/** Most modules that an error lists. */
const MAX_LISTED = 8;

/**
 * Finds the module that a command line runs, and completes the command line.
 *
 * - `command`, or else `Entrypoint` followed by `args` or `Cmd`
 * - without an `Entrypoint` the first word of `Cmd` is the program, and `args` replace the others;
 *   without both the only WebAssembly file of the image is the program
 * - the program is a path in the image: absolute, or below `WorkingDir`; a bare name is also looked for
 *   in the folders of the image's `PATH`, and in the root. Symbolic links stay inside the image.
 * - `file.wasm#name` asks for the exported function `name`
 * - a command in shell form (`/bin/sh -c "/hello.wasm --fast"`) is taken word for word, unless the image
 *   has a shell that is WebAssembly; what takes a shell to understand is refused
 *
 * @throws SafedockError `ERR_ENTRYPOINT_MISSING` if there is no such file or none is named,
 * `ERR_IMAGE_NO_WASM`, `ERR_MODULE_INVALID` if the file is something else (says what)
 */
export async function resolveEntry(
  image: OpenImage,
  options: ResolveEntryOptions = {},
): Promise<Program> {
  const [program, ...rest] = commandLine(image, options);
  const { record: found, entry, word } = findProgram(image, program);
  const module = await openModule(image, found, word);
  return { module, args: [word, ...rest], ...(entry !== undefined ? { entry } : {}) };
}

function commandLine(
  image: OpenImage,
  { args, command }: ResolveEntryOptions,
): readonly [string, ...string[]] {
  const { config, modules, reference, digest } = image.record;
  const [entrypoint, ...entrypointArgs] = command ?? config.Entrypoint ?? [];
  if (command !== undefined) {
    if (entrypoint === undefined) throw missing("", "the command has no words");
    return [entrypoint, ...entrypointArgs];
  }
  const line = wordsOfLine(image, config.Entrypoint ?? []);
  // As with Docker, the image's Cmd has no place behind an Entrypoint in shell form.
  if (line !== undefined) return [...line, ...(args ?? [])];
  const cmdWords = config.Cmd ?? [];
  const [cmd, ...cmdArgs] =
    entrypoint === undefined ? (wordsOfLine(image, cmdWords) ?? cmdWords) : cmdWords;
  if (entrypoint !== undefined) {
    return [entrypoint, ...entrypointArgs, ...(args ?? config.Cmd ?? [])];
  }
  if (cmd !== undefined) return [cmd, ...(args ?? cmdArgs)];
  const [only, ...others] = modules;
  if (only === undefined) {
    const name = reference ?? digest;
    throw new SafedockError("ERR_IMAGE_NO_WASM", `${name} has no WebAssembly file`, {
      data: { reference: name },
    });
  }
  if (others.length > 0) {
    const paths = modules.slice(0, MAX_LISTED).map(({ path }) => printable(path, 100));
    const list = modules.length > MAX_LISTED ? [...paths, "…"] : paths;
    throw missing("", `the image names no program and has several: ${list.join(", ")}`);
  }
  return [only.path, ...(args ?? [])];
}

/** The words of a command in shell form; `undefined` if it is none, or the image has its own shell. */
function wordsOfLine(
  image: OpenImage,
  words: readonly string[],
): readonly [string, ...string[]] | undefined {
  const line = shellLine(words);
  if (line === undefined) return undefined;
  const { tree, record } = image;
  const shell = lookUp(image, words[0] ?? "");
  const path = shell === undefined ? undefined : tree.path(shell);
  if (record.modules.some((module) => module.path === path)) return undefined;
  const found = shellWords(line);
  if (found !== undefined) return found;
  throw missing(words.join(" "), "its command line takes a shell to understand");
}

function findProgram(image: OpenImage, word: string) {
  const literal = lookUp(image, word);
  if (literal !== undefined) return { record: literal, entry: undefined, word };
  const hash = word.lastIndexOf("#");
  const name = word.slice(0, Math.max(hash, 0));
  const record = name === "" ? undefined : lookUp(image, name);
  const entry = word.slice(hash + 1);
  if (record === undefined || entry === "") {
    const paths = image.record.modules.slice(0, MAX_LISTED).map(({ path }) => printable(path, 100));
    throw missing(word, `the image has no such file; its modules are ${paths.join(", ")}`);
  }
  return { record, entry, word: name };
}

function lookUp({ record, tree }: OpenImage, name: string): number | undefined {
  const { WorkingDir = "/", Env = [] } = record.config;
  const candidates = [posix.resolve("/", WorkingDir, name)];
  if (!name.includes("/")) {
    const path = Env.findLast((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? "";
    for (const folder of path.split(":")) {
      if (folder.startsWith("/")) candidates.push(posix.join(folder, name));
    }
    candidates.push(`/${name}`);
  }
  // A trailing "/" asks for a directory, which is never a program.
  if (name === "" || name.endsWith("/") || name.includes("\0")) return undefined;
  const found = candidates.map((path) => tree.resolve(path)).find((entry) => entry >= 0);
  return found;
}

/**
 * The module at a path of an image.
 *
 * @throws SafedockError `ERR_ENTRYPOINT_MISSING`, `ERR_MODULE_INVALID`
 */
export async function openModuleAt(image: OpenImage, path: string): Promise<ImageModuleSource> {
  const found = image.tree.resolve(path);
  if (found < 0) throw missing(path, "the image has no such file");
  return openModule(image, found, path);
}

async function openModule(
  { tree, blobs, record }: OpenImage,
  found: number,
  word: string,
): Promise<ImageModuleSource> {
  const name = tree.path(found);
  if (tree.type(found) !== TREE_FILE) throw missing(word, "it is a directory");
  const number = tree.blob(found);
  const file = blobs[number];
  const layer = record.layers[number];
  if (file === undefined || layer === undefined) {
    throw new SafedockError("ERR_STORE_INVALID", `The image's tree and its layers do not agree`, {
      data: { path: record.digest },
      hint: "remove the image and pull it again",
    });
  }
  const offset = tree.offset(found);
  const length = tree.size(found);
  const head = await readHead(file, offset, length);
  const kind = wasmKind(head);
  if (kind === undefined) {
    const problem = `it is ${describeBytes(head)}`;
    const module = printable(name);
    throw new SafedockError("ERR_MODULE_INVALID", `${module} cannot be run: ${problem}`, {
      data: { module, problem },
    });
  }
  return { file, offset, length, key: `${layer.diffId}:${offset}:${length}`, name, kind };
}

function missing(word: string, why: string): SafedockError {
  const entrypoint = printable(word);
  const what = word === "" ? "There is nothing to run" : `Cannot run "${entrypoint}"`;
  return new SafedockError("ERR_ENTRYPOINT_MISSING", `${what}: ${why}`, {
    data: { entrypoint },
    hint: "name a WebAssembly file of the image",
  });
}
