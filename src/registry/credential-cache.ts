import {
  basicAuthorization,
  resolveCredentials,
  type Credentials,
  type CredentialsSource,
} from "./credentials.js";
import type { Secrets } from "./secrets.js";

/** Most repositories whose credentials are kept: a client of more asks its source again. */
const MAX_KEPT = 1024;

/** Asks the app for credentials when they are needed first, once per repository. */
export class CredentialCache {
  readonly #kept = new Map<string, Promise<Credentials | undefined>>();
  readonly #closed = new AbortController();
  /** Tells whether the source has given any. */
  hasAny = false;

  constructor(
    private readonly registry: string,
    private readonly source: CredentialsSource | undefined,
    private readonly secrets: Secrets,
  ) {}

  async get(repository: string): Promise<Credentials | undefined> {
    let flight = this.#kept.get(repository);
    if (flight === undefined) {
      if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
      const context = { repository, signal: this.#closed.signal };
      flight = resolveCredentials(this.source, this.registry, context);
      this.#kept.set(repository, flight);
    }
    let credentials: Credentials | undefined;
    try {
      credentials = await flight;
    } catch (error) {
      // A source that failed once (a locked keychain) is asked again by the next call.
      this.forget(repository, flight);
      throw error;
    }
    if (credentials !== undefined) this.hasAny = true;
    for (const secret of secretsOf(credentials)) this.secrets.add(secret);
    return credentials;
  }

  /** An OAuth2 server may give a new refresh token in place of the one it was sent. */
  replace(repository: string, credentials: Credentials): void {
    for (const secret of secretsOf(credentials)) this.secrets.add(secret);
    this.#kept.set(repository, Promise.resolve(credentials));
  }

  /** Lets the next call ask the source anew: what it gave was refused, or has run out. */
  forget(repository: string, flight = this.#kept.get(repository)): void {
    if (this.#kept.get(repository) === flight) this.#kept.delete(repository);
  }

  /** Ends what the source still does. */
  close(): void {
    this.#closed.abort();
  }
}

function secretsOf(credentials: Credentials | undefined): string[] {
  if (credentials === undefined) return [];
  if ("token" in credentials) return [credentials.token];
  if ("identityToken" in credentials) return [credentials.identityToken];
  const pair = basicAuthorization(credentials).slice("Basic ".length);
  return credentials.password === "" ? [] : [credentials.password, pair];
}
