import type { HostServices } from "../base/host-service.js";
import { INCOMING_SERVICE } from "../base/incoming-messages.js";
import { onAbort } from "../base/on-abort.js";
import { endedEarly, invalidResponse } from "../http/http-failure.js";
import { IncomingAnswer } from "../http/incoming-answer.js";
import type { IncomingRequest, OutgoingResponse } from "../http/incoming-exchange.js";
import { IncomingService } from "../http/incoming-service.js";
import type { ExecOptions } from "./container-options.js";
import type { CheckedHttpOptions } from "./container-http-options.js";
import type { Process } from "./process.js";

/** What answering by a component needs of its container. */
export interface ComponentHost {
  /** Starts a process that answers requests. */
  serve(options: ExecOptions, services: HostServices): Promise<Process>;
  /** The app is kept alive from `hold` to `unhold`. */
  hold(): void;
  unhold(): void;
}

/** Instances without a request that one container keeps: each has a worker to itself. */
const MAX_IDLE = 2;

/** One process that answers requests. */
interface Instance {
  readonly service: IncomingService;
  process: Process | undefined;
  /** It is to end as soon as there is a process. */
  unwanted: boolean;
  served: number;
  idle: NodeJS.Timeout | undefined;
}

/** Answers requests by instances of a component of `wasi:http`. */
export class ComponentAnswers {
  readonly #host: ComponentHost;
  readonly #options: CheckedHttpOptions;
  readonly #idle: Instance[] = [];

  constructor(host: ComponentHost, options: CheckedHttpOptions) {
    this.#host = host;
    this.#options = options;
  }

  async answer(request: IncomingRequest): Promise<OutgoingResponse> {
    const { signal } = request;
    signal?.throwIfAborted();
    const { reuse } = this.#options;
    const instance = this.#take() ?? this.#start();
    const answer = new IncomingAnswer(request, {
      abandon: () => kill(instance),
      hold: () => this.#host.hold(),
      unhold: () => this.#host.unhold(),
    });
    if (signal !== undefined) {
      const forget = onAbort(signal, () => {
        answer.fail(signal.reason);
        kill(instance);
      });
      answer.whenOver(forget);
    }
    instance.service.give(answer, !reuse);
    return await answer.response;
  }

  /** Whether that process is one of its own that has nothing to do. */
  isIdle(process: Process): boolean {
    return this.#idle.some((instance) => instance.process === process);
  }

  /** Lets go of the instances that wait. */
  close(): void {
    for (const instance of this.#idle.splice(0)) end(instance);
  }

  #take(): Instance | undefined {
    const instance = this.#idle.pop();
    clearTimeout(instance?.idle);
    return instance;
  }

  #start(): Instance {
    const service = new IncomingService({
      idle: () => this.#wait(instance),
      ended: () => void this.#ended(instance, launched),
    });
    const instance: Instance = {
      service,
      process: undefined,
      unwanted: false,
      served: 0,
      idle: undefined,
    };
    const launched = this.#host.serve(NO_OPTIONS, new Map([[INCOMING_SERVICE, service]]));
    launched.then(
      (process) => {
        instance.process = process;
        if (instance.unwanted) kill(instance);
      },
      (error: unknown) => service.fail(error),
    );
    return instance;
  }

  /** Its handler has returned: it waits for the next request, for a while. */
  #wait(instance: Instance): void {
    const { reuse, maxRequests, maxIdleMs } = this.#options;
    if (!reuse) return;
    instance.served++;
    if (instance.served >= maxRequests || this.#idle.length >= MAX_IDLE) return end(instance);
    this.#idle.push(instance);
    instance.idle = setTimeout(() => {
      this.#forget(instance);
      end(instance);
    }, maxIdleMs).unref();
  }

  async #ended(instance: Instance, launched: Promise<Process>): Promise<void> {
    this.#forget(instance);
    try {
      const status = await (await launched).wait();
      const gone = invalidResponse(
        `the component has ended with code ${status.code} before its answer was complete`,
      );
      instance.service.fail(status.reason === "exited" ? gone : endedEarly(status));
    } catch (error) {
      instance.service.fail(error);
    }
  }

  #forget(instance: Instance): void {
    clearTimeout(instance.idle);
    const at = this.#idle.indexOf(instance);
    if (at !== -1) this.#idle.splice(at, 1);
  }
}

const NO_OPTIONS: ExecOptions = Object.freeze({});

function kill(instance: Instance): void {
  instance.unwanted = true;
  instance.process?.kill().catch(() => undefined);
}

function end(instance: Instance): void {
  clearTimeout(instance.idle);
  instance.service.close();
}
