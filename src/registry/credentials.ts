import { SafedockError } from "../base/errors.js";
import { throwProblems, unknownOptions } from "../base/option-problems.js";
import type { StoredCredentialsOptions } from "./stored-credentials.js";

/** Who we are at a registry. */
export type Credentials =
  | {
      readonly username: string;
      /** A password or an access token that stands in for one. */
      readonly password: string;
    }
  | {
      /** Sent as it is: `Authorization: Bearer …`. */
      readonly token: string;
    }
  | {
      /** An OAuth2 refresh token (`identitytoken` in Docker's config), traded for short-lived ones. */
      readonly identityToken: string;
      /** Who it belongs to, for token servers that know no OAuth2. Default none. */
      readonly username?: string;
    };

/** What a {@link CredentialsSource} may want to know besides the registry. */
export interface CredentialsContext {
  /** Repository that is asked for, as in references: `library/hello`; empty for a whole registry. */
  readonly repository: string;
  /** Aborted when the registry is closed. */
  readonly signal: AbortSignal;
}

/**
 * Where credentials come from: the same for every registry, `"anonymous"` for none, or a function of
 * the registry's host as written in references (`docker.io`, `ghcr.io`, `localhost:5000`). The function
 * is called once per repository, when the registry first asks, and again when what it gave is refused;
 * it answers `undefined` or `"anonymous"` for none.
 */
export type CredentialsSource =
  | Credentials
  | "anonymous"
  | ((
      registry: string,
      context: CredentialsContext,
    ) => CredentialsAnswer | Promise<CredentialsAnswer>);

/** What a source of credentials says: who we are, nobody, or `undefined` for nobody too. */
export type CredentialsAnswer = Credentials | "anonymous" | undefined;

/** What may stand in an HTTP header value without changing it: visible ASCII. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * The logins of `docker login`, `podman login` and their credential helpers: what the option
 * `credentials` has as its default, to be used in a function of your own. Files are looked at when a
 * registry asks, not before.
 *
 * Throws in use: SafedockError `ERR_CREDENTIALS_INVALID` for a file or helper that cannot be used.
 *
 * @example
 * ```ts
 * const stored = storedCredentials({ helperTimeoutMs: 5_000 });
 * const credentials: CredentialsSource = (registry, context) =>
 *   registry === "ghcr.io" ? { username: "acme", password: "…" } : stored(registry, context);
 * ```
 */
export function storedCredentials(
  options: StoredCredentialsOptions = {},
): (registry: string, context: CredentialsContext) => Promise<CredentialsAnswer> {
  throwProblems("stored credentials", unknownOptions("", options, ["files", "helperTimeoutMs"]));
  return async (registry, context) => {
    // Most processes never meet a registry that asks.
    const { findStoredCredentials } = await import("./stored-credentials.js");
    return findStoredCredentials(options, registry, context);
  };
}

/**
 * Asks the source, by default the stored logins, and checks its answer.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID`; the secret itself is never repeated
 */
export async function resolveCredentials(
  source: CredentialsSource = storedCredentials(),
  registry: string,
  context: CredentialsContext,
): Promise<Credentials | undefined> {
  const credentials = typeof source === "function" ? await source(registry, context) : source;
  if (credentials === undefined || credentials === "anonymous") return undefined;
  const problem = problemOf(credentials);
  if (problem === undefined) return credentials;
  throw new SafedockError("ERR_OPTIONS_INVALID", `The credentials for ${registry} cannot be used`, {
    data: { problems: [`credentials: ${problem}`] },
    hint: problem,
  });
}

/** The value of an `Authorization` header for user and password (RFC 7617, in UTF-8). */
export function basicAuthorization(credentials: {
  readonly username: string;
  readonly password: string;
}): string {
  const pair = `${credentials.username}:${credentials.password}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

/** Tells whether `token` can stand in an `Authorization` header. */
export function isHeaderToken(token: unknown): token is string {
  return typeof token === "string" && VISIBLE_ASCII.test(token);
}

function problemOf(credentials: Credentials): string | undefined {
  if (typeof credentials !== "object" || credentials === null) {
    return 'they must be an object or "anonymous"';
  }
  if ("token" in credentials) {
    return isHeaderToken(credentials.token) ? undefined : "token must be visible ASCII";
  }
  if ("identityToken" in credentials) {
    return isHeaderToken(credentials.identityToken)
      ? undefined
      : "identityToken must be visible ASCII";
  }
  if (typeof credentials.username !== "string" || typeof credentials.password !== "string") {
    return "they must be { username, password }, { token } or { identityToken }";
  }
  return credentials.username.includes(":") ? "username must not hold a colon" : undefined;
}
