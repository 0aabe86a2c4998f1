import { serialize, deserialize } from "node:v8";
import type { HostAnswer, HostCalls } from "../../../src/wasi/host-calls.js";

/** A request that a guest has made. */
export interface Asked {
  readonly id: number;
  readonly service: string;
  readonly op: string;
  readonly head: unknown;
  readonly body: Uint8Array;
  forgotten: boolean;
}

/** An app's thread of a test's own: it answers what it is told to, when it is told to. */
export class ScriptedHost implements HostCalls {
  readonly asked: Asked[] = [];
  readonly #services: readonly string[];
  readonly #answers = new Map<number, HostAnswer>();
  readonly #open = new Set<number>();
  /** What `call` gives, and every op that is named here at once. */
  readonly always = new Map<string, HostAnswer>();
  #lastId = 0;

  constructor(...services: readonly string[]) {
    this.#services = services;
  }

  offers(service: string): boolean {
    return this.#services.includes(service);
  }

  send(service: string, op: string, head: unknown, body: Uint8Array = new Uint8Array(0)): number {
    const id = ++this.#lastId;
    // As it crosses threads.
    const asked = { id, service, op, head: deserialize(serialize(head)) as unknown };
    this.asked.push({ ...asked, body: body.slice(), forgotten: false });
    this.#open.add(id);
    const answer = this.always.get(op);
    if (answer !== undefined) this.#answers.set(id, answer);
    return id;
  }

  has(id: number): boolean {
    return this.#answers.has(id);
  }

  take(id: number): HostAnswer | undefined {
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (answer !== undefined) this.#open.delete(id);
    return answer;
  }

  post(service: string, op: string, head: unknown, body?: Uint8Array): void {
    this.take(this.send(service, op, head, body));
  }

  ignore(id: number): void {
    this.take(id);
  }

  renew(): void {
    this.#open.clear();
    this.#answers.clear();
  }

  wait(): void {
    throw new Error("it would wait for ever");
  }

  call(service: string, op: string, head: unknown, body?: Uint8Array): HostAnswer {
    return this.take(this.send(service, op, head, body)) ?? this.wait() ?? refusal("unknown");
  }

  forget(id: number): void {
    if (!this.#open.delete(id)) return;
    this.#answers.delete(id);
    const asked = this.asked.find((each) => each.id === id);
    if (asked !== undefined) asked.forgotten = true;
  }

  /** The newest request of that name. */
  last(op: string): Asked {
    const asked = this.asked.findLast((each) => each.op === op);
    if (asked === undefined) throw new Error(`nobody has asked for ${op}`);
    return asked;
  }

  answer(op: string, answer: HostAnswer): void {
    this.#answers.set(this.last(op).id, answer);
  }

  /** Requests whose answers somebody may still take. */
  get open(): number {
    return this.#open.size;
  }
}

export function reply(head?: unknown, body = new Uint8Array(0)): HostAnswer {
  return { ok: true, head, body };
}

export function refusal(code: string): HostAnswer {
  return { ok: false, code, data: undefined };
}
