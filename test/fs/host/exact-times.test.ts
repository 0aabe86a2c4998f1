import { expect, test } from "vitest";
import { ExactTimes, toHostSeconds } from "../../../src/fs/host/exact-times.js";
import { emptyStat } from "../../../src/fs/node.js";

function hostStat(ino: number) {
  return { ...emptyStat(), dev: 1n, ino: BigInt(ino), atime: 1000n, mtime: 2000n, ctime: 7n };
}

test("times are exact while the host's own are unchanged", () => {
  const times = new ExactTimes();
  times.record(hostStat(1), 1001n, 2002n);
  const same = hostStat(1);
  times.apply(same);
  expect([same.atime, same.mtime]).toEqual([1001n, 2002n]);
  const read = { ...hostStat(1), atime: 9000n };
  times.apply(read);
  expect([read.atime, read.mtime]).toEqual([9000n, 2002n]);
  const elsewhere = { ...hostStat(1), dev: 2n };
  times.apply(elsewhere);
  expect(elsewhere.mtime).toBe(2000n);
  // A rename or a link moves ctime alone.
  const renamed = { ...hostStat(1), ctime: 8n };
  times.apply(renamed);
  expect([renamed.atime, renamed.mtime]).toEqual([1001n, 2002n]);
  const written = { ...hostStat(1), mtime: 3000n };
  times.apply(written);
  expect([written.atime, written.mtime]).toEqual([1001n, 3000n]);
});

test("4,096 files are remembered, the latest ones", () => {
  const times = new ExactTimes();
  for (let ino = 0; ino < 5000; ino++) times.record(hostStat(ino), 1001n, 2002n);
  const exact = [];
  for (let ino = 0; ino < 5000; ino++) {
    const stat = hostStat(ino);
    times.apply(stat);
    if (stat.mtime === 2002n) exact.push(ino);
  }
  expect(exact.length).toBe(4096);
  expect(exact[0]).toBe(5000 - 4096);
});

test.each([0n, 1n, 999_999n, 1_700_000_000_987_654_321n, 1_700_000_000_999_999_999n])(
  "the seconds for %i ns are cut to the right microsecond",
  (ns) => {
    // What libuv does with a double of seconds.
    expect(Math.floor(toHostSeconds(ns) * 1e6)).toBe(Number(ns / 1000n));
  },
);
