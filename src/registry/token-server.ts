import { responseError } from "./failure.js";
import { errorOfResponse } from "./error-of-response.js";
import { basicAuthorization, isHeaderToken, type Credentials } from "./credentials.js";
import { MAX_TOKEN_RESPONSE_BYTES } from "./registry-options.js";
import { readBytes, type HttpResponse, type Transport } from "./transport.js";

/** What a Bearer challenge asks for (distribution's token authentication specification). */
export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scope: string;
}

export interface Token {
  readonly value: string;
  /** Milliseconds of `performance.now()`. */
  readonly expiresAt: number;
}

/** Shortest life that is believed, in seconds: the specification's default and floor. */
const MIN_LIFE_S = 60;
/** Longest life that is believed, in seconds: a token is asked for again once a day. */
const MAX_LIFE_S = 86_400;
/** How long before its end a token is no longer used, in milliseconds: a slow request must not outlive it. */
const MARGIN_MS = 10_000;

/**
 * Asks a token server: by GET, with Basic when there is a password, else anonymously; by an OAuth2 POST
 * when there is an identity token.
 */
export async function requestToken(
  registry: string,
  transport: Transport,
  request: TokenRequest,
  credentials: Credentials | undefined,
  redact: (text: string) => string,
): Promise<Token> {
  const asked = performance.now();
  const response = await transport.send(
    credentials !== undefined && "identityToken" in credentials
      ? refreshRequest(request, credentials.identityToken)
      : {
          method: "GET",
          url: withQuery(request),
          authorization:
            credentials !== undefined && "username" in credentials
              ? basicAuthorization(credentials)
              : undefined,
        },
  );
  if (response.status !== 200) throw await errorOfResponse(registry, response, redact);
  return readToken(registry, response, asked);
}

function withQuery({ realm, service, scope }: TokenRequest): URL {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.set("scope", scope);
  return url;
}

function refreshRequest({ realm, service, scope }: TokenRequest, identityToken: string) {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: identityToken,
    client_id: "safedock",
    scope,
    ...(service === undefined ? {} : { service }),
  });
  return {
    method: "POST",
    url: realm,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
  } as const;
}

async function readToken(registry: string, response: HttpResponse, asked: number): Promise<Token> {
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
  return { value, expiresAt: asked + seconds * 1000 - MARGIN_MS };
}

function memberOf(document: unknown, name: string): unknown {
  if (typeof document !== "object" || document === null || !Object.hasOwn(document, name)) {
    return undefined;
  }
  const value: unknown = Reflect.get(document, name);
  return value === null || value === "" ? undefined : value;
}
