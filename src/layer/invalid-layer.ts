import { SafedockError } from "../base/errors.js";
import type { Digest } from "../oci/digest.js";

/** A layer that breaks the tar format or our caps on it. */
export function invalidLayer(digest: Digest, problem: string): SafedockError {
  return new SafedockError(
    "ERR_LAYER_INVALID",
    `The layer ${digest} is not a tar that Safedock accepts: ${problem}`,
    { data: { digest, problem } },
  );
}
