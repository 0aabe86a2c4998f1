/** Header fields on their way into a guest and out of one (RFC 9110, sections 5 and 7.6.1). */
import type { HttpFields } from "../base/http-messages.js";

/** Names and values of one head together: four times what Node's parser takes by default. */
export const MAX_FIELDS_BYTES = 64 * 1024;
/** Fields of one head: no browser or proxy comes near it. */
export const MAX_FIELDS = 512;

/** Fields that belong to one connection and never pass through. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What else must not come after a body (RFC 9110, section 6.5.1): framing, routing, controls. */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "host",
  "set-cookie",
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, space, tab and the bytes from 0x80 on. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * What is wrong with the fields of one head, whoever made it; undefined: nothing.
 *
 * @param fields - names in lower case
 */
export function problemOfFields(fields: HttpFields): string | undefined {
  if (fields.length > MAX_FIELDS) return `more than ${MAX_FIELDS} header fields`;
  let bytes = 0;
  for (const [name, value] of fields) {
    bytes += name.length + value.length;
    if (bytes > MAX_FIELDS_BYTES) return `header fields of more than ${MAX_FIELDS_BYTES} bytes`;
    if (!isToken(name)) return "a header field whose name is no token";
    if (!VALUE.test(value)) return `the header field ${name.slice(0, 60)} has control characters`;
  }
  return undefined;
}

/** Without what belongs to one connection, and what its `connection` field names. */
export function endToEnd(fields: HttpFields): HttpFields {
  const named = new Set<string>();
  let found = false;
  for (const [name, value] of fields) {
    if (!HOP_BY_HOP.has(name)) continue;
    found = true;
    if (name !== "connection") continue;
    for (const word of value.split(",")) named.add(word.trim().toLowerCase());
  }
  if (!found) return fields;
  // A peer must not take these away by naming them.
  for (const kept of ["content-length", "content-type", "host", "authorization", "cookie"]) {
    named.delete(kept);
  }
  return fields.filter(([name]) => !HOP_BY_HOP.has(name) && !named.has(name));
}

/** Trailers that may pass on; the rest is dropped, as the specification allows. */
export function passingTrailers(fields: HttpFields): HttpFields {
  const passing = fields.filter(([name]) => !HOP_BY_HOP.has(name) && !NOT_IN_TRAILERS.has(name));
  return problemOfFields(passing) === undefined ? passing : [];
}

/** All values of one name. */
export function valuesOf(fields: HttpFields, name: string): string[] {
  return fields.filter(([each]) => each === name).map(([, value]) => value);
}

/**
 * The length that the fields declare; undefined: none, null: it cannot be read, or there are two.
 */
export function contentLength(fields: HttpFields): number | null | undefined {
  const values = valuesOf(fields, "content-length");
  const [first] = values;
  if (first === undefined) return undefined;
  // As in RFC 9112, section 6.3: the same length twice is one, anything else is an attack.
  const same = values.flatMap((value) => value.split(",")).map((value) => value.trim());
  if (!same.every((value) => value === same[0])) return null;
  const [text = ""] = same;
  const length = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(length) ? length : null;
}
