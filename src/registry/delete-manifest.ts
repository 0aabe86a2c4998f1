import { checkReferencePart } from "../oci/reference.js";
import type { Session } from "./session.js";
import { discard } from "./transport.js";

/** Deletes a tag or a manifest (distribution specification, "Deleting Manifests", "Deleting tags"). */
export async function deleteManifest(
  session: Session,
  repository: string,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  checkReferencePart("tag or digest", tagOrDigest);
  const response = await session.open({
    method: "DELETE",
    to: `v2/${repository}/manifests/${tagOrDigest}`,
    // What Docker's token server calls it; reading the answer's details needs pull.
    scope: `repository:${repository}:pull,delete`,
    accept: [200, 202, 204],
    signal,
  });
  discard(response);
}
