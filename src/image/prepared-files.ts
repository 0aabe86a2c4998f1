import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContentStore } from "../content/content-store.js";
import { errorCodeOf } from "../content/process-identity.js";
import { digestHex, isDigest, type Digest } from "../oci/digest.js";

/** Where a component lies: in which tar or blob, from where, how long. */
const PLACE = /^(?<diffId>sha(?:256|512):[0-9a-f]+):(?<part>[0-9]+:[0-9]+)$/;

/** Variants kept of one component, for several versions of Safedock, jco and Node that share a store. */
const MAX_VARIANTS = 4;
/** Times that a folder is made again which another process has just removed as garbage. */
const MAX_TRIES = 3;

/**
 * What was prepared of the components in a store's images, as files that are whole or not there. They are
 * derived: whoever finds one missing or damaged makes it again.
 *
 *     components/<hex of the DiffID>/<offset>-<length>   digest of the component there
 *     prepared/<hex of the component>/<variant>          what was made of it
 *
 * The first saves reading a component to know it, and says which image needs it.
 */
export class PreparedFiles {
  constructor(private readonly content: ContentStore) {}

  /** The folder of all that is prepared. */
  get folder(): string {
    return this.content.layout.prepared;
  }

  /** A path for a file that is not complete yet. */
  newPath(): string {
    return this.content.temporary.newPath();
  }

  path(component: Digest, variant: string): string {
    return join(this.folder, digestHex(component), variant);
  }

  /**
   * Digest of the component at a place, if it was prepared before.
   *
   * @param place - key of the module's source: `<DiffID>:<offset>:<length>`
   */
  async digestAt(place: string): Promise<Digest | undefined> {
    const path = this.#placePath(place);
    const text = path === undefined ? undefined : await readText(path);
    return isDigest(text) ? text : undefined;
  }

  /** Says which component lies at a place; nothing for what lies in no image. */
  async setDigestAt(place: string, component: Digest): Promise<void> {
    const path = this.#placePath(place);
    if (path === undefined) return;
    await this.#put(path, async (temporary) => writeFile(temporary, component));
  }

  /** Puts a file that is complete to where it belongs; others may do so at the same time. */
  async commit(temporary: string, component: Digest, variant: string): Promise<void> {
    const path = this.path(component, variant);
    await moveInto(temporary, path);
    await removeOldest(join(path, ".."));
  }

  /** Removes a file that turned out to be damaged. */
  async discard(component: Digest, variant: string): Promise<void> {
    await rm(this.path(component, variant), { force: true });
  }

  async #put(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = this.newPath();
    try {
      await write(temporary);
      await moveInto(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  #placePath(place: string): string | undefined {
    const { diffId, part } = PLACE.exec(place)?.groups ?? {};
    if (!isDigest(diffId) || part === undefined) return undefined;
    return join(this.content.layout.components, digestHex(diffId), part.replace(":", "-"));
  }
}

/** The components that were prepared of a layer. */
export async function componentsOf(content: ContentStore, diffId: Digest): Promise<Digest[]> {
  const folder = join(content.layout.components, digestHex(diffId));
  const found: Digest[] = [];
  for (const name of await namesIn(folder)) {
    const text = await readText(join(folder, name));
    if (isDigest(text)) found.push(text);
  }
  return found;
}

async function moveInto(temporary: string, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
    try {
      return await rename(temporary, path);
    } catch (error) {
      const code = errorCodeOf(error);
      // Windows refuses to replace what another process has put there; it is the same.
      if (code !== "ENOENT" && (await isThere(path))) return;
      if (code !== "ENOENT" || tries === MAX_TRIES) throw error;
    }
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = await namesIn(folder);
  if (names.length <= MAX_VARIANTS) return;
  const times = names.map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined);
    return { name, time: found?.mtimeMs ?? 0 };
  });
  const oldest = (await Promise.all(times)).sort((a, b) => b.time - a.time).slice(MAX_VARIANTS);
  for (const { name } of oldest) await rm(join(folder, name), { force: true });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}
