import { rm } from "node:fs/promises";
import { isSafedockError } from "../base/errors.js";
import { errorCodeOf } from "../content/process-identity.js";
import type { Digest } from "../oci/digest.js";
import { partsOfImage } from "./parts-of-image.js";
import type { ImageDestination } from "./pull-image.js";
import { rebuildImage } from "./rebuild-image.js";
import { scanStore, type Finding, type VerifiedStores } from "./scan-store.js";
import type { VerifyOptions } from "./verify-report.js";

export interface RepairedStores extends VerifiedStores {
  readonly destination: () => Promise<ImageDestination>;
  /** Pulls the image of a reference by its digest. */
  readonly pullAgain: (
    reference: string,
    digest: Digest,
    signal: AbortSignal | undefined,
  ) => Promise<void>;
}

/**
 * Removes damaged content and what was derived of it; names stay, for they say what there must be. Runs
 * while nobody collects.
 *
 * @param work - what living processes work on
 */
export async function removeDamaged(
  { content: { layout } }: VerifiedStores,
  findings: readonly Finding[],
  work: ReadonlySet<Digest>,
): Promise<void> {
  for (const { kind, digest, path } of findings) {
    if (kind === "image" || kind === "reference" || work.has(digest)) continue;
    // With it, a pull would take the layer for there and not fetch its blob.
    if (kind === "blob") await rm(layout.unpacked(digest), { force: true });
    await rm(path, { recursive: true, force: true });
  }
}

/** Makes again what is derived, of every image that a finding touches. */
export async function rebuildImages(
  stores: RepairedStores,
  findings: readonly Finding[],
  signal: AbortSignal | undefined,
): Promise<void> {
  // What was prepared is made again by whoever needs it.
  const derived = findings.filter(({ kind }) => kind !== "prepared");
  const touched = new Set(derived.map(({ digest }) => digest));
  const records = await stores.records.records();
  const images = new Map(records.map((record) => [record.digest, record]));
  const wanted = new Set(
    findings.filter(({ kind }) => kind === "image").map(({ digest }) => digest),
  );
  for (const record of records) {
    const parts = await partsOfImage(stores.content, record);
    if (parts.some((part) => touched.has(part))) wanted.add(record.digest);
  }
  const destination = await stores.destination();
  for (const digest of wanted) {
    await unlessImpossible(
      () => rebuildImage(destination, digest, images.get(digest), signal),
      signal,
    );
  }
}

/** Pulls the images again that have a name and lack something. */
export async function pullIncomplete(
  stores: RepairedStores,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { isComplete } = await stores.destination();
  const pulled = new Set<Digest>();
  for (const { reference, digest } of await stores.records.references()) {
    if (pulled.has(digest)) continue;
    const record = await stores.records.byDigest(digest);
    if (record !== undefined && (await isComplete(record))) continue;
    await unlessImpossible(async () => {
      await stores.pullAgain(reference, digest, signal);
      pulled.add(digest);
    }, signal);
  }
}

/** Removes records and references that lead nowhere, unless somebody is about to write some. */
export async function dropNames(
  stores: VerifiedStores,
  paths: ReadonlySet<string>,
  options: VerifyOptions,
): Promise<void> {
  const { leases } = stores.content;
  await leases.collect(async () => {
    if ((await leases.read()).work.size > 0) return;
    const { findings } = await scanStore(stores, options, paths);
    for (const { kind, path } of findings) {
      if (kind === "image" || kind === "reference") await rm(path, { force: true });
    }
  }, options.signal);
}

/** What cannot be repaired is found by the next look; a fault of the disk or an abort ends it all. */
async function unlessImpossible(
  repair: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await repair();
  } catch (error) {
    signal?.throwIfAborted();
    if (isSafedockError(error) || errorCodeOf(error) === "ENOENT") return;
    throw error;
  }
}
