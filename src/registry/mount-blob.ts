import { pullScope, pushScope } from "./scope.js";
import { discard } from "./transport.js";
import { statusOf, Upload, type UploadJob } from "./upload.js";

/** Answers of registries that do not mount this blob, or do not let us read where it comes from. */
const NOT_MOUNTED: ReadonlySet<number | undefined> = new Set([400, 401, 403, 404, 405, 415, 501]);

/**
 * Asks a registry to take a blob from another of its repositories (distribution specification, "Mounting a
 * blob from another repository"). One that does not mount it begins an upload in place of that.
 */
export async function mountBlob(
  job: UploadJob,
  from: string,
): Promise<"mounted" | Upload | undefined> {
  const { session, repository, blob, signal } = job;
  const query = new URLSearchParams({ mount: blob.digest, from });
  try {
    const response = await session.open({
      method: "POST",
      to: `v2/${repository}/blobs/uploads/?${query.toString()}`,
      headers: { "content-length": "0" },
      scope: [pushScope(repository), pullScope(from)],
      accept: [201, 202],
      signal,
    });
    discard(response);
    return response.status === 201 ? "mounted" : new Upload(job, response);
  } catch (error) {
    if (NOT_MOUNTED.has(statusOf(error))) return undefined;
    throw error;
  }
}
