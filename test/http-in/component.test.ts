/** Components of wasi:http/incoming-handler behind container.fetch. */
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { httpContainer } from "./http-guests.js";

let fixture: TestEngine;
let answers: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  answers = await httpContainer(fixture.engine, "answers");
});

afterAll(() => fixture.close());

async function about(input: Request | string, init?: RequestInit): Promise<string[]> {
  return (await (await answers.fetch(input, init)).text()).trimEnd().split("\n");
}

describe("wasi:http/types, checked by the guest", () => {
  it("fields", async () => {
    await using container = await httpContainer(fixture.engine, "fields");
    const response = await container.fetch("/", { headers: { "x-given": "yes" } });
    expect(await response.text()).toBe("ok");
  });

  it("messages", async () => {
    await using container = await httpContainer(fixture.engine, "messages");
    const response = await container.fetch("/", { method: "POST", body: "words" });
    expect(await response.text()).toBe("ok");
  });
});

it("responses of 1xx are refused as the interface says, and harm nothing", async () => {
  await using container = await httpContainer(fixture.engine, "inform");
  expect(await (await container.fetch("/")).text()).toBe("ok");
});

describe("a request reaches the guest", () => {
  it("with its method, scheme, authority, path and query", async () => {
    expect(await about("https://example.com:8443/about?x=1&y=%20#part")).toEqual([
      "method=get",
      "scheme=HTTPS",
      "authority=example.com:8443",
      "path=/about?x=1&y=%20",
    ]);
    expect(await about("/about")).toContain("scheme=HTTP");
    expect(await about("/about", { method: "PURGE" })).toContain("method=PURGE");
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      expect(await about("/about", { method })).toContain(`method=${method.toLowerCase()}`);
    }
  });

  it("with its headers, but those of one connection", async () => {
    const headers = new Headers({
      Cookie: "a=1; b=2",
      "X-Many": "one",
      Connection: "close, x-drop",
      "X-Drop": "1",
      "Keep-Alive": "timeout=5",
      "x-forwarded-for": "192.0.2.1",
    });
    headers.append("x-many", "two");
    const found = (await about("/about", { headers })).filter((line) => line.startsWith("header"));
    expect(found.sort()).toEqual([
      "header cookie=a=1; b=2",
      "header x-forwarded-for=192.0.2.1",
      "header x-many=one, two",
    ]);
  });

  it("with the bytes of its headers", async () => {
    const value = Buffer.from("Grüße").toString("latin1");
    expect(await about("/about", { headers: { "x-word": value } })).toContain(
      "header x-word=Grüße",
    );
  });
});

describe("an answer reaches the client", () => {
  it("with its status", async () => {
    expect((await answers.fetch("/status?418")).status).toBe(418);
    expect((await answers.fetch("/status?599")).status).toBe(599);
    expect((await answers.fetch("/nowhere")).status).toBe(404);
  });

  it("with its headers, each as often as it was said", async () => {
    const { headers } = await answers.fetch("/cookies");
    expect(headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
    expect(Buffer.from(headers.get("x-word") ?? "", "latin1").toString()).toBe("Grüße");
  });

  it("without a body", async () => {
    const bare = await answers.fetch("/bare");
    expect([bare.status, bare.headers.get("x-bare"), await bare.text()]).toEqual([200, "yes", ""]);
  });

  it.each([204, 205, 304])("without a body where %i has none", async (status) => {
    const response = await answers.fetch(`/status?${status}`);
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it("to HEAD without a body, and with the length that GET's has", async () => {
    const response = await answers.fetch("/lengths?70000,70000", { method: "HEAD" });
    expect(response.headers.get("content-length")).toBe("70000");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it.each(["0,0", "5,5", "70000,70000"])("of the length it declares: %s", async (lengths) => {
    const response = await answers.fetch(`/lengths?${lengths}`);
    const length = Number(lengths.split(",")[0]);
    expect(response.headers.get("content-length")).toBe(String(length));
    expect((await response.arrayBuffer()).byteLength).toBe(length);
  });

  it.each(["5,4", "5,0", "5,6", "0,1", "70000,60000", "60000,70000"])(
    "or its body fails: %s",
    async (lengths) => {
      const asked = answers.fetch(`/lengths?${lengths}`).then((response) => response.text());
      await expect(asked).rejects.toMatchObject({ code: "ERR_HTTP_RESPONSE_INVALID" });
    },
  );
});

describe("each request has an instance of its own", () => {
  it("one after the other", async () => {
    for (let round = 0; round < 3; round++) {
      expect(await (await answers.fetch("/count")).text()).toBe("1");
    }
  });

  it("and many at once", async () => {
    const ask = async (index: number) => (await about(`/about?${index}`))[3];
    const all = Array.from({ length: 24 }, (_, index) => index);
    expect(await Promise.all(all.map(ask))).toEqual(all.map((index) => `path=/about?${index}`));
    await expect.poll(() => answers.stats().processes).toBe(0);
  });
});
