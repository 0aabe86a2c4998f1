import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { CredentialsSource } from "../../src/registry/credentials.js";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import { openRegistry } from "../../src/registry/registry.js";
import { rejectionOf } from "../support/thrown-by.js";
import { sendJson, startFakeServer, type FakeServer } from "./fake-server.js";

const fast = { retryDelayMs: 1, retries: 1 };
const credentials = { username: "ada", password: "pa55-w0rd" };
const basic = `Basic ${Buffer.from("ada:pa55-w0rd").toString("base64")}`;
const content = Buffer.from("layer");
const blob = { digest: digestOf(content), size: content.byteLength };

/** A registry that wants `Bearer <token>`, naming `realm`. */
function startBearerRegistry(
  realm: string,
  isValid: (token: string) => boolean,
): Promise<FakeServer> {
  return startFakeServer((request, response) => {
    if (isValid(request.headers.authorization ?? "")) return sendJson(response, 200, {});
    const repository = /^\/v2\/(.+)\/manifests/.exec(request.url ?? "")?.[1];
    return sendJson(
      response,
      401,
      { errors: [{ code: "UNAUTHORIZED" }] },
      {
        "www-authenticate": `Bearer realm="${realm}",service="reg",scope="repository:${repository}:pull"`,
      },
    );
  });
}

interface TokenServer extends AsyncDisposable {
  readonly origin: string;
  readonly seen: {
    readonly url: string;
    readonly authorization: string | undefined;
    readonly body: string;
  }[];
}

