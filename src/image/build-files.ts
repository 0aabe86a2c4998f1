import { constants, type Stats } from "node:fs";
import { lstat, open, readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { entryPath } from "../layer/entry-path.js";
import type { NewEntry } from "../layer/new-entry.js";
import { WHITEOUT } from "../layer/write-tar.js";

/** What is to lie at a path of a new image; checked. */
export type BuildFile =
  | { readonly kind: "content"; readonly bytes: Uint8Array; readonly mode: number | undefined }
  /** A file or folder of the host. */
  | { readonly kind: "source"; readonly source: string; readonly mode: number | undefined }
  | { readonly kind: "symlink"; readonly target: string };

/** A place in the image for which something was asked. */
interface Place {
  file: BuildFile | undefined;
  readonly children: Map<string, Place>;
}

/** What lies where, and what else the walk needs. */
interface Order {
  /** Nanoseconds since 1970, for all entries. */
  readonly mtime: bigint;
  /** Tells whether the base image has a directory there: it keeps its mode. */
  readonly hasDirectory: (path: string) => boolean;
}

/** As git has it: a file can be run or not; the host's other bits say nothing to a guest. */
const FILE_MODE = 0o644;
const PROGRAM_MODE = 0o755;
const DIRECTORY_MODE = 0o755;
/** Any of the three bits by which a host says that a file can be run. */
const RUNNABLE = 0o111;
/** Bytes read at once. */
const READ_BYTES = 256 * 1024;
/** Entries of a folder that are looked at together, and the size up to which a file is read with them. */
const AHEAD = 32;
const SMALL_BYTES = 64 * 1024;

/**
 * The entries of a layer with these files, always in the same order: a directory before what is in it,
 * names by their UTF-16 units. Folders of the host are read as the walk comes to them, so that nothing
 * but one directory's names is held; links in them are taken as links, and never followed.
 *
 * @param files - by absolute path; a path below a folder of the host replaces what that has there
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED` for what is no file, folder or link, what cannot be read
 * and what changes meanwhile
 */
export async function* buildEntries(
  files: ReadonlyMap<string, BuildFile>,
  order: Order,
): AsyncGenerator<NewEntry, void, undefined> {
  const root: Place = { file: undefined, children: new Map() };
  for (const [path, file] of files) placeAt(root, path).file = file;
  if (root.file?.kind === "source") yield* folder("", root, root.file.source, order);
  else yield* folder("", root, undefined, order);
}

/** What is at `path`, all of it: a directory's own entry is the caller's. */
async function* folder(
  path: string,
  place: Place | undefined,
  source: string | undefined,
  order: Order,
): AsyncGenerator<NewEntry, void, undefined> {
  const found = source === undefined ? [] : await namesIn(source);
  const here = new Set(found);
  const names = [...new Set([...found, ...(place?.children.keys() ?? [])])].toSorted();
  for (let at = 0; at < names.length; at += AHEAD) {
    const group = names.slice(at, at + AHEAD);
    // What is there by itself is looked at together: one after the other, the disk waits most of the time.
    const isAlone = (name: string): boolean => here.has(name) && place?.children.has(name) !== true;
    const looks = group.map(async (name) =>
      source !== undefined && isAlone(name) ? lookAhead(join(source, name)) : undefined,
    );
    const seen = await Promise.all(looks);
    for (const [i, name] of group.entries()) {
      const child = place?.children.get(name);
      const below = source !== undefined && here.has(name) ? join(source, name) : undefined;
      yield* entriesAt(`${path}/${name}`, child, below, order, seen[i]);
    }
  }
}

/** Something in a folder of the host; a small file with what is in it. */
interface Seen {
  readonly stats: Stats;
  readonly bytes: Uint8Array | undefined;
}

async function lookAhead(path: string): Promise<Seen> {
  const stats = await look(path, false);
  if (!stats.isFile() || stats.size > SMALL_BYTES) return { stats, bytes: undefined };
  const parts: Uint8Array[] = [];
  for await (const part of readSource(path, stats.size, false)) parts.push(part);
  return { stats, bytes: Buffer.concat(parts) };
}

async function* entriesAt(
  path: string,
  place: Place | undefined,
  source: string | undefined,
  order: Order,
  seen: Seen | undefined,
): AsyncGenerator<NewEntry, void, undefined> {
  const { mtime } = order;
  const file = place?.file;
  if (file?.kind === "symlink") {
    yield { type: "symlink", path, link: file.target, mtime };
    return;
  }
  if (file?.kind === "content") {
    const { bytes, mode = FILE_MODE } = file;
    yield { type: "file", path, mode, mtime, size: bytes.byteLength, content: () => [bytes] };
    return;
  }
  const host = file?.source ?? source;
  const found =
    host === undefined ? undefined : (seen?.stats ?? (await look(host, file !== undefined)));
  const hasMore = place !== undefined && place.children.size > 0;
  if (host === undefined || found === undefined || found.isDirectory() || hasMore) {
    const isFolder = found?.isDirectory() === true;
    if (isFolder) checkName(path, host ?? path);
    if (isFolder || !order.hasDirectory(path)) {
      yield { type: "directory", path, mode: DIRECTORY_MODE, mtime };
    }
    yield* folder(path, place, isFolder ? host : undefined, order);
    return;
  }
  checkName(path, host);
  if (found.isSymbolicLink()) {
    yield { type: "symlink", path, link: await readlink(host), mtime };
    return;
  }
  if (!found.isFile()) throw unusable(host, "it is neither a file, a folder nor a link");
  const { size } = found;
  const mode = file?.mode ?? ((found.mode & RUNNABLE) === 0 ? FILE_MODE : PROGRAM_MODE);
  const bytes = seen?.bytes;
  const content = () =>
    bytes === undefined ? readSource(host, size, file !== undefined) : [bytes];
  yield { type: "file", path, mode, mtime, size, content };
}

/** Reads a file of the host, which must have `size` bytes to the end. */
export async function* readSource(
  path: string,
  size: number,
  followLink: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const flags = constants.O_RDONLY | (followLink ? 0 : (constants.O_NOFOLLOW ?? 0));
  const file = await open(path, flags).catch((error: unknown) => {
    throw unusable(path, "it cannot be read", error);
  });
  try {
    let done = 0;
    for (;;) {
      // One byte more than there should be: a read that is short is the last.
      const wanted = Math.min(READ_BYTES, size - done + 1);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted);
      done += bytesRead;
      if (done > size || (bytesRead === 0 && done < size)) {
        throw unusable(path, "it changed while it was read");
      }
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      if (done === size && bytesRead < wanted) return;
    }
  } finally {
    await file.close();
  }
}

