import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  approveGrants,
  diffGrants,
  type DeniedEvent,
  type Engine,
  type GrantRequest,
  type Grants,
  type HttpGrant,
  type Image,
  parseGrants,
  suggestGrants,
} from "safedock";
import { expectDenied, fakeHttp } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpGuestPath } from "../http-in/http-guests.js";
import { thrownBy } from "../support/thrown-by.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

const ORIGIN = "https://api.example.com";
const secret = { authorization: { secret: "Bearer t0ps3cret" } };

function problemsOf(work: () => unknown): string[] {
  const error = thrownBy(work) as { code: string; data: { problems: string[] } };
  expect(error.code).toBe("ERR_OPTIONS_INVALID");
  return error.data.problems;
}

const http = (...grants: HttpGrant[]): Grants => ({ http: grants });

describe("grants of requests as data", () => {
  it("are checked as one piece, and no message repeats a secret", () => {
    const problems = problemsOf(() =>
      parseGrants({
        http: [
          { origin: "https://user:t0ps3cret@api.example.com" },
          { origin: ORIGIN, methods: ["TRACE"], pathPrefix: "v1", headers: ["host"] },
          { origin: ORIGIN, credentials: { authorization: "t0ps3cret\r\n", host: "x" } },
          { origin: ORIGIN, addresses: ["10.0.0.0/33"], redirects: -1, cookies: true },
          "https://api.example.com",
        ],
      }),
    );
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "grants.http[0].origin",
      "grants.http[1].methods[0]",
      "grants.http[1].pathPrefix",
      "grants.http[1].headers[0]",
      "grants.http[2].credentials.authorization",
      "grants.http[2].credentials",
      expect.stringContaining("cookies"),
      "grants.http[3].addresses[0]",
      "grants.http[3].redirects",
      "grants.http[4]",
    ]);
    expect(problems.join()).not.toContain("t0ps3cret");
  });

  it.each<[string, HttpGrant[], HttpGrant[], (string | undefined)[], boolean]>([
    [
      "the same",
      [{ origin: ORIGIN }],
      [{ origin: `${ORIGIN}:443`, methods: ["HEAD", "GET"] }],
      [],
      false,
    ],
    ["a new origin", [], [{ origin: ORIGIN }], ["added"], true],
    ["an origin less", [{ origin: ORIGIN }], [], ["removed"], false],
    [
      "a method more",
      [{ origin: ORIGIN }],
      [{ origin: ORIGIN, methods: ["GET", "HEAD", "PUT"] }],
      ["widened"],
      true,
    ],
    ["any method", [{ origin: ORIGIN }], [{ origin: ORIGIN, methods: "any" }], ["widened"], true],
    [
      "a method less",
      [{ origin: ORIGIN }],
      [{ origin: ORIGIN, methods: ["GET"] }],
      ["narrowed"],
      false,
    ],
    [
      "another method",
      [{ origin: ORIGIN }],
      [{ origin: ORIGIN, methods: ["POST"] }],
      ["changed"],
      true,
    ],
    ["a path", [{ origin: ORIGIN }], [{ origin: ORIGIN, pathPrefix: "/v1" }], ["narrowed"], false],
    [
      "a longer word",
      [{ origin: ORIGIN, pathPrefix: "/v1" }],
      [{ origin: ORIGIN, pathPrefix: "/v10" }],
      ["changed"],
      true,
    ],
    [
      "two paths",
      [{ origin: ORIGIN, pathPrefix: "/a" }],
      [
        { origin: ORIGIN, pathPrefix: "/a" },
        { origin: ORIGIN, pathPrefix: "/b" },
      ],
      ["widened"],
      true,
    ],
    ["cookies", [{ origin: ORIGIN }], [{ origin: ORIGIN, headers: ["cookie"] }], ["changed"], true],
    [
      "headers",
      [{ origin: ORIGIN }],
      [{ origin: ORIGIN, headers: ["accept"] }],
      ["narrowed"],
      false,
    ],
    [
      "credentials",
      [{ origin: ORIGIN }],
      [{ origin: ORIGIN, credentials: secret }],
      ["widened"],
      true,
    ],
    [
      "other credentials",
      [{ origin: ORIGIN, credentials: { a: "1" } }],
      [{ origin: ORIGIN, credentials: { a: "2" } }],
      ["changed"],
      true,
    ],
    [
      "any address",
      [{ origin: ORIGIN }],
      [{ origin: ORIGIN, addresses: "any" }],
      ["widened"],
      true,
    ],
    [
      "a private network",
      [{ origin: ORIGIN }],
      [{ origin: ORIGIN, addresses: ["10.0.0.0/8"] }],
      ["changed"],
      true,
    ],
    [
      "a network in another",
      [{ origin: ORIGIN, addresses: ["10.0.0.0/8"] }],
      [{ origin: ORIGIN, addresses: ["10.1.0.0/16"] }],
      ["narrowed"],
      false,
    ],
    ["redirects", [{ origin: ORIGIN }], [{ origin: ORIGIN, redirects: 1 }], ["widened"], true],
    ["bytes", [{ origin: ORIGIN }], [{ origin: ORIGIN, maxResponseBytes: 1 }], ["narrowed"], false],
    [
      "one of its sub-domains",
      [{ origin: "https://*.example.com" }],
      [{ origin: ORIGIN }],
      ["removed", "narrowed"],
      false,
    ],
    [
      "all sub-domains",
      [{ origin: ORIGIN }],
      [{ origin: "https://*.example.com" }],
      ["removed", "added"],
      true,
    ],
    [
      "http in place of https",
      [{ origin: ORIGIN }],
      [{ origin: "http://api.example.com" }],
      ["removed", "added"],
      true,
    ],
  ])("diffGrants tells %s", (_, old, next, kinds, widens) => {
    const diff = diffGrants(http(...old), http(...next));
    expect(diff.changes.map(({ kind }) => kind)).toEqual(kinds);
    expect(diff.widens).toBe(widens);
    expect(diff.text).not.toContain("t0ps3cret");
    for (const { grant } of diff.changes) expect(grant).toMatch(/^http:https?:\/\//);
  });

  it("are asked for by images, and approved with what only a host can say", () => {
    const request: GrantRequest = {
      http: [
        {
          origin: ORIGIN,
          methods: ["GET", "POST"],
          pathPrefix: "/v1/",
          credentials: ["Authorization"],
          reason: "prices",
        },
        { origin: "https://telemetry.example", methods: ["POST"], optional: true },
      ],
    };
    expect(diffGrants({}, request)).toMatchObject({
      widens: true,
      changes: [
        { grant: `http:${ORIGIN}`, kind: "added", to: expect.stringContaining("authorization") },
        { grant: "http:https://telemetry.example", kind: "added" },
      ],
    });
    const approved = approveGrants(request, {
      http: { [ORIGIN]: { credentials: secret, methods: ["GET"], addresses: ["10.0.0.0/8"] } },
    });
    expect(approved).toEqual({
      http: [
        {
          origin: ORIGIN,
          methods: ["GET"],
          pathPrefix: "/v1/",
          credentials: secret,
          addresses: ["10.0.0.0/8"],
        },
      ],
    });
    expect(diffGrants(request, approved).widens).toBe(false);
    expect(approveGrants(request, { http: { [ORIGIN]: null } })).toEqual({});
    const both = approveGrants(request, {
      http: { [ORIGIN]: null, "https://telemetry.example": {} },
    });
    expect(both).toEqual({ http: [{ origin: "https://telemetry.example", methods: ["POST"] }] });
  });

  it("are approved neither in silence nor beyond what is asked", () => {
    const request: GrantRequest = {
      http: [{ origin: ORIGIN, pathPrefix: "/v1/", credentials: ["authorization"] }],
    };
    const refusal = (approval: unknown) =>
      problemsOf(() => approveGrants(request, approval as never)).join();
    expect(refusal({})).toContain("give {} or null to refuse it");
    expect(refusal({ http: { [ORIGIN]: {} } })).toContain("give its value");
    const more = (grant: object) =>
      refusal({ http: { [ORIGIN]: { credentials: secret, ...grant } } });
    expect(more({ pathPrefix: "/" })).toContain("more than the image asks for");
    expect(more({ methods: "any" })).toContain("more than the image asks for");
    expect(more({ redirects: 3 })).toContain("more than the image asks for");
    expect(more({ credentials: { ...secret, "x-key": "k" } })).toContain("more than");
    expect(more({ origin: "https://other.example" })).toContain("without origin");
    expect(more({ cookies: true })).toContain("cookies");
    expect(refusal({ http: { [ORIGIN]: null, "https://x.example": {} } })).toContain(
      "does not ask for",
    );
    for (const asked of [{ addresses: "any" }, { credentials: secret }, { reason: "a\nb" }]) {
      const odd = { http: [{ origin: ORIGIN, ...asked }] } as unknown as GrantRequest;
      problemsOf(() => approveGrants(odd, { http: { [ORIGIN]: {} } }));
    }
  });
});

