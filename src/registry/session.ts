import { isSafedockError, SafedockError } from "../base/errors.js";
import { untilAborted } from "../base/until-aborted.js";
import { Authorizer } from "./authorizer.js";
import { checkRegistryOptions } from "./check-registry-options.js";
import { errorOfResponse } from "./error-of-response.js";
import { networkCode, networkError, responseError, Transient } from "./failure.js";
import { Mirror, mirrorPlans } from "./mirror.js";
import { baseUrls } from "./registry-host.js";
import type { RegistryOptions } from "./registry-options.js";
import { withRetries } from "./retry.js";
import type { Scope } from "./scope.js";
import { discard, readBytes, Transport, type HttpRequest, type HttpResponse } from "./transport.js";

/** One request of the distribution API. */
export interface Call extends Omit<HttpRequest, "url" | "authorization"> {
  /** Path below the registry's base, as in `v2/library/hello/manifests/latest`, or a full URL. */
  readonly to: string | URL;
  /** `repository:NAME:pull` or `repository:NAME:pull,push`; several for a mount from another repository. */
  readonly scope: Scope;
  /** Statuses that are no errors. */
  readonly accept: readonly number[];
}

/** What a TLS server (Go, nginx) answers to a request in plain HTTP. */
const BAD_REQUEST = 400;

/** What the operations on one registry share: where it is, who we are there, and how to try again. */
export class Session {
  readonly transport: Transport;
  /** Where to read before the registry itself. */
  readonly mirrors: readonly Mirror[];
  private readonly authorizer: Authorizer;
  private readonly candidates: readonly [URL, ...URL[]];
  private base: Promise<URL> | undefined;

  constructor(
    readonly registry: string,
    readonly options: RegistryOptions,
  ) {
    checkRegistryOptions(options);
    this.candidates = baseUrls(registry, {
      insecure: options.insecure ?? [],
      hasAuthority: options.ca !== undefined,
    });
    this.mirrors = mirrorPlans(registry, options).map(
      (plan) => new Mirror(plan, new Session(plan.host, plan.options)),
    );
    this.transport = new Transport(registry, options);
    this.authorizer = new Authorizer(registry, this.transport, options);
  }

  /** Sends a call, again when that may help; what it answers has an accepted status. */
  async open(call: Call): Promise<HttpResponse> {
    return withRetries(this.options, call.signal, () => this.openOnce(call));
  }

  /** Sends a call and reads its whole body, both again when that may help. */
  async read(
    call: Call,
    maxBytes: number,
  ): Promise<{ readonly response: HttpResponse; readonly bytes: Uint8Array }> {
    return withRetries(this.options, call.signal, async () => {
      const response = await this.openOnce(call);
      try {
        return { response, bytes: await readBytes(response, maxBytes) };
      } catch (error) {
        call.signal?.throwIfAborted();
        if (error instanceof RangeError)
          throw responseError(this.registry, response, error.message);
        throw networkError(this.registry, response.url, error);
      }
    });
  }

  /** One try; throws `Transient` where another one may help. */
  async openOnce(call: Call): Promise<HttpResponse> {
    const { signal, scope } = call;
    signal?.throwIfAborted();
    const base = await untilAborted(this.findBase(), signal);
    const url = typeof call.to === "string" ? new URL(call.to, base) : call.to;
    // An upload may be sent to another host, which gets no credentials of ours.
    const isOurs = url.origin === base.origin;
    const authorization = isOurs
      ? await untilAborted(this.authorizer.header(scope), signal)
      : undefined;
    let response = await this.transport.send({ ...call, url, authorization });
    if (response.status === 401 && response.url.origin === base.origin) {
      const better = await untilAborted(
        this.authorizer.headerAfter(response, scope, authorization),
        signal,
      );
      if (better !== undefined) {
        discard(response);
        response = await this.transport.send({ ...call, url, authorization: better });
      }
    }
    if (call.accept.includes(response.status)) return response;
    throw await errorOfResponse(this.registry, response, this.authorizer.redact, {
      isAnonymous: !this.authorizer.hasCredentials,
    });
  }

  /** Ends all connections, and the search for credentials. */
  async close(): Promise<void> {
    this.authorizer.close();
    await this.transport.close();
    await Promise.all(this.mirrors.map(({ session }) => session.close()));
  }

  private async findBase(): Promise<URL> {
    this.base ??= this.probe();
    try {
      return await this.base;
    } catch (error) {
      this.base = undefined;
      throw error;
    }
  }

  /** Where two protocols are possible, the first that answers in kind. */
  private async probe(): Promise<URL> {
    const [first, second] = this.candidates;
    if (second === undefined) return first;
    const failure = await this.failureAt(first);
    if (failure === undefined) return first;
    const isDown =
      failure instanceof SafedockError && networkCode(failure.cause) === "ECONNREFUSED";
    if (isDown) throw failure;
    const other = await this.failureAt(second);
    if (other === undefined) return second;
    // The first one's word counts, unless it was that it speaks the other protocol.
    const isOther =
      isSafedockError(failure, "ERR_REGISTRY_RESPONSE") && failure.data.status === BAD_REQUEST;
    throw isOther ? other : failure;
  }

  private async failureAt(base: URL): Promise<SafedockError | Transient | undefined> {
    try {
      const response = await this.transport.send({ method: "GET", url: new URL("v2/", base) });
      discard(response);
      return base.protocol === "http:" && response.status === BAD_REQUEST
        ? responseError(this.registry, response, "it does not speak plain HTTP")
        : undefined;
    } catch (error) {
      if (error instanceof SafedockError || error instanceof Transient) return error;
      throw error;
    }
  }
}
