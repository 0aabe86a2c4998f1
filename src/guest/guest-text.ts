/** Text between the app, the worker and a guest's memory: large ones at the speed of a copy. */
import { isAscii } from "node:buffer";
import { assertHeapRoom } from "./heap-room.js";

/** Up to so many units the plain ways are as fast. */
const SHORT_TEXT = 64;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether a text has as many bytes as units, if that can be told faster than by looking at each. */
export function isPlainText(text: string): boolean {
  return text.length > SHORT_TEXT && Buffer.byteLength(text) === text.length;
}

/** Text that is not well-formed is a fault of the guest, whoever finds it. */
function decodeStrictly(bytes: Uint8Array<ArrayBuffer> | DataView<ArrayBuffer>): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new WebAssembly.RuntimeError("a text is not in its encoding");
  }
}

/** As `TextDecoder` does; a trap for what is not well-formed. */
export const textDecoder = Object.freeze({
  decode(bytes: Uint8Array<ArrayBuffer> | DataView<ArrayBuffer>): string {
    if (bytes.byteLength <= SHORT_TEXT) return decodeStrictly(bytes);
    const { buffer, byteOffset, byteLength } = bytes;
    const view = Buffer.from(buffer, byteOffset, byteLength);
    if (isAscii(view)) return view.toString("latin1");
    assertHeapRoom(2 * byteLength);
    return decodeStrictly(bytes);
  },
});
