import { checkedArguments } from "./check-environment.js";
import { checkGrants } from "./check-grants.js";
import type { Grants } from "./grants.js";
import { plainCopy } from "./plain-copy.js";
import { Problems } from "./problems.js";

/** Characters of a text of grants: 2 MiB of variables, each of them escaped. */
const MAX_TEXT = 16 * 2 ** 20;

/**
 * Reads {@link Grants} of JSON text or of a value that came from outside, and checks them as
 * `createContainer` does. `JSON.stringify` of what it gives is read again as the same.
 *
 * @example
 * ```ts
 * const grants = parseGrants('{ "clock": "real", "fs": [{ "type": "memory", "target": "/tmp" }] }');
 * const result = await engine.run(image, { grants });
 * ```
 * @param json - text, or a plain value; it is copied.
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems; no message repeats the value of a variable.
 */
export function parseGrants(json: unknown): Grants {
  const problems = new Problems();
  const copy = readJson("grants", json, MAX_TEXT, problems);
  if (json === undefined) problems.add("grants: must be an object or JSON text, not undefined");
  checkedArguments(undefined, checkGrants(copy, problems).env, problems);
  problems.throwIfAny("grants");
  return copy as Grants;
}

/** A plain copy of a value, or of what a text says; `undefined` and a problem for what is neither. */
export function readJson(
  at: string,
  json: unknown,
  maxCharacters: number,
  problems: Problems,
): unknown {
  if (typeof json !== "string") return plainCopy(at, json, problems);
  if (json.length > maxCharacters) {
    problems.add(`${at}: a text of ${json.length} characters, more than ${maxCharacters}`);
    return undefined;
  }
  try {
    return plainCopy(at, JSON.parse(json), problems);
  } catch {
    // The parser's own message repeats the text, which may hold secrets.
    problems.add(`${at}: is not JSON`);
    return undefined;
  }
}
