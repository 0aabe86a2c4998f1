import { HostRefusal, type HostReply, type HostServices } from "../base/host-service.js";

/** What one request of a process came to; undefined: the app has failed, not the process. */
export type Answer =
  | { readonly ok: true; readonly reply: HostReply }
  | { readonly ok: false; readonly code: string; readonly data: unknown };

/** How answers go back, and what happens when a service fails. */
export interface ServiceDesk {
  answer(id: number, answer: Answer): void;
  failed(service: string, error: unknown): void;
}

const NOTHING: HostReply = {};
const NEVER = new AbortController().signal;

/** App side: the services of one process, and what it has asked of them. */
export class GuestServices {
  readonly #services: HostServices;
  readonly #pending = new Map<number, AbortController | undefined>();
  #ended = false;

  constructor(services: HostServices) {
    this.#services = services;
  }

  get names(): string[] {
    return [...this.#services.keys()];
  }

  /** Requests that wait for their answers. */
  get pending(): number {
    return this.#pending.size;
  }

  request(
    desk: ServiceDesk,
    id: number,
    [name, op, head]: [service: string, op: string, head: unknown],
    body: Uint8Array,
  ): void {
    if (this.#ended) return;
    const service = this.#services.get(name);
    if (service === undefined) {
      return desk.answer(id, { ok: false, code: "unavailable", data: undefined });
    }
    const controller = service.needsNoSignal === true ? undefined : new AbortController();
    this.#pending.set(id, controller);
    try {
      const reply = service.call(op, head, body, controller?.signal ?? NEVER);
      if (reply instanceof Promise) {
        reply.then(
          (late: HostReply | undefined) =>
            this.#settle(desk, id, { ok: true, reply: late ?? NOTHING }),
          (error: unknown) => this.#refuse(desk, id, name, error),
        );
      } else this.#settle(desk, id, { ok: true, reply });
    } catch (error) {
      this.#refuse(desk, id, name, error);
    }
  }

  /** What a process tells without a question: a refusal reaches nobody. */
  told(
    desk: ServiceDesk,
    [name, op, head]: [service: string, op: string, head: unknown],
    body: Uint8Array,
  ): void {
    const service = this.#ended ? undefined : this.#services.get(name);
    if (service === undefined) return;
    const failed = (error: unknown): void => {
      if (!this.#ended && !(error instanceof HostRefusal)) desk.failed(name, error);
    };
    try {
      const reply = service.call(op, head, body, NEVER);
      if (reply instanceof Promise) reply.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  forget(id: number): void {
    const controller = this.#pending.get(id);
    this.#pending.delete(id);
    controller?.abort();
  }

  /** Others wait for a worker: whether this process ends soon. */
  crowded(): boolean {
    for (const service of this.#services.values()) if (service.crowded?.() === true) return true;
    return false;
  }

  /** The process is over. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const controller of this.#pending.values()) controller?.abort();
    this.#pending.clear();
    for (const service of this.#services.values()) service.end?.();
  }

  #refuse(desk: ServiceDesk, id: number, name: string, error: unknown): void {
    if (error instanceof HostRefusal) {
      return this.#settle(desk, id, { ok: false, code: error.code, data: error.data });
    }
    if (this.#pending.delete(id)) desk.failed(name, error);
  }

  #settle(desk: ServiceDesk, id: number, answer: Answer): void {
    if (this.#pending.delete(id)) desk.answer(id, answer);
  }
}
