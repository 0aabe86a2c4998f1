/** The processes that answer the requests of one container: how many there are, and what becomes of them. */
import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { openTestEngine } from "../support/test-engine.js";
import { httpContainer } from "./http-guests.js";

const MOST = Math.max(2, availableParallelism());

async function count(container: { fetch(path: string): Promise<Response> }): Promise<string> {
  return await (await container.fetch("/count")).text();
}

it("an instance that is used again has no end of requests", async () => {
  const fixture = await openTestEngine();
  const container = await httpContainer(fixture.engine, "misbehave", { http: { reuse: true } });
  // More than a process may have of anything that it keeps for each.
  for (let round = 0; round < 2500; round++) expect(await count(container)).toMatch(/^\d$/);
  expect(container.stats().processes).toBeLessThanOrEqual(MOST);
  await container.remove({ force: true });
  await fixture.close();
});

it("a process makes an instance for each request, one after the other", async () => {
  const fixture = await openTestEngine();
  const container = await httpContainer(fixture.engine, "misbehave");
  let started = 0;
  fixture.engine.on("start", () => started++);
  for (let round = 0; round < 50; round++) expect(await count(container)).toBe("1");
  const together = await Promise.all(Array.from({ length: 50 }, () => count(container)));
  expect(new Set(together)).toEqual(new Set(["1"]));
  // A busy machine may make one end for want of requests, or start one for those that wait.
  expect(started).toBeLessThan(50);
  await expect.poll(() => container.stats().processes).toBe(0);
  await container.remove();
  await fixture.close();
});

it("requests that wait behind held ones get a process more", async () => {
  const fixture = await openTestEngine();
  const container = await httpContainer(fixture.engine, "misbehave");
  const held = await Promise.all(
    Array.from({ length: MOST + 1 }, () => container.fetch("/endless_body")),
  );
  expect(await count(container)).toBe("1");
  await Promise.all(held.map(async (response) => await response.body?.cancel()));
  await container.remove({ force: true });
  await fixture.close();
});

it("one that waits for requests leaves its worker to others", async () => {
  const fixture = await openTestEngine({ workers: 1, maxWorkers: 1 });
  const http = { reuse: true, maxIdleMs: 60_000 };
  const first = await httpContainer(fixture.engine, "misbehave", { http });
  const second = await httpContainer(fixture.engine, "misbehave", { http });
  expect(await count(first)).toBe("1");
  // It would wait for a minute.
  expect(await count(second)).toBe("1");
  expect(await count(first)).toBe("1");
  await first.remove({ force: true });
  await second.remove({ force: true });
  await fixture.close();
});

it("grants that were taken back are missing from the next request on", async () => {
  const fixture = await openTestEngine();
  const grants = { env: { LEVEL: "debug" } };
  const container = await httpContainer(fixture.engine, "misbehave", {
    grants,
    http: { reuse: true },
  });
  expect(await count(container)).toBe("1");
  // Its handler has returned by then.
  await expect.poll(() => container.stats().processes).toBe(1);
  container.narrowGrants({});
  expect(await count(container)).toBe("1");
  await container.remove({ force: true });
  await fixture.close();
});
