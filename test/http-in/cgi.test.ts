/** Programs that answer by CGI (RFC 3875). */
import { isSafedockError, type Container, type ContainerOptions } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let cgi: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  cgi = await container();
});

afterAll(() => fixture.close());

async function container(options: ContainerOptions = {}): Promise<Container> {
  const image = await fixture.engine.loadImage(guestPath("cgi"));
  return fixture.engine.createContainer(image, options);
}

async function variables(
  input: Request | string,
  init?: Parameters<Container["fetch"]>[1],
  from = cgi,
): Promise<Map<string, string>> {
  const text = await (await from.fetch(input, init)).text();
  return new Map(
    text.split("\n").map((line) => {
      const cut = line.indexOf("=");
      return [line.slice(0, cut), line.slice(cut + 1)];
    }),
  );
}

describe("a CGI program's variables", () => {
  it("say what is asked", async () => {
    const found = await variables("https://example.com:8443/env/a%20b?x=1&y=%20");
    expect(Object.fromEntries(found)).toMatchObject({
      GATEWAY_INTERFACE: "CGI/1.1",
      SERVER_PROTOCOL: "HTTP/1.1",
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      PATH_INFO: "/env/a b",
      QUERY_STRING: "x=1&y=%20",
      REQUEST_URI: "/env/a%20b?x=1&y=%20",
      SERVER_NAME: "example.com",
      SERVER_PORT: "8443",
      HTTP_HOST: "example.com:8443",
      HTTPS: "on",
    });
    expect(found.has("CONTENT_LENGTH")).toBe(false);
    expect(found.has("REMOTE_ADDR")).toBe(false);
    expect((await variables("/env")).get("SERVER_PORT")).toBe("80");
  });

  it("hold the request's headers, but none that programs take for something else", async () => {
    const headers = new Headers({
      "X-Custom": "one",
      Cookie: "a=1",
      Proxy: "http://evil.example",
      Authorization: "Bearer t",
      a_b: "underscore",
    });
    headers.append("X-Custom", "two");
    const found = await variables("/env", { headers });
    expect(found.get("HTTP_X_CUSTOM")).toBe("one, two");
    expect(found.get("HTTP_COOKIE")).toBe("a=1");
    expect(found.get("HTTP_AUTHORIZATION")).toBe("Bearer t");
    expect(found.has("HTTP_PROXY")).toBe(false);
    expect(found.has("HTTP_A_B")).toBe(false);
  });

  it("keep the bytes of a header that is UTF-8", async () => {
    const value = Buffer.from("Grüße").toString("latin1");
    expect((await variables("/env", { headers: { "x-word": value } })).get("HTTP_X_WORD")).toBe(
      "Grüße",
    );
  });

  it("are never replaced by a client where the app has set them", async () => {
    await using other = await container({ grants: { env: { HTTP_TOKEN: "mine", APP: "1" } } });
    const found = await variables("/env", { headers: { token: "theirs" } }, other);
    expect(found.get("HTTP_TOKEN")).toBe("mine");
    expect(found.get("APP")).toBe("1");
  });

  it("tell the client's address only when asked to", async () => {
    const found = await variables("/env", { clientAddress: "192.0.2.7" });
    expect(found.get("REMOTE_ADDR")).toBe("192.0.2.7");
  });

  it("have the length of a body that is there as a whole, and of one that declares it", async () => {
    const form = { method: "POST", body: new URLSearchParams({ a: "1" }) };
    const found = await variables("/env", form);
    expect(found.get("CONTENT_LENGTH")).toBe("3");
    expect(found.get("CONTENT_TYPE")).toContain("application/x-www-form-urlencoded");
  });

  it.each(["/a%2Fb", "/a%00b", "/a%ffb"])("cannot hold the path %s", async (path) => {
    await expect(cgi.fetch(path)).rejects.toMatchObject({
      code: "ERR_HTTP_REQUEST_INVALID",
      data: { status: 400 },
    });
  });
});

