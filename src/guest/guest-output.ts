import { throwLater } from "../base/throw-later.js";
import { GuestReadable } from "./guest-readable.js";
import { INTEREST_EACH, INTEREST_HALF, INTEREST_NONE, OUTPUT_REVOKED } from "./mailbox.js";
import type { RingReader } from "./ring-reader.js";

/** Bytes that a stream asks ahead for; two rings. */
const STREAM_AHEAD_BYTES = 512 * 1024;

/** What a {@link GuestOutput} needs of the worker that runs its guest. */
export interface OutputSource {
  /** The reader changed its mind: tells the worker and looks at the ring soon. */
  changed(): void;
  /** Somebody reads: the app must not end before the guest does. */
  hold(): void;
}

/**
 * One output of a guest, in the app's thread. Until somebody asks for it, the bytes stay in the ring and
 * the guest waits when that is full. Then either they are streamed, with back-pressure, or collected up
 * to a cap, the rest dropped.
 */
export class GuestOutput {
  readonly #source: OutputSource;
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #truncated = false;
  #mode: "undecided" | "collect" | "stream" = "undecided";
  #stream: GuestReadable | undefined;
  /** The stream's buffer has room. */
  #wanted = false;
  #ended = false;
  #closed = false;
  #revoked = false;

  /** `maxBytes`: what is collected at most. */
  constructor(source: OutputSource, maxBytes: number, collect: boolean) {
    this.#source = source;
    this.#maxBytes = maxBytes;
    if (collect) this.#mode = "collect";
  }

  /** The output as a Node stream, made on the first use; reading it is what decides to stream. */
  get stream(): GuestReadable {
    this.#stream ??= new GuestReadable(STREAM_AHEAD_BYTES, this.#read, this.#close);
    return this.#stream;
  }

  /** True when bytes over the cap were dropped. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** What was collected; empty while streaming. */
  collected(): Buffer {
    if (this.#chunks.length === 1 && this.#chunks[0] !== undefined) return this.#chunks[0];
    return Buffer.concat(this.#chunks);
  }

  /** Unless somebody reads, collect from now on, so that the guest never hangs for want of a reader. */
  collect(): void {
    if (this.#mode !== "undecided") return;
    this.#mode = "collect";
    this.#source.changed();
  }

  /** @internal When the worker should ring. */
  interest(): number {
    if (this.#closed || this.#mode === "undecided") return INTEREST_NONE;
    return this.#mode === "stream" ? INTEREST_EACH : INTEREST_HALF;
  }

  /** @internal Bytes that the worker itself may stop at; -1: all of them are wanted. */
  captureBytes(): number {
    return this.#mode === "collect" && this.#stream === undefined ? this.#maxBytes : -1;
  }

  /** @internal 0 while the guest may write, else as SLOT_CLOSED has it. */
  get closed(): number {
    if (this.#revoked) return OUTPUT_REVOKED;
    return this.#closed ? 1 : 0;
  }

  /** @internal Takes it back from the guest, which is woken if it waits for room. */
  revoke(): void {
    this.#revoked = true;
    if (!this.#ended) this.#source.changed();
  }

  /** @internal Takes what it wants of the running guest's output, up to the ring position `end`. */
  drain(ring: RingReader, end: number): void {
    const count = ring.available(end);
    if (count === 0) return;
    if (this.#closed || this.#mode === "collect") this.#accept(ring, count);
    else if (this.#mode === "stream" && this.#wanted) this.#accept(ring, count);
  }

  /** @internal Takes all that is left, up to the ring position `end`: the guest is over. */
  finish(ring: RingReader | undefined, end: number | undefined, truncated: boolean): void {
    if (this.#ended) return;
    const count = ring === undefined ? 0 : ring.available(end);
    if (ring !== undefined && count > 0) this.#accept(ring, count);
    if (truncated) this.#truncated = true;
    this.#ended = true;
    if (this.#mode === "stream" && this.#chunks.length === 0) this.#stream?.push(null);
  }

  #accept(ring: RingReader, count: number): void {
    if (this.#closed) {
      ring.drop(count);
    } else if (this.#mode === "stream") {
      const bytes = ring.take(count);
      // Not asked for: the guest is over and its ring needed.
      if (!this.#wanted) this.#chunks.push(bytes);
      else if (!this.#push(bytes)) this.#wanted = false;
    } else {
      const kept = this.#mode === "collect" ? Math.min(count, this.#maxBytes - this.#bytes) : count;
      if (kept > 0) this.#chunks.push(ring.take(kept));
      this.#bytes += kept;
      if (kept < count) {
        ring.drop(count - kept);
        this.#truncated = true;
      }
    }
    ring.release();
  }

  /** False when the stream's buffer is full. A listener for its data is called at once, and may throw. */
  #push(bytes: Buffer): boolean {
    try {
      return this.#stream?.push(bytes) === true;
    } catch (error) {
      throwLater(error);
      return true;
    }
  }

  readonly #read = (): void => {
    this.#wanted = true;
    const attached = this.#mode !== "stream";
    this.#mode = "stream";
    const stream = this.#stream;
    while (this.#wanted && this.#chunks.length > 0) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined && !this.#push(chunk)) this.#wanted = false;
    }
    if (this.#ended) {
      if (this.#chunks.length === 0) stream?.push(null);
      return;
    }
    if (attached) this.#source.hold();
    this.#source.changed();
  };

  readonly #close = (): void => {
    this.#closed = true;
    this.#chunks = [];
    if (!this.#ended) this.#source.changed();
  };
}
