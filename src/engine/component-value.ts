import { camelCase } from "../component/generated-names.js";
import type { TypeIndex, ValueType, WorldTypes } from "../wasm/world/world-types.js";

/** A value does not fit its type; `at` says where in it: `args[0].tags[2]`. */
export class ValueProblem extends Error {
  constructor(at: string, problem: string) {
    super(`${at}: ${problem}`);
  }
}

/** What becomes of handles of resources on their way to a component; throws a {@link ValueProblem}. */
export type EnterHandle = (value: unknown, resource: number, isOwn: boolean, at: string) => unknown;

const INTEGERS: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ["u8", [0, 2 ** 8 - 1]],
  ["s8", [-(2 ** 7), 2 ** 7 - 1]],
  ["u16", [0, 2 ** 16 - 1]],
  ["s16", [-(2 ** 15), 2 ** 15 - 1]],
  ["u32", [0, 2 ** 32 - 1]],
  ["s32", [-(2 ** 31), 2 ** 31 - 1]],
]);
const BIG_INTEGERS: ReadonlyMap<string, readonly [least: bigint, most: bigint]> = new Map([
  ["u64", [0n, 2n ** 64n - 1n]],
  ["s64", [-(2n ** 63n), 2n ** 63n - 1n]],
]);

type NumericArray = Exclude<NodeJS.TypedArray, Uint8ClampedArray>;

/** What may stand for a list of numbers in place of an array. */
const TYPED_ARRAYS: ReadonlyMap<string, new (from: never) => NumericArray> = new Map<
  string,
  new (from: never) => NumericArray
>([
  ["u8", Uint8Array],
  ["s8", Int8Array],
  ["u16", Uint16Array],
  ["s16", Int16Array],
  ["u32", Uint32Array],
  ["s32", Int32Array],
  ["u64", BigUint64Array],
  ["s64", BigInt64Array],
  ["f32", Float32Array],
  ["f64", Float64Array],
]);

/** Elements of a list: more than a guest's memory could hold of anything. */
const MAX_LENGTH = 2 ** 28;

/**
 * Checks a value against its type, as jco maps types to JavaScript, and gives a plain copy of it, so that
 * nothing is coerced and nothing can change behind the check. Fields and flags that there are none of are
 * refused.
 *
 * @throws ValueProblem
 */
export function enterValue(
  world: WorldTypes,
  index: TypeIndex,
  value: unknown,
  at: string,
  handle: EnterHandle,
): unknown {
  const type = world.types[index];
  if (type === undefined) throw new ValueProblem(at, "its type is not known");
  const enter = (part: TypeIndex, item: unknown, where: string): unknown =>
    enterValue(world, part, item, where, handle);
  switch (type.kind) {
    case "bool":
      return expect(typeof value === "boolean", value, at, "a boolean");
    case "string":
      return expect(isText(value), value, at, "well-formed text");
    case "char":
      return expect(isText(value) && isOneCharacter(value), value, at, "one character");
    case "f32":
    case "f64":
      return expect(typeof value === "number", value, at, "a number");
    case "u64":
    case "s64": {
      const [least, most] = BIG_INTEGERS.get(type.kind) ?? [0n, 0n];
      const fits = typeof value === "bigint" && value >= least && value <= most;
      return expect(fits, value, at, `a bigint from ${least} to ${most}`);
    }
    case "list":
      return enterList(world, type, value, at, enter);
    case "tuple": {
      const { elements } = type;
      const items = arrayOf(value, at);
      if (items.length !== elements.length) {
        throw new ValueProblem(at, `must have ${elements.length} elements, not ${items.length}`);
      }
      return elements.map((element, place) => enter(element, items[place], `${at}[${place}]`));
    }
    case "record":
      return enterRecord(type.fields, value, at, enter);
    case "variant":
      return enterCase(new Map(type.cases), value, at, enter);
    case "result":
      return enterCase(
        new Map([["ok", type.ok] as const, ["err", type.err] as const]),
        value,
        at,
        enter,
      );
    case "option":
      return enterOption(world, type.some, value, at, enter);
    case "enum": {
      const fits = typeof value === "string" && type.labels.includes(value);
      return expect(fits, value, at, `one of ${type.labels.join(", ")}`);
    }
    case "flags":
      return enterFlags(type.labels, value, at);
    case "own":
    case "borrow":
      return handle(value, type.resource, type.kind === "own", at);
    default: {
      const [least, most] = INTEGERS.get(type.kind) ?? [0, -1];
      const fits =
        Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
      return expect(fits, value, at, `an integer from ${least} to ${most}`);
    }
  }
}

