import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import { proxyChoice } from "../../src/registry/proxy-for-url.js";
import { startTlsServer, type TlsServer } from "../support/tls-server.js";
import { rejectionOf } from "../support/thrown-by.js";
import { sendJson, startFakeServer } from "./fake-server.js";
import { openSession } from "./open-session.js";
import { startProxy } from "./proxy-server.js";

const fast = { retryDelayMs: 1, retries: 0, credentials: "anonymous" } as const;
const content = Buffer.from("layer");
const blob = { digest: digestOf(content), size: content.byteLength };
const basic = `Basic ${Buffer.from("ada:p@ss").toString("base64")}`;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** By which proxy a URL is reached in such an environment. */
function choose(environment: Record<string, string>, url: string): string | undefined {
  return proxyChoice(undefined, environment)(new URL(url))?.href;
}

describe("the environment's proxy", () => {
  const all = { HTTPS_PROXY: "http://s:1", HTTP_PROXY: "http://p:2" };

  it("is that of the scheme, in upper or lower case", () => {
    expect(choose(all, "https://r.example/")).toBe("http://s:1/");
    expect(choose(all, "http://r.example/")).toBe("http://p:2/");
    expect(choose({ HTTPS_PROXY: "http://s:1" }, "http://r.example/")).toBeUndefined();
    const lower = { ...all, https_proxy: "http://lower:1", http_proxy: "http://lower:2" };
    expect(choose(lower, "https://r.example/")).toBe("http://lower:1/");
    expect(choose(lower, "http://r.example/")).toBe("http://lower:2/");
    expect(choose({ HTTPS_PROXY: "s.example:8080" }, "https://r.example/")).toBe(
      "http://s.example:8080/",
    );
    expect(choose({ HTTPS_PROXY: "" }, "https://r.example/")).toBeUndefined();
  });

  it("HTTP_PROXY does not count in a CGI program, http_proxy does", () => {
    const cgi = { ...all, REQUEST_METHOD: "GET" };
    expect(choose(cgi, "http://r.example/")).toBeUndefined();
    expect(choose(cgi, "https://r.example/")).toBe("http://s:1/");
    expect(choose({ ...cgi, http_proxy: "http://p:2" }, "http://r.example/")).toBe("http://p:2/");
  });

  it.each(["localhost", "127.0.0.1", "127.9.9.9:5000", "[::1]:5000"])(
    "is never used for loopback: %s",
    (host) => {
      expect(choose(all, `http://${host}/`)).toBeUndefined();
      expect(proxyChoice("http://p:1", {})(new URL(`https://${host}/`))).toBeUndefined();
    },
  );

  it.each<[string, string, boolean]>([
    ["*", "https://r.example/", true],
    ["r.example", "https://r.example/", true],
    ["R.Example", "https://r.example/", true],
    ["r.example", "https://a.r.example/", true],
    ["r.example", "https://other-r.example/", false],
    [".r.example", "https://a.r.example/", true],
    [".r.example", "https://r.example/", true],
    ["*.r.example", "https://a.b.r.example/", true],
    ["r.example:5000", "https://r.example:5000/", true],
    ["r.example:5000", "https://r.example/", false],
    ["r.example:443", "https://r.example/", true],
    ["r.example:80", "http://r.example/", true],
    ["10.0.0.0/8", "https://10.1.2.3:5000/", true],
    ["10.0.0.0/8", "https://11.1.2.3/", false],
    ["10.1.2.3", "https://10.1.2.3/", true],
    ["10.1.2.3:5000", "https://10.1.2.3/", false],
    ["2.3", "https://10.1.2.3/", false],
    ["fd00::/8", "https://[fd12::1]/", true],
    ["fd00::/8", "https://[fe12::1]/", false],
    ["[fd12::1]", "https://[fd12::1]/", true],
    ["fd12::1", "https://[fd12::1]:5000/", true],
    ["[fd12::1]:5000", "https://[fd12::1]/", false],
    ["a.example, r.example", "https://r.example/", true],
    ["a.example r.example", "https://r.example/", true],
    [" , ,", "https://r.example/", false],
    ["10.0.0.0/99", "https://10.0.0.1/", false],
    ["", "https://r.example/", false],
  ])("NO_PROXY=%s for %s: %s", (list, url, isExcluded) => {
    const found = choose({ ...all, NO_PROXY: list }, url);
    expect(found === undefined).toBe(isExcluded);
    expect(choose({ ...all, no_proxy: list }, url)).toBe(found);
  });

  it.each(["socks5://p:1", "ftp://p", "http://", "::"])("must be an HTTP proxy: %s", (proxy) => {
    const code = "ERR_OPTIONS_INVALID";
    expect(() => proxyChoice(proxy, {})).toThrow(expect.objectContaining({ code }));
    const fromEnvironment = () => choose({ HTTPS_PROXY: proxy }, "https://r.example/");
    expect(fromEnvironment).toThrow(expect.objectContaining({ code }));
  });

  it("that is wrong is said without its password", () => {
    try {
      proxyChoice("socks5://ada:s3cret@p:1", {});
      expect.unreachable();
    } catch (error) {
      expect(inspect(error)).not.toContain("s3cret");
    }
  });
});

