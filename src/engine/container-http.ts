import type { IncomingRequest, OutgoingResponse } from "../http/incoming-exchange.js";
import { answerByCgi, type CgiHost } from "./answer-by-cgi.js";

/** How one container answers HTTP requests. */
export class ContainerHttp {
  readonly #host: CgiHost;

  constructor(host: CgiHost) {
    this.#host = host;
  }

  /** @throws as {@link Container.fetch} */
  async answer(request: IncomingRequest): Promise<OutgoingResponse> {
    return await answerByCgi(this.#host, request);
  }
}
