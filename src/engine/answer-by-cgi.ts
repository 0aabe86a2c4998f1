import { lengthAtOnce, sourceOf, whenOver } from "../http/byte-source.js";
import { cgiVariables } from "../http/cgi-variables.js";
import { readCgiAnswer } from "../http/cgi-response.js";
import { checkedResponse } from "../http/checked-response.js";
import type { ByteSource, IncomingRequest, OutgoingResponse } from "../http/incoming-exchange.js";
import { contentLength } from "../http/header-fields.js";
import { endedEarly, invalidResponse } from "../http/http-failure.js";
import type { ExecOptions } from "./container-options.js";
import type { ExitStatus } from "./exit-status.js";
import type { Process } from "./process.js";

/** Answers of the kind "ask me this path instead" that one request may meet: as many as browsers follow. */
const MAX_REDIRECTS = 20;

/** What answering by CGI needs of a container. */
export interface CgiHost {
  /** Variables that a request must not replace: those of the image and of the grants. */
  readonly variables: ReadonlySet<string>;
  launch(options: ExecOptions): Promise<Process>;
  /** The app is kept alive from `hold` to `unhold`. */
  hold(): void;
  unhold(): void;
}

/**
 * Runs the container's program for one request, as RFC 3875 has it: variables say what is asked, stdin is the
 * body, stdout the answer. The program's stderr is kept with its process.
 *
 * @throws SafedockError `ERR_HTTP_REQUEST_INVALID`, `ERR_HTTP_RESPONSE_INVALID`, `ERR_HTTP_TRAPPED`,
 * `ERR_HTTP_TIMEOUT`, and what a start throws
 */
export async function answerByCgi(
  host: CgiHost,
  request: IncomingRequest,
  redirects = 0,
): Promise<OutgoingResponse> {
  const { signal } = request;
  signal?.throwIfAborted();
  const declared = contentLength(request.headers) ?? undefined;
  const { source: body, length } =
    request.body === undefined ? NO_BODY : await measured(request.body, declared);
  const variables = cgiVariables(request, length);
  for (const name of host.variables) {
    // A client must not say what the app has said, by a header of that name.
    if (name.startsWith("HTTP_")) variables.delete(name);
  }
  const process = await host.launch({
    env: Object.fromEntries(variables),
    stdin: body === undefined ? "none" : "pipe",
    ...(signal === undefined ? undefined : { signal }),
  });
  const exchange = new CgiExchange(host, process, body, signal);
  try {
    const answer = await readCgiAnswer(exchange.output);
    if (answer === undefined) throw await exchange.withoutAnswer();
    const { head, first } = answer;
    if (head.kind === "document") {
      const rest = withFirst(exchange.output, first);
      return checkedResponse(request.method, head.status, head.headers, rest);
    }
    if (first !== undefined || (await exchange.output.read()) !== undefined) {
      throw invalidResponse("it redirects within the server, and has a body");
    }
    if (request.redirect !== undefined) return await request.redirect(head.path);
    if (redirects >= MAX_REDIRECTS) throw invalidResponse("it redirects without an end");
    const next = { ...request, method: "GET", path: redirected(head.path), body: undefined };
    return await answerByCgi(host, next, redirects + 1);
  } catch (error) {
    exchange.giveUp();
    throw exchange.failure ?? error;
  }
}

const NO_BODY = Object.freeze({ source: undefined, length: undefined });

async function measured(
  body: ByteSource,
  declared: number | undefined,
): Promise<{ readonly source: ByteSource; readonly length: number | undefined }> {
  return declared === undefined ? await lengthAtOnce(body) : { source: body, length: declared };
}

function redirected(path: string): string {
  try {
    const { pathname, search } = new URL(path, "http://localhost");
    return `${pathname}${search}`;
  } catch (cause) {
    throw invalidResponse("it redirects to what is no path", cause);
  }
}