describe("plain HTTP through a proxy", () => {
  it("sends whole URLs, the proxy's user to the proxy alone, ours to the registry alone", async () => {
    const seen: Record<string, unknown>[] = [];
    await using server = await startFakeServer((request, response) => {
      seen.push(request.headers);
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      } else if (request.url?.includes("/blobs/") === true) response.end(content);
      else sendJson(response, 200, {});
    });
    await using proxy = await startProxy({ to: server.host, authorization: basic });
    await using registry = openSession("r.example", {
      ...fast,
      insecure: ["r.example"],
      credentials: { username: "bob", password: "x" },
      proxy: proxy.url.replace("//", "//ada:p%40ss@"),
    });
    await registry.fetchManifest("a/b", "v1");
    expect(await text((await registry.fetchBlob("a/b", blob)).stream)).toBe("layer");
    expect(proxy.requests.at(-1)).toBe(`GET http://r.example/v2/a/b/blobs/${blob.digest}`);
    expect(proxy.headers.at(-1)).toMatchObject({ host: "r.example", "proxy-authorization": basic });
    for (const headers of seen) expect(headers).not.toHaveProperty("proxy-authorization");
    expect(seen.at(-1)).toMatchObject({ host: "r.example" });
  });

  it("is found in the environment, and turned off by false", async () => {
    await using server = await startFakeServer((_, response) => sendJson(response, 200, {}));
    await using proxy = await startProxy({ to: server.host });
    vi.stubEnv("HTTP_PROXY", proxy.url);
    await using registry = openSession("r.example", { ...fast, insecure: ["r.example"] });
    await registry.fetchManifest("a/b", "v1");
    expect(proxy.requests).toContain("GET http://r.example/v2/a/b/manifests/v1");
    await using local = openSession(server.host, fast);
    await local.fetchManifest("a/b", "v1");
    vi.stubEnv("NO_PROXY", "unknown.invalid");
    const options = { ...fast, insecure: ["unknown.invalid"], connectTimeoutMs: 2_000 };
    await using excluded = openSession("unknown.invalid", options);
    await using off = openSession("unknown.invalid", { ...options, proxy: false });
    for (const straight of [excluded, off]) {
      expect(await rejectionOf(straight.fetchManifest("a/b", "v1"))).toMatchObject({
        code: "ERR_REGISTRY_UNREACHABLE",
      });
    }
    expect(proxy.requests.filter((line) => !line.includes("r.example"))).toEqual([]);
  });

  it("that is refused says so", async () => {
    await using server = await startFakeServer(() => undefined);
    await using proxy = await startProxy({ to: server.host, authorization: basic });
    await using registry = openSession("r.example", {
      ...fast,
      insecure: ["r.example"],
      proxy: proxy.url.replace("//", "//ada:s3cret@"),
    });
    const error = await rejectionOf(registry.fetchManifest("a/b", "v1"));
    expect(error).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
      hint: expect.stringContaining("proxy's URL"),
    });
    expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
  });
});

