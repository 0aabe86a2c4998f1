/** Instances of components that answer one request after the other: the option http.reuse. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Container, ContainerOptions } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { httpContainer, nextExit } from "./http-guests.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

/** Its path /count says which request of its instance this is. */
function counting(options: ContainerOptions = {}): Promise<Container> {
  return httpContainer(fixture.engine, "misbehave", {
    ...options,
    http: { reuse: true, ...options.http },
  });
}

async function count(container: Container): Promise<number> {
  return Number(await (await container.fetch("/count")).text());
}

/** The instance is given back once its handler has returned, which may be after the answer. */
async function idle(container: Container): Promise<void> {
  await sleep(60);
  expect(container.stats().processes).toBeLessThanOrEqual(1);
}

async function counts(container: Container, requests: number): Promise<number[]> {
  const found: number[] = [];
  for (let round = 0; round < requests; round++) {
    found.push(await count(container));
    await idle(container);
  }
  return found;
}

describe("an instance answers one request after the other", () => {
  it("and keeps what it has in its memory", async () => {
    await using container = await counting();
    expect(await counts(container, 3)).toEqual([1, 2, 3]);
    expect(container.stats().processes).toBe(1);
  });

  it("up to maxRequests", async () => {
    await using container = await counting({ http: { maxRequests: 2 } });
    expect(await counts(container, 5)).toEqual([1, 2, 1, 2, 1]);
  });

  it("until none has come for maxIdleMs", async () => {
    await using container = await counting({ http: { maxIdleMs: 80 } });
    const ended = nextExit(fixture.engine, "exited");
    expect(await count(container)).toBe(1);
    await ended;
    expect(container.stats().processes).toBe(0);
    expect(await count(container)).toBe(1);
  });

  it("each within limits.timeoutMs; what lies between them does not count", async () => {
    await using container = await counting({ limits: { timeoutMs: 1_000 } });
    expect(await count(container)).toBe(1);
    await sleep(1_300);
    expect(await count(container)).toBe(2);
    await sleep(60);
    const asked = container.fetch("/loop_before_answer");
    await expect(asked).rejects.toMatchObject({ code: "ERR_HTTP_TIMEOUT" });
    expect(await count(container)).toBe(1);
  });

  it("and several do at the same time", async () => {
    await using container = await counting();
    const rounds = Array.from({ length: 12 }, () => count(container));
    const found = await Promise.all(rounds);
    // It tells the last digit alone.
    expect(found.every((number) => Number.isInteger(number))).toBe(true);
    await expect.poll(() => container.stats().processes).toBeLessThanOrEqual(2);
  });
});

describe("an instance is made anew after", () => {
  it.each(["trap_before_answer", "endless_resources", "exit_before_answer", "drop_twice"])(
    "%s",
    async (path) => {
      await using container = await counting();
      expect(await counts(container, 2)).toEqual([1, 2]);
      await expect(container.fetch(`/${path}`)).rejects.toThrow(/ERR_|guest/);
      expect(await counts(container, 2)).toEqual([1, 2]);
    },
  );

  it("a trap that comes when its answer is out", async () => {
    await using container = await counting();
    expect(await counts(container, 2)).toEqual([1, 2]);
    const ended = nextExit(fixture.engine, "trapped");
    expect(await (await container.fetch("/trap_after_answer")).text()).toBe("all of it");
    await ended;
    expect(await counts(container, 2)).toEqual([1, 2]);
  });

  it("a client that goes away", async () => {
    await using container = await counting();
    expect(await counts(container, 2)).toEqual([1, 2]);
    const ended = nextExit(fixture.engine);
    const response = await container.fetch("/endless_body");
    await response.body?.cancel();
    await ended;
    expect(await counts(container, 2)).toEqual([1, 2]);
    const controller = new AbortController();
    const asked = container.fetch("/loop_before_answer", { signal: controller.signal });
    asked.catch(() => undefined);
    await sleep(50);
    controller.abort(new Error("gone"));
    await expect(asked).rejects.toThrow("gone");
    expect(await counts(container, 2)).toEqual([1, 2]);
  });
});

describe("an instance goes on after", () => {
  it.each(["no_answer", "drop_outparam", "error_answer", "drop_body", "leave_body"])(
    "%s",
    async (path) => {
      await using container = await counting();
      expect(await counts(container, 1)).toEqual([1]);
      const asked = container.fetch(`/${path}`).then((response) => response.text());
      await expect(asked).rejects.toMatchObject({ code: "ERR_HTTP_RESPONSE_INVALID" });
      await idle(container);
      expect(await counts(container, 1)).toEqual([3]);
    },
  );

  it("requests to HEAD, whose body nobody reads", async () => {
    await using container = await counting();
    for (let round = 0; round < 3; round++) {
      expect((await container.fetch("/leak_resources", { method: "HEAD" })).status).toBe(200);
      await idle(container);
    }
    expect(await counts(container, 1)).toEqual([4]);
  });
});

describe("an instance that waits", () => {
  it("is no reason to wait for its container", async () => {
    const container = await counting();
    expect(await counts(container, 1)).toEqual([1]);
    await container.remove();
    await expect.poll(() => container.stats().processes).toBe(0);
  });

  it("goes with its container's processes, and another one comes", async () => {
    await using container = await counting();
    expect(await counts(container, 2)).toEqual([1, 2]);
    await container.kill();
    expect(await counts(container, 2)).toEqual([1, 2]);
  });
});

it("one that waits leaves its worker to whoever needs it", async () => {
  const other = await openTestEngine({ workers: 1, maxWorkers: 1 });
  try {
    const http = { reuse: true, maxIdleMs: 600_000 };
    const first = await httpContainer(other.engine, "misbehave", { http });
    const second = await httpContainer(other.engine, "answers", { http });
    for (let round = 0; round < 20; round++) {
      expect(await count(first)).toBe(1);
      expect(await (await second.fetch("/count")).text()).toBe("1");
    }
  } finally {
    await other.close();
  }
});
