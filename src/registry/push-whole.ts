import { withRetries } from "./retry.js";
import type { Session } from "./session.js";
import type { Body } from "./request-body.js";
import { discard } from "./transport.js";
import { Upload, statusOf, type UploadJob } from "./upload.js";

/** Largest blob that is tried in a single request, in bytes: little is lost where that is not taken. */
const SINGLE_POST_BYTES = 64 * 1024;

/** Registries that have not taken a single POST; it is not tried there again. */
const withoutSinglePost = new WeakSet<Session>();

/**
 * Sends a blob in one piece (distribution specification, "Pushing a blob monolithically"): a small one by a
 * single POST where the registry takes that, else by POST and PUT.
 *
 * @param begun - an upload to use, left over from a mount that did not come about
 * @param isThere - tells whether an earlier try arrived after all
 */
export async function pushWhole(
  job: UploadJob,
  begun: Upload | undefined,
  isThere: () => Promise<boolean>,
): Promise<void> {
  const { blob, session } = job;
  let upload = begun;
  let tries = 0;
  await withRetries(session.options, job.signal, async () => {
    if (tries++ > 0 && (await isThere())) return;
    if (upload === undefined && tries === 1 && blob.size <= SINGLE_POST_BYTES) {
      const answer = withoutSinglePost.has(session) ? undefined : await postWhole(job);
      if (answer === "pushed") return;
      if (answer !== undefined && (await finishPosted(job, answer))) return;
    }
    const current = upload ?? (await Upload.begin(job));
    upload = undefined;
    try {
      await current.finish(counted(job), blob.size);
    } catch (error) {
      // An upload that broke off is begun anew: what the registry kept of it is unknown.
      await current.cancel();
      throw error;
    }
  });
}

/** `"pushed"`, or the upload that the registry has begun in place of taking the blob. */
async function postWhole(job: UploadJob): Promise<"pushed" | Upload | undefined> {
  const { blob, session } = job;
  const query = new URLSearchParams({ digest: blob.digest });
  try {
    const response = await session.openOnce({
      method: "POST",
      to: `v2/${job.repository}/blobs/uploads/?${query.toString()}`,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(blob.size),
      },
      body: counted(job),
      scope: job.scope,
      accept: [201, 202],
      signal: job.signal,
    });
    discard(response);
    if (response.status === 201) return "pushed";
    withoutSinglePost.add(session);
    return new Upload(job, response);
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined || status === 401 || status === 403) throw error;
    withoutSinglePost.add(session);
    return undefined;
  }
}

/** False when the registry refuses: it may have kept the bytes that came with the POST. */
async function finishPosted(job: UploadJob, upload: Upload): Promise<boolean> {
  try {
    await upload.finish(counted(job), job.blob.size);
    return true;
  } catch (error) {
    await upload.cancel();
    if (statusOf(error) !== 400 && statusOf(error) !== 416) throw error;
    return false;
  }
}

/** The content, with a report of what has gone out. */
function counted({ content, onProgress }: UploadJob): Body {
  if (onProgress === undefined) return content;
  return async function* () {
    let sent = 0;
    for await (const chunk of typeof content === "function" ? content() : [content]) {
      yield chunk;
      sent += chunk.byteLength;
      onProgress(sent);
    }
  };
}
