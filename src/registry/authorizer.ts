import { parseChallenges, type Challenge } from "./challenge.js";
import { basicAuthorization, resolveCredentials, type Credentials } from "./credentials.js";
import { responseError } from "./failure.js";
import { isLoopback } from "./registry-host.js";
import type { RegistryOptions } from "./registry-options.js";
import { requestToken, type Token } from "./token-server.js";
import type { HttpResponse, Transport } from "./transport.js";

/** Most scopes whose tokens are kept: a client of that many repositories asks again. */
const MAX_TOKENS = 1024;
/** Longest scope that a challenge may name, in characters. */
const MAX_SCOPE = 4096;

type Scheme =
  | { readonly type: "basic" }
  | { readonly type: "bearer"; readonly realm: URL; readonly service: string | undefined };

/**
 * Finds the `Authorization` header for one registry. Nothing is sent before the registry has asked;
 * from then on its scheme is known and tokens are fetched ahead, one flight per scope, and kept until
 * they expire.
 */
export class Authorizer {
  private scheme: Scheme | undefined;
  private credentials: Promise<Credentials | undefined> | undefined;
  private readonly tokens = new Map<string, Promise<Token>>();
  private readonly ownSecrets = new Set<string>();
  private readonly tokenSecrets = new Set<string>();

  constructor(
    private readonly registry: string,
    private readonly transport: Transport,
    private readonly options: RegistryOptions,
  ) {}

  /** The header to begin with, as far as the registry's scheme is known. */
  async header(scope: string): Promise<string | undefined> {
    return this.scheme === undefined ? undefined : this.headerFor(this.scheme, scope);
  }

  /**
   * The header to try after an answer of 401, or `undefined` when there is nothing better than what
   * was `sent`.
   */
  async headerAfter(
    response: HttpResponse,
    scope: string,
    sent: string | undefined,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(response.header("www-authenticate") ?? "");
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const basic = challenges.find(({ scheme }) => scheme === "basic");
    if (bearer !== undefined) {
      this.scheme = this.bearerScheme(bearer, response);
      const asked = bearer.parameters.get("scope")?.slice(0, MAX_SCOPE);
      const wanted = asked === undefined || isWithin(asked, scope) ? scope : asked;
      const kept = await this.tokens.get(scope);
      if (kept !== undefined && sent === `Bearer ${kept.value}`) this.tokens.delete(scope);
      const header = await this.headerFor(this.scheme, scope, wanted);
      return header === sent ? undefined : header;
    }
    if (basic === undefined) return undefined;
    this.scheme = { type: "basic" };
    const header = await this.headerFor(this.scheme, scope);
    return header === sent ? undefined : header;
  }

  /** Takes every secret that we sent out of a text that a server sent back. */
  readonly redact = (text: string): string => {
    let clean = text;
    for (const secret of [...this.ownSecrets, ...this.tokenSecrets])
      clean = clean.replaceAll(secret, "***");
    return clean;
  };

  private async headerFor(
    scheme: Scheme,
    scope: string,
    wanted: string = scope,
  ): Promise<string | undefined> {
    const credentials = await this.ownCredentials();
    if (scheme.type === "basic") {
      return credentials !== undefined && "username" in credentials
        ? basicAuthorization(credentials)
        : undefined;
    }
    if (credentials !== undefined && "token" in credentials) return `Bearer ${credentials.token}`;
    const token = await this.token(scheme, scope, wanted, credentials);
    return `Bearer ${token.value}`;
  }

  private async token(
    { realm, service }: Scheme & { readonly type: "bearer" },
    scope: string,
    wanted: string,
    credentials: Credentials | undefined,
  ): Promise<Token> {
    const kept = this.tokens.get(scope);
    if (kept !== undefined && (await kept).expiresAt > performance.now()) return kept;
    // Another caller may have begun while we looked at the old one.
    const current = this.tokens.get(scope);
    if (current !== undefined && current !== kept) return current;
    if (this.tokens.size >= MAX_TOKENS) this.tokens.clear();
    const request = { realm, service, scope: wanted };
    const flight = requestToken(
      this.registry,
      this.transport,
      request,
      credentials,
      this.redact,
    ).then((token) => this.remember(token));
    this.tokens.set(scope, flight);
    try {
      return await flight;
    } catch (error) {
      if (this.tokens.get(scope) === flight) this.tokens.delete(scope);
      throw error;
    }
  }

  private remember(token: Token): Token {
    const [oldest] = this.tokenSecrets;
    if (oldest !== undefined && this.tokenSecrets.size >= MAX_TOKENS) {
      this.tokenSecrets.delete(oldest);
    }
    this.tokenSecrets.add(token.value);
    return token;
  }

  private async ownCredentials(): Promise<Credentials | undefined> {
    this.credentials ??= resolveCredentials(this.options.credentials, this.registry);
    let credentials: Credentials | undefined;
    try {
      credentials = await this.credentials;
    } catch (error) {
      // A source that failed once (a locked keychain) is asked again by the next call.
      this.credentials = undefined;
      throw error;
    }
    for (const secret of secretsOf(credentials)) this.ownSecrets.add(secret);
    return credentials;
  }

  /** Credentials go to the realm: over TLS, or within this machine, or where plain HTTP was asked for. */
  private bearerScheme({ parameters }: Challenge, response: HttpResponse): Scheme {
    const text = parameters.get("realm") ?? "";
    const reject = (problem: string) => responseError(this.registry, response, problem);
    if (!URL.canParse(text)) throw reject("its Bearer challenge names no token server");
    const realm = new URL(text);
    const isSafe =
      realm.protocol === "https:" ||
      (realm.protocol === "http:" &&
        response.url.protocol === "http:" &&
        (realm.host === response.url.host || (isLoopback(realm) && isLoopback(response.url))));
    if (!isSafe) throw reject("its token server is not reached over HTTPS");
    if (realm.username !== "" || realm.password !== "")
      throw reject("its token server's URL names a user");
    return { type: "bearer", realm, service: parameters.get("service") };
  }
}

function secretsOf(credentials: Credentials | undefined): string[] {
  if (credentials === undefined) return [];
  if ("token" in credentials) return [credentials.token];
  if ("identityToken" in credentials) return [credentials.identityToken];
  const pair = basicAuthorization(credentials).slice("Basic ".length);
  return credentials.password === "" ? [] : [credentials.password, pair];
}

/**
 * Tells whether we want all that the registry asks for: it asks for one request only, and a token for
 * pushing serves the reads in between as well.
 */
function isWithin(asked: string, scope: string): boolean {
  const split = scope.lastIndexOf(":") + 1;
  if (!asked.startsWith(scope.slice(0, split))) return false;
  const actions = new Set(scope.slice(split).split(","));
  return asked
    .slice(split)
    .split(",")
    .every((action) => actions.has(action));
}
