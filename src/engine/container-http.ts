import { atMost } from "../http/byte-source.js";
import { invalidRequest, invalidResponse } from "../http/http-failure.js";
import type { IncomingRequest, OutgoingResponse } from "../http/incoming-exchange.js";
import { answerByCgi, type CgiHost } from "./answer-by-cgi.js";
import { ComponentAnswers, type ComponentHost } from "./answer-by-component.js";
import type { CheckedHttpOptions } from "./container-http-options.js";
import type { Process } from "./process.js";

/** What answering requests needs of a container. */
export interface HttpHost extends CgiHost, ComponentHost {
  /** Whether its program is a component with a handler of `wasi:http`. */
  hasHandler(): Promise<boolean>;
}

/** How one container answers HTTP requests. */
export class ContainerHttp {
  readonly #host: HttpHost;
  readonly #options: CheckedHttpOptions;
  readonly #components: ComponentAnswers;
  #hasHandler: boolean | undefined;

  constructor(host: HttpHost, options: CheckedHttpOptions) {
    this.#host = host;
    this.#options = options;
    this.#components = new ComponentAnswers(host, options);
  }

  /** @throws as {@link Container.fetch} */
  async answer(given: IncomingRequest): Promise<OutgoingResponse> {
    const { maxRequestBytes, maxResponseBytes } = this.#options;
    const request =
      given.body === undefined || maxRequestBytes === Infinity
        ? given
        : { ...given, body: atMost(given.body, maxRequestBytes, () => tooLong(maxRequestBytes)) };
    // What it is stays: the image is immutable, and the files of a mount are no component's.
    this.#hasHandler ??= await this.#host.hasHandler();
    const response = this.#hasHandler
      ? await this.#components.answer(request)
      : await answerByCgi(this.#host, request);
    const { body } = response;
    if (body === undefined || maxResponseBytes === Infinity) return response;
    return { ...response, body: atMost(body, maxResponseBytes, () => tooMuch(maxResponseBytes)) };
  }

  /** Whether that process waits for requests, and has none. */
  isIdle(process: Process): boolean {
    return this.#components.isIdle(process);
  }

  /** Lets go of the instances that wait for requests, and of the others once they have answered. */
  close(): void {
    this.#components.close();
  }
}

function tooLong(limit: number): Error {
  return invalidRequest(`its body has more than ${limit} bytes (http.maxRequestBytes)`, 413);
}

function tooMuch(limit: number): Error {
  return invalidResponse(`its body has more than ${limit} bytes (http.maxResponseBytes)`);
}
