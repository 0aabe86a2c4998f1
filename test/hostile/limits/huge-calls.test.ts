/** One call that asks for very much is refused or served, and its guest can be ended in the middle of it. */
import type { Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  image = await hostileGuest(fixture.engine, "huge-calls");
});

afterAll(() => fixture.close());

const CALLS = ["random", "poll", "iovecs", "readdir", "read", "write", "args"];

describe.each(CALLS)("huge-calls %s", (what) => {
  const options = {
    grants: { fs: [], env: { FILLER: "x".repeat(500_000) } },
    rootfs: "memory" as const,
  };

  test("is answered as POSIX has it", async () => {
    const status = await fixture.engine.run(image, { ...options, args: [what] });
    expect(status).toMatchObject({ code: 0, reason: "exited" });
  });

  test("again and again, ends at its deadline", async () => {
    const status = await fixture.engine.run(image, {
      ...options,
      args: [what, "loop"],
      limits: { timeoutMs: 200 },
    });
    expect(status).toMatchObject({ reason: "timeout", limit: "timeoutMs" });
    // How exact it is on an idle machine is measured in bench/kill-latency.mjs.
    expect(status.durationMs).toBeLessThan(5_000);
  });
});

test("arguments and environment are refused beyond 2 MiB", async () => {
  const half = "x".repeat(2 ** 20 - 100);
  const fits = { args: ["args", half], grants: { env: { A: half } } };
  expect(await fixture.engine.run(image, { ...fits, limits: { timeoutMs: 100 } })).toMatchObject({
    reason: "timeout",
  });
  await expect(
    fixture.engine.run(image, { ...fits, args: ["args", half, "x".repeat(1000)] }),
  ).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  await expect(
    fixture.engine.run(image, { args: Array.from({ length: 3_000_000 }, () => "") }),
  ).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
});