describe("grants of requests in use", () => {
  let opened: TestEngine;
  let engine: Engine;
  let command: Image;
  const held: ReadableStreamDefaultController<Uint8Array>[] = [];
  let asked = (): void => undefined;
  const api = fakeHttp({
    "https://*.example.com/endless": () => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          held.push(controller);
          controller.enqueue(new Uint8Array(8));
          asked();
        },
      });
      return new Response(body);
    },
    "https://*.example.com/*": () => new Response("ok"),
  });

  beforeAll(async () => {
    opened = await openTestEngine({ http: api });
    ({ engine } = opened);
    command = await engine.loadImage(join(import.meta.dirname, "../guests/http/request.wasm"));
  });
  afterAll(() => opened.close());

  const get = (path: string, method = "GET") => [method, `${ORIGIN}${path}`];

  it("inspect and audits hide the values of credentials", async () => {
    const grants = http({ origin: ORIGIN, credentials: { ...secret, "x-plain": "t0ps3cret" } });
    await using container = await engine.createContainer(command, { args: get("/a"), grants });
    await container.start();
    await container.wait();
    const shown = JSON.stringify([container.inspect(), container.audit()]);
    expect(shown).not.toContain("t0ps3cret");
    expect(container.inspect().grants.http).toEqual([
      {
        origin: ORIGIN,
        methods: ["GET", "HEAD"],
        pathPrefix: "/",
        credentials: { authorization: { secret: "<hidden>" }, "x-plain": { secret: "<hidden>" } },
        addresses: "public",
        proxy: false,
        redirects: 0,
        maxRequestBytes: 16 * 2 ** 20,
        maxResponseBytes: 64 * 2 ** 20,
        timeoutMs: 30_000,
        idleTimeoutMs: 15_000,
        ratePerSecond: 100,
        maxConcurrent: 16,
      },
    ]);
    expect(api.requests.at(-1)?.headers).toMatchObject({ "x-plain": "t0ps3cret" });
  });

  it("what was refused is told, and the grant that would allow it does", async () => {
    const events: DeniedEvent[] = [];
    const listener = (event: DeniedEvent) => events.push(event);
    engine.on("denied", listener);
    const start: Grants[] = [
      {},
      http({ origin: "https://other.example.com" }),
      http({ origin: ORIGIN, methods: ["PUT"] }),
      http({ origin: ORIGIN, pathPrefix: "/v2/" }),
      http({ origin: "https://*.example.com", methods: ["PUT"], headers: [] }),
    ];
    for (const grants of start) {
      const refused = await engine.run(command, {
        args: get("/v1/x?key=t0ps3cret"),
        grants,
        audit: true,
      });
      expect(refused.code).toBe(1);
      const denial = expectDenied(refused.audit, { kind: "http", call: "GET", errno: "EACCES" });
      expect(denial.path).toBe(`${ORIGIN}/v1/x`);
      const [event] = events.splice(0);
      const wanted = event?.grant?.http ?? [];
      expect(wanted).toHaveLength(1);
      const allowed = await engine.run(command, { args: get("/v1/x"), grants: http(...wanted) });
      expect(allowed.stdout.toString()).toContain("200\n");
    }
    engine.off("denied", listener);
    expect(events).toEqual([]);
  });

  it("a header that is not granted is told as well", async () => {
    for (const headers of [undefined, ["accept"]]) {
      const granted = { origin: ORIGIN, ...(headers && { headers }) };
      const args = [...get("/a"), "cookie: a=b", "x-from: guest"];
      const { audit, stdout } = await engine.run(command, {
        args,
        grants: http(granted),
        audit: true,
      });
      expect(stdout.toString()).toContain("HTTP-request-denied");
      const { grant } = audit?.denials[0] ?? {};
      expect(grant?.http).toEqual([
        { origin: ORIGIN, headers: [...(headers ?? []), "cookie", "x-from"] },
      ]);
      const again = await engine.run(command, { args, grants: grant ?? {} });
      expect(again.stdout.toString()).toContain("200\n");
    }
  });

  it("suggestGrants makes the least of what was sent and refused", async () => {
    await using container = await engine.createContainer(command, {
      args: get("/v1/a"),
      grants: http({
        origin: "https://*.example.com",
        methods: "any",
        credentials: secret,
        redirects: 3,
      }),
    });
    for (const args of [
      get("/v1/a"),
      get("/v1/b"),
      ["GET", "https://files.example.com/x/y"],
      ["GET", "https://elsewhere.example/z"],
    ]) {
      await (await container.exec(["/request.wasm", ...args], { stdin: "none" })).wait();
    }
    const audit = container.audit();
    expect(audit.http).toEqual([
      {
        ...{ origin: ORIGIN, methods: ["GET"], pathPrefix: "/v1/", requests: 2 },
        ...{ sentBytes: 0, receivedBytes: 4 },
      },
      {
        ...{ origin: "https://files.example.com", methods: ["GET"], pathPrefix: "/x/y" },
        ...{ requests: 1, sentBytes: 0, receivedBytes: 2 },
      },
    ]);
    const least = suggestGrants(audit);
    const kept = { credentials: { authorization: { secret: "<hidden>" } }, redirects: 3 };
    expect(least.http).toEqual([
      { origin: ORIGIN, methods: ["GET"], pathPrefix: "/v1/", ...kept },
      { origin: "https://files.example.com", methods: ["GET"], pathPrefix: "/x/y", ...kept },
      { origin: "https://elsewhere.example", methods: ["GET"], pathPrefix: "/z" },
    ]);
    expect(suggestGrants(JSON.parse(JSON.stringify(audit)) as typeof audit).http).toEqual(
      least.http,
    );
  });

  it.each([
    ["revokeGrants of all", ["http"]],
    ["revokeGrants of an origin", [`http:${ORIGIN}`]],
  ])("%s cuts requests that are open, and refuses later ones", async (_, names) => {
    await using container = await engine.createContainer(command, {
      args: get("/endless"),
      grants: http({ origin: ORIGIN }),
    });
    const open = new Promise<void>((resolve) => (asked = resolve));
    const main = await container.start();
    await open;
    container.revokeGrants(names);
    expect(await text(main.stdout)).toContain("HTTP-request-denied");
    expect((await main.wait()).code).toBe(1);
    const later = await container.exec(["/request.wasm", ...get("/a")]);
    expect(await text(later.stdout)).toMatch(/errno 2/);
    expect(container.inspect().grants.http).toEqual([]);
    expect(container.audit().denials.at(-1)?.grant?.http).toHaveLength(1);
  });

  it("revokeGrants knows the container's own origins alone", async () => {
    await using container = await engine.createContainer(command, {
      grants: http({ origin: ORIGIN }),
    });
    for (const name of ["http:https://other.example", "http:", "http:x", `http:${ORIGIN}/v1`]) {
      expect(problemsOf(() => container.revokeGrants([name]))).toHaveLength(1);
    }
    container.revokeGrants(["http", `http:${ORIGIN}`]);
    await using none = await engine.createContainer(command);
    expect(problemsOf(() => none.revokeGrants(["http"]))).toHaveLength(1);
  });

  it("narrowGrants holds from the next request on, keeps what is hidden, and never widens", async () => {
    await using container = await engine.createContainer(command, {
      grants: http({ origin: "https://*.example.com", methods: "any", credentials: secret }),
    });
    const answer = async (args: string[]) =>
      await text((await container.exec(["/request.wasm", ...args], { stdin: "none" })).stdout);
    expect(await answer(get("/v2", "POST"))).toContain("200\n");
    const { credentials } = container.inspect().grants.http[0] ?? {};
    container.narrowGrants(
      http({ origin: ORIGIN, pathPrefix: "/v1", ...(credentials && { credentials }) }),
    );
    expect(await answer(get("/v1"))).toContain("200\n");
    expect(api.requests.at(-1)?.headers).toMatchObject({ authorization: "Bearer t0ps3cret" });
    for (const args of [get("/v1", "POST"), get("/v2"), ["GET", "https://files.example.com/v1"]]) {
      expect(await answer(args)).toContain("HTTP-request-denied");
    }
    for (const wider of [
      { origin: "https://*.example.com" },
      { origin: ORIGIN },
      { origin: ORIGIN, pathPrefix: "/v1", redirects: 1 },
      { origin: ORIGIN, pathPrefix: "/v1", credentials: { authorization: "another" } },
    ]) {
      expect(problemsOf(() => container.narrowGrants(http(wider)))).toHaveLength(1);
    }
  });

  it("the rate is one for all processes of a container", async () => {
    await using container = await engine.createContainer(command, {
      grants: http({ origin: ORIGIN, ratePerSecond: 2 }),
    });
    const began = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () =>
        text((await container.exec(["/request.wasm", ...get("/a")])).stdout),
      ),
    );
    const due = 2 + (2 * (performance.now() - began)) / 1000;
    const taken = answers.filter((answer) => answer.includes("200\n"));
    const refused = answers.filter((answer) => answer.includes("connection-limit-reached"));
    expect(taken.length).toBeGreaterThanOrEqual(2);
    expect(taken.length).toBeLessThanOrEqual(due);
    expect(taken.length + refused.length).toBe(8);
    await using other = await engine.createContainer(command, {
      args: get("/a"),
      grants: http({ origin: ORIGIN, ratePerSecond: 2 }),
    });
    const main = await other.start();
    expect(await text(main.stdout)).toContain("200\n");
  });

  it("a component is refused and told in the same way", async () => {
    const image = await engine.loadImage(httpGuestPath("fetch"));
    const { programs } = await engine.requirements(image);
    expect(programs[0]?.grants).toContain("http");
    await using container = await engine.createContainer(image, {
      grants: http({ origin: ORIGIN, pathPrefix: "/v1", credentials: secret }),
    });
    const answer = async (url: string) =>
      await container.fetch(new Request("http://guest/", { headers: { "x-url": url } }));
    expect(await (await answer(`${ORIGIN}/v1`)).text()).toBe("ok");
    expect(api.requests.at(-1)?.headers).toMatchObject({ authorization: "Bearer t0ps3cret" });
    // The 16th code of wasi:http is HTTP-request-denied.
    expect(await (await answer(`${ORIGIN}/v2`)).text()).toBe("error 15");
    expectDenied(container, { kind: "http", call: "GET", path: `${ORIGIN}/v2` });
    container.revokeGrants(["http"]);
    expect(await (await answer(`${ORIGIN}/v1`)).text()).toBe("error 15");
  });
});
