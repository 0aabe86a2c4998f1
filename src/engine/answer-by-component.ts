import { availableParallelism } from "node:os";
import { SafedockError } from "../base/errors.js";
import type { HostServices } from "../base/host-service.js";
import { INCOMING_SERVICE } from "../base/incoming-messages.js";
import { onAbort } from "../base/on-abort.js";
import type { GuestSpec } from "../guest/guest-spec.js";
import { endedEarly, invalidResponse } from "../http/http-failure.js";
import { IncomingAnswer } from "../http/incoming-answer.js";
import type { IncomingRequest, OutgoingResponse } from "../http/incoming-exchange.js";
import { END, IncomingService, type NextRequest } from "../http/incoming-service.js";
import type { ExecOptions } from "./container-options.js";
import type { CheckedHttpOptions } from "./container-http-options.js";
import type { Process } from "./process.js";

/** What answering by a component needs of its container. */
export interface ComponentHost {
  /** Starts a process that answers requests. */
  serve(
    program: NonNullable<GuestSpec["program"]>,
    options: ExecOptions,
    services: HostServices,
  ): Promise<Process>;
  /**
   * Whether its guests may ask others for something: they have what outlives an instance then, and may wait
   * for long.
   */
  readonly asksOthers: boolean;
  /** The app is kept alive from `hold` to `unhold`. */
  hold(): void;
  unhold(): void;
}

/** Requests that wait for a process: each holds its head. */
const MAX_WAITING = 10_000;
/** Processes without a request that one container keeps: each has a worker to itself. */
const MAX_IDLE = Math.max(2, availableParallelism());
/** Processes that compute at the same time: more would only take the cores from each other. */
const PARALLEL = availableParallelism();
/** Requests that wait so long, in ms, while no process takes one, get a process more. */
const LONG_WAIT_MS = 10;
/** One that makes an instance for each request is kept for so long, in ms: it saves the next one its start. */
const FRESH_IDLE_MS = 200;
/** Requests after which such a process makes room: V8 lets go of some of the old instances only between two. */
const FRESH_REQUESTS = 512;

/** One process that answers requests. */
interface Server {
  readonly service: IncomingService;
  process: Process | undefined;
  /** It has asked for a request. */
  begun: boolean;
  /** It ends when it asks for the next one. */
  closing: boolean;
  /** We have ended it. */
  killed: boolean;
  served: number;
  idle: NodeJS.Timeout | undefined;
}

interface Waiting {
  readonly answer: IncomingAnswer;
  server: Server | undefined;
}

/**
 * Answers requests by processes of a component of `wasi:http`. They take requests from one queue, oldest
 * first:
 *
 * - `reuse`: a process is one instance, which answers one request after the other.
 * - else a process makes an instance for each request. One that may ask others for something answers one
 *   request alone, so that nothing it has open is left to the next.
 */
export class ComponentAnswers {
  readonly #host: ComponentHost;
  readonly #servers = new Set<Server>();
  readonly #idle: Server[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #program: NonNullable<GuestSpec["program"]>;
  readonly #isLast: boolean;
  readonly #maxServed: number;
  readonly #maxIdleMs: number;
  /** Requests that were taken since the last look. */
  #taken = 0;
  #look: NodeJS.Timeout | undefined;

  constructor(host: ComponentHost, options: CheckedHttpOptions) {
    this.#host = host;
    const { reuse, maxRequests, maxIdleMs } = options;
    this.#isLast = !reuse && host.asksOthers;
    this.#program = reuse || this.#isLast ? "http" : "http-fresh";
    this.#maxServed = reuse ? maxRequests : FRESH_REQUESTS;
    this.#maxIdleMs = reuse ? maxIdleMs : Math.min(maxIdleMs, FRESH_IDLE_MS);
  }

