/** Calls and their outcomes as bytes: V8's form of the value, with large plain texts behind it. */
import { deserialize, serialize } from "node:v8";
import { isPlainText } from "./guest-text.js";

/** Texts from this many units on are copied as they are: V8 makes and reads them at a tenth of the speed. */
const LARGE_TEXT = 16 * 1024;
/** Stands for such a text: no field of a record has such a name. Its value is its length. */
const TEXT_KEY = "#text";

/**
 * The bytes are nobody else's: their memory can be handed on. Large texts are looked for in the list, and down to
 * `depth` in lists in it.
 */
export function encodeWithTexts(list: readonly unknown[], depth: number): Uint8Array {
  const texts: string[] = [];
  const encoded = serialize(withoutTexts(list, depth, texts));
  if (texts.length === 0) return encoded;
  const bytes = Buffer.allocUnsafeSlow(
    texts.reduce((sum, { length }) => sum + length, encoded.length),
  );
  bytes.set(encoded);
  let at = bytes.length;
  for (const text of texts) {
    at -= text.length;
    bytes.write(text, at, "latin1");
  }
  return bytes;
}

export function decodeWithTexts(given: Uint8Array, depth: number): unknown[] {
  const list = deserialize(given) as unknown[];
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
  fillTexts(list, depth, bytes, bytes.length);
  return list;
}

function withoutTexts(
  list: readonly unknown[],
  depth: number,
  texts: string[],
): readonly unknown[] {
  const found = texts.length;
  const copy = list.map((item) => {
    if (Array.isArray(item) && depth > 0) return withoutTexts(item, depth - 1, texts);
    if (typeof item !== "string" || item.length < LARGE_TEXT || !isPlainText(item)) return item;
    texts.push(item);
    return { [TEXT_KEY]: item.length };
  });
  return texts.length === found ? list : copy;
}

/** In the order in which they were taken out, the first at the end of the bytes; answers where the last begins. */
function fillTexts(list: unknown[], depth: number, bytes: Buffer, end: number): number {
  let left = end;
  for (const [index, item] of list.entries()) {
    if (Array.isArray(item)) {
      if (depth > 0) left = fillTexts(item, depth - 1, bytes, left);
    } else if (typeof item === "object" && item !== null && TEXT_KEY in item) {
      const start = left - Number(item[TEXT_KEY]);
      list[index] = bytes.toString("latin1", start, left);
      left = start;
    }
  }
  return left;
}

/** As deep as the arguments of a call: its message is a list with theirs in it. */
export const CALL_DEPTH = 1;
export const OUTCOME_DEPTH = 0;
