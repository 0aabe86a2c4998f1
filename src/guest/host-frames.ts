/** What goes through the two rings between a process and the services of its app. */
import { deserialize, serialize } from "node:v8";
import { FRAME_RING_TOTAL_BYTES, FrameRing } from "./frame-ring.js";

/** Worker to app: a request, whose head is `[service, op, head]`. */
export const KIND_REQUEST = 1;
/** Worker to app: the answer to that request is not wanted any more. */
export const KIND_FORGET = 2;
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

/** `undefined` takes no bytes: most replies are bodies alone. */
export function encodeHead(head: unknown): Uint8Array {
  return head === undefined ? NOTHING : serialize(head);
}

export function decodeHead(head: Uint8Array): unknown {
  return head.length === 0 ? undefined : (deserialize(head) as unknown);
}
