/**
 * The import module `safedock_http`: requests of HTTP for programs of preview 1, under the same grants as
 * those of wasi:http. Each function answers an errno; what it gives is written to addresses.
 *
 *     http_open    request, URL and headers leave; no answer is waited for
 *     http_write   more of the body; waits until more is welcome
 *     http_finish  the end of the body, with trailers
 *     http_status  waits for the response
 *     http_header, http_header_at, http_read, http_trailer_at, http_error, http_close
 */
import { HTTP_SERVICE, type HttpFields } from "../../base/http-messages.js";
import { E2BIG, EACCES, EBADF, EFAULT, EINVAL, EMFILE, ENOENT, ERANGE } from "../../fs/errno.js";
import type { Caller } from "../preview1/caller.js";
import type { Process } from "../preview1/process.js";
import type { HttpFunctionName } from "./function-types.js";
import { ModuleRequest } from "./module-request.js";

/** Requests that a program has open at once; a container has fewer. */
const MAX_OPEN = 64;
/** Bytes of a URL, as the app takes them. */
const MAX_URL = 8 * 1024;
/** Bytes of a request's headers or trailers. */
const MAX_FIELDS = 32 * 1024;
/** Bytes of one chunk that goes to the app at once. */
const MAX_CHUNK = 256 * 1024;
/** Characters of a URL that a denial repeats. */
const MAX_TOLD = 1024;
/** Flag of `http_open`: the body follows. */
const OPEN_BODY = 1;

const LATIN1 = new TextDecoder("latin1");

/** What the program that runs has open. */
interface OpenRequests {
  readonly process: Process;
  readonly byNumber: Map<number, ModuleRequest>;
  next: number;
}

