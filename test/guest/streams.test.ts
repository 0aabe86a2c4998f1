import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GuestPool } from "../../dist/guest/pool.js";
import type { Guest, GuestIo } from "../../dist/guest/guest.js";
import type { GuestSpec } from "../../dist/guest/guest-spec.js";
import { compileFixture, guestSpec } from "./fixture.js";

const EPIPE = 64;

let pool: GuestPool;
beforeAll(() => {
  pool = new GuestPool({ workers: 2 });
});
afterAll(() => pool.close());

async function start(
  name: string,
  spec: Partial<GuestSpec> = {},
  io: GuestIo = {},
): Promise<Guest> {
  return pool.start(guestSpec(spec), await compileFixture(pool, name), io);
}

function flood(fd: number, count: number, size: number): Partial<GuestSpec> {
  return { args: ["flood", String(fd), String(count), String(size)] };
}

/** Expects that the bytes are those of `flood count size`. */
async function expectFlood(
  stream: AsyncIterable<Buffer>,
  count: number,
  size: number,
): Promise<void> {
  let at = 0;
  for await (const chunk of stream) {
    for (let i = 0; i < chunk.length; i++, at++) {
      const wanted = at % size === 0 ? (at / size) & 0xff : (at % size) & 0xff;
      if (chunk[i] !== wanted) throw new Error(`byte ${at} is ${chunk[i]}, not ${wanted}`);
    }
  }
  expect(at).toBe(count * size);
}

describe("output", () => {
  test.each([
    [100, 65_536],
    [20_000, 64],
    [300, 10_007],
  ])("streams %i writes of %i bytes in order and whole", async (count, size) => {
    const guest = await start("flood", flood(1, count, size));
    await expectFlood(guest.stdout, count, size);
    expect(await guest.wait()).toMatchObject({ code: 0, reason: "exited" });
    expect(guest.collected.stdoutTruncated).toBe(false);
  });

  test("keeps stdout and stderr apart", async () => {
    const guest = await start("flood", flood(2, 100, 10_000));
    const [, errors] = await Promise.all([
      expectFlood(guest.stdout, 0, 1),
      expectFlood(guest.stderr, 100, 10_000),
    ]);
    expect(errors).toBeUndefined();
  });

  test("holds the guest back while the reader is slow", async () => {
    const guest = await start("flood", flood(1, 1000, 65_536));
    const reader = guest.stdout[Symbol.asyncIterator]();
    await reader.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(guest.over).toBe(false);
    expect(guest.stdout.readableLength).toBeLessThan(2 * 2 ** 20);
    guest.kill();
    expect(await guest.wait()).toMatchObject({ code: 137, reason: "killed" });
    guest.stdout.destroy();
  });

  test("is collected up to its cap when nobody reads", async () => {
    const guest = await start("flood", flood(1, 1000, 10_000), { stdoutBytes: 25_000 });
    expect(await guest.wait()).toMatchObject({ code: 0, reason: "exited" });
    expect(guest.collected.stdout.length).toBe(25_000);
    expect(guest.collected.stdoutTruncated).toBe(true);
    expect(guest.collected.stderrTruncated).toBe(false);
    await expectFlood(guest.stdout, 2.5, 10_000);
  });

  test("is collected up to its cap by a run", async () => {
    const io = { collect: true, stdoutBytes: 25_000 };
    const guest = await start("flood", flood(1, 1000, 10_000), io);
    await guest.wait();
    expect(guest.collected.stdout.length).toBe(25_000);
    expect(guest.collected.stdoutTruncated).toBe(true);
  });

  test("is not lost by a reader that comes after wait, or after the end", async () => {
    const late = await start("flood", flood(1, 10, 1000));
    const exit = late.wait();
    await expectFlood(late.stdout, 10, 1000);
    await exit;
    const later = await start("flood", flood(1, 10, 1000));
    await later.wait();
    await expectFlood(later.stdout, 10, 1000);
  });

  test("gives EPIPE once the reader has gone", async () => {
    const guest = await start("flood", flood(1, 100_000, 10_000));
    guest.stdout.once("data", () => guest.stdout.destroy());
    expect(await guest.wait()).toMatchObject({ code: EPIPE, reason: "exited" });
    const refused = await start("flood", flood(1, 100_000, 10_000));
    refused.stdout.destroy();
    expect(await refused.wait()).toMatchObject({ code: EPIPE, reason: "exited" });
  });

  test("comes as lines", async () => {
    const guest = await start("cat", {}, { stdin: Buffer.from("one\r\ntwo\n\nü\xff") });
    const lines: string[] = [];
    for await (const line of guest.stdout.lines()) lines.push(line);
    expect(lines).toEqual(["one", "two", "", "üÿ"]);
  });

  test("that is in the way is moved for the next guest of the worker", async () => {
    const guests = await Promise.all(
      Array.from({ length: 12 }, () => start("flood", flood(1, 20, 10_000))),
    );
    for (const guest of guests) await expectFlood(guest.stdout, 20, 10_000);
    for (const guest of guests) expect(await guest.wait()).toMatchObject({ code: 0 });
  });
});

describe("stdin", () => {
  test("streams with back-pressure, whole and in order, and ends", async () => {
    const guest = await start("cat", {}, { stdin: "stream" });
    const chunk = Buffer.from(Uint8Array.from({ length: 100_003 }, (_, i) => i));
    const writing = (async () => {
      for (let n = 0; n < 50; n++) {
        if (guest.stdin?.write(chunk) === false) {
          await new Promise((resolve) => guest.stdin?.once("drain", resolve));
        }
      }
      guest.stdin?.end();
    })();
    let bytes = 0;
    for await (const part of guest.stdout as AsyncIterable<Buffer>) {
      for (const [i, byte] of part.entries()) {
        if (byte !== (((bytes + i) % chunk.length) & 0xff))
          throw new Error(`wrong at ${bytes + i}`);
      }
      bytes += part.length;
    }
    await writing;
    expect(bytes).toBe(50 * chunk.length);
    expect(await guest.wait()).toMatchObject({ code: 0, reason: "exited" });
  });

  test("answers line by line", async () => {
    const guest = await start("cat", {}, { stdin: "stream" });
    const lines = guest.stdout.lines();
    for (const line of ["first", "second", "third"]) {
      guest.stdin?.write(`${line}\n`);
      expect(await lines.next()).toEqual({ value: line, done: false });
    }
    guest.stdin?.end();
    expect(await lines.next()).toEqual({ value: undefined, done: true });
  });

  test("is at its end at once when it is empty or ended before the start", async () => {
    const guest = await start("cat", {}, { stdin: "stream" });
    guest.stdin?.end();
    expect(await guest.wait()).toMatchObject({ code: 0 });
    expect(await (await start("cat")).wait()).toMatchObject({ code: 0 });
  });

  test("may be written after the guest has ended", async () => {
    const guest = await start("hello", {}, { stdin: "stream" });
    await guest.wait();
    guest.stdin?.write(Buffer.alloc(1_000_000));
    await new Promise<void>((resolve) => guest.stdin?.end(resolve));
    expect(guest.stdin?.writableFinished).toBe(true);
  });

  test("of one guest is never another's", async () => {
    const guests = await Promise.all(
      Array.from({ length: 8 }, () => start("cat", {}, { stdin: "stream" })),
    );
    for (const [n, guest] of guests.entries()) guest.stdin?.end(`guest ${n}`);
    for (const [n, guest] of guests.entries()) {
      await guest.wait();
      expect(guest.collected.stdout.toString()).toBe(`guest ${n}`);
    }
  });
});
