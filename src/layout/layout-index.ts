import { randomBytes } from "node:crypto";
import { link, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { errorCodeOf } from "../content/process-identity.js";
import type { Descriptor } from "../oci/descriptor.js";
import { JsonNode } from "../oci/json-node.js";
import { MAX_INDEX_MANIFESTS, MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { OCI_INDEX } from "../oci/media-types.js";
import { withFolderLock } from "./folder-lock.js";
import { INDEX_FILE, LAYOUT_CONTENT, LAYOUT_FILE } from "./oci-archive.js";

/** Largest `oci-layout` file, in bytes: it holds one version. */
const MAX_LAYOUT_FILE_BYTES = 4096;
const EMPTY_INDEX = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });

/** What `index.json` is to become: entries that stay, by their place in it, and new ones behind them. */
export interface IndexChange {
  readonly keep: (entry: Descriptor) => boolean;
  readonly added: readonly Descriptor[];
}

/** Makes the files of an empty layout, those that are missing. */
export async function createLayout(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await putIfMissing(join(folder, INDEX_FILE), EMPTY_INDEX);
  await putIfMissing(join(folder, LAYOUT_FILE), LAYOUT_CONTENT);
}

/** @throws SafedockError `ERR_SOURCE_UNSUPPORTED` for a folder that is no layout of version 1 */
export async function checkLayout(folder: string): Promise<void> {
  const bytes = await readCapped(folder, LAYOUT_FILE, MAX_LAYOUT_FILE_BYTES);
  const reject = (problem: string) => noLayout(folder, `oci-layout: ${problem}`);
  const version = JsonNode.parse(bytes, MAX_LAYOUT_FILE_BYTES, reject)
    .required("imageLayoutVersion")
    .string();
  if (!version.startsWith("1.")) throw noLayout(folder, "its oci-layout file names no version 1");
}

/** The entries of `index.json`. */
export async function readIndex(folder: string): Promise<readonly Descriptor[]> {
  return entriesOf(await readCapped(folder, INDEX_FILE, MAX_MANIFEST_BYTES));
}

/**
 * Rewrites `index.json` as a whole: who reads it sees it before or after, never between. Processes that
 * change it at the same time wait for each other. What we do not know of it is kept.
 */
export async function changeIndex(
  folder: string,
  signal: AbortSignal | undefined,
  change: (entries: readonly Descriptor[]) => IndexChange,
): Promise<void> {
  await withFolderLock(folder, signal, async () => {
    const bytes = await readCapped(folder, INDEX_FILE, MAX_MANIFEST_BYTES);
    const entries = entriesOf(bytes);
    const { keep, added } = change(entries);
    const index = JSON.parse(Buffer.from(bytes).toString("utf8")) as {
      readonly manifests: readonly unknown[];
    };
    const kept = index.manifests.filter((_, i) => {
      const entry = entries[i];
      return entry !== undefined && keep(entry);
    });
    const manifests = [...kept, ...added];
    const text = JSON.stringify({ ...index, manifests });
    if (manifests.length > MAX_INDEX_MANIFESTS || text.length > MAX_MANIFEST_BYTES) {
      const problem = `index.json would have more than ${MAX_INDEX_MANIFESTS} entries or 4 MiB`;
      throw new SafedockError("ERR_MANIFEST_INVALID", `The layout is full: ${problem}`, {
        data: { problem },
      });
    }
    const path = join(folder, INDEX_FILE);
    const temporary = temporaryIn(folder);
    try {
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(text);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** A name in the folder that no other process takes, and that no tool takes for a part of the layout. */
export function temporaryIn(folder: string): string {
  return join(folder, `.safedock-${randomBytes(12).toString("hex")}.part`);
}

function entriesOf(bytes: Uint8Array): readonly Descriptor[] {
  const index = parseManifest(bytes, OCI_INDEX);
  return index.kind === "index" ? index.manifests : [];
}

async function putIfMissing(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(12).toString("hex")}.part`;
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await link(temporary, path);
  } catch (error) {
    if (errorCodeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readCapped(folder: string, name: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const file = await open(join(folder, name), "r");
    try {
      if ((await file.stat()).size <= maxBytes) return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw noLayout(folder, `its ${name} cannot be read`, error);
  }
  throw noLayout(folder, `its ${name} has more than ${maxBytes} bytes`);
}

function noLayout(folder: string, why: string, cause?: unknown): SafedockError {
  const source = printable(folder);
  return new SafedockError("ERR_SOURCE_UNSUPPORTED", `${source} is no OCI layout: ${why}`, {
    data: { source },
    hint: "an OCI layout folder has the files oci-layout and index.json",
    cause,
  });
}