  async answer(request: IncomingRequest): Promise<OutgoingResponse> {
    const { signal } = request;
    signal?.throwIfAborted();
    if (this.#waiting.length >= MAX_WAITING) {
      throw new SafedockError("ERR_QUEUE_FULL", `${MAX_WAITING} requests wait already`, {
        data: { limit: MAX_WAITING },
        hint: "answer 503 to some of them, or serve them from several containers",
      });
    }
    const answer = new IncomingAnswer(request, {
      abandon: () => this.#abandon(waiting),
      hold: () => this.#host.hold(),
      unhold: () => this.#host.unhold(),
    });
    const waiting: Waiting = { answer, server: undefined };
    if (signal !== undefined) {
      const forget = onAbort(signal, () => {
        answer.fail(signal.reason);
        this.#abandon(waiting);
      });
      answer.whenOver(forget);
    }
    const idle = this.#idle.pop();
    if (idle === undefined) {
      this.#waiting.push(waiting);
      this.#pump();
    } else {
      clearTimeout(idle.idle);
      idle.service.give(this.#assign(waiting, idle));
    }
    return await answer.response;
  }

  /** Whether that process is one of its own that has nothing to do. */
  isIdle(process: Process): boolean {
    return this.#idle.some((server) => server.process === process);
  }

  /** Lets go of the processes that wait, and of the others once they have answered. */
  close(): void {
    for (const server of [...this.#servers]) this.#retire(server);
  }

  #assign(waiting: Waiting, server: Server): NextRequest {
    waiting.server = server;
    server.served++;
    this.#taken++;
    return { answer: waiting.answer, last: this.#isLast };
  }

  #abandon(waiting: Waiting): void {
    const { server } = waiting;
    if (server !== undefined) return this.#kill(server);
    const at = this.#waiting.indexOf(waiting);
    if (at !== -1) this.#waiting.splice(at, 1);
  }

  /** Starts a process if the requests that wait are worth one more. */
  #pump(): void {
    let starting = 0;
    for (const { begun } of this.#servers) if (!begun) starting++;
    // Guests that wait for others leave the cores alone.
    const most = this.#host.asksOthers ? Infinity : PARALLEL;
    for (; starting < this.#waiting.length && this.#servers.size < most; starting++) this.#start();
    if (this.#waiting.length > 0 && this.#look === undefined) this.#lookLater();
  }

  #lookLater(): void {
    this.#taken = 0;
    this.#look = setTimeout(() => {
      this.#look = undefined;
      if (this.#waiting.length === 0) return;
      const servers = [...this.#servers];
      // Where each takes several in the meantime, one more would not make it shorter.
      if (this.#taken < servers.length && servers.every(({ begun }) => begun)) this.#start();
      this.#lookLater();
    }, LONG_WAIT_MS).unref();
  }

  #start(): void {
    const service = new IncomingService({
      next: () => this.#next(server),
      crowded: () => this.#makeRoom(server),
      ended: () => void this.#ended(server, launched),
    });
    const server: Server = {
      service,
      process: undefined,
      begun: false,
      closing: false,
      killed: false,
      served: 0,
      idle: undefined,
    };
    this.#servers.add(server);
    const launched = this.#host.serve(
      this.#program,
      NO_OPTIONS,
      new Map([[INCOMING_SERVICE, service]]),
    );
    launched.then(
      (process) => {
        server.process = process;
        if (server.killed) this.#kill(server);
      },
      (error: unknown) => {
        this.#forget(server);
        service.fail(error);
        this.#waiting.shift()?.answer.fail(error);
        this.#pump();
      },
    );
  }

  /** It asks for a request. */
  #next(server: Server): NextRequest | typeof END | undefined {
    server.begun = true;
    // One that was killed may have asked before it ended.
    if (server.killed || server.closing || server.served >= this.#maxServed) {
      this.#forget(server);
      this.#pump();
      return END;
    }
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return this.#assign(waiting, server);
    if (this.#isLast || this.#idle.length >= MAX_IDLE) {
      this.#forget(server);
      return END;
    }
    this.#idle.push(server);
    server.idle = setTimeout(() => this.#retire(server), this.#maxIdleMs).unref();
    return undefined;
  }

  /** Others wait for a worker: whether this one leaves its own. */
  #makeRoom(server: Server): boolean {
    if (!this.#idle.includes(server)) return false;
    this.#retire(server);
    return true;
  }

  /** It takes no further requests. */
  #retire(server: Server): void {
    server.closing = true;
    if (!this.#idle.includes(server)) return;
    this.#forget(server);
    server.service.close();
  }

  #kill(server: Server): void {
    server.killed = true;
    this.#forget(server);
    server.process?.kill().catch(() => undefined);
    this.#pump();
  }

  async #ended(server: Server, launched: Promise<Process>): Promise<void> {
    this.#forget(server);
    let reason: unknown;
    let wasStopped = false;
    try {
      const status = await (await launched).wait();
      wasStopped = status.reason === "killed" && !server.killed;
      reason =
        status.reason === "exited"
          ? invalidResponse(
              `the component has ended with code ${status.code} before its answer was complete`,
            )
          : endedEarly(status);
    } catch (error) {
      reason = error;
    }
    server.service.fail(reason);
    // Another one would come to the same end before it takes a request; a container that was stopped answers none.
    if (!server.begun && !server.killed) this.#waiting.shift()?.answer.fail(reason);
    if (wasStopped) for (const { answer } of this.#waiting.splice(0)) answer.fail(reason);
    this.#pump();
  }

  #forget(server: Server): void {
    clearTimeout(server.idle);
    this.#servers.delete(server);
    const at = this.#idle.indexOf(server);
    if (at !== -1) this.#idle.splice(at, 1);
  }
}

const NO_OPTIONS: ExecOptions = Object.freeze({});
