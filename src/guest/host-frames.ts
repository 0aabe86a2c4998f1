/** What goes through the two rings between a process and the services of its app. */
import { deserialize, serialize } from "node:v8";
import { FRAME_RING_TOTAL_BYTES, FrameRing } from "./frame-ring.js";

/** Worker to app: a request, whose head is `[service, op, head]`. */
export const KIND_REQUEST = 1;
/** Worker to app: the answer to that request is not wanted any more. */
export const KIND_FORGET = 2;
/** Worker to app: a request without an answer, whose head is `[service, op, head]`. */
export const KIND_POST = 5;
/** App to worker: an answer, whose head is the reply's. */
export const KIND_ANSWER = 3;
/** App to worker: a refusal, whose head is `[code, data]`. */
export const KIND_REFUSAL = 4;

/** A frame whose head and body are too large for the ring; it stands there without them. */
export interface HostFrameMessage {
  readonly type: "host-frame";
  readonly id: number;
  readonly head: unknown;
  readonly body: Uint8Array;
}

export interface HostRings {
  readonly requests: FrameRing;
  readonly answers: FrameRing;
}

export const HOST_RINGS_BYTES = 2 * FRAME_RING_TOTAL_BYTES;

export function openHostRings(buffer: SharedArrayBuffer): HostRings {
  return {
    requests: new FrameRing(buffer, 0),
    answers: new FrameRing(buffer, FRAME_RING_TOTAL_BYTES),
  };
}

const NOTHING = new Uint8Array(0);

/** Where V8's form of a value begins; no text of JSON does. */
const V8_FORM = 0xff;
/** Heads are a list in a record in a list; what is deeper is left to V8. */
const MAX_JSON_DEPTH = 4;

/**
 * `undefined` takes no bytes: most replies are bodies alone. What JSON says as it is goes as JSON, in a third of
 * the time that V8's own form takes for small values.
 */
export function encodeHead(head: unknown): Uint8Array {
  if (head === undefined) return NOTHING;
  return isJson(head, MAX_JSON_DEPTH) ? Buffer.from(JSON.stringify(head)) : serialize(head);
}

export function decodeHead(head: Uint8Array): unknown {
  if (head.length === 0) return undefined;
  if (head[0] === V8_FORM) return deserialize(head) as unknown;
  const { buffer, byteOffset, length } = head;
  return JSON.parse(Buffer.from(buffer, byteOffset, length).toString()) as unknown;
}

/** Whether JSON gives back just that. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object": {
      if (value === null) return true;
      if (depth === 0) return false;
      if (Array.isArray(value)) {
        for (const item of value) if (!isJson(item, depth - 1)) return false;
        return true;
      }
      if (Object.getPrototypeOf(value) !== Object.prototype) return false;
      for (const key in value) {
        if (!isJson((value as Record<string, unknown>)[key], depth - 1)) return false;
      }
      return true;
    }
    default:
      return false;
  }
}