describe("TLS through a proxy", () => {
  let server: TlsServer;
  let hasBasic = false;

  beforeAll(async () => {
    server = await startTlsServer((request, response) => {
      if (hasBasic && request.headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      } else if (request.url?.includes("/blobs/") === true) response.end(content);
      else if (request.url?.includes("/silent") === true) return;
      else sendJson(response, 200, {});
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("goes by CONNECT; the proxy sees the host and nothing else", async () => {
    hasBasic = true;
    await using proxy = await startProxy({ to: server.host, authorization: basic });
    await using registry = openSession("registry.test:5000", {
      ...fast,
      ca: server.ca,
      credentials: { username: "bob", password: "x" },
      proxy: new URL(proxy.url.replace("//", "//ada:p%40ss@")),
    });
    await registry.fetchManifest("a/b", "v1");
    expect(await text((await registry.fetchBlob("a/b", blob)).stream)).toBe("layer");
    expect(new Set(proxy.requests)).toEqual(new Set(["CONNECT registry.test:5000"]));
    expect(proxy.headers[0]).toEqual({
      host: "registry.test:5000",
      connection: expect.any(String),
      "proxy-authorization": basic,
    });
    hasBasic = false;
  });

  it("checks the registry's certificate all the same", async () => {
    await using proxy = await startProxy({ to: server.host });
    for (const [host, options] of [
      ["registry.test:5000", {}],
      ["other.test:5000", { ca: server.ca }],
    ] as const) {
      await using registry = openSession(host, { ...fast, ...options, proxy: proxy.url });
      const error = await rejectionOf(registry.fetchManifest("a/b", "v1"));
      expect(error).toMatchObject({ code: "ERR_REGISTRY_UNREACHABLE" });
    }
  });

  it.each([403, 502, 407])("that the proxy refuses with %i says so", async (status) => {
    await using proxy = await startProxy({ to: server.host, status });
    await using registry = openSession("registry.test:5000", { ...fast, proxy: proxy.url });
    const error = await rejectionOf(registry.fetchManifest("a/b", "v1"));
    expect(error).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
      message: expect.stringMatching(status === 407 ? /user and password/ : String(status)),
    });
  });

  it("keeps time-outs and aborts: of the proxy, and of the registry behind it", async () => {
    await using silent = await startProxy({ to: server.host, isSilent: true });
    await using proxy = await startProxy({ to: server.host });
    const options = { ...fast, ca: server.ca, connectTimeoutMs: 300, headersTimeoutMs: 300 };
    const began = performance.now();
    for (const { url } of [silent, proxy]) {
      await using registry = openSession("registry.test:5000", { ...options, proxy: url });
      expect(await rejectionOf(registry.fetchManifest("a/b", "silent"))).toMatchObject({
        code: "ERR_REGISTRY_UNREACHABLE",
      });
    }
    expect(performance.now() - began).toBeLessThan(6_000);
    for (const { url } of [silent, proxy]) {
      const controller = new AbortController();
      await using registry = openSession("registry.test:5000", {
        ...fast,
        ca: server.ca,
        proxy: url,
      });
      setTimeout(() => controller.abort("enough"), 100);
      const call = registry.fetchManifest("a/b", "silent", controller.signal);
      expect(await rejectionOf(call)).toBe("enough");
    }
  });

  it("is not tried when nobody listens at the proxy", async () => {
    const proxy = await startProxy({ to: server.host });
    await proxy[Symbol.asyncDispose]();
    await using registry = openSession("registry.test:5000", { ...fast, proxy: proxy.url });
    expect(await rejectionOf(registry.fetchManifest("a/b", "v1"))).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
    });
  });
});
