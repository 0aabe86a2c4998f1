import { throwProblems, unknownOptions } from "../base/option-problems.js";
import { readIfThere } from "./check-blob.js";
import {
  dropNames,
  pullIncomplete,
  rebuildImages,
  removeDamaged,
  type RepairedStores,
} from "./repair-store.js";
import { scanStore } from "./scan-store.js";
import type { DamagedFile, VerifyOptions, VerifyReport } from "./verify-report.js";

/**
 * Looks at every file of a store, and repairs what is damaged if asked to.
 *
 * The store is read while others use it. What seems damaged then is looked at once more while nobody
 * collects, for it may have been part of an image that was just being removed; only then is it reported,
 * or removed. A file that a living process works on is never removed: it may be a good one a moment later.
 */
export async function verifyStore(
  stores: RepairedStores,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  checkVerifyOptions(options);
  const { signal, repair = false } = options;
  const { checked, bytes, findings: suspects } = await scanStore(stores, options);
  if (suspects.length === 0) return { checked, bytes, damaged: [], ok: true };
  const quiet = signal === undefined ? {} : { signal };
  const paths = new Set(suspects.map(({ path }) => path));
  const { leases } = stores.content;
  const found = await leases.collect(async () => {
    const { work } = await leases.read();
    const { findings } = await scanStore(stores, quiet, paths);
    if (repair !== false) await removeDamaged(stores, findings, work);
    return findings;
  }, signal);
  if (repair !== false) {
    await rebuildImages(stores, found, signal);
    if (repair === "pull") await pullIncomplete(stores, signal);
    await dropNames(stores, paths, quiet);
  }
  const { findings: left } = await scanStore(stores, quiet, paths);
  const bad = new Set(left.map(({ path }) => path));
  const damaged: DamagedFile[] = [];
  for (const finding of found) {
    const isName = finding.kind === "image" || finding.kind === "reference";
    const isLost = isName && (await readIfThere(finding.path)) === undefined;
    damaged.push({ ...finding, repaired: !isLost && !bad.has(finding.path) });
  }
  return { checked, bytes, damaged, ok: left.length === 0 };
}

function checkVerifyOptions(options: VerifyOptions): void {
  throwProblems("verify options", unknownOptions("", options, ["signal", "repair", "onProgress"]));
  const repair: unknown = options.repair;
  if (repair === undefined || typeof repair === "boolean" || repair === "pull") return;
  throwProblems("verify options", ['repair: must be true, false or "pull"']);
}
