import { HostRefusal, type HostReply } from "../../base/host-service.js";
import type { HttpBodyChunk, HttpFields, HttpResponseHead } from "../../base/http-messages.js";
import { fieldBytes, MAX_FIELD_BYTES, MAX_FIELDS, responseFields } from "../header-rules.js";
import type { CheckedHttpGrant } from "../http-grant.js";
import { mayGet } from "./request-policy.js";
import type { Wire, WireResponse } from "./wire.js";

/** Time until there is a connection, in ms. */
const CONNECT_MS = 10_000;
/** Bytes of one answer of `read-body`: the guest asks again for more. */
const MAX_CHUNK = 256 * 1024;

/** How long each step may take, in ms. */
export interface ExchangeTimes {
  readonly connectMs: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly betweenBytesMs: number | undefined;
}

/** What one exchange comes to, counted for the audit. */
export interface ExchangeCounts {
  sentBytes: number;
  receivedBytes: number;
}

interface Waiter {
  /** Whether it need not wait any more. */
  readonly isReady: () => boolean;
  readonly resolve: () => void;
}

/** One request of a guest, its hops included, until both bodies are at their end. */
export class Exchange {
  readonly counts: ExchangeCounts;
  readonly #times: ExchangeTimes;
  readonly #over: () => void;
  readonly #waiters = new Set<Waiter>();
  readonly #deadline: NodeJS.Timeout;
  #grant: CheckedHttpGrant;
  #wire: Wire | undefined;
  #failure: HostRefusal | undefined;
  #sent: number;
  /** What the guest says that its body has, in bytes. */
  readonly #length: number | undefined;
  #received = 0;
  #isSending: boolean;
  #isOver = false;
  #isReading = false;

  /** `over` is called once, when it holds nothing any more. */
  constructor(
    parts: {
      readonly grant: CheckedHttpGrant;
      readonly times: ExchangeTimes;
      readonly counts: ExchangeCounts;
      /** Bytes that go with the request itself. */
      readonly first: number;
      readonly length: number | undefined;
      readonly more: boolean;
    },
    over: () => void,
  ) {
    this.#grant = parts.grant;
    this.#times = parts.times;
    this.counts = parts.counts;
    this.#sent = parts.first;
    this.#length = parts.length;
    this.#isSending = parts.more;
    this.#over = over;
    const { timeoutMs } = parts.grant;
    this.#deadline = setTimeout(() => this.fail("HTTP-response-timeout"), timeoutMs);
    // An exchange that nobody waits for keeps no app alive.
    this.#deadline.unref();
    parts.counts.sentBytes += parts.first;
  }

  get grant(): CheckedHttpGrant {
    return this.#grant;
  }

  get failure(): HostRefusal | undefined {
    return this.#failure ?? this.#wire?.failure;
  }

  /** Goes on with this hop; the one before is gone. */
  attach(wire: Wire, grant: CheckedHttpGrant): void {
    this.#wire?.destroy();
    this.#wire = wire;
    this.#grant = grant;
  }

