import { JsonNode } from "../oci/json-node.js";

/** What is wrong with one signature; the image may have others that are right. */
export class BadSignature extends Error {
  override readonly name = "BadSignature";
}

/**
 * Parses a signed document. One that names a member twice is refused: readers differ in which of the two
 * they take, so it could have meant another thing to the one who signed it.
 *
 * @throws BadSignature
 */
export function parseSignedJson(bytes: Uint8Array, maxBytes: number, what: string): JsonNode {
  const node = JsonNode.parse(
    bytes,
    maxBytes,
    (problem) => new BadSignature(`${what}: ${problem}`),
  );
  const twice = repeatedName(Buffer.from(bytes).toString("utf8"));
  if (twice) throw new BadSignature(`${what}: an object in it has a member twice`);
  return node.object();
}

/** Tells whether an object in a valid JSON text names a member twice. */
export function repeatedName(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g;
  for (const [token, colon] of text.matchAll(tokens)) {
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const name: unknown = JSON.parse(token.slice(0, -colon.length));
      const names = open.at(-1);
      if (names === undefined || typeof name !== "string") continue;
      if (names.has(name)) return true;
      names.add(name);
    }
  }
  return false;
}
