import { threadId, Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { lock, unlock, unlockAllOf } from "../../src/fs/shared-lock.js";

test("is free again once it was given back", () => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const ticket = lock(words, 1);
  expect(words[1]).toBe(ticket);
  unlock(words, 1, ticket);
  expect([...words]).toEqual([0, 0]);
  expect(lock(words, 1)).not.toBe(ticket);
});

test("is taken from a holder that never gives it back, who then cannot open it for others", () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const dead = lock(words, 0);
  const ticket = lock(words, 0); // waits until the first counts as dead
  expect(ticket).not.toBe(dead);
  unlock(words, 0, dead);
  expect((words[0] ?? 0) & ~1).toBe(ticket);
  unlock(words, 0, ticket);
  expect(words[0]).toBe(0);
});

test("is free at once when its holder's thread is gone", () => {
  const words = new Int32Array(new SharedArrayBuffer(16));
  words[0] = lock(words, 1); // a word before the first lock is none
  lock(words, 2);
  words[2] = (words[2] ?? 0) | 1; // somebody waits
  unlockAllOf(threadId + 1, words, 1, words.length);
  expect(words.filter((word) => word !== 0)).toHaveLength(3);
  unlockAllOf(threadId, words, 1, words.length);
  expect([...words].slice(1)).toEqual([0, 0, 0]);
  expect(words[0]).not.toBe(0);
});

test("lets one worker in at a time", async () => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const rounds = 20_000;
  const code = `
    import { workerData } from "node:worker_threads";
    import { lock, unlock } from "${new URL("../../dist/fs/shared-lock.js", import.meta.url).href}";
    for (let round = 0; round < ${rounds}; round++) {
      const ticket = lock(workerData, 0);
      workerData[1] = workerData[1] + 1;
      unlock(workerData, 0, ticket);
    }
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise((resolve, reject) => {
          new Worker(url, { workerData: words }).once("error", reject).once("exit", resolve);
        }),
    ),
  );
  expect([...words]).toEqual([0, 3 * rounds]);
});
