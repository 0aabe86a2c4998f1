/**
 * Components with mutated names: what passes the check becomes the same JavaScript as a component with
 * harmless names, name for name. SAFEDOCK_NAME_MUTATIONS sets how many names are mutated.
 */
import { afterAll, expect, it } from "vitest";
import { whatIsWrongWithCoreName } from "../../../src/component/core-name.js";
import { whatIsWrongWithLabel } from "../../../src/component/extern-name.js";
import { assertSafeNames } from "../../../src/component/name-safety.js";
import { isSafedockError } from "../../../src/base/errors.js";
import { pick, seededNumbers, type Numbers } from "../seeded-numbers.js";
import {
  componentText,
  harmlessNames,
  lowerCamel,
  markersFor,
  SLOTS,
  upperCamel,
  type Slot,
} from "./named-component.js";
import { differenceOf } from "./same-script.js";
import { Transpiler } from "./transpiler.js";

const MUTATIONS = Number(process.env["SAFEDOCK_NAME_MUTATIONS"] ?? 2_000);
const SEED = 5;

const slots = Object.keys(SLOTS) as Slot[];
const transpiler = new Transpiler();
afterAll(() => transpiler[Symbol.asyncDispose]());

/** What an attacker would try, and what toolchains write. */
const PIECES = [
  ...[
    "'",
    '"',
    "`",
    "\\",
    "\n",
    "\r",
    "\u2028",
    "\u2029",
    "\0",
    "\u00e9",
    "\ud83d\ude00",
    "${",
    "*/",
  ],
  ...[
    "];globalThis.PWNED=1;//",
    "'];globalThis.PWNED=1;//",
    "\\u0027",
    "\\x27",
    "<!--",
    "-->",
    "/*",
  ],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "default", "class"],
  ...[
    "$imports",
    "_ZN4core3fmt",
    "main.(*T).f",
    "cabi_post_a:b/c@0.2.0#d",
    "[resource-drop]x",
    "<T>",
  ],
  ...[
    "a",
    "b-c",
    "x1",
    "URL",
    "é",
    "-",
    ".",
    "/",
    "@",
    "#",
    ":",
    "[method]",
    "[static]",
    " ",
    "",
    "1",
  ],
];
const WORDS = [
  ...[
    "class",
    "default",
    "static",
    "let",
    "await",
    "this",
    "true",
    "null",
    "function",
    "enum",
    "get",
  ],
  ...[
    "eval",
    "of",
    "async",
    "new",
    "delete",
    "to-string",
    "value-of",
    "constructor",
    "prototype",
    "set",
  ],
  ...[
    "has-own-property",
    "length",
    "name",
    "call",
    "bind",
    "apply",
    "handle",
    "run",
    "poll",
    "error",
  ],
  ...["object", "string", "uint8-array", "data-view", "type-error", "web-assembly", "text-encoder"],
  ...[
    "import",
    "export",
    "imports",
    "self",
    "instantiate-core",
    "is-l-e",
    "proto",
    "e",
    "i",
    "v",
    "n-1",
  ],
  ...[
    "ABC",
    "A-b-C",
    "a-1-b",
    "x9",
    "a-very-long-name-of-many-words-that-goes-on-and-on-and-on-and-on",
  ],
];

function mutatedName(slot: Slot, next: Numbers): string {
  const how = next(10);
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const letter = (): string => letters.charAt(next(letters.length));
  if (SLOTS[slot] !== "core" && how < 6) {
    // Mostly labels: a word, or two, in small letters or capitals.
    const words = [next(2) === 0 ? pick(WORDS, next) : letter() + letter()];
    if (next(2) === 0)
      words.push(next(4) === 0 ? letter().toUpperCase() : `${letter()}${next(100)}`);
    return words.join("-");
  }
  const text = [pick(PIECES, next), letter(), pick(PIECES, next)].slice(0, 1 + next(3)).join("");
  if (how === 9) {
    // One character of all that there are in a byte.
    const at = next(text.length + 1);
    return text.slice(0, at) + String.fromCharCode(next(256)) + text.slice(at);
  }
  return text;
}

const RULES = {
  core: whatIsWrongWithCoreName,
  label: whatIsWrongWithLabel,
  lower: whatIsWrongWithLabel,
};

