import { isSafedockError } from "../base/errors.js";
import type { RegistryOptions } from "../registry/registry-options.js";

/**
 * Pulls, and once more for each mirror that sent other bytes than the digest promises: the registry
 * client does not ask such a mirror again, so the next try has them from elsewhere.
 */
export async function pastMirrors<T>(
  registry: string,
  { mirrors }: Pick<RegistryOptions, "mirrors">,
  pull: () => Promise<T>,
): Promise<T> {
  const own = mirrors !== undefined && Object.hasOwn(mirrors, registry) ? mirrors[registry] : [];
  for (let left = own?.length ?? 0; ; left--) {
    try {
      return await pull();
    } catch (error) {
      if (left <= 0 || !isSafedockError(error, "ERR_DIGEST_MISMATCH")) throw error;
    }
  }
}
