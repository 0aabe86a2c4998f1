import { HostRefusal } from "../base/host-service.js";
import type { HttpFields } from "../base/http-messages.js";

/** Characters of a method: no registered one has more than 17. */
export const MAX_METHOD = 64;
/** Headers or trailers in one message: more than any browser sends. */
export const MAX_FIELDS = 128;
/** Bytes of one message's headers or trailers, in either direction: what servers take by default. */
export const MAX_FIELD_BYTES = 32 * 1024;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, spaces, tabs, and bytes of other alphabets: no CR, LF or NUL that would end a header. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that belong to one connection, to a proxy or to the message's framing. */
const OWN: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
  "content-length",
]);

/** What a trailer must never say: framing, routing, credentials, and how the body is to be read (RFC 9110, 6.5.1). */
const NO_TRAILER: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "set-cookie",
  "content-encoding",
  "content-type",
  "content-range",
  "cache-control",
  "max-forwards",
  "range",
  "www-authenticate",
]);

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether only the host may set a header; `name` is in lower case. */
export function ownHeader(name: string): boolean {
  return OWN.has(name) || name.startsWith("proxy-");
}

/** A guest's headers as they are sent, and the length that it says its body has. */
export interface RequestHeaders {
  readonly fields: HttpFields;
  readonly contentLength: number | undefined;
}

/**
 * Checks what a guest wants to send, whatever is granted.
 *
 * @param host - what `host` must be, if the guest says it at all
 */
export function checkRequestHeaders(given: unknown, host: string): RequestHeaders {
  const fields: (readonly [string, string])[] = [];
  let contentLength: number | undefined;
  for (const [name, value] of checkFields(given, "HTTP-request-header")) {
    if (name === "host" && value.toLowerCase() === host) continue;
    if (name === "content-length") {
      if (contentLength !== undefined || !/^\d{1,15}$/.test(value)) throw refusedHeader(name);
      contentLength = Number(value);
      continue;
    }
    if (ownHeader(name)) throw refusedHeader(name);
    fields.push([name, value]);
  }
  return { fields, contentLength };
}

export function checkTrailers(given: unknown): HttpFields {
  const fields = given === undefined ? [] : checkFields(given, "HTTP-request-trailer");
  for (const [name] of fields)
    if (ownHeader(name) || NO_TRAILER.has(name)) throw refusedHeader(name);
  return fields;
}

/** Fields of a response without those of its connection; `rawFields` has names and values by turns. */
export function responseFields(
  rawFields: readonly string[],
  isKept: (name: string) => boolean,
): HttpFields {
  const fields: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawFields.length; at += 2) {
    const name = rawFields[at]?.toLowerCase() ?? "";
    const value = rawFields[at + 1] ?? "";
    const isOfConnection = name !== "content-length" && ownHeader(name);
    if (!isOfConnection && isToken(name) && VALUE.test(value) && isKept(name))
      fields.push([name, value]);
  }
  return fields;
}

/** What one header takes in a message. */
export function fieldBytes(rawFields: readonly string[]): number {
  let bytes = 0;
  // ": " and the line's end.
  for (const text of rawFields) bytes += text.length + 2;
  return bytes;
}

function checkFields(
  given: unknown,
  what: "HTTP-request-header" | "HTTP-request-trailer",
): [string, string][] {
  if (!Array.isArray(given)) throw new HostRefusal("HTTP-protocol-error");
  if (given.length > MAX_FIELDS) throw new HostRefusal(`${what}-section-size`);
  let bytes = 0;
  const fields = given.map((entry: unknown): [string, string] => {
    const [name, value]: unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof name !== "string" || typeof value !== "string") {
      throw new HostRefusal("HTTP-protocol-error");
    }
    bytes += name.length + value.length + 4;
    if (!isToken(name) || !VALUE.test(value)) throw new HostRefusal("HTTP-protocol-error");
    return [name.toLowerCase(), withoutEnds(value)];
  });
  if (bytes > MAX_FIELD_BYTES) throw new HostRefusal(`${what}-section-size`, bytes);
  return fields;
}

/** Without spaces and tabs around it; a byte of 0xa0, which `trim` takes for a space, is part of a letter. */
function withoutEnds(value: string): string {
  let begin = 0;
  let end = value.length;
  while (begin < end && isBlank(value[begin])) begin++;
  while (end > begin && isBlank(value[end - 1])) end--;
  return value.slice(begin, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/** A header that no grant allows. */
function refusedHeader(name: string): HostRefusal {
  return new HostRefusal("HTTP-request-denied", { header: name });
}
