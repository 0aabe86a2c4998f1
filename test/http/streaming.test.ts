import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { GuestSide, RawServer } from "./guest-side.js";

const MIB = 2 ** 20;
const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\r\n";

let servers: Server[] = [];
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  servers = [];
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("bodies that are streamed", () => {
  it("from a peer wait for a guest that does not read", async () => {
    const chunk = Buffer.alloc(MIB);
    let written = 0;
    await using server = await RawServer.open((socket) => {
      socket.write(OK);
      const more = () => {
        let isTaken = true;
        while (isTaken && !socket.destroyed) {
          isTaken = socket.write(chunk);
          written++;
        }
      };
      socket.on("drain", more);
      more();
    });
    using guest = new GuestSide([
      { origin: server.url, addresses: "any", maxResponseBytes: 2 ** 40 },
    ]);
    const { request } = await guest.open(`${server.url}/`);
    let before = -1;
    // Until nothing moves any more.
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // What the kernel's buffers of both sides take, and one chunk.
    expect(written).toBeLessThan(32);
    // It goes on as soon as the guest reads.
    let read = 0;
    while (read < 64 * MIB) {
      const { body } = await guest.call("read-body", { request, max: MIB });
      read += body?.length ?? 0;
    }
    expect(written).toBeGreaterThan(before);
  });

  it("of any size need no memory", async () => {
    const chunk = Buffer.alloc(MIB);
    const size = 512 * MIB;
    const origin = await serve((request, response) => {
      if (request.method === "GET") {
        let left = size / MIB;
        const more = () => {
          while (left-- > 0) if (!response.write(chunk)) return;
          response.end();
        };
        response.on("drain", more);
        more();
        return;
      }
      let bytes = 0;
      request.on("data", (data: Buffer) => (bytes += data.length));
      request.on("end", () => response.end(String(bytes)));
    });
    using guest = new GuestSide([
      {
        origin,
        methods: "any",
        addresses: "any",
        maxResponseBytes: 2 ** 40,
        maxRequestBytes: 2 ** 40,
      },
    ]);
    const before = process.memoryUsage.rss();
    let peak = before;
    const look = () => (peak = Math.max(peak, process.memoryUsage.rss()));
    const { request } = await guest.open(`${origin}/`);
    let read = 0;
    for (;;) {
      const { head, body } = await guest.call("read-body", { request, max: MIB });
      read += body?.length ?? 0;
      look();
      if ((head as { end: boolean }).end) break;
    }
    expect(read).toBe(size);
    const opening = guest.open(`${origin}/`, { method: "PUT", more: true });
    for (let n = 0; n < size / MIB; n++) {
      await guest.call("write-body", { request: 2 }, chunk);
      look();
    }
    await guest.call("finish-body", { request: 2 });
    await opening;
    expect((await guest.read(2)).text).toBe(String(size));
    expect(peak - before).toBeLessThan(200 * MIB);
  });

  it("come as they are: nothing is decompressed", async () => {
    const bomb = Buffer.from("H4sIAAAAAAAAA0tMSgYAwkEkNQMAAAA=", "base64");
    const origin = await serve((request, response) => {
      response.setHeader("content-encoding", "gzip");
      response.setHeader("x-asked", request.headers["accept-encoding"] ?? "nothing");
      response.end(bomb);
    });
    using guest = new GuestSide([{ origin, addresses: "any" }]);
    const { text, headers } = await guest.fetch(`${origin}/`);
    expect(Buffer.from(text, "latin1").equals(bomb)).toBe(true);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-encoding": "gzip",
      "x-asked": "nothing",
    });
  });

  it("go both ways at once: each chunk is answered before the next is sent", async () => {
    const origin = await serve((request, response) => {
      response.flushHeaders();
      request.on("data", (chunk: Buffer) => response.write(chunk));
      request.on("end", () => response.end());
    });
    using guest = new GuestSide([{ origin, methods: "any", addresses: "any" }]);
    const { request } = await guest.open(`${origin}/`, { method: "POST", more: true });
    for (const word of ["one", "two", "three"]) {
      await guest.call("write-body", { request }, Buffer.from(word));
      const { body } = await guest.call("read-body", { request, max: 100 });
      expect(Buffer.from(body ?? []).toString()).toBe(word);
    }
    await guest.call("finish-body", { request });
    expect((await guest.read(request)).text).toBe("");
  });
});