describe("a CGI program's answer", () => {
  it("has the status and the headers that it writes", async () => {
    const gone = await cgi.fetch("/status?410");
    expect(gone.status).toBe(410);
    expect(gone.headers.get("content-type")).toBe("text/plain");
    expect((await cgi.fetch("/nowhere")).status).toBe(404);
    const cookies = await cgi.fetch("/cookies");
    expect(cookies.status).toBe(200);
    expect(cookies.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
    expect(await cookies.text()).toBe("<p>cookies</p>");
  });

  it("sends a client elsewhere with 302", async () => {
    const moved = await cgi.fetch("/moved?https://example.com/x");
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "https://example.com/x"]);
  });

  it("may ask for another path of the program, which then answers a GET", async () => {
    const found = await variables("/moved?/env/other?x=2", { method: "POST", body: "lost" });
    expect(found.get("PATH_INFO")).toBe("/env/other");
    expect(found.get("REQUEST_METHOD")).toBe("GET");
    expect(found.get("QUERY_STRING")).toBe("x=2");
    expect(found.has("CONTENT_LENGTH")).toBe(false);
  });

  it("to HEAD has no body", async () => {
    const head = await cgi.fetch("/cookies", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("of 204 has none either", async () => {
    const none = await cgi.fetch("/status?204");
    expect([none.status, none.body]).toEqual([204, null]);
  });

  it("carries the request's body back, whatever its size", async () => {
    const body = Buffer.alloc(3 * 2 ** 20, "0123456789abcdef");
    const echo = await cgi.fetch("/echo", {
      method: "PUT",
      body,
      headers: { "content-type": "text/x-test" },
    });
    expect(echo.headers.get("content-type")).toBe("text/x-test");
    expect(Buffer.from(await echo.arrayBuffer()).equals(body)).toBe(true);
  });
});

describe("bodies are streamed", () => {
  it("both ways at the same time", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const streaming = { method: "POST", body: readable, duplex: "half" } as const;
    const response = await cgi.fetch("/stream", streaming);
    const reader = (response.body ?? expect.fail("no body")).getReader();
    for (let round = 0; round < 3; round++) {
      await writer.write(Buffer.from("x"));
      const { value } = await reader.read();
      expect(Buffer.from(value ?? []).toString()).toBe("tick\n");
    }
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });

  it("and a request's body that fails ends the guest", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new RangeError("upload broke"));
      },
    });
    const failing = cgi.fetch("/late", { method: "POST", body, duplex: "half" });
    await expect(failing).rejects.toThrow("upload broke");
  });
});

describe("a request ends its guest", () => {
  it("when its signal aborts before the answer", async () => {
    const { readable } = new TransformStream<Uint8Array, Uint8Array>();
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const started = new Promise((resolve) => fixture.engine.once("start", resolve));
    const asked = cgi.fetch("/late", {
      method: "POST",
      body: readable,
      duplex: "half",
      signal: controller.signal,
    });
    asked.catch(() => undefined);
    await started;
    const ended = new Promise((resolve) => fixture.engine.once("exit", resolve));
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await ended;
    expect(cgi.stats().processes).toBe(0);
  });

  it("when nobody wants the rest of the answer", async () => {
    const { readable } = new TransformStream<Uint8Array, Uint8Array>();
    const ended = new Promise((resolve) => fixture.engine.once("exit", resolve));
    const streaming = { method: "POST", body: readable, duplex: "half" } as const;
    const response = await cgi.fetch("/stream", streaming);
    await response.body?.cancel();
    await ended;
    expect(cgi.stats().processes).toBe(0);
  });
});

describe("requests share the container's files, and nothing else", () => {
  it("one after the other", async () => {
    await using other = await container();
    for (const times of ["1", "2", "3"]) {
      expect(await (await other.fetch("/count")).text()).toBe(times);
    }
    expect(await other.fs.readFile("/count")).toEqual(Buffer.from("3"));
  });

  it("and many at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        (await cgi.fetch("/echo", { method: "POST", body: `n${index}` })).text(),
      ),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => `n${index}`));
  });
});

describe("a request that is none", () => {
  it.each([
    ["its headers are too long", { headers: { a: "x".repeat(70_000) } }, 431],
    [
      "its body is shorter than declared",
      { method: "POST", body: "abc", headers: { "content-length": "9" } },
      400,
    ],
    [
      "its body is longer than declared",
      { method: "POST", body: "abc", headers: { "content-length": "2" } },
      400,
    ],
    [
      "its length is none",
      { method: "POST", body: "abc", headers: { "content-length": "1, 2" } },
      400,
    ],
  ])("is refused: %s", async (_, init, status) => {
    await expect(cgi.fetch("/late", init)).rejects.toMatchObject({
      code: "ERR_HTTP_REQUEST_INVALID",
      data: { status },
    });
  });

  it("is refused: its body was read, its URL is of no HTTP, its container is gone", async () => {
    const read = new Request("http://localhost/late", { method: "POST", body: "x" });
    await read.text();
    const code = "ERR_HTTP_REQUEST_INVALID";
    await expect(cgi.fetch(read)).rejects.toMatchObject({ code });
    await expect(cgi.fetch("data:text/plain,x")).rejects.toMatchObject({ code });
    const gone = await container();
    await gone.remove();
    const error: unknown = await gone.fetch("/env").catch((reason: unknown) => reason);
    expect(isSafedockError(error, "ERR_CONTAINER_STATE")).toBe(true);
  });
});