  /** Something may be ready now. */
  readonly changed = (): void => {
    for (const waiter of this.#waiters) {
      if (!waiter.isReady() && this.failure === undefined) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  };

  /** Ends it; the first reason is kept. */
  fail(code: string, data?: unknown): HostRefusal {
    this.#failure ??= this.#wire?.failure ?? new HostRefusal(code, data);
    this.#wire?.destroy();
    this.#end();
    this.changed();
    return this.#failure;
  }

  /** Nobody wants it any more. */
  close(code = "connection-terminated"): void {
    if (!this.#isOver) this.fail(code);
  }

  /** Waits for the head of this hop's response. */
  async head(): Promise<WireResponse> {
    const wire = this.#there();
    const { idleTimeoutMs } = this.#grant;
    const connectMs = Math.min(CONNECT_MS, this.#times.connectMs ?? idleTimeoutMs);
    await this.#until(
      () => wire.connected || wire.response !== undefined,
      connectMs,
      () => (wire.resolving ? "DNS-timeout" : "connection-timeout"),
    );
    // Until its body is sent, the peer has nothing to answer.
    await this.#until(
      () => wire.sent || wire.response !== undefined,
      undefined,
      () => "",
    );
    const firstByteMs = Math.min(idleTimeoutMs, this.#times.firstByteMs ?? idleTimeoutMs);
    await this.#until(
      () => wire.response !== undefined,
      firstByteMs,
      () => "connection-read-timeout",
    );
    const { response } = wire;
    if (response === undefined) throw this.fail("connection-terminated");
    return response;
  }

  /** The head that the guest gets, within the caps. */
  accept({ status, rawHeaders }: WireResponse, isBodiless: boolean): HttpResponseHead {
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      if (isBodiless || rawHeaders[at]?.toLowerCase() !== "content-length") continue;
      const length = Number(rawHeaders[at + 1]);
      if (length > this.#grant.maxResponseBytes) throw this.fail("HTTP-response-body-size");
    }
    return { status, headers: responseFields(rawHeaders, (name) => mayGet(this.#grant, name)) };
  }

  async write(chunk: Uint8Array): Promise<HostReply> {
    const wire = this.#there();
    if (!this.#isSending) throw new HostRefusal("HTTP-protocol-error");
    this.#sent += chunk.length;
    this.counts.sentBytes += chunk.length;
    if (this.#sent > Math.min(this.#length ?? Infinity, this.#grant.maxRequestBytes)) {
      throw this.fail("HTTP-request-body-size");
    }
    if (chunk.length > 0) wire.write(chunk);
    await this.#until(
      () => wire.writable || wire.ended,
      this.#idleMs(),
      () => (wire.connected ? "connection-write-timeout" : "connection-timeout"),
    );
    return NOTHING;
  }

  async finish(trailers: HttpFields): Promise<HostReply> {
    const wire = this.#there();
    if (!this.#isSending) throw new HostRefusal("HTTP-protocol-error");
    if (this.#length !== undefined) {
      if (this.#sent !== this.#length) throw this.fail("HTTP-request-body-size");
      // Only what is sent in chunks can have them.
      if (trailers.length > 0) throw this.fail("HTTP-protocol-error");
    }
    this.#isSending = false;
    wire.end(trailers);
    await this.#until(
      () => wire.sent || wire.ended,
      this.#idleMs(),
      () => "connection-write-timeout",
    );
    this.#endIfDone();
    return NOTHING;
  }

  async read(max: number, signal: AbortSignal): Promise<HostReply> {
    const wire = this.#there();
    if (this.#isReading || wire.response === undefined)
      throw new HostRefusal("HTTP-protocol-error");
    this.#isReading = true;
    const stop = () => this.changed();
    signal.addEventListener("abort", stop, { once: true });
    try {
      let chunk: Uint8Array | undefined;
      await this.#until(
        () =>
          signal.aborted ||
          (chunk ??= wire.read(Math.min(max, MAX_CHUNK))) !== undefined ||
          wire.ended,
        this.#idleMs(),
        () => "connection-read-timeout",
      );
      if (chunk === undefined) return signal.aborted ? NOTHING : this.#endOfBody(wire);
      this.#received += chunk.length;
      this.counts.receivedBytes += chunk.length;
      if (this.#received > this.#grant.maxResponseBytes) throw this.fail("HTTP-response-body-size");
      return { head: MORE, body: chunk };
    } finally {
      signal.removeEventListener("abort", stop);
      this.#isReading = false;
    }
  }

  #endOfBody({ rawTrailers }: Wire): HostReply {
    if (rawTrailers.length > 2 * MAX_FIELDS || fieldBytes(rawTrailers) > MAX_FIELD_BYTES) {
      throw this.fail("HTTP-response-trailer-section-size");
    }
    const trailers = responseFields(rawTrailers, (name) => mayGet(this.#grant, name));
    this.#endIfDone();
    const head: HttpBodyChunk = trailers.length === 0 ? { end: true } : { end: true, trailers };
    return { head };
  }

  #endIfDone(): void {
    if (!this.#isSending && this.#wire?.ended === true) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#over();
  }

  #there(): Wire {
    if (this.failure !== undefined) throw this.failure;
    if (this.#wire === undefined) throw this.fail("internal-error");
    return this.#wire;
  }

  #idleMs(): number {
    const { idleTimeoutMs } = this.#grant;
    return Math.min(idleTimeoutMs, this.#times.betweenBytesMs ?? idleTimeoutMs);
  }

  /** Throws what has ended the exchange; `code` names what took too long. */
  async #until(isReady: () => boolean, ms: number | undefined, code: () => string): Promise<void> {
    if (this.failure === undefined && !isReady()) {
      const { promise, resolve } = deferred();
      const waiter: Waiter = { isReady, resolve };
      this.#waiters.add(waiter);
      const timer = ms === undefined ? undefined : setTimeout(() => this.fail(code()), ms);
      timer?.unref();
      await promise;
      clearTimeout(timer);
    }
    if (this.failure !== undefined) throw this.fail("");
  }
}

const NOTHING: HostReply = {};
const MORE: HttpBodyChunk = { end: false };

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