async function startTokenServer(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<TokenServer> {
  const seen: TokenServer["seen"] = [];
  const server = await startFakeServer((request, response, count) => {
    void text(request).then((body) => {
      seen.push({ url: request.url ?? "", authorization: request.headers.authorization, body });
      answer(request, response, count);
    });
  });
  return {
    origin: server.origin,
    seen,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

describe("the token flow", () => {
  it("fetches an anonymous token once per repository", async () => {
    await using tokens = await startTokenServer((_, response, count) =>
      sendJson(response, 200, { token: `t${count}`, expires_in: 300 }),
    );
    await using server = await startBearerRegistry(`${tokens.origin}/token`, (t) =>
      /^Bearer t\d$/.test(t),
    );
    await using registry = openRegistry(server.host, fast);
    await Promise.all([
      registry.repository("a/b").fetchManifest("v1"),
      registry.repository("a/b").fetchManifest("v2"),
      registry.repository("a/b").fetchManifest("v3"),
    ]);
    await registry.repository("a/b").fetchManifest("v4");
    expect(tokens.seen.map(({ url, authorization }) => [url, authorization])).toEqual([
      ["/token?service=reg&scope=repository%3Aa%2Fb%3Apull", undefined],
    ]);
    await registry.repository("c/d").fetchManifest("v1");
    expect(tokens.seen).toHaveLength(2);
    // The second repository's token came ahead: no answer of 401 was needed.
    expect(server.requests.filter((request) => request.includes("c/d"))).toHaveLength(1);
  });

  it("sends user and password to the token server alone", async () => {
    const sent: (string | undefined)[] = [];
    await using tokens = await startTokenServer((_, response) =>
      sendJson(response, 200, { access_token: "secret-token" }),
    );
    await using server = await startBearerRegistry(`${tokens.origin}/token`, (t) => {
      sent.push(t);
      return t === "Bearer secret-token";
    });
    const asked: string[] = [];
    const source: CredentialsSource = async (name) => {
      asked.push(name);
      return credentials;
    };
    await using registry = openRegistry(server.host, { ...fast, credentials: source });
    await registry.repository("a/b").fetchManifest("v1");
    await registry.repository("a/b").fetchManifest("v2");
    expect(tokens.seen.map(({ authorization }) => authorization)).toEqual([basic]);
    expect(sent).toEqual(["", "Bearer secret-token", "Bearer secret-token"]);
    expect(asked).toEqual([server.host]);
  });

  it("trades an identity token by POST", async () => {
    await using tokens = await startTokenServer((_, response) =>
      sendJson(response, 200, { access_token: "t" }),
    );
    await using server = await startBearerRegistry(
      `${tokens.origin}/token`,
      (t) => t === "Bearer t",
    );
    await using registry = openRegistry(server.host, {
      ...fast,
      credentials: { identityToken: "id&=" },
    });
    await registry.repository("a/b").fetchManifest("v1");
    const [seen] = tokens.seen;
    expect(seen).toMatchObject({ url: "/token", authorization: undefined });
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      grant_type: "refresh_token",
      refresh_token: "id&=",
      client_id: "safedock",
      scope: "repository:a/b:pull",
      service: "reg",
    });
  });

  it("sends a token that we have as it is", async () => {
    await using server = await startBearerRegistry(
      "https://never.asked/",
      (t) => t === "Bearer own",
    );
    await using registry = openRegistry(server.host, { ...fast, credentials: { token: "own" } });
    await registry.repository("a/b").fetchManifest("v1");
    expect(server.requests).toHaveLength(2);
  });

  it("fetches a new token when the registry no longer takes the old one", async () => {
    let valid = "Bearer t1";
    await using tokens = await startTokenServer((_, response, count) =>
      sendJson(response, 200, { token: `t${count}`, expires_in: 3600 }),
    );
    await using server = await startBearerRegistry(`${tokens.origin}/token`, (t) => t === valid);
    await using registry = openRegistry(server.host, fast);
    await registry.repository("a/b").fetchManifest("v1");
    valid = "Bearer t2";
    await registry.repository("a/b").fetchManifest("v1");
    expect(tokens.seen).toHaveLength(2);
    valid = "Bearer none";
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
    });
    expect(tokens.seen).toHaveLength(3);
  });

  it.each<[string, number, unknown, string]>([
    ["401", 401, { details: "incorrect username or password" }, "ERR_REGISTRY_UNAUTHORIZED"],
    ["403", 403, {}, "ERR_REGISTRY_FORBIDDEN"],
    ["500", 500, {}, "ERR_REGISTRY_SERVER"],
    ["no token", 200, {}, "ERR_REGISTRY_RESPONSE"],
    ["a token that no header can hold", 200, { token: "a\r\nx: y" }, "ERR_REGISTRY_RESPONSE"],
    ["a list", 200, [], "ERR_REGISTRY_RESPONSE"],
    ["too much", 200, { token: "x".repeat(300_000) }, "ERR_REGISTRY_RESPONSE"],
  ])("ends when the token server answers %s", async (_, status, document, code) => {
    await using tokens = await startTokenServer((__, response) =>
      sendJson(response, status, document),
    );
    await using server = await startBearerRegistry(`${tokens.origin}/token`, () => false);
    await using registry = openRegistry(server.host, { ...fast, credentials });
    const error = await rejectionOf(registry.repository("a/b").fetchManifest("v1"));
    expect(error).toMatchObject({ code });
    expectNoSecret(error);
  });

  it.each([
    "http://auth.example/token",
    "ftp://127.0.0.1/",
    "not a url",
    "https://u:p@auth.example/",
  ])("does not go to a token server at %s", async (realm) => {
    await using server = await startBearerRegistry(realm, () => false);
    await using registry = openRegistry(server.host, { ...fast, credentials });
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_RESPONSE",
    });
  });
});

