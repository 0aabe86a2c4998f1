import { isSafedockError } from "../base/errors.js";
import type { BlobId } from "../oci/repository.js";
import { responseError } from "./failure.js";
import type { Scope } from "./scope.js";
import type { Session } from "./session.js";
import type { Body } from "./request-body.js";
import { discard, type HttpResponse } from "./transport.js";

/** Longest wait for a registry to take note that an upload is given up, in ms: nobody waits for it. */
const CANCEL_TIMEOUT_MS = 1000;

/** What all requests of one blob's upload share. */
export interface UploadJob {
  readonly session: Session;
  readonly repository: string;
  readonly blob: BlobId;
  /** The blob's bytes, verified on the way; opened once more for each further try. */
  readonly content: Body;
  readonly scope: Scope;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((sentBytes: number) => void) | undefined;
}

/**
 * An upload that a registry has begun (distribution specification, "Pushing Blobs"). Its URL is opaque,
 * relative or absolute, and may change with each answer.
 */
export class Upload {
  /** Smallest chunk that the registry takes, in bytes (`OCI-Chunk-Min-Length`); the last may be smaller. */
  readonly minChunkBytes: number;
  private url: URL;

  /** @param response - the answer that began it */
  constructor(
    private readonly job: UploadJob,
    response: HttpResponse,
  ) {
    const url = nextUrl(job.session, response);
    if (url === undefined) {
      throw responseError(job.session.registry, response, "it begins an upload at no valid URL");
    }
    this.url = url;
    const min = response.header("oci-chunk-min-length") ?? "0";
    this.minChunkBytes = /^\d{1,15}$/.test(min) ? Number(min) : 0;
  }

  /** Begins an upload; may throw a `Transient`. */
  static async begin(job: UploadJob): Promise<Upload> {
    const response = await job.session.openOnce({
      method: "POST",
      to: `v2/${job.repository}/blobs/uploads/`,
      headers: { "content-length": "0" },
      scope: job.scope,
      accept: [202],
      signal: job.signal,
    });
    discard(response);
    return new Upload(job, response);
  }

  /** Appends bytes that begin at `from`; how many bytes of the blob the registry has then. */
  async append(body: Body, from: number, size: number): Promise<number> {
    const response = await this.job.session.openOnce({
      method: "PATCH",
      to: this.url,
      headers: {
        "content-type": "application/octet-stream",
        "content-range": `${from}-${from + size - 1}`,
        "content-length": String(size),
      },
      body,
      scope: this.job.scope,
      accept: [201, 202, 204],
      signal: this.job.signal,
    });
    discard(response);
    this.url = nextUrl(this.job.session, response) ?? this.url;
    return receivedBytes(response) ?? from + size;
  }

  /** Asks how many bytes the registry has. */
  async position(): Promise<number> {
    const response = await this.job.session.openOnce({
      method: "GET",
      to: this.url,
      scope: this.job.scope,
      accept: [200, 202, 204],
      signal: this.job.signal,
    });
    discard(response);
    this.url = nextUrl(this.job.session, response) ?? this.url;
    return receivedBytes(response) ?? 0;
  }

  /** Ends it with the bytes that are not sent yet: all of them, or none. */
  async finish(body: Body, size: number): Promise<void> {
    const { job } = this;
    const to = new URL(this.url);
    to.searchParams.set("digest", job.blob.digest);
    const response = await job.session.openOnce({
      method: "PUT",
      to,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(size),
      },
      body,
      scope: job.scope,
      accept: [201, 204],
      signal: job.signal,
    });
    discard(response);
  }

  /** Gives it up, so that the registry need not keep what it has of it. Fails silently. */
  async cancel(): Promise<void> {
    try {
      const response = await this.job.session.openOnce({
        method: "DELETE",
        to: this.url,
        scope: this.job.scope,
        accept: [200, 202, 204, 404],
        signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS),
      });
      discard(response);
    } catch {
      // A registry that cannot drop an upload drops it by itself in time.
    }
  }
}

/** The HTTP status that a registry's error is about. */
export function statusOf(error: unknown): number | undefined {
  if (!isSafedockError(error)) return undefined;
  const { data } = error;
  return "status" in data && typeof data.status === "number" ? data.status : undefined;
}

function nextUrl(session: Session, response: HttpResponse): URL | undefined {
  const location = response.header("location");
  if (location === undefined || !URL.canParse(location, response.url.href)) return undefined;
  const url = new URL(location, response.url);
  const isPlain = url.protocol === "http:" && response.url.protocol === "http:";
  if (url.protocol === "https:" || isPlain) return url;
  throw responseError(session.registry, response, "it continues an upload outside of HTTPS");
}

/**
 * `Range: 0-1023` means 1024 bytes, both ends being included. `0-0` is what registries say of nothing, and
 * would be said of one byte: taken as nothing, at worst a byte is sent twice and refused.
 */
function receivedBytes(response: HttpResponse): number | undefined {
  const end = /^(?:bytes[ =])?0-(\d{1,15})$/.exec(response.header("range")?.trim() ?? "")?.[1];
  if (end === undefined) return undefined;
  return end === "0" ? 0 : Number(end) + 1;
}
