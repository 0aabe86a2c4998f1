import { inspect } from "node:util";
import { parse } from "acorn";
import { bindingsOf, isNode, type Node } from "./script-bindings.js";

/** What the generated code may make of a name: itself, and its words joined in the two ways. */
export type Spellings = readonly string[];

/**
 * The first difference between what the transpiler makes of two components that differ in names alone;
 * undefined if there is none. `harmless` is of the component whose names are markers, such as `n17`;
 * `spellings` says what each marker may be in `mutated`. Identifiers must be bound to the same
 * declarations; texts and keys must be the same but for markers; everything else must be the same.
 */
export function differenceOf(
  harmless: string,
  mutated: string,
  spellings: ReadonlyMap<string, Spellings>,
): string | undefined {
  const expected = treeOf(harmless);
  const found = treeOf(mutated);
  return compare(expected, found, {
    spellings,
    expected: bindingsOf(expected),
    found: bindingsOf(found),
  });
}

function treeOf(script: string): Node {
  return parse(script, { ecmaVersion: "latest", sourceType: "module" }) as unknown as Node;
}

interface Comparison {
  readonly spellings: ReadonlyMap<string, Spellings>;
  readonly expected: ReadonlyMap<Node, string>;
  readonly found: ReadonlyMap<Node, string>;
}

function compare(expected: Node, found: Node, both: Comparison): string | undefined {
  const at = Number(found["start"]);
  if (expected.type !== found.type) return `at ${at}: ${found.type}, not ${expected.type}`;
  if (expected.type === "Identifier") {
    const one = both.expected.get(expected);
    const other = both.found.get(found);
    return one === other ? undefined : `at ${at}: ${String(found["name"])} is ${other}, not ${one}`;
  }
  if (expected.type === "Literal" && typeof expected["value"] === "string") {
    return sameText(expected["value"], found["value"], both, at);
  }
  const key = KEYS[expected.type];
  const names = key === undefined ? [] : [nameOfKey(expected, key), nameOfKey(found, key)];
  const [one, other] = names;
  const isNamed = one !== undefined && other !== undefined;
  if (isNamed) {
    if (expected.type === "Property" && (one === "__proto__") !== (other === "__proto__")) {
      return `at ${at}: a prototype`;
    }
    const difference = sameText(one, other, both, at);
    if (difference !== undefined) return difference;
  }
  for (const field in expected) {
    // Where and how it was written, not what it is.
    if (field === "start" || field === "end" || field === "raw" || field === "shorthand") continue;
    if (isNamed && (field === key || (field === "computed" && key === "property"))) continue;
    const difference = compareField(expected[field], found[field], both, at);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Where a node has the name of a property. */
const KEYS: Readonly<Record<string, string | undefined>> = {
  MemberExpression: "property",
  Property: "key",
  PropertyDefinition: "key",
  MethodDefinition: "key",
};

/** The name of a property, whether as an identifier or as a text; undefined if it is computed. */
function nameOfKey(node: Node, field: string): string | undefined {
  const key = node[field];
  if (!isNode(key)) return undefined;
  if (key.type === "Literal" && typeof key["value"] === "string") return key["value"];
  return key.type === "Identifier" && node["computed"] !== true ? String(key["name"]) : undefined;
}

function compareField(
  expected: unknown,
  found: unknown,
  both: Comparison,
  at: number,
): string | undefined {
  if (expected === found) return undefined;
  if (Array.isArray(expected) && Array.isArray(found)) {
    if (expected.length !== found.length) {
      return `at ${at}: ${found.length} parts, not ${expected.length}`;
    }
    for (const [index, item] of expected.entries()) {
      const difference = compareField(item, found[index], both, at);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (isNode(expected) && isNode(found)) return compare(expected, found, both);
  // The text of a template, a regular expression.
  const plain = [expected, found].map((value) => inspect(value));
  return plain[0] === plain[1] ? undefined : `at ${at}: ${plain[1]}, not ${plain[0]}`;
}

const CORE_VARIABLE = /^exports\d+N\d+q$/;
const IDENTIFIER = /^[\w$]+$/;

/** Whether a text is the expected one, each marker in it spelled in a way that it may be. */
function sameText(
  expected: string,
  found: unknown,
  both: Comparison,
  at: number,
): string | undefined {
  if (expected === found) return undefined;
  // The name of a variable made from a core export, for messages: letters and digits of it are left.
  if (CORE_VARIABLE.test(expected) && IDENTIFIER.test(String(found))) return undefined;
  const parts = expected.split(/([nN]\d+q)/);
  let reached = new Set([""]);
  for (const part of parts) {
    const choices = both.spellings.get(part.toLowerCase()) ?? [part];
    const next = new Set<string>();
    for (const before of reached) {
      // A variable whose name is taken gets a number or a line, and its name stands in messages.
      const more = choices.flatMap((one) => [`_${one}`, `${one}$1`, `${one}$2`]);
      for (const choice of [...choices, ...more]) {
        const text = before + choice;
        if (typeof found === "string" && found.startsWith(text)) next.add(text);
      }
    }
    reached = next;
  }
  return typeof found === "string" && reached.has(found)
    ? undefined
    : `at ${at}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
}
