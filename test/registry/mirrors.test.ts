import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OCI_MANIFEST } from "../../src/oci/media-types.js";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import { taggedReferrers } from "../../src/registry/list-referrers.js";
import { hasBlob } from "../../src/registry/push-blob.js";
import type { RegistryMirror, RegistryOptions } from "../../src/registry/registry-options.js";
import { Session } from "../../src/registry/session.js";
import { rejectionOf } from "../support/thrown-by.js";
import { sendJson, startFakeServer, type FakeServer } from "./fake-server.js";
import { openSession } from "./open-session.js";

const bytes = randomBytes(300_000);
const blob = { digest: digestOf(bytes), size: bytes.byteLength };
const manifest = Buffer.from("{}");
const digest = digestOf(manifest);

afterEach(() => {
  vi.unstubAllEnvs();
});

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => unknown;

/** Has the manifest and the blob. */
const good: Handler = (request, response) => {
  if (request.url?.includes("/blobs/") !== true) {
    response.writeHead(200, { "content-type": OCI_MANIFEST }).end(manifest);
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const range = `bytes ${from}-${blob.size - 1}/${blob.size}`;
  response.writeHead(from === 0 ? 200 : 206, from === 0 ? {} : { "content-range": range });
  response.end(bytes.subarray(from));
};

const status =
  (code: number): Handler =>
  (_, response) =>
    sendJson(response, code, {});

interface Places extends AsyncDisposable {
  readonly upstream: FakeServer;
  readonly mirrors: readonly FakeServer[];
  readonly registry: ReturnType<typeof openSession>;
}

/** A registry that is good, with mirrors that behave as said. */
async function open(
  handlers: readonly Handler[],
  options: RegistryOptions = {},
  change: (host: string) => string | RegistryMirror = (host) => host,
): Promise<Places> {
  const upstream = await startFakeServer(good);
  const mirrors = await Promise.all(handlers.map((handler) => startFakeServer(handler)));
  const registry = openSession(upstream.host, {
    retryDelayMs: 1,
    mirrors: { [upstream.host]: mirrors.map(({ host }) => change(host)) },
    ...options,
  });
  return {
    upstream,
    mirrors,
    registry,
    async [Symbol.asyncDispose]() {
      await registry.close();
      for (const server of [upstream, ...mirrors]) await server[Symbol.asyncDispose]();
    },
  };
}

async function read({ registry }: Places): Promise<Buffer> {
  return buffer((await registry.fetchBlob("a/b", blob)).stream);
}

describe("mirrors", () => {
  it("are read in place of the registry, tags too", async () => {
    await using places = await open([good, good]);
    expect((await places.registry.fetchManifest("a/b", "v1")).descriptor.digest).toBe(digest);
    expect(bytes.equals(await read(places))).toBe(true);
    expect(places.upstream.requests).toEqual([]);
    expect(places.mirrors.map(({ requests }) => requests.length)).toEqual([2, 0]);
  });

  it("are those of the registry that is named, by its own name", async () => {
    await using mirror = await startFakeServer(good);
    const session = new Session("docker.io", { mirrors: { "docker.io": [mirror.host] } });
    expect(session.mirrors).toHaveLength(1);
    await session.close();
    await using hub = openSession("docker.io", { mirrors: { "docker.io": [mirror.host] } });
    await hub.fetchManifest("library/hello", "latest");
    expect(mirror.requests).toEqual(["GET /v2/library/hello/manifests/latest"]);
    for (const registry of ["ghcr.io", "constructor"]) {
      const other = new Session(registry, { mirrors: { "docker.io": [mirror.host] } });
      expect(other.mirrors).toEqual([]);
      await other.close();
    }
  });

  it("may have a path before the repository's", async () => {
    await using places = await open([good], {}, (host) => `${host}/proxy/hub`);
    await places.registry.fetchManifest("a/b", "v1");
    expect(places.mirrors[0]?.requests).toEqual(["GET /v2/proxy/hub/a/b/manifests/v1"]);
  });

  it("may be asked for digests only", async () => {
    await using places = await open([good], {}, (host) => ({ host, tags: false }));
    await places.registry.fetchManifest("a/b", "v1");
    await places.registry.fetchManifest("a/b", digest);
    expect(places.upstream.requests).toEqual(["GET /v2/a/b/manifests/v1"]);
    expect(places.mirrors[0]?.requests).toEqual([`GET /v2/a/b/manifests/${digest}`]);
  });

  it.each<[string, Handler]>([
    ["lacks the image", status(404)],
    ["wants a login", status(401)],
    ["refuses", status(403)],
    ["is overrun", status(429)],
    ["fails", status(500)],
    ["hangs up", (request) => request.socket.destroy()],
    ["sends another manifest", (_, response) => response.end('{"other":1}')],
    ["sends too little", (_, response) => response.end("{")],
    ["redirects in a circle", (_, response) => response.writeHead(302, { location: "/x" }).end()],
  ])("one that %s is passed over", async (_, handler) => {
    await using places = await open([handler, good]);
    const { descriptor } = await places.registry.fetchManifest("a/b", digest);
    expect(descriptor.digest).toBe(digest);
    expect(bytes.equals(await read(places))).toBe(true);
    expect(places.upstream.requests).toEqual([]);
    expect(places.mirrors[1]?.requests).toHaveLength(2);
  });

  it("nobody reaches is passed over, and left alone for a while", async () => {
    const gone = await startFakeServer(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using upstream = await startFakeServer(good);
    const mirrors = { [upstream.host]: [gone.host] };
    await using registry = openSession(upstream.host, { retryDelayMs: 1, mirrors });
    await registry.fetchManifest("a/b", "v1");
    expect(bytes.equals(await buffer((await registry.fetchBlob("a/b", blob)).stream))).toBe(true);
    expect(registry.session.mirrors[0]?.serves(digest)).toBe(false);
  });

  it("that break off are followed by the next place, at the byte", async () => {
    const cut: Handler = (request, response) => {
      response.writeHead(200, { "content-length": blob.size });
      response.write(bytes.subarray(0, 100_000));
      setTimeout(() => request.socket.destroy(), 30);
    };
    const short: Handler = (request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const range = `bytes ${from}-${blob.size - 1}/${blob.size}`;
      response.writeHead(206, { "content-range": range });
      response.end(bytes.subarray(from, from + 50_000));
    };
    await using places = await open([cut, short]);
    expect(bytes.equals(await read(places))).toBe(true);
    expect([...places.mirrors, places.upstream].map(({ requests }) => requests.length)).toEqual([
      1, 1, 1,
    ]);
  });

  it("that lie about bytes are found out and asked no more", async () => {
    const liar: Handler = (_, response) => response.end(Buffer.alloc(blob.size));
    await using places = await open([liar, good]);
    const { stream } = await places.registry.fetchBlob("a/b", blob);
    expect(await rejectionOf(buffer(stream))).toMatchObject({ code: "ERR_DIGEST_MISMATCH" });
    expect(bytes.equals(await read(places))).toBe(true);
    expect(places.mirrors.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });

  it("are not asked what the registry has, nor for what is written back", async () => {
    await using places = await open([good]);
    const { session } = places.registry;
    await places.registry.resolve("a/b", digest);
    await hasBlob(session, "a/b", blob, undefined);
    await rejectionOf(taggedReferrers(session, "a/b", digest, undefined));
    expect(places.mirrors[0]?.requests).toEqual([]);
    expect(places.upstream.requests).toHaveLength(4);
    await places.registry.resolve("a/b", "v1");
    expect(places.mirrors[0]?.requests[0]).toBe("HEAD /v2/a/b/manifests/v1");
  });

  it("serve whole blobs only: a part from the middle could not be verified", async () => {
    await using places = await open([good]);
    const { stream } = await places.registry.fetchBlob("a/b", blob, { offset: 1000 });
    expect(bytes.subarray(1000).equals(await buffer(stream))).toBe(true);
    expect(places.mirrors[0]?.requests).toEqual([]);
  });

  it("hide no error of the registry itself", async () => {
    await using mirror = await startFakeServer(status(404));
    await using upstream = await startFakeServer(status(403));
    const mirrors = { [upstream.host]: [mirror.host] };
    await using registry = openSession(upstream.host, { retryDelayMs: 1, mirrors });
    expect(await rejectionOf(registry.fetchManifest("a/b", "v1"))).toMatchObject({
      code: "ERR_REGISTRY_FORBIDDEN",
      data: { registry: upstream.host },
    });
  });

  it("end with an abort", async () => {
    await using places = await open([() => undefined, good]);
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 50);
    const call = places.registry.fetchManifest("a/b", "v1", controller.signal);
    expect(await rejectionOf(call)).toBe("enough");
    expect(places.upstream.requests).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["no list", "mirror.example"],
    ["a number", [1]],
    ["no host", [{}]],
    ["too many", Array.from({ length: 17 }, () => "mirror.example")],
    ["a URL", ["https://mirror.example"]],
  ])("must be hosts: %s", (_, list) => {
    const mirrors = { "r.example": list as string[] };
    expect(() => new Session("r.example", { mirrors })).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/ERR_OPTIONS_INVALID|ERR_REFERENCE_INVALID/),
      }),
    );
  });
});