describe("credentials", () => {
  it("do not follow a redirect to another origin, nor one back", async () => {
    const seen: (readonly [string, string | undefined])[] = [];
    await using storage = await startFakeServer((request, response) => {
      seen.push(["storage", request.headers.authorization]);
      if (request.url?.startsWith("/back") === true) {
        response.writeHead(307, { location: `${server.origin}/data` }).end();
      } else response.end(content);
    });
    await using server = await startFakeServer((request, response) => {
      seen.push([request.url ?? "", request.headers.authorization]);
      if (request.url === "/data") response.end(content);
      else if (request.headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      } else {
        const to = request.url?.includes("/away/") === true ? "/signed?sig=1" : "/back";
        response.writeHead(307, { location: `${storage.origin}${to}` }).end();
      }
    });
    await using registry = openRegistry(server.host, { ...fast, credentials });
    for (const repository of ["a/away", "a/back"]) {
      const { stream } = await registry.repository(repository).fetchBlob(blob);
      expect(await text(stream)).toBe("layer");
    }
    expect(seen.filter(([where]) => where === "storage" || where === "/data")).toEqual([
      ["storage", undefined],
      ["storage", undefined],
      ["/data", undefined],
    ]);
    expect(seen.filter(([, authorization]) => authorization === basic)).toHaveLength(2);
  });

  it("are not given to storage that asks for them", async () => {
    const seen: (string | undefined)[] = [];
    await using storage = await startFakeServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    });
    await using server = await startFakeServer((_, response) =>
      response.writeHead(307, { location: `${storage.origin}/x` }).end(),
    );
    await using registry = openRegistry(server.host, { ...fast, credentials });
    expect(await rejectionOf(registry.repository("a/b").fetchBlob(blob))).toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
    });
    expect(seen).toEqual([undefined]);
  });

  it("stay out of errors, also when a server repeats them", async () => {
    await using server = await startFakeServer((request, response) => {
      const { authorization } = request.headers;
      if (authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      } else if (request.url?.endsWith("cut") === true) request.socket.destroy();
      else {
        const message = `bad: ${authorization} ${credentials.password}`;
        sendJson(response, 403, { errors: [{ code: "DENIED", message }] });
      }
    });
    await using registry = openRegistry(server.host, { ...fast, credentials });
    for (const tag of ["denied", "cut"]) {
      expectNoSecret(await rejectionOf(registry.repository("a/b").fetchManifest(tag)));
    }
  });

  it.each<[string, CredentialsSource]>([
    ["a user with a colon", { username: "a:b", password: "secret-1" }],
    ["a token with a line break", { token: "secret-1\r\nx: y" }],
    ["an empty token", { token: "" }],
    ["an identity token with a blank", { identityToken: "secret-1 x" }],
  ])("must be usable: %s", async (_, source) => {
    await using server = await startBearerRegistry("https://auth.example/", () => false);
    await using registry = openRegistry(server.host, { ...fast, credentials: source });
    const error = await rejectionOf(registry.repository("a/b").fetchManifest("v1"));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(inspect(error)).not.toContain("secret-1");
  });

  it("are asked for again when their source failed", async () => {
    await using server = await startBearerRegistry(
      "https://auth.example/",
      (t) => t === "Bearer own",
    );
    let calls = 0;
    const failure = new Error("keychain locked");
    await using registry = openRegistry(server.host, {
      credentials: () => {
        calls++;
        if (calls === 1) throw failure;
        return { token: "own" };
      },
    });
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toBe(failure);
    expect((await registry.repository("a/b").fetchManifest("v1")).bytes.byteLength).toBe(2);
  });
});

describe("redirects", () => {
  it.each([
    ["in a circle", "/v2/loop"],
    ["to a link-local address", "http://169.254.169.254/latest"],
    ["to another protocol", "file:///etc/passwd"],
    ["nowhere", undefined],
  ])("%s are not followed", async (_, location) => {
    await using server = await startFakeServer((__, response) =>
      response.writeHead(302, location === undefined ? {} : { location }).end(),
    );
    await using registry = openRegistry(server.host, fast);
    expect(await rejectionOf(registry.repository("a/b").fetchBlob(blob))).toMatchObject({
      code: "ERR_REGISTRY_RESPONSE",
    });
    expect(server.requests.length).toBeLessThan(8);
  });

  it("of an upload are not followed", async () => {
    await using server = await startFakeServer((request, response) => {
      if (request.method === "HEAD") response.writeHead(404).end();
      else response.writeHead(307, { location: "/elsewhere" }).end();
    });
    await using registry = openRegistry(server.host, fast);
    expect(await rejectionOf(registry.repository("a/b").pushBlob(blob, content))).toMatchObject({
      code: "ERR_REGISTRY_RESPONSE",
    });
  });
});

function expectNoSecret(error: unknown): void {
  const shown = inspect(error, { depth: 12, showHidden: true });
  for (const secret of [credentials.password, basic.slice("Basic ".length)]) {
    expect(shown).not.toContain(secret);
  }
}
