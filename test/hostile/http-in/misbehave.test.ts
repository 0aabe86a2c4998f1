/** Components whose handlers do what they must not: test/guests/components/http/misbehave.c, path by path. */
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpContainer } from "../../http-in/http-guests.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

/** Long enough for a busy machine, short for those that never come to an end. */
const TIMEOUT_MS = 2_000;

let fixture: TestEngine;
let guest: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  guest = await httpContainer(fixture.engine, "misbehave", {
    limits: { timeoutMs: TIMEOUT_MS, memoryBytes: 32 * 2 ** 20 },
    http: { maxResponseBytes: 2 ** 20 },
  });
  // The first request waits for the component's code.
  await guest.fetch("/count");
});

afterAll(() => fixture.close());

/** The code and the problem, or the detail, of a request's failure. */
async function failureOf(asked: Promise<unknown>): Promise<{ code: string; why: string }> {
  const error: unknown = await asked.then(
    () => expect.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  const { code, data } = error as {
    code: string;
    data: { problem?: string; detail?: string };
  };
  return { code, why: data.problem ?? data.detail ?? "" };
}

describe("a handler without an answer", () => {
  it.each([
    ["trap_before_answer", "ERR_HTTP_TRAPPED", /unreachable/],
    ["loop_before_answer", "ERR_HTTP_TIMEOUT", /timeoutMs/],
    ["no_answer", "ERR_HTTP_RESPONSE_INVALID", /has not answered/],
    ["drop_outparam", "ERR_HTTP_RESPONSE_INVALID", /has not answered/],
    ["error_answer", "ERR_HTTP_RESPONSE_INVALID", /internal-error/],
    ["unknown_error", "ERR_HTTP_TRAPPED", /error code/],
    ["exit_before_answer", "ERR_HTTP_RESPONSE_INVALID", /code 1/],
    ["finish_input_before_stream", "ERR_HTTP_TRAPPED", /before what was made from it/],
    ["drop_request_before_headers", "ERR_HTTP_TRAPPED", /before what was made from it/],
    ["drop_twice", "ERR_HTTP_TRAPPED", /handle/],
    ["wrong_type", "ERR_HTTP_TRAPPED", /handle/],
    ["unknown_handle", "ERR_HTTP_TRAPPED", /handle/],
    ["wait_before_head", "ERR_HTTP_TRAPPED", /before the head is sent/],
    ["two_lengths", "ERR_HTTP_RESPONSE_INVALID", /content-length/],
    ["no_length", "ERR_HTTP_RESPONSE_INVALID", /content-length/],
    ["endless_resources", "ERR_HTTP_TRAPPED", /resources at once/],
    ["endless_memory", "ERR_HTTP_TRAPPED", /unreachable/],
  ])("%s", async (name, code, why) => {
    const failure = await failureOf(guest.fetch(`/${name}`, { method: "POST", body: "words" }));
    expect(failure).toMatchObject({ code, why: expect.stringMatching(why) as string });
  });
});

describe("an answer that breaks off", () => {
  it.each([
    ["trap_within_answer", "ERR_HTTP_TRAPPED", /unreachable/],
    ["loop_within_answer", "ERR_HTTP_TIMEOUT", /timeoutMs/],
    ["exit_within_answer", "ERR_HTTP_RESPONSE_INVALID", /before its answer was complete/],
    ["drop_body", "ERR_HTTP_RESPONSE_INVALID", /dropped before its end/],
    ["leave_body", "ERR_HTTP_RESPONSE_INVALID", /dropped before its end/],
    ["drop_body_before_stream", "ERR_HTTP_TRAPPED", /before what was made from it/],
    ["finish_body_before_stream", "ERR_HTTP_TRAPPED", /before its stream/],
    ["endless_body", "ERR_HTTP_RESPONSE_INVALID", /maxResponseBytes/],
    ["endless_bytes", "ERR_HTTP_TIMEOUT", /timeoutMs/],
  ])("%s", async (name, code, why) => {
    const failure = await failureOf(guest.fetch(`/${name}`).then((response) => response.text()));
    expect(failure).toMatchObject({ code, why: expect.stringMatching(why) as string });
  });
});

describe("an answer that stands, whatever its guest does then", () => {
  it("trap_after_answer", async () => {
    expect(await (await guest.fetch("/trap_after_answer")).text()).toBe("all of it");
  });

  it("answer_twice", async () => {
    const response = await guest.fetch("/answer_twice");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("leak_resources", async () => {
    expect(await (await guest.fetch("/leak_resources")).text()).toBe("leaked");
  });

  // What is over a list's caps is refused to the guest itself.
  it("huge_head", async () => {
    const { headers } = await guest.fetch("/huge_head");
    expect(headers.get("x-huge")?.length).toBeLessThanOrEqual(64 * 1024);
  });

  it("many_fields", async () => {
    const { headers } = await guest.fetch("/many_fields");
    expect(headers.get("x")?.split(", ").length).toBe(512);
  });
});

describe("an answer that nobody can read", () => {
  it("endless_body, to HEAD: its guest is ended", async () => {
    const ended = new Promise((resolve) => fixture.engine.once("exit", resolve));
    const response = await guest.fetch("/endless_body", { method: "HEAD" });
    expect([response.status, response.body]).toEqual([200, null]);
    await ended;
  });
});

describe("whatever they did", () => {
  it("nothing of them is left, and the next request is answered", async () => {
    await expect.poll(() => guest.stats().processes).toBe(0);
    expect(await (await guest.fetch("/count")).text()).toBe("1");
  });
});
