import { isSafedockError } from "../base/errors.js";
import { throwProblems } from "../base/option-problems.js";
import type { Digest } from "../oci/digest.js";
import { formatReference, parseReference, type Reference } from "../oci/reference.js";
import type { ManifestResolver } from "../oci/repository.js";
import type { RegistryOptions } from "../registry/registry-options.js";
import { checkRegistryOptions } from "../registry/check-registry-options.js";
import { openRegistry, type Registry } from "../registry/registry.js";
import { concurrently } from "../base/concurrently.js";
import { toImageLock, type ImageLock, type ReadLock } from "./image-lock.js";

/** Tags asked for at once. */
const CONCURRENT_TAGS = 4;

/** A tag that points elsewhere than the lock says. */
export interface MovedImage {
  readonly reference: string;
  /** What the lock has. */
  readonly locked: Digest;
  /** What the tag points to now; `undefined` when it is gone. */
  readonly current: Digest | undefined;
}

/** Asks registries where references point now. Those with a digest are kept as they are. */
export async function lockImages(
  references: readonly string[],
  options: RegistryOptions,
  signal: AbortSignal | undefined,
): Promise<ImageLock> {
  if (!Array.isArray(references)) {
    throwProblems("lockImages", ["references: must be a list of references"]);
  }
  const wanted = new Map<string, Reference>();
  for (const text of references) {
    const { digest: _, ...tagged } = parseReference(text);
    const reference = { ...tagged, tag: tagged.tag ?? "latest" };
    wanted.set(formatReference(reference), parseReference(text));
  }
  const pairs = await eachTag(wanted, options, signal, async (repository, reference, call) => {
    if (reference.digest !== undefined) return reference.digest;
    return (await repository.resolve(reference.tag ?? "latest", call)).digest;
  });
  return toImageLock(new Map(pairs));
}

/** The tags of a lock that have moved or are gone, by reference. */
export async function movedImages(
  lock: ReadLock,
  options: RegistryOptions,
  signal: AbortSignal | undefined,
): Promise<MovedImage[]> {
  const wanted = new Map(Array.from(lock.keys(), (text) => [text, parseReference(text)]));
  const pairs = await eachTag(wanted, options, signal, async (repository, reference, call) => {
    try {
      return (await repository.resolve(reference.tag ?? "latest", call)).digest;
    } catch (error) {
      if (isSafedockError(error, "ERR_REGISTRY_NOT_FOUND")) return undefined;
      throw error;
    }
  });
  return pairs.flatMap(([reference, current]) => {
    const locked = lock.get(reference);
    return locked === undefined || locked === current ? [] : [{ reference, locked, current }];
  });
}

/** Does this for every reference, over one connection pool for each registry. */
async function eachTag<T extends Digest | undefined>(
  references: ReadonlyMap<string, Reference>,
  options: RegistryOptions,
  signal: AbortSignal | undefined,
  ask: (
    repository: ManifestResolver,
    reference: Reference,
    call: { readonly signal: AbortSignal },
  ) => Promise<T>,
): Promise<[string, T][]> {
  // Also where there is nothing to ask.
  checkRegistryOptions(options);
  const registries = new Map<string, Registry>();
  const registryOf = ({ registry: host }: Reference): Registry => {
    const registry = registries.get(host) ?? openRegistry(host, options);
    registries.set(host, registry);
    return registry;
  };
  const sorted = Array.from(references).toSorted(([a], [b]) => (a < b ? -1 : 1));
  try {
    return await concurrently(sorted, CONCURRENT_TAGS, signal, async ([text, reference], all) => [
      text,
      await ask(registryOf(reference).repository(reference.repository), reference, { signal: all }),
    ]);
  } finally {
    for (const registry of registries.values()) await registry.close();
  }
}
