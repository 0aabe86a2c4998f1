import { describe, expect, test } from "vitest";
import { HostRefusal, type HostServices } from "../../src/base/host-service.js";
import { createBell } from "../../src/guest/doorbell.js";
import { FRAME_RING_BYTES, FRAME_RING_TOTAL_BYTES, FrameRing } from "../../src/guest/frame-ring.js";
import type { Guest } from "../../src/guest/guest.js";
import { GuestServices } from "../../src/guest/guest-services.js";
import { HostDesk } from "../../src/guest/host-desk.js";
import type { HostFrameMessage } from "../../src/guest/host-frames.js";
import { HostPort } from "../../src/guest/host-port.js";
import { Mailbox } from "../../src/guest/mailbox.js";
import { SlotUsage } from "../../src/guest/slot-usage.js";

const GUEST = 7;

/** Both sides on one thread; messages are handed over when a side asks for them. */
function openPair(services: HostServices) {
  const mailbox = new Mailbox();
  const toApp: HostFrameMessage[] = [];
  const toWorker: HostFrameMessage[] = [];
  const failures: unknown[] = [];
  const guest = { id: GUEST, over: false, worker: {}, services: new GuestServices(services) };
  const desk: HostDesk = new HostDesk({
    mailbox,
    post: (message) => toWorker.push(structuredClone(message)),
    receive: () => toApp.splice(0).forEach((message) => desk.received(message)),
    find: (id) => (id === GUEST ? (guest as unknown as Guest) : undefined),
    failed: (_guest, service, error) => failures.push([service, error]),
  });
  const port: HostPort = new HostPort(desk.buffer, {
    mailbox,
    bell: createBell(),
    port: {
      postMessage: (message: HostFrameMessage) => toApp.push(structuredClone(message)),
    } as unknown as import("node:worker_threads").MessagePort,
    usage: new SlotUsage(mailbox),
    drainPort: () => toWorker.splice(0).forEach((message) => port.received(message)),
  });
  port.begin(GUEST, guest.services.names);
  return { desk, port, guest, failures };
}

const echo: HostServices = new Map([
  [
    "echo",
    {
      call: (op, head, body) => {
        if (op === "refuse") throw new HostRefusal("access-denied", { head });
        if (op === "break") throw new Error("broken");
        return { head: { op, head }, body };
      },
    },
  ],
]);

describe("requests of a process to the services of its app", () => {
  test("an answer carries head and body back", () => {
    const { desk, port } = openPair(echo);
    const id = port.send("echo", "say", { n: 1n }, new Uint8Array([1, 2, 3]));
    expect(port.has(id)).toBe(false);
    desk.drain();
    expect(port.take(id)).toEqual({
      ok: true,
      head: { op: "say", head: { n: 1n } },
      body: new Uint8Array([1, 2, 3]),
    });
    expect(port.take(id)).toBeUndefined();
  });

  test("bodies larger than the ring go by message, between small ones and in their order", () => {
    const { desk, port } = openPair(echo);
    const sizes = [10, 30_000, 5, 300_000, 24_000, 1];
    const ids = sizes.map((size) =>
      port.send("echo", "say", size, new Uint8Array(size).fill(size)),
    );
    desk.drain();
    for (const [index, size] of sizes.entries()) {
      const answer = port.take(ids[index] ?? 0);
      expect(answer?.ok === true && answer.body.length).toBe(size);
      expect(answer?.ok === true && answer.body.every((byte) => byte === size % 256)).toBe(true);
    }
  });

  test("a refusal has its code and data; what no service is called is unavailable", () => {
    const { desk, port } = openPair(echo);
    const refused = port.send("echo", "refuse", 5);
    const unknown = port.send("mail", "send", undefined);
    desk.drain();
    expect(port.take(refused)).toEqual({ ok: false, code: "access-denied", data: { head: 5 } });
    expect(port.take(unknown)).toMatchObject({ ok: false, code: "unavailable" });
    expect([port.offers("echo"), port.offers("mail")]).toEqual([true, false]);
  });

  test("a service that fails is told apart from one that refuses", () => {
    const { desk, port, failures } = openPair(echo);
    const id = port.send("echo", "break", undefined);
    desk.drain();
    expect(failures).toEqual([["echo", new Error("broken")]]);
    expect(port.has(id)).toBe(false);
  });

  test("a request that is forgotten aborts, and so do all when the process is over", async () => {
    const signals: AbortSignal[] = [];
    let ended = 0;
    const services: HostServices = new Map([
      [
        "slow",
        {
          call: (_op, _head, _body, signal) => {
            signals.push(signal);
            return new Promise(() => {});
          },
          end: () => void ended++,
        },
      ],
    ]);
    const { desk, port, guest } = openPair(services);
    const first = port.send("slow", "wait", undefined);
    port.send("slow", "wait", undefined);
    desk.drain();
    port.forget(first);
    desk.drain();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    guest.services.end();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(ended).toBe(1);
  });

  test("answers for which there is no room wait for it", () => {
    const { desk, port } = openPair(echo);
    const ids: number[] = [];
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 4; i++)
        ids.push(port.send("echo", "say", ids.length, new Uint8Array(20_000)));
      desk.drain();
    }
    const heads: unknown[] = [];
    for (const id of ids) {
      desk.drain();
      const answer = port.take(id);
      if (answer?.ok === true) heads.push((answer.head as { head: number }).head);
    }
    expect(heads).toEqual(ids.map((_, index) => index));
  });

  test("more requests than may wait are refused", () => {
    const { port, desk } = openPair(new Map([["slow", { call: () => new Promise(() => {}) }]]));
    let last = 0;
    for (let i = 0; i < 1025; i++) {
      last = port.send("slow", "wait", undefined);
      desk.drain();
    }
    expect(port.take(last)).toMatchObject({ ok: false, code: "too-many-requests" });
  });

  test("answers to a process that is over do not reach the next one", () => {
    const { desk, port } = openPair(echo);
    const id = port.send("echo", "say", 1);
    desk.drain();
    port.end();
    port.begin(GUEST + 1, ["echo"]);
    expect(port.has(id)).toBe(false);
  });
});

test("a ring gives frames back as they were written, around its end and at the turn of its counts", () => {
  const buffer = new SharedArrayBuffer(FRAME_RING_TOTAL_BYTES);
  new Int32Array(buffer)[0] = -8;
  new Int32Array(buffer)[16] = -8;
  const ring = new FrameRing(buffer, 0);
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const written: { id: number; head: Uint8Array; body: Uint8Array }[] = [];
  const check = () => {
    const [frame, expected] = [ring.read(), written.shift()];
    if (frame?.head === undefined || expected === undefined) throw new Error("a frame is missing");
    expect([frame.guest, frame.id, frame.kind]).toEqual([GUEST, expected.id, 1]);
    expect(Buffer.compare(frame.head, expected.head)).toBe(0);
    expect(Buffer.compare(frame.body, expected.body)).toBe(0);
  };
  for (let id = 1; id < 3000; id++) {
    const head = new Uint8Array(random(50)).fill(id);
    const body = new Uint8Array(random(24_000)).fill(id + 1);
    if (ring.write(GUEST, id, 1, head, body)) written.push({ id, head, body });
    else check();
  }
  expect(FRAME_RING_BYTES & (FRAME_RING_BYTES - 1)).toBe(0);
  while (written.length > 0) check();
  expect(ring.waiting).toBe(false);
});
