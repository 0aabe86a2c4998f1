import { randomUUID } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of a path up to which directories are entered: with a name behind it no system finds it too long. */
const MAX_PATH_BYTES = 700;

/**
 * Removes a folder and what is in it, however deep: a guest makes folders within folders until no path
 * is short enough for them. Nothing there is fine too.
 */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!isCode(error, "ENAMETOOLONG")) throw error;
    await removeDeep(folder);
  }
}

/** Moves what is too deep up, next to the rest, until nothing is. */
async function removeDeep(folder: string): Promise<void> {
  const pending = [folder];
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    const moved = await moveUp(top, folder);
    if (moved.length > 0) {
      pending.push(...moved);
      continue;
    }
    await rm(top, { recursive: true, force: true });
    pending.pop();
  }
}

/** The new paths of the directories that lie too deep below `top`. */
async function moveUp(top: string, folder: string): Promise<string[]> {
  const moved: string[] = [];
  const open = [top];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const entry of await entriesOf(path)) {
      if (!entry.isDirectory()) continue;
      const child = join(path, entry.name);
      if (Buffer.byteLength(child) - Buffer.byteLength(folder) <= MAX_PATH_BYTES) {
        open.push(child);
        continue;
      }
      const higher = join(folder, randomUUID());
      if (await isDone(rename(child, higher))) moved.push(higher);
    }
  }
  return moved;
}

async function entriesOf(path: string): Promise<Dirent[]> {
  let entries: Dirent[] = [];
  await isDone(readdir(path, { withFileTypes: true }).then((found) => (entries = found)));
  return entries;
}

/** False where another process was quicker to remove it. */
async function isDone(step: Promise<unknown>): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
