/** Bodies that components read and write: streamed both ways, each side at the pace of the other. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { httpContainer, nextExit } from "./http-guests.js";

let fixture: TestEngine;
let bodies: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  bodies = await httpContainer(fixture.engine, "bodies");
});

afterAll(() => fixture.close());

const MIB = 2 ** 20;
/** What lies between a client that does not read and a guest that writes, and the other way: a few windows. */
const MOST_BETWEEN = 2 * MIB;

/** Chunks that are made as they are asked for; counts the bytes that were. */
function counted(total: number, chunkBytes = 64 * 1024) {
  const state = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.pulled >= total) return controller.close();
        const count = Math.min(chunkBytes, total - state.pulled);
        controller.enqueue(Buffer.alloc(count, state.pulled / chunkBytes));
        state.pulled += count;
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, stream };
}

async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  return response.body ?? expect.fail("no body");
}

function post(path: string, body: ReadableStream<Uint8Array>, signal?: AbortSignal) {
  const streaming = { method: "POST", body, duplex: "half" } as const;
  return bodies.fetch(path, { ...streaming, ...(signal === undefined ? undefined : { signal }) });
}

/** What a number settles at when nothing changes it for a while. */
async function settled(value: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = value();
    if (now === before) return now;
    before = now;
    await sleep(150);
  }
}

describe("a body goes there and back", () => {
  it.each(["/echo", "/splice"])("whatever its size: %s", async (path) => {
    const response = await post(path, counted(8 * MIB).stream);
    expect(await digestOf(bodyOf(response))).toBe(await digestOf(counted(8 * MIB).stream));
  });

  it("in chunks of any size", async () => {
    for (const chunkBytes of [1, 777, 300_000]) {
      const total = Math.min(chunkBytes * 50, MIB);
      const response = await post("/echo", counted(total, chunkBytes).stream);
      const all = Buffer.from(await response.arrayBuffer());
      expect(all.length).toBe(total);
      expect(all.at(-1)).toBe(Math.ceil(total / chunkBytes - 1) & 255);
    }
  });

  it("from a request that has none", async () => {
    expect(await (await bodies.fetch("/echo")).text()).toBe("");
    expect(await (await bodies.fetch("/count", { method: "POST" })).text()).toBe("0");
  });

  it("or one way only", async () => {
    const sent = counted(5 * MIB);
    expect(await (await post("/count", sent.stream)).text()).toBe(String(5 * MIB));
    const received = await bodies.fetch(`/flood?${5 * MIB}`);
    expect((await received.arrayBuffer()).byteLength).toBe(5 * MIB);
    expect((await (await bodies.fetch("/ahead?60000")).arrayBuffer()).byteLength).toBe(60_000);
  });
});

describe("an answer begins while its request goes on", () => {
  it("chunk by chunk", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const reader = bodyOf(await post("/tick", readable)).getReader();
    for (let round = 0; round < 3; round++) {
      await writer.write(Buffer.from("x"));
      const { value } = await reader.read();
      expect(Buffer.from(value ?? []).toString()).toBe("tick\n");
    }
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });
});

