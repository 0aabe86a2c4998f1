import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Digest } from "../../src/oci/digest.js";
import type { SeededImage } from "./seeded-image.js";

/** What is asked for: a manifest by tag or digest, a blob, a token. */
export interface Asked {
  readonly kind: "manifest" | "blob" | "token";
  readonly name: string;
  /** Requests of the same kind and name before this one. */
  readonly earlier: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly image: SeededImage;
  readonly url: string;
}

/** Answers in its own way, or gives `false` for an honest answer. */
export type Misbehave = (asked: Asked) => boolean;

export interface MisbehavingRegistry extends AsyncDisposable {
  readonly host: string;
  /** Lets a repository hold an image, under any tag. */
  add(repository: string, image: SeededImage, misbehave: Misbehave): void;
  remove(repository: string): void;
}

interface Held {
  readonly image: SeededImage;
  readonly misbehave: Misbehave;
  readonly counts: Map<string, number>;
}

/** Starts a registry on loopback that answers as each repository's script has it. */
export async function startMisbehavingRegistry(): Promise<MisbehavingRegistry> {
  const held = new Map<string, Held>();
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    // A client that goes away is no failure of the server.
    response.on("error", () => undefined);
    answer(held, request, response);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    host: `127.0.0.1:${address.port}`,
    add: (repository, image, misbehave) =>
      held.set(repository, { image, misbehave, counts: new Map() }),
    remove: (repository) => held.delete(repository),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function answer(
  held: ReadonlyMap<string, Held>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = request.url ?? "/";
  const asked = /^\/v2\/(.+)\/(manifest|blob|token)s\/([^/?]+)/.exec(url);
  const [, repository = "", kind, name = ""] = asked ?? [];
  const found = held.get(repository);
  if (found === undefined || (kind !== "manifest" && kind !== "blob" && kind !== "token")) {
    response.writeHead(url === "/v2/" ? 200 : 404).end();
    return;
  }
  const { image, misbehave, counts } = found;
  const key = `${kind} ${name}`;
  const earlier = counts.get(key) ?? 0;
  counts.set(key, earlier + 1);
  const call: Asked = { kind, name, earlier, request, response, image, url };
  if (!misbehave(call)) answerHonestly(call);
}

/** The bytes that were asked for; `undefined` if the image has no such part. */
export function bytesAsked({ kind, name, image }: Asked): Uint8Array | undefined {
  if (kind === "token") return Buffer.from(JSON.stringify({ token: "good" }));
  const digest = name.includes(":") ? name : image.manifest.digest;
  return image.bytes.get(digest as Digest);
}

export function mediaTypeAsked({ kind, image }: Asked): string {
  return kind === "manifest" ? image.manifest.mediaType : "application/octet-stream";
}

/** As a registry should: ranges included. */
export function answerHonestly(asked: Asked): void {
  const { request, response } = asked;
  const bytes = bytesAsked(asked);
  if (bytes === undefined) {
    response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[]}');
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const part = bytes.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    "content-type": mediaTypeAsked(asked),
    "content-length": part.byteLength,
    ...(from > 0
      ? { "content-range": `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}` }
      : {}),
  });
  response.end(part);
}
