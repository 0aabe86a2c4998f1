import { stat } from "node:fs/promises";
import type { BuildFile } from "../image/build-files.js";
import { isRecord, type Problems, show } from "./problems.js";

/** Names in a path, in bytes, and names below each other: what a layer may have when it is pulled. */
const MAX_NAME_BYTES = 255;
const MAX_DEPTH = 256;
/** Linux's PATH_MAX. */
const MAX_PATH_BYTES = 4096;
const MAX_MODE = 0o7777;
/** A layer's markers for what was removed begin so. */
const WHITEOUT = ".wh.";
const LONE_SURROGATE = /\p{Cs}/u;

/**
 * The files of a new image by their normal paths, in copies that were checked: their sources are there.
 * Bytes are not copied; who changes them meanwhile builds with what they are then.
 */
export async function checkBuildFiles(
  files: unknown,
  problems: Problems,
): Promise<ReadonlyMap<string, BuildFile>> {
  const checked = new Map<string, BuildFile>();
  const named =
    files instanceof Map ? [...files] : isRecord(files) ? Object.entries(files) : undefined;
  if (named === undefined) {
    problems.add(`files: must be an object or a Map of files by path, not ${show(files)}`);
    return checked;
  }
  for (const [key, value] of named) {
    const at = `files[${show(key)}]`;
    const path = typeof key === "string" ? normalPath(at, key, problems) : undefined;
    if (typeof key !== "string") problems.add(`${at}: must be a path`);
    const file = await checkFile(at, value, problems);
    if (path === undefined || file === undefined) continue;
    if (checked.has(path)) problems.add(`${at}: there is another file for ${path}`);
    if (path === "/" && !(file.kind === "source")) problems.add(`${at}: would replace the root`);
    checked.set(path, file);
  }
  await checkNesting(checked, problems);
  return checked;
}

function normalPath(at: string, path: string, problems: Problems): string | undefined {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  const problem =
    (names.includes("..") && 'must not hold ".."') ||
    (path.includes("\0") && "must not hold a NUL character") ||
    (LONE_SURROGATE.test(path) && "must be valid Unicode") ||
    (names.some((name) => name.startsWith(WHITEOUT)) &&
      `must not hold a name that begins with ${WHITEOUT}`) ||
    (names.some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES) &&
      `has a name of more than ${MAX_NAME_BYTES} bytes`) ||
    (names.length > MAX_DEPTH && `lies deeper than ${MAX_DEPTH} directories`) ||
    (Buffer.byteLength(path) > MAX_PATH_BYTES && `is longer than ${MAX_PATH_BYTES} bytes`);
  if (problem === false) return `/${names.join("/")}`;
  problems.add(`${at}: ${problem}`);
  return undefined;
}

async function checkFile(
  at: string,
  file: unknown,
  problems: Problems,
): Promise<BuildFile | undefined> {
  if (typeof file === "string" || file instanceof Uint8Array) return content(file, undefined);
  if (!isRecord(file)) {
    problems.add(`${at}: must be text, bytes, or an object with source, content or symlink`);
    return undefined;
  }
  const { source, content: data, symlink, mode } = file;
  if (source !== undefined) {
    problems.keys(`${at}.`, file, ["source", "mode"]);
    return checkSource(at, source, mode, problems);
  }
  if (symlink !== undefined) {
    problems.keys(`${at}.`, file, ["symlink"]);
    if (typeof symlink === "string" && isTarget(symlink))
      return { kind: "symlink", target: symlink };
    problems.add(`${at}.symlink: must be a path of at most ${MAX_PATH_BYTES} bytes`);
    return undefined;
  }
  problems.keys(`${at}.`, file, ["content", "mode"]);
  if (typeof data === "string" || data instanceof Uint8Array) {
    return content(data, checkMode(at, mode, problems));
  }
  problems.add(`${at}: must have source, content or symlink`);
  return undefined;
}

function content(data: string | Uint8Array, mode: number | undefined): BuildFile {
  return { kind: "content", bytes: typeof data === "string" ? Buffer.from(data) : data, mode };
}

async function checkSource(
  at: string,
  source: unknown,
  mode: unknown,
  problems: Problems,
): Promise<BuildFile | undefined> {
  if (typeof source !== "string" || source === "") {
    problems.add(`${at}.source: must be the path of a file or folder, not ${show(source)}`);
    return undefined;
  }
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) problems.add(`${at}.source: ${show(source)} cannot be read`);
  else if (found.isDirectory() && mode !== undefined) {
    problems.add(`${at}.mode: is for a file alone, ${show(source)} is a folder`);
  } else if (!found.isDirectory() && !found.isFile()) {
    problems.add(`${at}.source: ${show(source)} is neither a file nor a folder`);
  }
  return { kind: "source", source, mode: checkMode(at, mode, problems) };
}

function checkMode(at: string, mode: unknown, problems: Problems): number | undefined {
  return problems.integer(`${at}.mode`, mode, 0, MAX_MODE, undefined);
}

function isTarget(target: string): boolean {
  return (
    target !== "" &&
    !target.includes("\0") &&
    !LONE_SURROGATE.test(target) &&
    Buffer.byteLength(target) < MAX_PATH_BYTES &&
    target.split("/").every((name) => Buffer.byteLength(name) <= MAX_NAME_BYTES)
  );
}

/** Nothing can lie below a file or a link that was asked for as well. */
async function checkNesting(
  files: ReadonlyMap<string, BuildFile>,
  problems: Problems,
): Promise<void> {
  const leaves = new Set<string>();
  for (const [path, file] of files) if (!(await isFolder(file))) leaves.add(path);
  for (const path of files.keys()) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const above = path.slice(0, end);
      if (leaves.has(above)) problems.add(`files[${show(path)}]: ${above} is no folder`);
    }
    if (path !== "/" && leaves.has("/")) problems.add(`files["/"]: must be a folder`);
  }
}

async function isFolder(file: BuildFile): Promise<boolean> {
  if (file.kind !== "source") return false;
  const found = await stat(file.source).catch(() => undefined);
  return found === undefined || found.isDirectory();
}
