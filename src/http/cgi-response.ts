/** The head of a CGI program's answer: RFC 3875, section 6. */
import type { HttpFields } from "../base/http-messages.js";
import type { ByteSource } from "./incoming-exchange.js";
import { endToEnd, isToken, MAX_FIELDS_BYTES, problemOfFields } from "./header-fields.js";
import { invalidResponse } from "./http-failure.js";

/** What the program has said ahead of its body. */
export type CgiHead =
  | { readonly kind: "document"; readonly status: number; readonly headers: HttpFields }
  /** Another path of the same program answers in its place. */
  | { readonly kind: "redirect"; readonly path: string };

export interface CgiAnswer {
  readonly head: CgiHead;
  /** Bytes of the body that came with the head. */
  readonly first: Uint8Array | undefined;
}

/**
 * Reads the head of an answer, and what came with it of the body.
 *
 * @returns undefined when the program wrote nothing at all
 * @throws SafedockError `ERR_HTTP_RESPONSE_INVALID`
 */
export async function readCgiAnswer(source: ByteSource): Promise<CgiAnswer | undefined> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = await source.read();
    if (chunk === undefined) {
      if (bytes.length === 0) return undefined;
      throw invalidResponse("it ends within its head, which an empty line must close");
    }
    // The two line ends that close a head may come in two chunks.
    const from = Math.max(0, bytes.length - 2);
    bytes = bytes.length === 0 ? asBuffer(chunk) : Buffer.concat([bytes, chunk]);
    const end = endOfHead(bytes, from);
    if ((end?.from ?? bytes.length) > MAX_FIELDS_BYTES) {
      throw invalidResponse(`its head has more than ${MAX_FIELDS_BYTES} bytes`);
    }
    if (end === undefined) continue;
    const head = parseCgiHead(bytes.toString("latin1", 0, end.from).replace(/\r$/, ""));
    return { head, first: end.to < bytes.length ? bytes.subarray(end.to) : undefined };
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}

const LF = 10;
const CR = 13;

/** The empty line, whose ends may be LF or CR LF: where the last field ends, and where the body begins. */
function endOfHead(
  bytes: Buffer,
  start: number,
): { readonly from: number; readonly to: number } | undefined {
  // An answer that begins with the empty line has no head at all.
  if (start === 0 && bytes[0] === LF) return { from: 0, to: 1 };
  if (start === 0 && bytes[0] === CR && bytes[1] === LF) return { from: 0, to: 2 };
  for (let at = bytes.indexOf(LF, start); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return { from: at, to: at + 2 };
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return { from: at, to: at + 3 };
  }
  return undefined;
}

function parseCgiHead(text: string): CgiHead {
  const fields: [string, string][] = [];
  for (const line of text === "" ? [] : text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    if (!isToken(name)) {
      const nph = /^HTTP\//i.test(line) && fields.length === 0;
      throw invalidResponse(
        nph ? "a status line is for programs that speak HTTP themselves" : "a line is no field",
      );
    }
    fields.push([name.toLowerCase(), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "")]);
  }
  const problem = problemOfFields(fields);
  if (problem !== undefined) throw invalidResponse(problem);
  const status = only(fields, "status");
  const location = only(fields, "location");
  const type = only(fields, "content-type");
  if (status === undefined && location === undefined && type === undefined) {
    throw invalidResponse("its head has none of Status, Content-Type and Location");
  }
  if (location?.startsWith("/") === true && !location.startsWith("//") && fields.length === 1) {
    return { kind: "redirect", path: location };
  }
  return {
    kind: "document",
    status: status === undefined ? (location === undefined ? 200 : 302) : statusOf(status),
    headers: endToEnd(fields.filter(([name]) => name !== "status")),
  };
}

function only(fields: HttpFields, name: string): string | undefined {
  const values = fields.filter(([each]) => each === name);
  if (values.length > 1) throw invalidResponse(`its head has ${name} twice`);
  return values[0]?.[1];
}

function statusOf(text: string): number {
  const [, digits] = /^([2-5]\d\d)(?:[\t ]|$)/.exec(text) ?? [];
  if (digits === undefined) throw invalidResponse("its status is no number from 200 to 599");
  return Number(digits);
}
