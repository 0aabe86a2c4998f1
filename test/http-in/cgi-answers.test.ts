/** What a CGI program may write, byte for byte: RFC 3875, section 6. */
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let cgi: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  const image = await fixture.engine.loadImage(guestPath("cgi"));
  cgi = await fixture.engine.createContainer(image, { limits: { timeoutMs: 10_000 } });
});

afterAll(() => fixture.close());

/** The answer of a program that writes these bytes. */
function answer(bytes: string, ending = "0"): Promise<Response> {
  return cgi.fetch(`/raw?${ending}`, { method: "POST", body: Buffer.from(bytes, "latin1") });
}

async function whole(bytes: string, ending?: string): Promise<[number, string]> {
  const response = await answer(bytes, ending);
  return [response.status, await response.text()];
}

async function problemOf(bytes: string, ending?: string): Promise<string> {
  const error: unknown = await whole(bytes, ending).then(
    (found) => expect.fail(`an answer: ${found.join(" ")}`),
    (reason: unknown) => reason,
  );
  const { code, data } = error as { code: string; data: { problem: string } };
  expect(code).toBe("ERR_HTTP_RESPONSE_INVALID");
  return data.problem;
}

describe("a document", () => {
  it.each([
    ["lines that end in LF", "Content-Type: text/plain\n\nbody"],
    ["lines that end in CR LF", "Content-Type: text/plain\r\n\r\nbody"],
    ["lines that end in both", "Content-Type: text/plain\r\nX-A: b\n\r\nbody"],
    ["a status alone", "Status: 200\n\nbody"],
    ["a status with its words", "Status: 200 All is well\nContent-Type: a/b\n\nbody"],
    ["names in any case", "content-TYPE: text/plain\nSTATUS: 200\n\nbody"],
    ["no space after a colon", "Content-Type:text/plain\n\nbody"],
    ["much space after it", "Content-Type: \t  text/plain \t\n\nbody"],
    ["an empty field", "Content-Type: text/plain\nX-Empty:\n\nbody"],
  ])("with %s", async (_, bytes) => {
    expect(await whole(bytes)).toEqual([200, "body"]);
  });

  it("of bytes that look like a head", async () => {
    expect(await whole("Content-Type: a/b\n\n\n\nStatus: 500\n\n")).toEqual([
      200,
      "\n\nStatus: 500\n\n",
    ]);
  });

  it("of no bytes", async () => {
    expect(await whole("Content-Type: a/b\n\n")).toEqual([200, ""]);
  });

  it("with any status from 200 to 599", async () => {
    for (const status of [200, 201, 299, 301, 404, 599]) {
      expect((await answer(`Status: ${status}\n\n`)).status).toBe(status);
    }
  });

  it("with fields of its own, but those of one connection", async () => {
    const { headers } = await answer(
      "Content-Type: a/b\nX-A: 1\nX-A: 2\nConnection: close, X-Hop\nX-Hop: 1\nKeep-Alive: 5\nTransfer-Encoding: chunked\nUpgrade: h2c\n\n",
    );
    expect([...headers]).toEqual([
      ["content-type", "a/b"],
      ["x-a", "1, 2"],
    ]);
  });

  it("with bytes in its fields that are no ASCII", async () => {
    const { headers } = await answer("Content-Type: a/b\nX-Word: Gr\xc3\xbc\xc3\x9fe\n\n");
    expect(Buffer.from(headers.get("x-word") ?? "", "latin1").toString()).toBe("Grüße");
  });

  it("stands, whatever the program exits with", async () => {
    expect(await whole("Content-Type: a/b\n\nbody", "3")).toEqual([200, "body"]);
  });

  it("is cut short when the program traps", async () => {
    const asked = whole("Content-Type: a/b\n\nbody", "trap");
    await expect(asked).rejects.toMatchObject({ code: "ERR_HTTP_TRAPPED" });
  });

  it("must be as long as it declares", async () => {
    expect(await whole("Content-Type: a/b\nContent-Length: 4\n\nbody")).toEqual([200, "body"]);
    for (const length of ["3", "5", "0"]) {
      const bytes = `Content-Type: a/b\nContent-Length: ${length}\n\nbody`;
      expect(await problemOf(bytes)).toContain("content-length");
    }
  });
});