/** Makes the place of a path, and those above it. */
function placeAt(root: Place, path: string): Place {
  let place = root;
  for (const name of path.split("/").filter((segment) => segment !== "")) {
    const child = place.children.get(name) ?? { file: undefined, children: new Map() };
    place.children.set(name, child);
    place = child;
  }
  return place;
}

async function namesIn(source: string): Promise<readonly string[]> {
  try {
    return await readdir(source);
  } catch (error) {
    throw unusable(source, "it cannot be read", error);
  }
}

/** What the caller names himself may be a link to it; what is found in a folder is what it is. */
async function look(path: string, isNamed: boolean) {
  try {
    return await (isNamed ? stat(path) : lstat(path));
  } catch (error) {
    throw unusable(path, "it cannot be read", error);
  }
}

function checkName(path: string, host: string): void {
  entryPath(path, (problem) => unusable(host, `its path in the image ${problem}`));
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.startsWith(WHITEOUT)) {
    throw unusable(host, `a layer cannot hold a name that begins with ${WHITEOUT}`);
  }
}

function unusable(path: string, why: string, cause?: unknown): SafedockError {
  const source = printable(path);
  return new SafedockError("ERR_SOURCE_UNSUPPORTED", `Cannot build with ${source}: ${why}`, {
    data: { source },
    hint: "name regular files, and folders of files and links",
    cause,
  });
}
