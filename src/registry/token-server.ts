import { responseError } from "./failure.js";
import { errorOfResponse } from "./error-of-response.js";
import { basicAuthorization, isHeaderToken, type Credentials } from "./credentials.js";
import { MAX_TOKEN_RESPONSE_BYTES } from "./registry-options.js";
import {
  discard,
  readBytes,
  type HttpRequest,
  type HttpResponse,
  type Transport,
} from "./transport.js";

/** What a Bearer challenge asks for (distribution's token authentication specification). */
export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
}

/** The means to ask. */
export interface TokenClient {
  readonly registry: string;
  readonly transport: Transport;
  readonly redact: (text: string) => string;
}

export interface Token {
  readonly value: string;
  /** Milliseconds of `performance.now()`. */
  readonly expiresAt: number;
  /** The refresh token to use from now on, when the server gave a new one for the old. */
  readonly identityToken?: string;
}

/** Shortest life that is believed, in seconds: the specification's default and floor. */
const MIN_LIFE_S = 60;
/** Longest life that is believed, in seconds: a token is asked for again once a day. */
const MAX_LIFE_S = 86_400;
/** How long before its end a token is no longer used, in milliseconds: a slow request must not outlive it. */
const MARGIN_MS = 10_000;

/** What token servers answer who know only the other one of GET and POST. */
const WRONG_METHOD: ReadonlySet<number> = new Set([404, 405]);

/**
 * Asks a token server: by GET, with Basic when there is a password, else anonymously; by an OAuth2 POST
 * when there is an identity token. A server that lacks the one way is asked the other way.
 */
export async function requestToken(
  client: TokenClient,
  request: TokenRequest,
  credentials: Credentials | undefined,
): Promise<Token> {
  const asked = performance.now();
  const ways = waysToAsk(request, credentials);
  let response = await client.transport.send(ways[0]);
  if (WRONG_METHOD.has(response.status) && ways[1] !== undefined) {
    discard(response);
    response = await client.transport.send(ways[1]);
  }
  if (response.status !== 200) {
    throw await errorOfResponse(client.registry, response, client.redact, {
      isAnonymous: credentials === undefined,
    });
  }
  return readToken(client.registry, response, asked, credentials);
}

function waysToAsk(
  request: TokenRequest,
  credentials: Credentials | undefined,
): readonly [HttpRequest, HttpRequest?] {
  if (credentials === undefined || "token" in credentials) return [byGet(request, undefined)];
  if ("identityToken" in credentials) {
    const { identityToken, username = "" } = credentials;
    return [
      byPost(request, { grant_type: "refresh_token", refresh_token: identityToken }),
      byGet(request, basicAuthorization({ username, password: identityToken })),
    ];
  }
  const { username, password } = credentials;
  return [
    byGet(request, basicAuthorization(credentials)),
    byPost(request, { grant_type: "password", username, password }),
  ];
}

function byGet(
  { realm, service, scopes }: TokenRequest,
  authorization: string | undefined,
): HttpRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.delete("scope");
  for (const scope of scopes) url.searchParams.append("scope", scope);
  return { method: "GET", url, authorization };
}

function byPost(
  { realm, service, scopes }: TokenRequest,
  grant: Readonly<Record<string, string>>,
): HttpRequest {
  const form = new URLSearchParams({
    ...grant,
    client_id: "safedock",
    scope: scopes.join(" "),
    ...(service === undefined ? {} : { service }),
  });
  return {
    method: "POST",
    url: realm,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
  };
}

async function readToken(
  registry: string,
  response: HttpResponse,
  asked: number,
  credentials: Credentials | undefined,
): Promise<Token> {
  let document: unknown;
  try {
    document = JSON.parse(
      Buffer.from(await readBytes(response, MAX_TOKEN_RESPONSE_BYTES)).toString(),
    );
  } catch {
    throw responseError(registry, response, "the token server did not answer in JSON");
  }
  const value = memberOf(document, "token") ?? memberOf(document, "access_token");
  if (!isHeaderToken(value)) {
    throw responseError(registry, response, "the token server's answer holds no usable token");
  }
  const life = memberOf(document, "expires_in");
  const seconds =
    typeof life === "number" && life > MIN_LIFE_S ? Math.min(life, MAX_LIFE_S) : MIN_LIFE_S;
  const fresh = memberOf(document, "refresh_token");
  const isNew =
    credentials !== undefined &&
    "identityToken" in credentials &&
    isHeaderToken(fresh) &&
    fresh !== credentials.identityToken;
  return {
    value,
    expiresAt: asked + seconds * 1000 - MARGIN_MS,
    ...(isNew ? { identityToken: fresh } : {}),
  };
}

function memberOf(document: unknown, name: string): unknown {
  if (typeof document !== "object" || document === null || !Object.hasOwn(document, name)) {
    return undefined;
  }
  const value: unknown = Reflect.get(document, name);
  return value === null || value === "" ? undefined : value;
}