type Enter = (part: TypeIndex, item: unknown, where: string) => unknown;

function enterList(
  world: WorldTypes,
  { element, length }: Extract<ValueType, { kind: "list" }>,
  value: unknown,
  at: string,
  enter: Enter,
): unknown {
  const TypedArray = TYPED_ARRAYS.get(world.types[element]?.kind ?? "");
  if (TypedArray !== undefined && value instanceof TypedArray) {
    checkLength(value.length, length, at);
    // A plain one of its own bytes: not a Buffer, and none of them shared.
    return TypedArray === Uint8Array ? new Uint8Array(value as never) : value.slice();
  }
  const items = arrayOf(value, at);
  checkLength(items.length, length, at);
  const copy = Array.from(items, (item, place) => enter(element, item, `${at}[${place}]`));
  return TypedArray === undefined ? copy : new TypedArray(copy as never);
}

function checkLength(found: number, wanted: number | undefined, at: string): void {
  if (wanted !== undefined && found !== wanted) {
    throw new ValueProblem(at, `must have ${wanted} elements, not ${found}`);
  }
  if (found > MAX_LENGTH)
    throw new ValueProblem(at, `has ${found} elements, at most ${MAX_LENGTH}`);
}

function enterRecord(
  fields: readonly (readonly [string, TypeIndex])[],
  value: unknown,
  at: string,
  enter: Enter,
): unknown {
  const given = objectOf(value, at);
  const names = new Map(fields.map(([name, part]) => [camelCase(name), part]));
  checkNames(given, names, at, "field");
  return Object.fromEntries(
    [...names].map(([name, part]) => [name, enter(part, given[name], `${at}.${name}`)]),
  );
}

function enterFlags(labels: readonly string[], value: unknown, at: string): unknown {
  const given = objectOf(value, at);
  const names = new Map(labels.map((label) => [camelCase(label), label]));
  checkNames(given, names, at, "flag");
  return Object.fromEntries(
    [...names.keys()].map((name) => {
      const flag = given[name] ?? false;
      return [name, expect(typeof flag === "boolean", flag, `${at}.${name}`, "a boolean")];
    }),
  );
}

function enterCase(
  cases: ReadonlyMap<string, TypeIndex | undefined>,
  value: unknown,
  at: string,
  enter: Enter,
): unknown {
  const { tag, val } = objectOf(value, at);
  if (typeof tag !== "string" || !cases.has(tag)) {
    throw new ValueProblem(
      `${at}.tag`,
      `must be one of ${[...cases.keys()].join(", ")}, not ${show(tag)}`,
    );
  }
  const part = cases.get(tag);
  if (part !== undefined) return { tag, val: enter(part, val, `${at}.val`) };
  if (val !== undefined) throw new ValueProblem(`${at}.val`, `the case ${tag} has no value`);
  return { tag };
}

/** Of an option in an option, the outer one is told from the inner by a tag. */
function enterOption(
  world: WorldTypes,
  some: TypeIndex,
  value: unknown,
  at: string,
  enter: Enter,
): unknown {
  if (world.types[some]?.kind === "option") {
    return enterCase(
      new Map([["none", undefined] as const, ["some", some] as const]),
      value,
      at,
      enter,
    );
  }
  return value === undefined || value === null ? undefined : enter(some, value, at);
}

function checkNames(
  given: Readonly<Record<string, unknown>>,
  known: ReadonlyMap<string, unknown>,
  at: string,
  what: string,
): void {
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue;
    throw new ValueProblem(
      at,
      `there is no ${what} ${show(name)}, but ${[...known.keys()].join(", ")}`,
    );
  }
}

function objectOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return expect(isObject, value, at, "an object") as Readonly<Record<string, unknown>>;
}

function arrayOf(value: unknown, at: string): readonly unknown[] {
  return expect(Array.isArray(value), value, at, "an array") as readonly unknown[];
}

/** Not in the language's types for the oldest Node. */
const { isWellFormed } = String.prototype as unknown as {
  readonly isWellFormed: (this: string) => boolean;
};

function isText(value: unknown): value is string {
  return typeof value === "string" && isWellFormed.call(value);
}

function isOneCharacter(text: string): boolean {
  return text.length > 0 && text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}

function expect(fits: boolean, value: unknown, at: string, wanted: string): unknown {
  if (!fits) throw new ValueProblem(at, `must be ${wanted}, not ${show(value)}`);
  return value;
}

/** Characters of a value that a message shows. */
const MAX_SHOWN = 60;

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MAX_SHOWN));
  if (typeof value === "bigint") return `${String(value).slice(0, MAX_SHOWN)}n`;
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