/** One program that answers one request. */
class CgiExchange {
  readonly #host: CgiHost;
  readonly #process: Process;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: Promise<ExitStatus>;
  /** What ended the request's body, or the wait for an answer, before the program did. */
  #failure: unknown;
  #over = false;
  readonly output: ByteSource;

  constructor(
    host: CgiHost,
    process: Process,
    body: ByteSource | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#host = host;
    this.#process = process;
    // An answer that nobody reads must not keep the app alive: reads do.
    process.inBackground();
    this.#signal = signal;
    const stdout = sourceOf(process.stdout as AsyncIterable<Uint8Array>, () => {
      process.stdout.destroy();
    });
    // The first read is what makes a stream of it; from the wait on, what nobody reads is collected.
    const first = stdout.read();
    first.catch(() => undefined);
    this.#ended = process.wait();
    this.#ended.catch(() => undefined);
    this.output = whenOver(this.#checked(stdout, first), () => {
      this.#over = true;
    });
    if (body !== undefined) this.#feed(body);
  }

  /** The reason why the app ended the program, if it did. */
  get failure(): unknown {
    return this.#signal?.aborted === true ? this.#signal.reason : this.#failure;
  }

  /** The program has ended, and wrote nothing. */
  async withoutAnswer(): Promise<Error> {
    // Its output is at its end, and that is when it is over.
    const { code } = await this.#ended;
    return invalidResponse(`the program has exited with ${code} and written nothing`);
  }

  /** Nobody wants the answer any more. */
  giveUp(): void {
    this.#over = true;
    this.#process.stdout.destroy();
    this.#process.kill().catch(() => undefined);
  }

  /** Its end is an end only if the program ended by itself: else the answer is cut short. */
  #checked(stdout: ByteSource, ahead: Promise<Uint8Array | undefined>): ByteSource {
    let first: Promise<Uint8Array | undefined> | undefined = ahead;
    return {
      read: async () => {
        const reading = first ?? stdout.read();
        first = undefined;
        this.#host.hold();
        let status: ExitStatus;
        try {
          const chunk = await reading;
          if (chunk !== undefined) return chunk;
          status = await this.#ended;
        } finally {
          this.#host.unhold();
        }
        // oxlint-disable-next-line typescript/only-throw-error -- the caller's reason, untouched
        if (this.failure !== undefined) throw this.failure;
        if (status.reason !== "exited") throw endedEarly(status);
        return undefined;
      },
      cancel: () => {
        stdout.cancel();
        this.#process.kill().catch(() => undefined);
      },
    };
  }

  /** Gives the program the request's body, as fast as it reads. */
  #feed(body: ByteSource): void {
    const { stdin } = this.#process;
    const feed = async (): Promise<void> => {
      try {
        for (;;) {
          const chunk = await body.read();
          if (chunk === undefined || this.#over || this.#process.over) break;
          if (!stdin.write(chunk)) await drained(stdin, this.#ended);
        }
        stdin.end();
      } catch (error) {
        // A body that is not all there must not be taken for one that is.
        if (this.#over || this.#process.over) return;
        this.#failure = error;
        this.#process.kill().catch(() => undefined);
      }
    };
    void feed();
    const cancel = (): void => body.cancel();
    this.#ended.then(cancel, cancel);
  }
}

async function drained(stdin: Process["stdin"], ended: Promise<ExitStatus>): Promise<void> {
  const room = new Promise<void>((resolve) => stdin.once("drain", resolve));
  await Promise.race([room, ended]);
}

function withFirst(rest: ByteSource, first: Uint8Array | undefined): ByteSource {
  if (first === undefined) return rest;
  let ahead: Uint8Array | undefined = first;
  return {
    read: () => {
      const chunk = ahead;
      ahead = undefined;
      return chunk === undefined ? rest.read() : Promise.resolve(chunk);
    },
    cancel: (reason) => rest.cancel(reason),
  };
}
