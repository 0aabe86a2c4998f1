import { setTimeout as sleep } from "node:timers/promises";
import type { Engine, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { guestPath } from "./guests.js";

let fixture: TestEngine;
let engine: Engine;
let flood: Image;
let cat: Image;

const MiB = 2 ** 20;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  flood = await engine.loadImage(guestPath("flood"));
  cat = await engine.loadImage(guestPath("cat"));
});

afterAll(() => fixture.close());

/** Counts the bytes of a stream and those that are not what flood.c writes. */
async function checkFlood(
  stream: AsyncIterable<unknown>,
): Promise<{ bytes: number; wrong: number }> {
  let bytes = 0;
  let wrong = 0;
  for await (const chunk of stream) {
    for (const byte of chunk as Buffer) if (byte !== bytes++ % 251) wrong++;
  }
  return { bytes, wrong };
}

describe("the streams of a process", () => {
  it.each([
    [8, 65_536],
    [2, 64],
    [2, 100_000],
  ])("bring every byte: %i MiB in writes of %i bytes", async (mib, chunk) => {
    await using container = await engine.createContainer(flood, {
      args: [String(mib), String(chunk)],
    });
    const process = await container.start();
    expect(await checkFlood(process.stdout)).toEqual({ bytes: mib * MiB, wrong: 0 });
    expect(await process.wait()).toMatchObject({ code: 0, usage: { writtenBytes: mib * MiB } });
  });

  it("hold the program back while nobody takes what it writes", async () => {
    await using container = await engine.createContainer(flood, { args: ["64"] });
    const process = await container.start();
    const iterator = process.stdout[Symbol.asyncIterator]();
    const first = (await iterator.next()).value as Buffer;
    await sleep(200);
    expect(process.over).toBe(false);
    expect(process.stdout.readableLength).toBeLessThan(4 * MiB);
    let bytes = first.length;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      bytes += (next.value as Buffer).length;
    }
    expect(bytes).toBe(64 * MiB);
  });

  it("keep what nobody reads up to the limit, and say that there was more", async () => {
    await using container = await engine.createContainer(flood, {
      args: ["8"],
      limits: { stdoutBytes: 100_000 },
    });
    const process = await container.start();
    expect(await container.wait()).toMatchObject({ code: 0, reason: "exited" });
    const { stdout, truncated } = process.captured;
    expect({ length: stdout.length, truncated }).toEqual({ length: 100_000, truncated: true });
    expect(stdout[99_999]).toBe(99_999 % 251);
  });

  it("give EPIPE to a program whose output was destroyed", async () => {
    await using container = await engine.createContainer(flood, { args: ["64"] });
    const process = await container.start();
    process.stdout.destroy();
    expect(await process.wait()).toMatchObject({ code: 1, reason: "exited" });
  });

  it("carry stdin with back-pressure, to its end", async () => {
    await using container = await engine.createContainer(cat);
    const process = await container.start();
    const reading = checkFlood(process.stdout);
    const data = Buffer.alloc(8 * MiB, 0);
    for (let n = 0; n < data.length; n++) data[n] = n % 251;
    for (let at = 0; at < data.length; at += 300_000) {
      if (!process.stdin.write(data.subarray(at, at + 300_000))) {
        await new Promise((resolve) => process.stdin.once("drain", resolve));
      }
    }
    process.stdin.end();
    expect(await reading).toEqual({ bytes: data.length, wrong: 0 });
    expect(await process.wait()).toMatchObject({ code: 0 });
  });

  it("give text line by line", async () => {
    await using container = await engine.createContainer(cat);
    const process = await container.start();
    process.stdin.end("one\ntwo\r\n\nsnow ☃\nno newline");
    const lines: string[] = [];
    for await (const line of process.stdout.lines()) lines.push(line);
    expect(lines).toEqual(["one", "two", "", "snow ☃", "no newline"]);
  });

  it("are at their end from the start with stdin none", async () => {
    await using container = await engine.createContainer(cat);
    const process = await container.start({ stdin: "none" });
    expect(await process.wait()).toMatchObject({ code: 0 });
    expect(process.captured.stdout.length).toBe(0);
  });
});

describe("run", () => {
  it("captures bytes as they are", async () => {
    const data = Buffer.from([0, 255, 254, 10, 13, 0, 128]);
    const result = await engine.run(cat, { stdin: data });
    expect(result.stdout.equals(data)).toBe(true);
    expect(result).toMatchObject({
      code: 0,
      truncated: false,
      usage: { readBytes: 7, writtenBytes: 7 },
    });
  });

  it("gives no input unless told otherwise", async () => {
    expect(await engine.run(cat)).toMatchObject({ code: 0, stdout: Buffer.alloc(0) });
  });

  it("takes input and gives output larger than any buffer", async () => {
    const data = Buffer.alloc(5 * MiB, "x");
    const limits = { stdoutBytes: 16 * MiB };
    const result = await engine.run(cat, { stdin: data, limits });
    expect(result.stdout.equals(data)).toBe(true);
    expect(result.truncated).toBe(false);
  });

  it("keeps the outputs of very many runs apart", async () => {
    const env = await engine.loadImage(guestPath("env"));
    const expected = new Set<string>();
    const mixed: string[] = [];
    let next = 0;
    const lane = async () => {
      while (next < 20_000) {
        const word = `${"x".repeat(next % 300)}${next++}`;
        const { stdout } = await engine.run(env, { args: [word] });
        if (stdout.toString() !== `arg 0 /env.wasm\narg 1 ${word}\n`) mixed.push(stdout.toString());
        expected.add(word);
      }
    };
    await Promise.all(Array.from({ length: 64 }, lane));
    expect({ runs: expected.size, mixed }).toEqual({ runs: 20_000, mixed: [] });
  });

  it("truncates stderr on its own", async () => {
    const limits = { stderrBytes: 10 };
    const result = await engine.run(flood, { args: ["1", "65536", "2"], limits });
    expect(result).toMatchObject({ code: 0, truncated: true });
    expect([result.stdout.length, result.stderr.length]).toEqual([0, 10]);
  });

  it("rejects with the reason of its signal", async () => {
    const loop = await engine.loadImage(guestPath("loop"));
    const reason = new Error("the app's own");
    const controller = new AbortController();
    const running = engine.run(loop, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(running).rejects.toBe(reason);
    await expect(engine.run(loop, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("takes the reference or the digest of an image in the store", async () => {
    const named = await engine.loadImage(guestPath("hello"), { reference: "hello:dev" });
    expect(named.reference).toBe("docker.io/library/hello:dev");
    expect((await engine.run("hello:dev")).stdout.toString()).toBe("hello\n");
    expect((await engine.run(named.digest)).stdout.toString()).toBe("hello\n");
    await expect(engine.run("missing:1")).rejects.toMatchObject({ code: "ERR_IMAGE_NOT_FOUND" });
  });
});
