import type { IncomingMessage } from "node:http";
import { isDigest } from "../oci/digest.js";
import { Refusal, readBody, type Answer } from "./registry-answer.js";
import {
  beginUpload,
  digestLike,
  type Repository,
  type RegistryStorage,
} from "./registry-storage.js";

/**
 * Uploads (OCI distribution specification, "Pushing Blobs"): POST begins one, mounts a blob of another
 * repository, or takes a whole blob; PATCH appends a chunk; PUT ends it; GET tells how far it is; DELETE
 * gives it up.
 */
export async function answerUpload(
  storage: RegistryStorage,
  request: IncomingMessage,
  name: string,
  id: string,
  url: URL,
): Promise<Answer> {
  if (request.method === "POST" && id === "") return begin(storage, request, name, url);
  const repository = storage.find(name);
  const chunks = repository?.uploads.get(id);
  if (repository === undefined || chunks === undefined) {
    throw new Refusal("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  }
  switch (request.method) {
    case "PATCH":
      checkRange(request, sizeOf(chunks));
      chunks.push(await readBody(request));
      return progress(202, name, id, chunks);
    case "PUT":
      chunks.push(await readBody(request));
      repository.uploads.delete(id);
      return commit(repository, name, url.searchParams.get("digest"), Buffer.concat(chunks));
    case "GET":
      return progress(204, name, id, chunks);
    case "DELETE":
      repository.uploads.delete(id);
      return { status: 204 };
    default:
      throw new Refusal("UNSUPPORTED", "the method is not supported here");
  }
}

async function begin(
  storage: RegistryStorage,
  request: IncomingMessage,
  name: string,
  url: URL,
): Promise<Answer> {
  const bytes = await readBody(request);
  const repository = storage.open(name);
  const digest = url.searchParams.get("digest");
  if (digest !== null) return commit(repository, name, digest, bytes);
  const mount = url.searchParams.get("mount");
  const from = url.searchParams.get("from");
  const mounted =
    mount === null || from === null ? undefined : storage.find(from)?.blobs.get(mount);
  if (mount !== null && mounted !== undefined) return commit(repository, name, mount, mounted);
  return progress(202, name, beginUpload(repository), []);
}

function commit(
  repository: Repository,
  name: string,
  digest: string | null,
  bytes: Uint8Array,
): Answer {
  if (!isDigest(digest) || digestLike(digest, bytes) !== digest) {
    throw new Refusal("DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  repository.blobs.set(digest, bytes);
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest },
  };
}

function checkRange(request: IncomingMessage, size: number): void {
  const range = request.headers["content-range"];
  if (range === undefined) return;
  const start = /^(?:bytes )?(\d+)-\d+/.exec(range)?.[1];
  if (start === undefined || Number(start) !== size) {
    throw new Refusal("BLOB_UPLOAD_INVALID", "the chunk does not follow the one before");
  }
}

function progress(
  status: 202 | 204,
  name: string,
  id: string,
  chunks: readonly Uint8Array[],
): Answer {
  return {
    status,
    headers: {
      location: `/v2/${name}/blobs/uploads/${id}`,
      "docker-upload-uuid": id,
      range: `0-${Math.max(0, sizeOf(chunks) - 1)}`,
    },
  };
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((size, chunk) => size + chunk.byteLength, 0);
}
