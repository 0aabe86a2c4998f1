import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { OCI_MANIFEST } from "../../src/oci/media-types.js";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import type { RegistryOptions } from "../../src/registry/registry-options.js";
import { startTlsServer } from "../support/tls-server.js";
import { sendJson } from "./fake-server.js";
import { openSession } from "./open-session.js";
import { startProxy } from "./proxy-server.js";

export const content = Buffer.from("layer");
export const blob = { digest: digestOf(content), size: content.byteLength };
const manifest = Buffer.from('{"schemaVersion":2}');

export interface Seen {
  /** `METHOD https://host/path?query` */
  readonly request: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface VendorAnswer {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

export interface VendorPlan {
  /** Names that it answers for: the registry, its token server, its storage. */
  readonly hosts: readonly string[];
  /** The registry's own name for requests. */
  readonly registryHost: string;
  /** What the registry has against a request; `undefined` lets it through to manifests and blobs. */
  readonly refuse: (request: Seen) => VendorAnswer | undefined;
  /** The token server. */
  readonly token?: (request: Seen) => VendorAnswer | undefined;
  /** Where blobs are sent to, when not answered by the registry. */
  readonly storage?: string;
}

/**
 * A registry under its real names: TLS on loopback, reached by a proxy that leads every name there. It
 * has the tag `1` and one blob in every repository.
 */
export async function startVendor(plan: VendorPlan) {
  const seen: Seen[] = [];
  const answer = (request: Seen, url: URL, response: ServerResponse) => {
    const found =
      url.hostname === plan.storage
        ? undefined
        : (plan.token?.(request) ??
          (url.hostname === plan.registryHost ? plan.refuse(request) : { status: 404 }));
    if (found !== undefined)
      return sendJson(response, found.status, found.json ?? {}, found.headers);
    if (url.hostname === plan.storage) return response.end(content);
    if (!url.pathname.includes("/blobs/")) {
      return response.writeHead(200, { "content-type": OCI_MANIFEST }).end(manifest);
    }
    if (plan.storage === undefined) return response.end(content);
    const location = `https://${plan.storage}/data?X-Signature=secret`;
    return response.writeHead(307, { location }).end();
  };
  const server = await startTlsServer((request: IncomingMessage, response) => {
    const url = new URL(request.url ?? "/", `https://${request.headers.host}`);
    void text(request).then((body) => {
      const { authorization } = request.headers;
      const entry = { request: `${request.method} ${url.href}`, authorization, body };
      seen.push(entry);
      answer(entry, url, response);
    });
  }, plan.hosts);
  const proxy = await startProxy({ to: server.host });
  return {
    seen,
    /** Requests to a host. */
    at: (host: string) => seen.filter(({ request }) => request.includes(`https://${host}/`)),
    /** Pulls a manifest and a blob. */
    async pull(registry: string, repository: string, options: RegistryOptions = {}) {
      const common = { ca: server.ca, proxy: proxy.url, retryDelayMs: 1 };
      await using session = openSession(registry, { ...common, ...options });
      const { descriptor } = await session.fetchManifest(repository, "1");
      const layer = await text((await session.fetchBlob(repository, blob)).stream);
      return { descriptor, layer };
    },
    open: (registry: string, options: RegistryOptions = {}) =>
      openSession(registry, {
        ...{ ca: server.ca, proxy: proxy.url, retryDelayMs: 1 },
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** An answer of 401 with a challenge. */
export function challenge(value: string, code = "UNAUTHORIZED"): VendorAnswer {
  return {
    status: 401,
    json: { errors: [{ code, message: "authentication required", detail: null }] },
    headers: { "www-authenticate": value },
  };
}
