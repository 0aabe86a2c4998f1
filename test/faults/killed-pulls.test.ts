import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { seededNumbers } from "../hostile/seeded-numbers.js";
import { expectCleanStore } from "../support/verify-clean.js";
import {
  bytesAsked,
  startMisbehavingRegistry,
  type Misbehave,
  type MisbehavingRegistry,
} from "./misbehaving-registry.js";
import { PullChild } from "./pull-child.js";
import { seededImage } from "./seeded-image.js";

/** Moments tried at the calls to the file system, spread over all of them. */
const CALL_MOMENTS = 40;
/** Moments tried by time, anywhere in a slow pull. */
const TIME_MOMENTS = 20;
/** Processes at once. */
const LANES = 3;

test(
  "kill -9 at any call to the file system leaves a store that the next pull repairs",
  { timeout: 180_000 },
  async () => {
    await using registry = await startMisbehavingRegistry();
    const all = await callsOfOnePull(registry);
    expect(all).toBeGreaterThan(CALL_MOMENTS / 2);
    const moments = Array.from({ length: CALL_MOMENTS }, (_, i) =>
      Math.floor((i * 2 * all) / CALL_MOMENTS),
    );
    let killed = 0;
    await inLanes(moments, async (moment) => {
      await withStore(async (root) => {
        const reference = hold(registry, `calls-${moment}`, () => false);
        await using child = await PullChild.start(root, moment);
        if ((await child.pull(reference)) === undefined) killed++;
        await expectRepaired(root, reference, `killed at ${moment} of ${2 * all}`);
      });
    });
    // The last calls may differ from one pull to the next.
    expect(killed).toBeGreaterThan(CALL_MOMENTS - 5);
  },
);

test(
  "kill -9 at any moment of a slow pull leaves a store that the next pull repairs",
  { timeout: 180_000 },
  async () => {
    await using registry = await startMisbehavingRegistry();
    const seeds = Array.from({ length: TIME_MOMENTS }, (_, i) => i);
    let killed = 0;
    await inLanes(seeds, async (seed) => {
      const next = seededNumbers(seed);
      await withStore(async (root) => {
        const reference = hold(registry, `moments-${seed}`, slowly);
        await using child = await PullChild.start(root);
        const pulled = child.pull(reference);
        await sleep(next(250));
        await child.kill();
        if ((await pulled) === undefined) killed++;
        await expectRepaired(root, reference, `seed ${seed}`);
      });
    });
    expect(killed).toBeGreaterThan(TIME_MOMENTS / 2);
  },
);

const IMAGE = seededImage(seededNumbers(4));

function hold(registry: MisbehavingRegistry, name: string, misbehave: Misbehave): string {
  registry.add(`killed/${name}`, IMAGE, misbehave);
  return `${registry.host}/killed/${name}:latest`;
}

async function callsOfOnePull(registry: MisbehavingRegistry): Promise<number> {
  return withStore(async (root) => {
    await using child = await PullChild.start(root);
    const pulled = await child.pull(hold(registry, "whole", () => false));
    expect(pulled?.digest).toBe(IMAGE.manifest.digest);
    return pulled?.calls ?? 0;
  });
}

async function expectRepaired(root: string, reference: string, about: string): Promise<void> {
  const store = await ImageStore.open(root);
  const record = await store.pull(reference);
  expect(record.digest, about).toBe(IMAGE.manifest.digest);
  await store.openImage(record);
  await expectCleanStore(root);
}

/** Sends a body in ten pieces, some ms apart. */
const slowly: Misbehave = (asked) => {
  const bytes = bytesAsked(asked);
  if (bytes === undefined) return false;
  asked.response.writeHead(200, {
    "content-type": asked.kind === "manifest" ? asked.image.manifest.mediaType : "text/plain",
    "content-length": bytes.byteLength,
  });
  const piece = Math.ceil(bytes.byteLength / 10);
  const send = (at: number): void => {
    if (at >= bytes.byteLength) return void asked.response.end();
    asked.response.write(bytes.subarray(at, at + piece));
    setTimeout(send, 6, at + piece);
  };
  send(0);
  return true;
};

async function withStore<T>(work: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "safedock-killed-"));
  try {
    return await work(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