describe("a redirect", () => {
  it("of the client is 302, or as the program says", async () => {
    const found = await answer("Location: https://example.com/a\n\n");
    expect([found.status, found.headers.get("location")]).toEqual([302, "https://example.com/a"]);
    const moved = await answer(
      "Status: 301 Moved\nLocation: /a\nContent-Type: text/plain\n\nmoved to /a",
    );
    expect([moved.status, moved.headers.get("location")]).toEqual([301, "/a"]);
    expect(await moved.text()).toBe("moved to /a");
  });

  it("to another host without a scheme is the client's", async () => {
    const found = await answer("Location: //example.com/a\n\n");
    expect([found.status, found.headers.get("location")]).toEqual([302, "//example.com/a"]);
  });

  it("of the server asks another path of the program", async () => {
    expect(await whole("Location: /status?418\n\n")).toEqual([418, "status 418\n"]);
    expect(await whole("Location: /x/../status?204\n\n")).toEqual([204, ""]);
  });

  it("of the server has no body", async () => {
    expect(await problemOf("Location: /env\n\nbody")).toContain("has a body");
  });

  it("of the server comes to an end", async () => {
    const asked = cgi.fetch(`/moved?${"/moved?".repeat(40)}/env`);
    await expect(asked).rejects.toMatchObject({
      data: { problem: "it redirects without an end" },
    });
  });
});

describe("what is no answer", () => {
  it.each([
    ["nothing", "", "written nothing"],
    ["no head", "just some text", "ends within its head"],
    ["a head without its end", "Content-Type: text/plain\n", "ends within its head"],
    ["a head without a field", "\nbody", "none of Status"],
    ["a head without one that counts", "X-A: 1\n\nbody", "none of Status"],
    ["a status line of HTTP", "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n", "speak HTTP"],
    ["a line that is no field", "Content-Type: a/b\nnonsense\n\n", "a line is no field"],
    ["a field without a name", ": x\n\n", "a line is no field"],
    ["space before a colon", "Content-Type : a/b\n\n", "a line is no field"],
    ["a folded line", "Content-Type: a/b\n more\n\n", "a line is no field"],
    ["two types", "Content-Type: a/b\nContent-Type: c/d\n\n", "content-type twice"],
    ["two statuses", "Status: 200\nStatus: 404\n\n", "status twice"],
    ["two locations", "Location: /a\nLocation: /b\n\n", "location twice"],
    ["a status of words", "Status: OK\n\n", "status is no number"],
    ["a status too low", "Status: 100\n\n", "status is no number"],
    ["a status too high", "Status: 600\n\n", "status is no number"],
    ["a status too long", "Status: 2000\n\n", "status is no number"],
    ["a CR within a field", "Content-Type: a/b\rX: y\n\n", "control characters"],
    ["a NUL within a field", "Content-Type: a/b\0\n\n", "control characters"],
    ["a length that is none", "Content-Type: a/b\nContent-Length: -1\n\n", "content-length"],
    [
      "two lengths",
      "Content-Type: a/b\nContent-Length: 1\nContent-Length: 2\n\nab",
      "content-length",
    ],
    ["a head that is too long", `X-A: ${"x".repeat(70_000)}\n\n`, "more than 65536 bytes"],
    ["a head of too many fields", `Status: 200\n${"X: y\n".repeat(600)}\n`, "more than 512"],
  ])("%s", async (_, bytes, problem) => {
    expect(await problemOf(bytes)).toContain(problem);
  });

  it("a head that never ends, however it comes", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from("X-A: y\n")),
    });
    const asked = cgi.fetch("/raw?0", { method: "POST", body, duplex: "half" });
    await expect(asked).rejects.toMatchObject({ code: "ERR_HTTP_RESPONSE_INVALID" });
    await expect.poll(() => cgi.stats().processes).toBe(0);
  });

  it("the end of a program that has failed", async () => {
    const ended = new Promise<string>((resolve) =>
      fixture.engine.once("exit", ({ process }) => resolve(process.status?.reason ?? "")),
    );
    await expect(whole("", "trap")).rejects.toMatchObject({ code: "ERR_HTTP_TRAPPED" });
    expect(await ended).toBe("trapped");
    expect(await problemOf("", "3")).toContain("exited with 3");
  });
});