describe("credentials at mirrors", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const wantsLogin =
    (seen: (string | undefined)[]): Handler =>
    (request, response, count) => {
      seen.push(request.headers.authorization);
      if (request.headers.authorization !== undefined) return good(request, response, count);
      return response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    };

  it("are never the ones for all registries", async () => {
    const seen: (string | undefined)[] = [];
    const credentials = { username: "ada", password: "upstream" };
    await using places = await open([wantsLogin(seen)], { credentials });
    await places.registry.fetchManifest("a/b", "v1");
    expect(seen).toEqual([undefined]);
    expect(places.upstream.requests).toHaveLength(1);
  });

  it("are what a function says for the mirror's host", async () => {
    const seen: (string | undefined)[] = [];
    const asked: string[] = [];
    const credentials = (registry: string) => {
      asked.push(registry);
      return { username: registry.replace(":", "-"), password: "x" };
    };
    await using places = await open([wantsLogin(seen)], { credentials });
    await places.registry.fetchManifest("a/b", "v1");
    const host = places.mirrors[0]?.host ?? "";
    expect(asked).toEqual([host]);
    expect(seen.at(-1)).toBe(`Basic ${base64(`${host.replace(":", "-")}:x`)}`);
  });

  it("may be the mirror's own", async () => {
    const seen: (string | undefined)[] = [];
    const own = { username: "bob", password: "mirror" };
    await using places = await open(
      [wantsLogin(seen)],
      { credentials: { username: "ada", password: "upstream" } },
      (host) => ({ host, credentials: own }),
    );
    await places.registry.fetchManifest("a/b", "v1");
    expect(seen).toEqual([undefined, `Basic ${base64("bob:mirror")}`]);
  });
});