describe("each side waits for the other", () => {
  it("a client that does not read stops the guest, and the sender behind it", async () => {
    const sent = counted(64 * MIB);
    const reader = bodyOf(await post("/echo", sent.stream)).getReader();
    const stopped = await settled(() => sent.state.pulled);
    expect(stopped).toBeLessThanOrEqual(MOST_BETWEEN);
    // Reading goes on with it.
    let read = 0;
    while (read < 4 * MIB) read += (await reader.read()).value?.length ?? expect.fail("too short");
    expect(sent.state.pulled).toBeGreaterThan(4 * MIB - MOST_BETWEEN);
    expect(await settled(() => sent.state.pulled)).toBeLessThanOrEqual(read + MOST_BETWEEN);
    const ended = nextExit(fixture.engine);
    await reader.cancel();
    await ended;
    await expect.poll(() => sent.state.cancelled).toBe(true);
  });

  it("a guest that does not read is sent no more than it takes ahead", async () => {
    const sent = counted(64 * MIB);
    const response = await post("/flood?1000000", sent.stream);
    const reader = bodyOf(response).getReader();
    await reader.read();
    expect(await settled(() => sent.state.pulled)).toBeLessThanOrEqual(MOST_BETWEEN);
    const ended = nextExit(fixture.engine);
    await reader.cancel();
    await ended;
  });

  it("a sender that waits keeps the guest waiting, not busy", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    await using alone = await httpContainer(fixture.engine, "bodies");
    const exited = new Promise<{ cpuMs: number; wallMs: number }>((resolve) =>
      fixture.engine.on("exit", ({ container, process }) => {
        if (container !== alone) return;
        const { usage, durationMs } = process.status ?? expect.fail("not over");
        resolve({ cpuMs: usage.cpuMs, wallMs: durationMs });
      }),
    );
    const asked = alone.fetch("/count", { method: "POST", body: readable, duplex: "half" });
    await writer.write(Buffer.from("x"));
    await sleep(700);
    await writer.close();
    expect(await (await asked).text()).toBe("1");
    const { cpuMs, wallMs } = await exited;
    expect(wallMs).toBeGreaterThan(500);
    expect(cpuMs).toBeLessThan(wallMs / 2);
  });
});

describe("a request's signal ends its guest", () => {
  it("before it begins", async () => {
    const reason = new Error("never mind");
    const signal = AbortSignal.abort(reason);
    const processes = bodies.stats().processes;
    await expect(bodies.fetch("/flood?1", { signal })).rejects.toBe(reason);
    expect(bodies.stats().processes).toBe(processes);
  });

  it("before the answer", async () => {
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    let reading: () => void = () => undefined;
    const read = new Promise<void>((resolve) => {
      reading = resolve;
    });
    const body = new ReadableStream<Uint8Array>(
      {
        // Its guest asks for its body, and waits.
        pull: () => {
          reading();
          return new Promise(() => undefined);
        },
      },
      { highWaterMark: 0 },
    );
    const asked = post("/count", body, controller.signal);
    asked.catch(() => undefined);
    await read;
    const ended = nextExit(fixture.engine);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await ended;
  });

  it("within the answer", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const response = await bodies.fetch(`/flood?${64 * MIB}`, { signal: controller.signal });
    const reader = bodyOf(response).getReader();
    await reader.read();
    const ended = nextExit(fixture.engine);
    controller.abort(reason);
    const rest = async () => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toBe(reason);
    await ended;
  });
});

describe("a request's body that fails ends its guest", () => {
  it("with the reason", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new RangeError("upload broke"));
      },
    });
    const ended = nextExit(fixture.engine);
    await expect(post("/count", body)).rejects.toThrow("upload broke");
    await ended;
  });

  it("as one that is no stream of bytes does", async () => {
    const body = new ReadableStream<unknown>({
      pull: (controller) => controller.enqueue("a text"),
    }) as ReadableStream<Uint8Array>;
    const code = "ERR_HTTP_REQUEST_INVALID";
    await expect(post("/count", body)).rejects.toMatchObject({ code });
  });

  it("as one that is not as long as declared does", async () => {
    for (const length of ["9", "2"]) {
      const init = { method: "POST", body: "abc", headers: { "content-length": length } };
      await expect(bodies.fetch("/count", init)).rejects.toMatchObject({
        code: "ERR_HTTP_REQUEST_INVALID",
        data: { status: 400 },
      });
    }
  });

  it("and one that is longer than http.maxRequestBytes", async () => {
    const http = { maxRequestBytes: 1000, maxResponseBytes: 1000 };
    await using small = await httpContainer(fixture.engine, "bodies", { http });
    const fits = await small.fetch("/echo", { method: "POST", body: "x".repeat(1000) });
    expect((await fits.text()).length).toBe(1000);
    const long = small.fetch("/count", { method: "POST", body: "x".repeat(1001) });
    await expect(long).rejects.toMatchObject({
      code: "ERR_HTTP_REQUEST_INVALID",
      data: { status: 413 },
    });
    const flood = small.fetch("/flood?1001").then((response) => response.text());
    await expect(flood).rejects.toMatchObject({ code: "ERR_HTTP_RESPONSE_INVALID" });
  });
});
