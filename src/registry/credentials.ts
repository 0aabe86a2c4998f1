import { SafedockError } from "../base/errors.js";

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
    };

/**
 * The same credentials for every registry, or a function of the registry's host as written in
 * references (`docker.io`, `ghcr.io`, `localhost:5000`); it is called once per registry, when the
 * registry first asks, and answers `undefined` for anonymous.
 */
export type CredentialsSource =
  | Credentials
  | ((registry: string) => Credentials | undefined | Promise<Credentials | undefined>);

/** What may stand in an HTTP header value without changing it: visible ASCII. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * Asks the source and checks its answer.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID`; the secret itself is never repeated
 */
export async function resolveCredentials(
  source: CredentialsSource | undefined,
  registry: string,
): Promise<Credentials | undefined> {
  const credentials = typeof source === "function" ? await source(registry) : source;
  if (credentials === undefined) return undefined;
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
