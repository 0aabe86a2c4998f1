import { isSafedockError } from "../base/errors.js";
import { parseChallenges, type Challenge } from "./challenge.js";
import { CredentialCache } from "./credential-cache.js";
import { basicAuthorization } from "./credentials.js";
import { responseError } from "./failure.js";
import { isLoopback } from "./registry-host.js";
import type { RegistryOptions } from "./registry-options.js";
import { repositoryOf, scopesOf, wantedScopes, type Scope } from "./scope.js";
import { Secrets } from "./secrets.js";
import { TokenCache } from "./token-cache.js";
import { requestToken, type Token } from "./token-server.js";
import type { HttpResponse, Transport } from "./transport.js";

/** Longest scope that a challenge may name, in characters. */
const MAX_SCOPE = 4096;

type Scheme =
  | { readonly type: "basic" }
  | { readonly type: "bearer"; readonly realm: URL; readonly service: string | undefined };

/**
 * Finds the `Authorization` header for one registry. Nothing is sent, and no credentials are looked
 * for, before the registry has asked; from then on its scheme is known and tokens are fetched ahead, one
 * flight per set of scopes, and kept until they expire.
 */
export class Authorizer {
  private scheme: Scheme | undefined;
  private readonly secrets = new Secrets();
  private readonly credentials: CredentialCache;
  private readonly tokens = new TokenCache();

  constructor(
    private readonly registry: string,
    private readonly transport: Transport,
    options: RegistryOptions,
  ) {
    this.credentials = new CredentialCache(registry, options.credentials, this.secrets);
  }

  /** The header to begin with, as far as the registry's scheme is known. */
  async header(scope: Scope): Promise<string | undefined> {
    return this.scheme === undefined ? undefined : this.headerFor(this.scheme, scopesOf(scope));
  }

  /**
   * The header to try after an answer of 401, or `undefined` when there is nothing better than what
   * was `sent`.
   */
  async headerAfter(
    response: HttpResponse,
    scope: Scope,
    sent: string | undefined,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(response.header("www-authenticate") ?? "");
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const scopes = scopesOf(scope);
    let wanted = scopes;
    if (bearer !== undefined) {
      this.scheme = this.bearerScheme(bearer, response);
      wanted = wantedScopes(scopes, bearer.parameters.get("scope")?.slice(0, MAX_SCOPE));
    } else if (challenges.some(({ scheme }) => scheme === "basic")) {
      this.scheme = { type: "basic" };
    } else return undefined;
    if (sent !== undefined) await this.drop(scopes, sent);
    const header = await this.headerFor(this.scheme, scopes, wanted);
    return header === sent ? undefined : header;
  }

  /** Takes every secret that we sent out of a text that a server sent back. */
  get redact(): (text: string) => string {
    return this.secrets.redact;
  }

  /** Tells whether we have said who we are, or would. */
  get hasCredentials(): boolean {
    return this.credentials.hasAny;
  }

  /** Ends the search for credentials, if one is under way. */
  close(): void {
    this.credentials.close();
  }

  private async headerFor(
    scheme: Scheme,
    scopes: readonly string[],
    wanted: readonly string[] = scopes,
  ): Promise<string | undefined> {
    const repository = repositoryOf(scopes);
    const credentials = await this.credentials.get(repository);
    if (scheme.type === "basic") {
      return credentials !== undefined && "username" in credentials && "password" in credentials
        ? basicAuthorization(credentials)
        : undefined;
    }
    if (credentials !== undefined && "token" in credentials) return `Bearer ${credentials.token}`;
    const token = await this.tokens.get(scopes.join(" "), () =>
      this.fetchToken(scheme, repository, wanted),
    );
    return `Bearer ${token.value}`;
  }

  private async fetchToken(
    { realm, service }: Scheme & { readonly type: "bearer" },
    repository: string,
    scopes: readonly string[],
  ): Promise<Token> {
    const credentials = await this.credentials.get(repository);
    const { registry, transport } = this;
    const server = { registry, transport, redact: this.secrets.redact };
    try {
      const token = await requestToken(server, { realm, service, scopes }, credentials);
      this.secrets.addToken(token.value);
      if (token.identityToken !== undefined) {
        this.credentials.replace(repository, { identityToken: token.identityToken });
      }
      return token;
    } catch (error) {
      // What a password manager gave may have been changed meanwhile.
      if (isSafedockError(error, "ERR_REGISTRY_UNAUTHORIZED")) this.credentials.forget(repository);
      throw error;
    }
  }

  /** What was refused is not tried again: passwords of ECR live for twelve hours, tokens for minutes. */
  private async drop(scopes: readonly string[], sent: string): Promise<void> {
    const [scheme, value = ""] = sent.split(" ");
    if (scheme === "Bearer") await this.tokens.dropIfIs(scopes.join(" "), value);
    const repository = repositoryOf(scopes);
    const credentials = await this.credentials.get(repository);
    if (credentials === undefined) return;
    // Another call may have brought new ones meanwhile.
    const isOwn =
      ("password" in credentials && sent === basicAuthorization(credentials)) ||
      ("token" in credentials && credentials.token === value);
    if (isOwn) this.credentials.forget(repository);
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
