import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Descriptor } from "../oci/descriptor.js";
import { parseReference } from "../oci/reference.js";
import { answerOfRefusal, Refusal, sendAnswer } from "./registry-answer.js";
import { answerRequest } from "./registry-routes.js";
import { RegistryStorage } from "./registry-storage.js";
import type { ImageFixture } from "./wasm-image.js";

/** Options of {@link startRegistry}. */
export interface TestRegistryOptions {
  /** Asks for this user by Basic authentication. Default: open to all. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Port on 127.0.0.1. Default 0: a free one. */
  readonly port?: number;
  /**
   * Called before each request is answered; returns true when it has answered itself, and so can play a
   * registry that misbehaves. Default none.
   */
  readonly intercept?: (
    request: IncomingMessage,
    response: ServerResponse,
  ) => boolean | Promise<boolean>;
}

/** A request that the registry has received. */
export interface RecordedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
}

/** A registry in this process, on loopback; all that it holds is in memory. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, for references. */
  readonly host: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Requests so far, the last 10,000 of them. */
  readonly requests: readonly RecordedRequest[];
  /**
   * Stores an image under `repository:tag` (`repository` alone is tagged `latest`) without HTTP, and
   * without a look at whether it makes sense.
   *
   * @returns what the tag points to now
   * @throws SafedockError `ERR_REFERENCE_INVALID`
   */
  push(name: string, image: ImageFixture): Promise<Descriptor>;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/** Requests kept for the record: more than any test looks at. */
const MAX_RECORDED = 10_000;

/**
 * Starts a small registry that speaks the OCI distribution API over plain HTTP: pull (with ranges), push
 * (in one piece and in chunks, mounts), tags. A registry that is not closed keeps no process alive.
 *
 * @example
 * ```ts
 * await using registry = await startRegistry();
 * await registry.push("acme/hello:1.0", await wasmImage({ files: { "/hello.wasm": bytes } }));
 * const image = await engine.pullImage(`${registry.host}/acme/hello:1.0`);
 * ```
 */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const storage = new RegistryStorage();
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    if (requests.length >= MAX_RECORDED) requests.shift();
    requests.push({ method: request.method ?? "", path: request.url ?? "" });
    void answer(storage, options, request, response);
  });
  server.on("connection", (socket) => socket.unref());
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = `127.0.0.1:${port}`;
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    host,
    url: `http://${host}`,
    requests,
    push: async (name, image) => {
      const { repository, tag } = parseReference(`${host}/${name}`);
      storage.add(repository, image);
      const { descriptor } = image.manifest;
      if (tag !== undefined) storage.open(repository).tags.set(tag, descriptor.digest);
      return descriptor;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function answer(
  storage: RegistryStorage,
  { credentials, intercept }: TestRegistryOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if ((await intercept?.(request, response)) === true) return;
    if (credentials !== undefined && !isAllowed(request, credentials)) {
      throw new Refusal("UNAUTHORIZED", "authentication required");
    }
    sendAnswer(request, response, await answerRequest(storage, request));
  } catch (error) {
    if (response.headersSent || !(error instanceof Refusal)) {
      response.destroy();
      return;
    }
    sendAnswer(request, response, answerOfRefusal(error));
  } finally {
    // What is left of a refused upload is read, so that the client gets to see the answer.
    request.resume();
  }
}

function isAllowed(
  request: IncomingMessage,
  { username, password }: { readonly username: string; readonly password: string },
): boolean {
  const expected = Buffer.from(
    `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
  );
  const given = Buffer.from(request.headers.authorization ?? "");
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}