/** Of the refused names, one in so many is put into a component, which must be refused for it. */
const CHECKED_REFUSALS = 25;

/** The safe names among so many mutated ones, by the places that they are for. */
async function passing(count: number, next: Numbers): Promise<Map<Slot, string[]>> {
  const passed = new Map<Slot, string[]>(slots.map((slot) => [slot, []]));
  let refused = 0;
  for (let at = 0; at < count; at++) {
    const slot = slots[at % slots.length] ?? "coreExport";
    const mutated = mutatedName(slot, next);
    const name = SLOTS[slot] === "lower" ? mutated.toLowerCase() : mutated;
    const isName = RULES[SLOTS[slot]](name) === undefined;
    if (!isName && refused++ % CHECKED_REFUSALS !== 0) continue;
    const isSafe = await isSafeAlone(slot, name);
    expect(isSafe && !isName, `${slot} ${JSON.stringify(name)}`).toBe(false);
    if (isSafe) passed.get(slot)?.push(name);
  }
  expect(refused).toBeGreaterThan(count / 10);
  return passed;
}

/** Whether a component is accepted in which all other names are harmless. */
async function isSafeAlone(slot: Slot, name: string): Promise<boolean> {
  return areSafe(await transpiler.bytesOf(componentText({ ...harmlessNames(), [slot]: name })));
}

function areSafe(component: Uint8Array): boolean {
  try {
    assertSafeNames(component, "mutated.wasm");
    return true;
  } catch (error) {
    if (isSafedockError(error, "ERR_COMPONENT_NAME_UNSAFE")) return false;
    throw error;
  }
}

it(
  "a mutated name is refused, or nothing but a name in the generated code",
  { timeout: 300_000 },
  async () => {
    const next = seededNumbers(SEED);
    const passed = await passing(MUTATIONS, next);
    const left = (): number => [...passed.values()].reduce((sum, { length }) => sum + length, 0);
    const all = left();
    expect(all).toBeGreaterThan(MUTATIONS / 10);
    let compared = 0;
    while (left() > 0) {
      const names = harmlessNames();
      const used = new Set<string>();
      for (const slot of slots) {
        const name = passed.get(slot)?.pop();
        // Two names that are the same to a tool would make the component invalid.
        if (name === undefined || used.has(name.toLowerCase().replaceAll("-", ""))) continue;
        used.add(name.toLowerCase().replaceAll("-", ""));
        names[slot] = name;
      }
      compared += await compareWithHarmless(names);
    }
    // The rest are components that are not valid for other reasons: two names that are the same.
    expect(compared).toBeGreaterThan(all / 2);
  },
);

/** How many mutated names were in a component that could be transpiled. */
async function compareWithHarmless(names: Record<Slot, string>): Promise<number> {
  const usual = harmlessNames();
  const mutated = slots.filter((slot) => names[slot] !== usual[slot]);
  // Two of the names may not go together.
  if (!areSafe(await transpiler.bytesOf(componentText(names)))) {
    return splitAndCompare(names, mutated);
  }
  const found = await transpiler.transpile(componentText(names));
  if (found.script === undefined) return splitAndCompare(names, mutated);
  const markers = markersFor(names);
  const expected = await transpiler.transpile(componentText(markers));
  if (expected.script === undefined) throw new Error(expected.error);
  const spellings = new Map(
    slots.map((slot) => [
      markers[slot],
      [names[slot], lowerCamel(names[slot]), upperCamel(names[slot])],
    ]),
  );
  const difference = differenceOf(expected.script, found.script, spellings);
  expect(difference && `${difference} of ${JSON.stringify(names)}`).toBeUndefined();
  return mutated.length;
}

/** Halves of the mutated names, each in a component of its own, down to a name that is not valid. */
async function splitAndCompare(
  names: Record<Slot, string>,
  mutated: readonly Slot[],
): Promise<number> {
  if (mutated.length < 2) return 0;
  let compared = 0;
  const middle = mutated.length >> 1;
  for (const half of [mutated.slice(0, middle), mutated.slice(middle)]) {
    const part = harmlessNames();
    for (const slot of half) part[slot] = names[slot];
    compared += await compareWithHarmless(part);
  }
  return compared;
}
