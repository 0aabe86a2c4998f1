import type { IncomingMessage } from "node:http";
import { isSafedockError } from "../base/errors.js";
import { isDigest, type Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { bareMediaType } from "../oci/media-types.js";
import { checkReferencePart } from "../oci/reference.js";
import { Refusal, readBody, type Answer } from "./registry-answer.js";
import { digestLike, type Repository, type RegistryStorage } from "./registry-storage.js";
import { answerUpload } from "./registry-uploads.js";

/** Most tags in one answer, as Docker's registry has it. */
const MAX_PAGE = 1000;
const NO_DIGEST: Digest = `sha256:${"0".repeat(64)}`;

/** Answers one request of the distribution API (OCI distribution specification 1.1, "Endpoints"). */
export async function answerRequest(
  storage: RegistryStorage,
  request: IncomingMessage,
): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://registry");
  const method = request.method ?? "GET";
  if (url.pathname === "/v2/" || url.pathname === "/v2") return { status: 200 };
  const [, name, kind, rest = ""] =
    /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|tags)\/([^/]*)$/.exec(url.pathname) ?? [];
  if (name === undefined || kind === undefined) throw new Refusal("NAME_UNKNOWN", "no such path");
  checkName(name);
  const isReading = method === "GET" || method === "HEAD";
  if (kind === "blobs/uploads") return answerUpload(storage, request, name, rest, url);
  if (kind === "manifests" && method === "PUT") return putManifest(storage, request, name, rest);
  if (!isReading) throw new Refusal("UNSUPPORTED", `${method} is not supported here`);
  const repository = storage.find(name);
  if (kind === "manifests") return getManifest(repository, rest);
  if (kind === "blobs") return getBlob(repository, rest, request.headers.range);
  if (repository === undefined || rest !== "list") {
    throw new Refusal("NAME_UNKNOWN", "repository name not known to registry");
  }
  return listTags(repository, name, url);
}

function checkName(name: string): void {
  try {
    checkReferencePart("repository", name);
  } catch {
    throw new Refusal("NAME_INVALID", "invalid repository name");
  }
}

function getManifest(repository: Repository | undefined, reference: string): Answer {
  const digest = repository?.tags.get(reference) ?? reference;
  const manifest = repository?.manifests.get(digest);
  if (manifest === undefined) throw new Refusal("MANIFEST_UNKNOWN", "manifest unknown");
  return {
    status: 200,
    headers: {
      "content-type": manifest.mediaType,
      "docker-content-digest": manifest.digest,
      etag: `"${manifest.digest}"`,
    },
    body: manifest.bytes,
  };
}

function getBlob(
  repository: Repository | undefined,
  digest: string,
  range: string | undefined,
): Answer {
  const bytes = repository?.blobs.get(digest);
  if (bytes === undefined) throw new Refusal("BLOB_UNKNOWN", "blob unknown to registry");
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
  };
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (wanted === null) return { status: 200, headers, body: bytes };
  const size = bytes.byteLength;
  const from = Number(wanted[1]);
  const to = wanted[2] === "" ? size - 1 : Math.min(Number(wanted[2]), size - 1);
  if (from > to) return { status: 416, headers: { "content-range": `bytes */${size}` } };
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${from}-${to}/${size}` },
    body: bytes.subarray(from, to + 1),
  };
}

async function putManifest(
  storage: RegistryStorage,
  request: IncomingMessage,
  name: string,
  reference: string,
): Promise<Answer> {
  const bytes = await readBody(request);
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    throw new Refusal("SIZE_INVALID", "the manifest is too large");
  }
  const repository = storage.open(name);
  const mediaType = bareMediaType(request.headers["content-type"] ?? "");
  checkManifest(repository, bytes, mediaType);
  const digest = digestLike(isDigest(reference) ? reference : NO_DIGEST, bytes);
  if (reference.includes(":") && digest !== reference) {
    throw new Refusal("DIGEST_INVALID", "the manifest has another digest");
  }
  repository.manifests.set(digest, { mediaType, bytes, digest });
  if (digest !== reference) repository.tags.set(checkTag(reference), digest);
  return {
    status: 201,
    headers: { location: `/v2/${name}/manifests/${digest}`, "docker-content-digest": digest },
  };
}

/** A registry takes also kinds of manifests that we cannot run; what it can read must be complete. */
function checkManifest(repository: Repository, bytes: Uint8Array, mediaType: string): void {
  try {
    const manifest = parseManifest(bytes, mediaType);
    const [wanted, there] =
      manifest.kind === "index"
        ? [manifest.manifests, repository.manifests]
        : [[manifest.config, ...manifest.layers], repository.blobs];
    const missing = wanted.find(({ digest }) => !there.has(digest));
    if (missing !== undefined) {
      throw new Refusal("MANIFEST_BLOB_UNKNOWN", `${missing.digest} was not pushed`);
    }
  } catch (error) {
    if (isSafedockError(error, "ERR_MANIFEST_INVALID")) {
      throw new Refusal("MANIFEST_INVALID", error.message);
    }
    if (!isSafedockError(error, "ERR_MANIFEST_UNSUPPORTED")) throw error;
  }
}

function checkTag(tag: string): string {
  try {
    return checkReferencePart("tag or digest", tag);
  } catch {
    throw new Refusal("MANIFEST_INVALID", "invalid tag");
  }
}

function listTags(repository: Repository, name: string, url: URL): Answer {
  const after = url.searchParams.get("last") ?? "";
  const size = Math.min(Number(url.searchParams.get("n") ?? MAX_PAGE) || 0, MAX_PAGE);
  const all = Array.from(repository.tags.keys())
    .filter((tag) => tag > after)
    .toSorted((a, b) => (a < b ? -1 : 1));
  const tags = all.slice(0, size);
  const last = tags.at(-1);
  const hasMore = all.length > tags.length && last !== undefined;
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      ...(hasMore ? { link: `</v2/${name}/tags/list?n=${size}&last=${last}>; rel="next"` } : {}),
    },
    body: Buffer.from(JSON.stringify({ name, tags })),
  };
}
