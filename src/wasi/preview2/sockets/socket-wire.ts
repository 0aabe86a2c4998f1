import { EACCES } from "../../../fs/errno.js";
import { type Endpoint, SOCKETS_SERVICE } from "../../../base/socket-messages.js";
import type { HostAnswer } from "../../host-calls.js";
import type { Process } from "../process.js";
import { refuse } from "./refuse.js";

/** A process's way to the app's side of its sockets. */
export class SocketWire {
  readonly #process: Process;
  #lastSocket = 0;

  constructor(process: Process) {
    this.#process = process;
  }

  /** The number of a new socket. */
  nextSocket(): number {
    return ++this.#lastSocket;
  }

  /** Refuses a process that has no socket granted at all, and tells of it. */
  checkGrant(call: string, target: string): void {
    if (this.#process.context.host.offers(SOCKETS_SERVICE)) return;
    this.#process.deny("sockets", call, EACCES, target);
    refuse("access-denied");
  }

  send(op: string, head: unknown, body?: Uint8Array): number {
    return this.#process.context.host.send(SOCKETS_SERVICE, op, head, body);
  }

  has(request: number): boolean {
    return this.#process.context.host.has(request);
  }

  take(request: number): HostAnswer | undefined {
    return this.#process.context.host.take(request);
  }

  /** The answer, if it is there; one that comes later nobody looks at. */
  leave(request: number): HostAnswer | undefined {
    const { host } = this.#process.context;
    const answer = host.take(request);
    if (answer === undefined) host.ignore(request);
    return answer;
  }

  call(op: string, head: unknown, body?: Uint8Array): HostAnswer {
    return this.#process.context.host.call(SOCKETS_SERVICE, op, head, body);
  }

  /** Sends what needs no answer. */
  tell(op: string, head: unknown): void {
    this.forget(this.send(op, head));
  }

  /** The answer is not wanted any more. */
  forget(request: number | undefined): void {
    if (request !== undefined) this.#process.context.host.forget(request);
  }
}

/** As the app's side writes it. */
export function targetOf(protocol: "tcp" | "udp", [address, port]: Endpoint): string {
  return `${protocol}://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
