import { EACCES, ECONNRESET, EIO, type Errno, ETIMEDOUT } from "../../../fs/errno.js";
import type { Connection, Endpoint } from "../../../base/socket-messages.js";
import type { HostAnswer } from "../../host-calls.js";
import { CLOSED } from "../io/stream-error.js";
import { Input } from "../io/input.js";
import { Output } from "../io/output.js";
import { type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import type { Process } from "../process.js";
import type { SocketWire } from "./socket-wire.js";

/** Bytes asked for at once: what a stream of Node holds. */
const RECEIVE_BYTES = 65_536;
/** Bytes of one message out, and of one batch: a frame has room for it. */
const SEND_BYTES = 16_384;
/** Messages of one batch: a guest that writes single bytes still writes hundreds of them ahead. */
const BATCH_MESSAGES = 64;
/** Batches under way that the system has not taken yet. */
const MAX_BATCHES = 8;

const ERRNOS: ReadonlyMap<string, Errno> = new Map([
  ["access-denied", EACCES],
  ["connection-reset", ECONNRESET],
  ["timeout", ETIMEDOUT],
]);

/** A connection, which lives as long as its socket or one of its two streams does. */
export class TcpWire {
  readonly id: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #wire: SocketWire;
  #users = 3;
  isDeaf = false;
  isMute = false;

  constructor(wire: SocketWire, id: number, { local, remote }: Connection) {
    this.#wire = wire;
    this.id = id;
    this.local = local;
    this.remote = remote;
  }

  get wire(): SocketWire {
    return this.#wire;
  }

  shutdown(how: "receive" | "send" | "both"): void {
    if (how !== "send") this.isDeaf = true;
    if (how !== "receive") this.isMute = true;
    this.#wire.tell("tcp-shutdown", { id: this.id, how });
  }

  leave(): void {
    if (--this.#users === 0) this.#wire.tell("close", { id: this.id });
  }
}

function errnoOf(answer: HostAnswer): Errno {
  return answer.ok ? 0 : -(ERRNOS.get(answer.code) ?? EIO);
}

/** What a connection receives; it asks for more once it is read. */
export class TcpInput extends Input {
  readonly waitable: Waitable;
  readonly #tcp: TcpWire;
  #request: number | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #failure: Errno = 0;

  constructor(tcp: TcpWire) {
    super();
    this.#tcp = tcp;
    this.waitable = { waits: WAITS_FOR_HOST, ready: () => this.#ready() };
  }

  prepare(_process: Process, length: number): number {
    if (this.#tcp.isDeaf) return CLOSED;
    if (this.#bytes.length === 0) this.#receive();
    if (this.#bytes.length > 0) return Math.min(length, this.#bytes.length);
    const failure = this.#failure;
    if (failure !== 0) this.#failure = CLOSED;
    return failure;
  }

  take(_process: Process, dst: Uint8Array, at: number, count: number): number {
    const bytes = this.#bytes.subarray(0, count);
    dst.set(bytes, at);
    this.#bytes = this.#bytes.subarray(bytes.length);
    return bytes.length;
  }

  override release(): void {
    this.#tcp.wire.forget(this.#request);
    this.#tcp.leave();
  }

  #ready(): boolean {
    if (this.#tcp.isDeaf || this.#bytes.length > 0 || this.#failure !== 0) return true;
    return this.#tcp.wire.has(this.#ask());
  }

  #receive(): void {
    if (this.#failure !== 0) return;
    const answer = this.#tcp.wire.take(this.#ask());
    if (answer === undefined) return;
    this.#request = undefined;
    if (!answer.ok) this.#failure = errnoOf(answer);
    else if (answer.head === "end") this.#failure = CLOSED;
    else this.#bytes = answer.body;
  }

  #ask(): number {
    const { wire, id } = this.#tcp;
    return (this.#request ??= wire.send("tcp-receive", { id, max: RECEIVE_BYTES }));
  }
}

/** Messages whose bytes the system has once it has the last one's. */
interface Batch {
  /** The last message; the answers to those before it say nothing more. */
  request: number;
  bytes: number;
  messages: number;
}

/** What a connection sends: so many bytes ahead of what the system takes. */
export class TcpOutput extends Output {
  readonly waitable: Waitable;
  readonly #tcp: TcpWire;
  readonly #batches: Batch[] = [];
  #failure: Errno = 0;

  constructor(tcp: TcpWire) {
    super();
    this.#tcp = tcp;
    this.waitable = { waits: WAITS_FOR_HOST, ready: () => this.#look() !== 0 };
  }

  room(): number {
    const room = this.#look();
    if (room < 0) this.#failure = CLOSED;
    return room;
  }

  write(_process: Process, src: Uint8Array, at: number, length: number): Errno {
    const { wire, id, isMute } = this.#tcp;
    if (isMute || this.#failure !== 0) return CLOSED;
    for (let done = 0; done < length; done += SEND_BYTES) {
      const bytes = src.subarray(at + done, at + Math.min(done + SEND_BYTES, length));
      this.#sent(wire.send("tcp-send", { id }, bytes), bytes.length);
    }
    return 0;
  }

  override flush(): Errno {
    return Math.min(this.room(), 0);
  }

  /** The system has all of it. */
  override drain(process: Process): Errno {
    for (;;) {
      const room = this.awaitRoom(process);
      if (room < 0) return room;
      const [first] = this.#batches;
      if (first === undefined) return 0;
      if (!this.#tcp.wire.has(first.request)) process.context.host.wait();
    }
  }

  override release(): void {
    // Nobody waits for the answers; what was written is on its way all the same.
    for (const { request } of this.#batches) this.#tcp.wire.forget(request);
    this.#tcp.leave();
  }

  #sent(request: number, bytes: number): void {
    const last = this.#batches.at(-1);
    if (last === undefined || this.#left(last) < bytes) {
      this.#batches.push({ request, bytes, messages: 1 });
      return;
    }
    this.#failed(this.#tcp.wire.leave(last.request));
    last.request = request;
    last.bytes += bytes;
    last.messages++;
  }

  /** Bytes that a batch still takes. */
  #left({ bytes, messages }: Batch): number {
    return messages < BATCH_MESSAGES ? SEND_BYTES - bytes : 0;
  }

  #failed(answer: HostAnswer | undefined): void {
    if (answer?.ok === false && this.#failure === 0) this.#failure = errnoOf(answer);
  }

  #look(): number {
    const { wire, isMute } = this.#tcp;
    for (let [first] = this.#batches; first !== undefined; [first] = this.#batches) {
      const answer = wire.take(first.request);
      if (answer === undefined) break;
      this.#batches.shift();
      this.#failed(answer);
    }
    if (this.#failure !== 0) return this.#failure;
    if (isMute) return CLOSED;
    const last = this.#batches.at(-1);
    if (last === undefined || this.#batches.length < MAX_BATCHES) return SEND_BYTES;
    return this.#left(last);
  }
}
