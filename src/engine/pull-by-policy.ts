import { SafedockError } from "../base/errors.js";
import type { ImageRecord } from "../image/image-record.js";
import { limitProblems } from "../image/image-limits.js";
import { lockedDigest, openLock, type ImageLock } from "../image/image-lock.js";
import type { ImageStore } from "../image/image-store.js";
import type { OnPullProgress } from "../image/pull-progress.js";
import type { Digest } from "../oci/digest.js";
import { formatPlatform, parsePlatform } from "../oci/platform.js";
import { formatReference, parseReference, type Reference } from "../oci/reference.js";
import { checkRegistryOptions, REGISTRY_OPTIONS } from "../registry/check-registry-options.js";
import type { ReadPolicy } from "../trust/policy.js";
import { readRequirement, type Requirement } from "../trust/requirement.js";
import { findEvidence, repositoryOf } from "../trust/scope-of.js";
import type { EngineOptions, PullOptions } from "./engine-options.js";
import { requirementsOf, unproven } from "./image-gate.js";
import { isRecord, Problems, show } from "./problems.js";
import { reading, readOptions } from "./read-options.js";
import { isPullPolicy } from "./pull-policy.js";

const KEYS = [
  "signal",
  "platform",
  "verify",
  "pullPolicy",
  "lock",
  "allowUnlocked",
  "limits",
  "prepare",
  "onProgress",
  ...REGISTRY_OPTIONS,
];

/** What is known of an engine that pulls. */
export interface PullingEngine {
  readonly options: EngineOptions;
  readonly store: ImageStore;
  readonly policy: ReadPolicy | undefined;
}

export interface PulledRecord {
  readonly record: ImageRecord;
  /** False for one that was taken from the store without a question to the registry. */
  readonly isPulled: boolean;
}

/** What an image must be. */
interface Wanted {
  readonly reference: Reference;
  readonly requirements: readonly Requirement[];
  readonly locked: Digest | undefined;
  readonly platform: string | undefined;
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` for options that cannot be read */
export function readPullOptions(options: PullOptions): PullOptions {
  return readOptions("pull options", options, KEYS);
}

/** A pull with all that the engine and the call say of it: policy, signatures, lock, and when to ask. */
export async function pullByPolicy(
  engine: PullingEngine,
  text: string,
  options: PullOptions,
  onProgress: OnPullProgress,
): Promise<PulledRecord> {
  const required = reading("pull options", "options", () => checkPullOptions(options));
  const { signal, platform, limits, pullPolicy, lock, allowUnlocked, ...rest } = options;
  const { onProgress: _, verify: __, prepare: ___, ...registry } = rest;
  reading("registry options", "options", () => checkRegistryOptions(registry));
  const reference = parseReference(text);
  signal?.throwIfAborted();
  const requirements = [...requirementsOf(engine.policy, reference), ...required];
  const locked = await digestOf(lock ?? engine.options.lock, reference, allowUnlocked ?? false);
  const when = pullPolicy ?? engine.options.pullPolicy ?? "always";
  if (when !== "always") {
    const record = await findWanted(engine.store, { reference, requirements, locked, platform });
    if (record instanceof SafedockError) {
      if (when === "never") throw record;
    } else {
      return { record, isPulled: false };
    }
  }
  const record = await engine.store.pull(text, {
    ...limits,
    registry: { ...engine.options.registry, ...registry },
    onProgress,
    requirements,
    ...(locked === undefined ? undefined : { lockedDigest: locked }),
    ...(signal === undefined ? undefined : { signal }),
    ...(platform === undefined ? undefined : { platform }),
  });
  return { record, isPulled: true };
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
function checkPullOptions(options: PullOptions): readonly Requirement[] {
  const problems = new Problems();
  problems.keys("", options, KEYS);
  const { verify, platform, pullPolicy, lock, allowUnlocked } = options;
  problems.platform("platform", platform);
  if (!isPullPolicy(pullPolicy)) {
    problems.add(`pullPolicy: must be missing, always or never, not ${show(pullPolicy)}`);
  }
  if (lock !== undefined && typeof lock !== "string" && !isRecord(lock)) {
    problems.add(`lock: must be a lock or the path of its file, not ${show(lock)}`);
  }
  problems.boolean("allowUnlocked", allowUnlocked);
  problems.boolean("prepare", options.prepare);
  for (const problem of limitProblems(options.limits)) problems.add(problem);
  const required = verify === undefined ? undefined : readRequirement("verify", verify, problems);
  problems.throwIfAny("pull options");
  return required === undefined ? [] : [required];
}

async function digestOf(
  lock: ImageLock | string | undefined,
  reference: Reference,
  allowUnlocked: boolean,
): Promise<Digest | undefined> {
  if (lock === undefined) return undefined;
  const digest = lockedDigest(await openLock(lock), reference);
  if (digest !== undefined || allowUnlocked) return digest;
  const name = formatReference(reference);
  throw new SafedockError("ERR_LOCK_MISSING", `The lock has no digest for ${name}`, {
    data: { reference: name },
    hint: "add it with engine.lockImages, or set allowUnlocked",
  });
}

/** The store's image if it is what is wanted, else what is wrong with it. */
async function findWanted(store: ImageStore, wanted: Wanted): Promise<ImageRecord | SafedockError> {
  const { reference, requirements, locked } = wanted;
  const name = formatReference(reference);
  for (const candidate of [name, locked ?? reference.digest]) {
    const record = candidate === undefined ? undefined : await store.find(candidate);
    if (record === undefined || !isWanted(record, wanted) || !(await store.isComplete(record))) {
      continue;
    }
    const unmet = requirements.some(
      (requirement) => findEvidence(record.trust, reference, requirement) === undefined,
    );
    return unmet ? unproven(record.digest, name) : record;
  }
  return new SafedockError("ERR_IMAGE_NOT_FOUND", `The store has no image ${name}`, {
    data: { reference: name },
    hint: "pull or load it first",
  });
}

/** As for the digest, found by it alone: it must have come from this repository at some time. */
function isWanted(record: ImageRecord, { reference, locked, platform }: Wanted): boolean {
  const digest = locked ?? reference.digest;
  const isNamed = record.reference === formatReference(reference);
  const isFromHere = record.pulledFrom?.includes(repositoryOf(reference)) === true;
  if (!isNamed && !isFromHere) return false;
  if (digest !== undefined && digest !== record.digest) {
    if (record.indexes?.includes(digest) !== true) return false;
  }
  return (
    platform === undefined ||
    formatPlatform(parsePlatform(platform)) === formatPlatform(record.platform)
  );
}
