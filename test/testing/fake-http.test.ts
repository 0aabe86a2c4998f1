import { join } from "node:path";
import type { Grants } from "safedock";
import { fakeHttp, type FakeRoutes } from "safedock/testing";
import { describe, expect, test, vi } from "vitest";
import { httpGuestPath } from "../http-in/http-guests.js";
import { openTestEngine } from "../support/test-engine.js";

const REQUEST = join(import.meta.dirname, "../guests/http/request.wasm");

/** Runs the guest of preview 1 that sends one request over an engine that knows these routes alone. */
async function sent(routes: FakeRoutes, args: string[], http: Grants["http"], stdin = "") {
  const api = fakeHttp(routes);
  const opened = await openTestEngine({ http: api });
  const { engine } = opened;
  try {
    const image = await engine.loadImage(REQUEST);
    const options = { args, stdin, ...(http === undefined ? undefined : { grants: { http } }) };
    const { stdout } = await engine.run(image, options);
    return { out: stdout.toString(), requests: api.requests };
  } finally {
    await opened.close();
  }
}

/** The text of the next warning, which is not printed. */
function nextWarning(): Promise<string> {
  return new Promise((resolve) => {
    const spy = vi.spyOn(process, "emitWarning").mockImplementation((warning) => {
      spy.mockRestore();
      resolve(String(warning));
    });
  });
}

describe("fakeHttp", () => {
  test("answers a program of preview 1, and keeps what it has sent", async () => {
    const { out, requests } = await sent(
      {
        "https://api.example.com/v1/*": async (request) =>
          Response.json({ got: await request.text() }, { status: 201 }),
      },
      ["POST", "https://api.example.com/v1/orders?x=1", "x-from: guest"],
      [
        {
          origin: "https://api.example.com",
          methods: ["POST"],
          credentials: { authorization: { secret: "Bearer t0ps3cret" } },
        },
      ],
      "data",
    );
    expect(out).toContain("201\n");
    expect(out).toContain('{"got":"data"}');
    expect(out).not.toContain("t0ps3cret");
    expect(requests).toHaveLength(1);
    const [request] = requests;
    expect(request).toMatchObject({
      method: "POST",
      url: "https://api.example.com/v1/orders?x=1",
      isKnown: true,
    });
    expect(request?.headers).toMatchObject({
      "x-from": "guest",
      authorization: "Bearer t0ps3cret",
    });
    expect(await request?.text()).toBe("data");
  });

  test("answers a component", async () => {
    const api = fakeHttp({
      "https://api.example.com/*": (request) =>
        new Response(`${request.method} ${request.headers.get("x-from")}`, {
          headers: { "x-answer": "42" },
        }),
    });
    const opened = await openTestEngine({ http: api });
    const { engine } = opened;
    try {
      await using container = await engine.createContainer(
        await engine.loadImage(httpGuestPath("fetch")),
        { grants: { http: [{ origin: "https://api.example.com" }] } },
      );
      const headers = { "x-url": "https://api.example.com/a" };
      const response = await container.fetch(new Request("http://guest/", { headers }));
      expect(await response.text()).toBe("GET guest");
      expect(response.headers.get("x-answer")).toBe("42");
      expect(api.requests.map(({ url }) => url)).toEqual(["https://api.example.com/a"]);
    } finally {
      await opened.close();
    }
  });

  test("takes the first route that fits: method, wildcards, queries", async () => {
    const named = (name: string) => () => new Response(name);
    const routes: FakeRoutes = {
      "https://api.example.com/a?x=1": named("query"),
      "PUT https://api.example.com/a": named("put"),
      "https://api.example.com/a": named("exact"),
      "https://api.example.com/b/*": named("below"),
      "https://*.example.com/*": named("sub"),
    };
    const api = fakeHttp(routes);
    const asked = async (url: string, method = "GET") =>
      (await api.fetch(new Request(url, { method }))).text();
    expect(await asked("https://api.example.com/a?x=1")).toBe("query");
    expect(await asked("https://api.example.com/a?x=2")).toBe("exact");
    expect(await asked("https://api.example.com/a", "PUT")).toBe("put");
    expect(await asked("https://api.example.com/b/c?d")).toBe("below");
    expect(await asked("https://api.example.com/bc")).toBe("sub");
    expect(await asked("https://other.example.com/")).toBe("sub");
    const warned = nextWarning();
    await expect(asked("http://api.example.com/a")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await warned).toContain("http://api.example.com/a");
  });

  test("refuses what no route takes, loudly", async () => {
    const warned = nextWarning();
    const { out, requests } = await sent(
      { "https://api.example.com/v1": () => new Response("") },
      ["GET", "https://api.example.com/v2"],
      [{ origin: "https://api.example.com" }],
    );
    expect(out).toContain("connection-refused");
    expect(requests).toMatchObject([{ url: "https://api.example.com/v2", isKnown: false }]);
    expect(await warned).toBe("fakeHttp: no route takes GET https://api.example.com/v2");
  });

  test("is not asked for what is not granted", async () => {
    const routes = { "https://api.example.com/*": () => new Response("secret") };
    const args = ["GET", "https://api.example.com/v1"];
    for (const http of [undefined, [{ origin: "https://other.example.com" }]]) {
      const { out, requests } = await sent(routes, args, http);
      expect(out).not.toContain("secret");
      expect(requests).toEqual([]);
    }
  });

  test("follows redirects as servers would have it, each hop granted for itself", async () => {
    const routes = {
      "https://api.example.com/old": () => Response.redirect("https://api.example.com/new", 308),
      "https://api.example.com/new": () => Response.redirect("http://169.254.169.254/", 302),
    };
    const { out, requests } = await sent(
      routes,
      ["GET", "https://api.example.com/old"],
      [{ origin: "https://api.example.com", redirects: 5 }],
    );
    expect(out).toContain("HTTP-request-denied");
    expect(requests.map(({ url }) => url)).toEqual([
      "https://api.example.com/old",
      "https://api.example.com/new",
    ]);
  });

  test("fails as a server does whose handler throws", async () => {
    for (const [code, told] of [
      ["ECONNREFUSED", "connection-refused"],
      ["ENOTFOUND", "DNS-error"],
      ["ETIMEDOUT", "connection-timeout"],
      ["DEPTH_ZERO_SELF_SIGNED_CERT", "TLS-certificate-error"],
      ["", "connection-terminated"],
    ] as const) {
      const { out } = await sent(
        {
          "https://api.example.com/*": () => {
            throw Object.assign(new Error("no"), { code });
          },
        },
        ["GET", "https://api.example.com/"],
        [{ origin: "https://api.example.com" }],
      );
      expect(out).toContain(told);
    }
  });

  test.each([
    "",
    "/v1",
    "api.example.com/",
    "ftp://x/",
    "https://x",
    "https://*.*.x/",
    "A B https://x/",
  ])("does not take the route %j", (route) => {
    expect(() => fakeHttp({ [route]: () => new Response() })).toThrow(TypeError);
  });
});
