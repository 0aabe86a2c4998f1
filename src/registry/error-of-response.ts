import { SafedockError, type RegistryErrorData } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { shownUrl, Transient } from "./failure.js";
import { MAX_ERROR_BYTES, MAX_RETRY_DELAY_MS } from "./registry-options.js";
import { readBytes, type HttpResponse } from "./transport.js";

/** Longest message of a registry that is repeated, in characters. */
const MAX_MESSAGE = 300;

/** Statuses below 500 that another try may mend: a request that came in too slowly, or too early. */
const PASSING: ReadonlySet<number> = new Set([408, 425]);

type StatusCode =
  | "ERR_REGISTRY_UNAUTHORIZED"
  | "ERR_REGISTRY_FORBIDDEN"
  | "ERR_REGISTRY_NOT_FOUND"
  | "ERR_REGISTRY_SERVER"
  | "ERR_REGISTRY_RESPONSE";

/**
 * Turns an answer that is not the wanted one into an error, and reads its body for the registry's own
 * words (distribution specification, "Error Codes"). `redact` takes secrets out of them.
 */
export async function errorOfResponse(
  registry: string,
  response: HttpResponse,
  redact: (text: string) => string,
  { isAnonymous }: { readonly isAnonymous: boolean },
): Promise<SafedockError | Transient> {
  const { status } = response;
  const data: RegistryErrorData = { registry, url: shownUrl(response.url), status };
  const said = await messageOf(response, redact);
  const text = `${registry} answered ${status}${said === undefined ? "" : `: ${said}`}`;
  if (status === 429) return rateLimited(text, data, response, isAnonymous);
  const [code, hint] = codeOf(status, isAnonymous);
  const error = new SafedockError(code, text, { data, ...(hint === undefined ? {} : { hint }) });
  const mayPass = PASSING.has(status) || (status >= 500 && status !== 501);
  return mayPass ? new Transient(error, retryAfterMs(response)) : error;
}

function codeOf(status: number, isAnonymous: boolean): readonly [code: StatusCode, hint?: string] {
  if (status === 401) {
    return [
      "ERR_REGISTRY_UNAUTHORIZED",
      isAnonymous
        ? "log in with docker login, or pass credentials; some registries also say this of what does not exist"
        : "the credentials were refused; some registries also say this of what does not exist",
    ];
  }
  if (status === 403) return ["ERR_REGISTRY_FORBIDDEN", "the credentials do not allow this"];
  if (status === 404) return ["ERR_REGISTRY_NOT_FOUND"];
  return [status >= 500 ? "ERR_REGISTRY_SERVER" : "ERR_REGISTRY_RESPONSE"];
}

function rateLimited(
  text: string,
  data: RegistryErrorData,
  response: HttpResponse,
  isAnonymous: boolean,
): SafedockError | Transient {
  const wait = retryAfterMs(response);
  const later = wait === undefined ? "try again later" : `try again in ${Math.ceil(wait / 1000)} s`;
  const error = new SafedockError("ERR_REGISTRY_RATE_LIMITED", text, {
    data: { ...data, ...(wait === undefined ? {} : { retryAfterMs: wait }) },
    hint: isAnonymous ? `${later}, or log in: registries allow more to those they know` : later,
  });
  return wait === undefined && isUsedUp(response) ? error : new Transient(error, wait);
}

/** Docker Hub counts pulls over hours: `ratelimit-remaining: 0;w=21600`. Another try only costs. */
function isUsedUp(response: HttpResponse): boolean {
  return /^0+(?:;|$)/.test(response.header("ratelimit-remaining")?.trim() ?? "");
}

/** `Retry-After` in milliseconds, from seconds or from a date (RFC 9110 section 10.2.3). */
function retryAfterMs(response: HttpResponse): number | undefined {
  const value = response.header("retry-after")?.trim();
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  // A clock that runs wrong must not make us wait for days.
  return Number.isNaN(date)
    ? undefined
    : Math.min(Math.max(0, date - Date.now()), 10 * MAX_RETRY_DELAY_MS);
}

async function messageOf(
  response: HttpResponse,
  redact: (text: string) => string,
): Promise<string | undefined> {
  let document: unknown;
  try {
    const bytes = await readBytes(response, MAX_ERROR_BYTES);
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Proxies answer with pages of their own; the status says enough.
    return undefined;
  }
  const errors = memberOf(document, "errors");
  const first: unknown = Array.isArray(errors) ? errors[0] : document;
  const words = ["code", "message", "details"]
    .map((name) => memberOf(first, name))
    .filter((word): word is string => typeof word === "string" && word !== "");
  return words.length === 0 ? undefined : printable(redact(words.join(": ")), MAX_MESSAGE);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
