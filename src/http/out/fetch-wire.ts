import { HostRefusal } from "../../base/host-service.js";
import type { HttpFields } from "../../base/http-messages.js";
import type { HttpOptions } from "../http-options.js";
import { problemOfHead } from "./response-head.js";
import type { Wire, WireRequest, WireResponse } from "./wire.js";
import { failureOf } from "./wire-failure.js";

const NOTHING = new Uint8Array(0);

/** A request that a function of the app answers, in place of the network. Trailers end at it. */
export class FetchWire implements Wire {
  readonly #changed: () => void;
  readonly #abort = new AbortController();
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #chunk: Uint8Array = NOTHING;
  failure: HostRefusal | undefined;
  readonly connected = true;
  readonly resolving = false;
  sent = false;
  response: WireResponse | undefined;
  ended = false;
  readonly rawTrailers: readonly string[] = [];

  constructor(
    { url, method, fields, body, more }: WireRequest,
    fetch: NonNullable<HttpOptions["fetch"]>,
    changed: () => void,
  ) {
    this.#changed = changed;
    const bodiless = method === "GET" || method === "HEAD";
    const stream = new ReadableStream<Uint8Array>(
      { start: (controller) => (this.#body = controller), pull: changed },
      { highWaterMark: 1 },
    );
    const { signal } = this.#abort;
    const headers = fields.map(([name, value]): [string, string] => [name, value]);
    const init: RequestInit = { method, headers, signal };
    const whole: RequestInit = bodiless ? init : { ...init, body: stream, duplex: "half" };
    void this.#answer(async () => fetch(new Request(url, whole)));
    if (body.length > 0) this.write(body);
    if (!more) this.end();
  }

  get writable(): boolean {
    return !this.sent && (this.#body?.desiredSize ?? 0) > 0;
  }

  write(chunk: Uint8Array): void {
    if (!this.sent) this.#body?.enqueue(chunk);
  }

  end(_trailers?: HttpFields): void {
    if (this.sent) return;
    this.sent = true;
    this.#body?.close();
    this.#changed();
  }

  read(max: number): Uint8Array | undefined {
    if (this.#chunk.length === 0) return undefined;
    const chunk = this.#chunk.subarray(0, max);
    this.#chunk = this.#chunk.subarray(chunk.length);
    if (this.#chunk.length === 0) void this.#next();
    return chunk;
  }

  destroy(): void {
    if (this.ended) return;
    this.#abort.abort();
    this.#reader?.cancel().catch(() => undefined);
  }

  async #answer(ask: () => Promise<Response>): Promise<void> {
    try {
      const { status, headers, body } = await ask();
      const response: WireResponse = { status, rawHeaders: [...headers].flat() };
      this.#reader = body?.getReader();
      const problem = problemOfHead(response);
      if (problem !== undefined) throw new HostRefusal(problem);
      this.response = response;
      await this.#next();
    } catch (error) {
      this.#reader?.cancel().catch(() => undefined);
      this.#fail(error);
    }
  }

  async #next(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = (await this.#reader?.read()) ?? { done: true, value: undefined };
        if (done) this.ended = true;
        else if (value.length === 0) continue;
        else this.#chunk = value;
        break;
      }
      this.#changed();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.ended || this.failure !== undefined) return;
    this.failure = failureOf(error, this.response !== undefined);
    this.#changed();
  }
}
