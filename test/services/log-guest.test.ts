/** wasi:logging in a guest. */
import type { DeniedEvent, LogEvent, LoggingGrant, LogRecord } from "safedock";
import { afterAll, beforeAll, expect, it } from "vitest";
import { componentPath } from "../real-guests/components.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

const LEVELS = ["trace", "debug", "info", "warn", "error", "critical"];
let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

async function open(logging: LoggingGrant | undefined, onLog?: (record: LogRecord) => void) {
  const image = await fixture.engine.loadImage(componentPath("services/log"));
  return fixture.engine.createContainer(image, {
    grants: logging === undefined ? {} : { logging },
    ...(onLog === undefined ? undefined : { onLog }),
  });
}

it.each([
  [true, 0],
  ["trace", 0],
  ["warn", 3],
  ["critical", 5],
  [false, 6],
] as const)("hands on what %s lets through", async (logging, first) => {
  const records: LogRecord[] = [];
  await using container = await open(logging, (record) => records.push(record));
  for (const round of ["one", "two"]) {
    for (const [level] of LEVELS.entries()) await container.call("log", level, "app", round);
  }
  const levels = LEVELS.slice(first);
  expect(records.map(({ level, message }) => `${level} ${message}`)).toEqual([
    ...levels.map((level) => `${level} one`),
    ...levels.map((level) => `${level} two`),
  ]);
});

it("tells the app when and where", async () => {
  const events: LogEvent[] = [];
  const records: LogRecord[] = [];
  const listener = (event: LogEvent): void => void events.push(event);
  fixture.engine.on("log", listener);
  const began = Date.now();
  await using container = await open(true, (record) => records.push(record));
  await container.call("log", 2, "payments", "paid\n€");
  fixture.engine.off("log", listener);
  const [record] = records;
  expect(record).toMatchObject({
    level: "info",
    context: "payments",
    message: "paid\n€",
    truncated: false,
    suppressed: 0,
  });
  expect(record?.time).toBeGreaterThanOrEqual(began);
  expect(events).toEqual([
    { ...record, container, image: container.image, process: expect.anything() as unknown },
  ]);
});

it("cuts what is long", async () => {
  const records: LogRecord[] = [];
  await using container = await open(true, (record) => records.push(record));
  await container.call("log", 2, "c".repeat(300), "short");
  await container.call("log", 2, "", "m".repeat(100_000));
  expect(records).toMatchObject([
    { context: "c".repeat(256), message: "short", truncated: true },
    { context: "", message: "m".repeat(16_384), truncated: true },
  ]);
});

it("counts what is too much", async () => {
  const records: LogRecord[] = [];
  await using container = await open(true, (record) => records.push(record));
  await container.call("flood", 2, 3000, 10);
  // A second's measure is there again after it: the next record tells of those that were too many.
  await expect
    .poll(
      async () => {
        await container.call("log", 2, "", "more");
        return records.at(-1)?.message;
      },
      { timeout: 10_000, interval: 300 },
    )
    .toBe("more");
  const suppressed = records.reduce((sum, record) => sum + record.suppressed, 0);
  expect(suppressed).toBeGreaterThan(0);
  expect(records.length + suppressed).toBeGreaterThan(3000);
});

it("hears of no record that is not granted, and tells of the first", async () => {
  const denied: DeniedEvent[] = [];
  const listener = (event: DeniedEvent): void => void denied.push(event);
  fixture.engine.on("denied", listener);
  {
    await using container = await open(undefined, () => expect.unreachable());
    await container.call("log", 5, "", "nobody hears");
  }
  fixture.engine.off("denied", listener);
  expect(denied).toMatchObject([{ kind: "logging", call: "log", grant: { logging: true } }]);
});

it("goes on when the app's listener throws", async () => {
  const caught: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const keep = (error: unknown): void => void caught.push(error);
  process.on("uncaughtException", keep);
  try {
    const mine = new Error("mine");
    await using container = await open(true, () => {
      throw mine;
    });
    await container.call("log", 1, "", "one");
    await container.call("log", 1, "", "two");
    await expect.poll(() => caught).toEqual([mine, mine]);
  } finally {
    process.removeListener("uncaughtException", keep);
    for (const other of others) process.on("uncaughtException", other);
  }
});
