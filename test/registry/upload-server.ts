import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startFakeServer, type FakeServer } from "./fake-server.js";

/** How a registry takes uploads, and how it fails at it. */
export interface UploadBehaviour {
  /** Called before a request is answered; true when it has answered itself. `count` is of this method. */
  readonly intercept?: (
    request: IncomingMessage,
    response: ServerResponse,
    count: number,
    upload: UploadState,
  ) => boolean | undefined;
  /** Makes the Location of an upload. Default: `/v2/<name>/blobs/uploads/1`. */
  readonly location?: (path: string, server: FakeServer, step: number) => string;
  /** Headers of the answer that begins an upload. */
  readonly beginHeaders?: Record<string, string>;
}

export interface UploadState {
  bytes: Buffer;
}

export interface UploadServer extends FakeServer {
  /** What has been committed, by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** Ranges of the chunks that came whole. */
  readonly ranges: readonly string[];
}

/** A registry with one upload at a time, which keeps to the specification unless told otherwise. */
export async function startUploadServer(behaviour: UploadBehaviour = {}): Promise<UploadServer> {
  const blobs = new Map<string, Buffer>();
  const ranges: string[] = [];
  const upload: UploadState = { bytes: Buffer.alloc(0) };
  const counts = new Map<string, number>();
  let steps = 0;
  const server: FakeServer = await startFakeServer((request, response) => {
    const { method = "", url = "" } = request;
    const count = (counts.get(method) ?? 0) + 1;
    counts.set(method, count);
    if (behaviour.intercept?.(request, response, count, upload) === true) return;
    const { pathname, searchParams } = new URL(url, "http://x");
    const locate = () => {
      const path = pathname.replace(/uploads\/.*/, "uploads/1");
      return behaviour.location?.(path, server, ++steps) ?? path;
    };
    const range = () => `0-${Math.max(0, upload.bytes.byteLength - 1)}`;
    if (method === "HEAD") {
      const digest = pathname.split("/").at(-1) ?? "";
      response.writeHead(blobs.has(digest) ? 200 : 404).end();
    } else if (method === "GET") {
      response.writeHead(204, { location: locate(), range: range() }).end();
    } else if (method === "DELETE") {
      response.writeHead(204).end();
    } else {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        if (method === "POST") {
          upload.bytes = Buffer.alloc(0);
          response.writeHead(202, { location: locate(), ...behaviour.beginHeaders }).end();
        } else if (method === "PATCH") {
          ranges.push(request.headers["content-range"] ?? "none");
          upload.bytes = Buffer.concat([upload.bytes, body]);
          response.writeHead(202, { location: locate(), range: range() }).end();
        } else {
          const whole = Buffer.concat([upload.bytes, body]);
          const digest = searchParams.get("digest") ?? "";
          const isRight = digest === `sha256:${createHash("sha256").update(whole).digest("hex")}`;
          if (isRight) blobs.set(digest, whole);
          response.writeHead(isRight ? 201 : 400).end();
        }
      });
    }
  });
  return {
    ...{ host: server.host, origin: server.origin, requests: server.requests },
    ...{ blobs, ranges },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
