import { setImmediate } from "node:timers/promises";
import type { HttpFields } from "../base/http-messages.js";
import type { ByteSource } from "./incoming-exchange.js";

/** Read chunk by chunk from what the web and Node call a stream. */
export function sourceOf(
  chunks: AsyncIterable<Uint8Array>,
  cancel: (reason?: unknown) => void,
  trailers?: () => HttpFields,
): ByteSource {
  let iterator: AsyncIterator<Uint8Array> | undefined;
  let over = false;
  return {
    async read() {
      while (!over) {
        iterator ??= chunks[Symbol.asyncIterator]();
        const next = await iterator.next();
        if (next.done === true) over = true;
        else if (next.value.length > 0) return next.value;
      }
      return undefined;
    },
    cancel(reason) {
      if (over) return;
      over = true;
      cancel(reason);
    },
    ...(trailers === undefined ? undefined : { trailers }),
  };
}

/**
 * The same body, which fails as soon as it is longer, or at its end shorter, than declared: bytes over it
 * would be read as the next message of the connection.
 */
export function withLength(source: ByteSource, length: number, wrong: () => Error): ByteSource {
  let left = length;
  return {
    async read() {
      const chunk = await source.read();
      left -= chunk?.length ?? 0;
      if (chunk === undefined ? left === 0 : left >= 0) return chunk;
      const error = wrong();
      source.cancel(error);
      throw error;
    },
    cancel: (reason) => source.cancel(reason),
    trailers: () => source.trailers?.() ?? [],
  };
}

/** The same body, which fails when there is more of it. */
export function atMost(source: ByteSource, bytes: number, tooMuch: () => Error): ByteSource {
  let left = bytes;
  return {
    async read() {
      const chunk = await source.read();
      left -= chunk?.length ?? 0;
      if (left >= 0) return chunk;
      const error = tooMuch();
      source.cancel(error);
      throw error;
    },
    cancel: (reason) => source.cancel(reason),
    trailers: () => source.trailers?.() ?? [],
  };
}

/** The same body, which calls once it is over, however it ends. */
export function whenOver(source: ByteSource, over: () => void): ByteSource {
  return {
    async read() {
      try {
        const chunk = await source.read();
        if (chunk === undefined) over();
        return chunk;
      } catch (error) {
        over();
        throw error;
      }
    },
    cancel(reason) {
      source.cancel(reason);
      over();
    },
    trailers: () => source.trailers?.() ?? [],
  };
}

/** Bytes that are looked at ahead: a form, or a document of JSON. */
const MAX_AHEAD_BYTES = 64 * 1024;

/**
 * The length of a body that is there as a whole already, as that of a request made from a string is;
 * undefined if it would have to be waited for.
 */
export async function lengthAtOnce(
  source: ByteSource,
): Promise<{ readonly source: ByteSource; readonly length: number | undefined }> {
  const ahead: Uint8Array[] = [];
  let length = 0;
  const late = setImmediate("late" as const);
  let pending: Promise<Uint8Array | undefined> | undefined;
  let ended = false;
  while (length < MAX_AHEAD_BYTES) {
    pending = source.read();
    // Whoever reads it next is told.
    pending.catch(() => undefined);
    const chunk = await Promise.race([pending, late]);
    if (chunk === "late") break;
    pending = undefined;
    ended = chunk === undefined;
    if (chunk === undefined) break;
    ahead.push(chunk);
    length += chunk.length;
  }
  const rest: ByteSource = {
    async read() {
      const chunk = ahead.shift();
      if (chunk !== undefined) return chunk;
      const waiting = pending;
      pending = undefined;
      if (waiting !== undefined) return await waiting;
      return ended ? undefined : await source.read();
    },
    cancel: (reason) => source.cancel(reason),
    trailers: () => source.trailers?.() ?? [],
  };
  return { source: rest, length: ended ? length : undefined };
}