export function httpFunctions(
  caller: Caller,
): Record<HttpFunctionName, (...args: number[]) => number> {
  const { memory } = caller;
  let open: OpenRequests | undefined;

  const requests = (): OpenRequests => {
    const process = caller.enter();
    if (open?.process !== process) open = { process, byNumber: new Map(), next: 1 };
    return open;
  };
  const find = (request = 0): ModuleRequest | undefined => requests().byNumber.get(request >>> 0);
  const text = (address = 0, length = 0): string | undefined => {
    if (!memory.holds(address >>> 0, length >>> 0)) return undefined;
    const start = address >>> 0;
    return LATIN1.decode(memory.bytes.subarray(start, start + (length >>> 0)));
  };
  const give = (value: string, buffer = 0, length = 0, out = 0): number => {
    if (!memory.holds(out >>> 0, 4)) return EFAULT;
    memory.view.setUint32(out >>> 0, value.length, true);
    if (value.length > length >>> 0) return ERANGE;
    if (!memory.holds(buffer >>> 0, value.length)) return EFAULT;
    for (let at = 0; at < value.length; at++) {
      memory.bytes[(buffer >>> 0) + at] = value.charCodeAt(at);
    }
    return 0;
  };
  const giveField = (fields: HttpFields, [index = 0, ...to]: number[]): number => {
    const field = fields[index >>> 0];
    return field === undefined ? ENOENT : give(`${field[0]}: ${field[1]}`, ...to);
  };

  return {
    http_open(method, methodLength, url, urlLength, headers, headersLength, flags = 0, out = 0) {
      const { process, byNumber, ...state } = requests();
      if ((flags & ~OPEN_BODY) !== 0) return EINVAL;
      if ((urlLength ?? 0) >>> 0 > MAX_URL || (headersLength ?? 0) >>> 0 > MAX_FIELDS) return E2BIG;
      if ((methodLength ?? 0) >>> 0 > MAX_TOLD) return E2BIG;
      const [verb, to, lines] = [
        text(method, methodLength),
        text(url, urlLength),
        text(headers, headersLength),
      ];
      if (verb === undefined || to === undefined || lines === undefined) return EFAULT;
      if (!memory.holds(out >>> 0, 4)) return EFAULT;
      const fields = parseFields(lines);
      const target = parseTarget(to);
      if (fields === undefined || target === undefined) return EINVAL;
      const { host } = process.context;
      if (!host.offers(HTTP_SERVICE)) {
        const told = toldUrl(to);
        if (told === undefined) return EINVAL;
        return process.deny("http", verb.slice(0, MAX_TOLD), EACCES, told);
      }
      if (byNumber.size >= MAX_OPEN) return EMFILE;
      const request = state.next;
      if (open !== undefined) open.next = request + 1;
      const more = (flags & OPEN_BODY) !== 0;
      const head = { request, method: verb, ...target, headers: fields, more };
      byNumber.set(request, new ModuleRequest(host, head));
      memory.view.setUint32(out >>> 0, request, true);
      return 0;
    },

    http_write(request, buffer = 0, length = 0) {
      const found = find(request);
      if (found === undefined) return EBADF;
      if (!memory.holds(buffer >>> 0, length >>> 0)) return EFAULT;
      const end = (buffer >>> 0) + (length >>> 0);
      for (let at = buffer >>> 0; at < end; at += MAX_CHUNK) {
        // A copy: a large chunk goes to the app by itself, and must not take the memory with it.
        const errno = found.write(memory.bytes.slice(at, Math.min(end, at + MAX_CHUNK)));
        if (errno !== 0) return errno;
      }
      requests().process.usage.writtenBytes += length >>> 0;
      return 0;
    },

    http_finish(request, trailers, length = 0) {
      const found = find(request);
      if (found === undefined) return EBADF;
      if (length >>> 0 > MAX_FIELDS) return E2BIG;
      const lines = text(trailers, length);
      if (lines === undefined) return EFAULT;
      const fields = parseFields(lines);
      return fields === undefined ? EINVAL : found.finish(fields);
    },

    http_status(request, out = 0) {
      const found = find(request);
      if (found === undefined) return EBADF;
      if (!memory.holds(out >>> 0, 4)) return EFAULT;
      const response = found.response();
      if (typeof response === "number") return -response;
      memory.view.setUint32(out >>> 0, response.status, true);
      return 0;
    },

    http_header(request, name, nameLength = 0, index = 0, ...to) {
      const found = find(request);
      if (found === undefined) return EBADF;
      if (nameLength >>> 0 > MAX_FIELDS) return ENOENT;
      const wanted = text(name, nameLength)?.toLowerCase();
      if (wanted === undefined) return EFAULT;
      const response = found.response();
      if (typeof response === "number") return -response;
      const values = response.headers.filter(([each]) => each === wanted);
      const field = values[index >>> 0];
      return field === undefined ? ENOENT : give(field[1], ...to);
    },

    http_header_at(request, ...to) {
      const found = find(request);
      if (found === undefined) return EBADF;
      const response = found.response();
      return typeof response === "number" ? -response : giveField(response.headers, to);
    },

    http_read(request, buffer = 0, length = 0, out = 0) {
      const found = find(request);
      if (found === undefined) return EBADF;
      const max = Math.min(length >>> 0, MAX_CHUNK);
      if (max === 0) return EINVAL;
      if (!memory.holds(buffer >>> 0, max) || !memory.holds(out >>> 0, 4)) return EFAULT;
      const chunk = found.read(max);
      if (typeof chunk === "number") return -chunk;
      requests().process.usage.readBytes += chunk.length;
      memory.bytes.set(chunk, buffer >>> 0);
      memory.view.setUint32(out >>> 0, chunk.length, true);
      return 0;
    },

    http_trailer_at(request, ...to) {
      const { trailers } = find(request) ?? NO_REQUEST;
      if (trailers === null) return EBADF;
      // They come after the body.
      return trailers === undefined ? EINVAL : giveField(trailers, to);
    },

    http_error(request, ...to) {
      const found = find(request);
      return found === undefined ? EBADF : give(found.error, ...to);
    },

    http_close(request = 0) {
      const found = find(request);
      if (found === undefined) return EBADF;
      requests().byNumber.delete(request >>> 0);
      found.close();
      return 0;
    },
  };
}

const NO_REQUEST = { trailers: null };

/** Lines of "name: value", each ended by LF or CR LF, the last one or not; what they hold the app checks. */
function parseFields(lines: string): HttpFields | undefined {
  const fields: (readonly [string, string])[] = [];
  for (const line of lines.split("\n")) {
    const whole = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (whole === "") continue;
    const colon = whole.indexOf(":");
    if (colon <= 0) return undefined;
    fields.push([whole.slice(0, colon), whole.slice(colon + 1)]);
  }
  return fields;
}

function parseTarget(url: string) {
  const [, scheme, authority, pathWithQuery] = /^([a-z]+):\/\/([^/?#]+)([^#]*)/i.exec(url) ?? [];
  if (scheme === undefined || authority === undefined || pathWithQuery === undefined) {
    return undefined;
  }
  return { scheme, authority, pathWithQuery };
}

/** Without what may be secret: the query, and a user. */
function toldUrl(url: string): string | undefined {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`.slice(0, MAX_TOLD);
  } catch {
    return undefined;
  }
}
