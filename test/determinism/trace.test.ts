/** The trace of a process's calls: whole, in order, bounded, before the exit. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { HostCall, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestBytes, guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2, maxWorkers: 2 });
});

afterAll(() => fixture.close());

function tool(name: string): Promise<Image> {
  return fixture.engine.loadImage(guestPath(name));
}

async function callsForEver(): Promise<Image> {
  const path = new URL("../guests/hostile/trace/calls-for-ever.wasm", import.meta.url);
  return fixture.engine.loadImage(await readFile(fileURLToPath(path)));
}

describe("onHostCall", () => {
  it("tells of each call of a run, in order", async () => {
    const calls: HostCall[] = [];
    const result = await fixture.engine.run(await tool("hello"), {
      onHostCall: (call) => calls.push(call),
    });
    expect(result.stdout.toString()).toMatch(/hello/i);
    expect(calls).toHaveLength(result.usage.hostCalls);
    const writes = calls.filter(({ name }) => name === "fd_write");
    expect(writes[0]?.args[0]).toBe(1);
    expect(writes[0]?.result).toBe(0);
  });

  it("has i32 as unsigned numbers, i64 as signed bigints, and no result of a call that does not return", async () => {
    const calls: HostCall[] = [];
    await fixture.engine.run(await tool("exit"), {
      args: ["7"],
      onHostCall: (call) => calls.push(call),
    });
    expect(calls.at(-1)).toEqual({ name: "proc_exit", args: [7], result: undefined });

    const { call } = await firstCallForEver();
    expect(call).toEqual({ name: "fd_seek", args: [0xffff_ffff, -1n, 0, 0], result: 8 });
  });

  it("tells start and exec, each its own", async () => {
    await using container = await fixture.engine.createContainer(await tool("exit"));
    const main: HostCall[] = [];
    const check: HostCall[] = [];
    const process = await container.start({ onHostCall: (call) => main.push(call) });
    await process.wait();
    await container.fs.writeFile("/check.wasm", await guestBytes("hello"));
    const exec = await container.exec(["/check.wasm"], { onHostCall: (call) => check.push(call) });
    await exec.wait();
    expect(main.at(-1)?.name).toBe("proc_exit");
    expect(main.some(({ name }) => name === "fd_write")).toBe(false);
    expect(check.some(({ name }) => name === "fd_write")).toBe(true);
  });

  it("keeps the traces of many runs at once apart, whichever worker they go to", async () => {
    const image = await tool("exit");
    const traces = await Promise.all(
      Array.from({ length: 40 }, async (_, code) => {
        const calls: HostCall[] = [];
        await fixture.engine.run(image, {
          args: [String(code)],
          onHostCall: (call) => calls.push(call),
        });
        return calls;
      }),
    );
    for (const [code, calls] of traces.entries()) {
      if (code > 0) expect(calls.at(-1)?.args).toEqual([code]);
      expect(calls.length).toBe(traces[1]?.length);
    }
  });

  it("has told all before the exit is known, of a killed process as far as it got", async () => {
    const { status, calls } = await firstCallForEver(5_000);
    expect(status).toMatchObject({ reason: "killed", code: 137 });
    expect(calls.length).toBeGreaterThan(5_000);
    // None is missing between.
    const wrong = calls.findIndex(({ args }, at) => args[1] !== BigInt(-1 - at));
    expect(wrong).toBe(-1);
    // All have returned but perhaps the last.
    expect(calls.slice(0, -1).every(({ result }) => result === 8)).toBe(true);
    const told = calls.length;
    await sleep(20);
    expect(calls.length).toBe(told);
  });

  it("tells of the call in the midst of which a process was killed", async () => {
    await using container = await fixture.engine.createContainer(await tool("cat"));
    const calls: HostCall[] = [];
    // It waits for its input when it is killed, unless the machine is so busy that it does not come to that.
    for (let patience = 20; calls.at(-1)?.name !== "fd_read" && patience < 2_000; patience *= 2) {
      calls.length = 0;
      const process = await container.start({ onHostCall: (call) => calls.push(call) });
      process.stdin.write("echo");
      await once(process.stdout, "data");
      await sleep(patience);
      await process.kill();
    }
    expect(calls.at(-1)).toMatchObject({ name: "fd_read", result: undefined });
    expect(calls[0]).toMatchObject({ name: "fd_read", result: 0 });
  });

  it("holds back a guest that calls faster than the app takes in", async () => {
    await using container = await fixture.engine.createContainer(await callsForEver());
    let told = 0;
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const process = await container.start({
      onHostCall() {
        told++;
        begin();
      },
    });
    await begun;
    // The app's thread is busy: what piles up meanwhile is what a ring holds, however fast the guest is.
    const until = performance.now() + 300;
    while (performance.now() < until);
    const before = told;
    await process.kill();
    expect(told - before).toBeLessThan(100_000);
  });

  it("goes on when a listener throws, and the app hears of it", async () => {
    const others = globalThis.process.listeners("uncaughtException");
    const thrown: unknown[] = [];
    const keep = (error: unknown) => thrown.push(error);
    globalThis.process.removeAllListeners("uncaughtException");
    globalThis.process.on("uncaughtException", keep);
    try {
      let told = 0;
      const result = await fixture.engine.run(await tool("hello"), {
        onHostCall() {
          told++;
          if (told === 2) throw new Error("of the listener");
        },
      });
      expect(result).toMatchObject({ code: 0, reason: "exited" });
      expect(told).toBe(result.usage.hostCalls);
      await sleep(1);
      expect(thrown).toEqual([new Error("of the listener")]);
    } finally {
      globalThis.process.removeListener("uncaughtException", keep);
      for (const listener of others) globalThis.process.on("uncaughtException", listener);
    }
  });

  it("may kill its process from the listener", async () => {
    await using container = await fixture.engine.createContainer(await callsForEver());
    let told = 0;
    const process = await container.start({
      onHostCall() {
        if (++told === 100) void process.kill();
      },
    });
    expect(await process.wait()).toMatchObject({ reason: "killed" });
    expect(told).toBeGreaterThanOrEqual(100);
  });

  it("must be a function", async () => {
    const image = await tool("hello");
    const onHostCall = "log" as unknown as () => void;
    const message = /onHostCall: must be a function, not "log"/;
    await expect(fixture.engine.run(image, { onHostCall })).rejects.toThrow(message);
    await using container = await fixture.engine.createContainer(image);
    await expect(container.start({ onHostCall })).rejects.toThrow(message);
    await expect(container.exec(["/x"], { onHostCall })).rejects.toThrow(message);
  });
});

/** A guest that was killed after so many calls. */
async function firstCallForEver(count = 1) {
  await using container = await fixture.engine.createContainer(await callsForEver());
  const calls: HostCall[] = [];
  const process = await container.start({ onHostCall: (call) => calls.push(call) });
  while (calls.length <= count) await sleep(1);
  await process.kill();
  const status = await process.wait();
  return { status, calls, call: calls[0] };
}
