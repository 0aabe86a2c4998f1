/** The published JSON Schema says the same of limits as the check that createContainer does. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { checkContainerOptions } from "../../src/engine/check-options.js";
import { type CheckedLimits, DEFAULT_LIMITS } from "../../src/engine/limits.js";
import { conforms } from "../grants/schema-walker.js";

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
}

const path = createRequire(import.meta.url).resolve("safedock/limits.schema.json");
const schema = JSON.parse(await readFile(path, "utf8")) as {
  readonly properties: Readonly<Record<string, Bounds>>;
};
const bounds = Object.entries(schema.properties);
const names = bounds.map(([name]) => name);

function checked(limits: unknown): CheckedLimits | undefined {
  try {
    return checkContainerOptions({ limits } as never).limits;
  } catch (error) {
    if (isSafedockError(error, "ERR_OPTIONS_INVALID")) return undefined;
    throw error;
  }
}

const isAccepted = (limits: unknown) => checked(limits) !== undefined;

describe("limits.schema.json", () => {
  it.each(bounds)("has the range of %s", (name, { minimum, maximum }) => {
    for (const value of [minimum, maximum, minimum + 1, maximum - 1]) {
      expect(isAccepted({ [name]: value }), String(value)).toBe(true);
      expect(conforms({ [name]: value }, { ...schema }), String(value)).toBe(true);
    }
    for (const value of [minimum - 1, maximum + 1, minimum + 0.5, -0.5, 1e300, null, "1", [], {}]) {
      expect(isAccepted({ [name]: value }), JSON.stringify(value)).toBe(false);
      expect(conforms({ [name]: value }, { ...schema }), JSON.stringify(value)).toBe(false);
    }
  });

  it("has every limit, with its default where there is one", () => {
    const defaults = Object.fromEntries(
      bounds.flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
    );
    expect(defaults).toEqual(DEFAULT_LIMITS);
    const withoutDefault = names.filter((name) => !(name in DEFAULT_LIMITS));
    expect(withoutDefault).toEqual(["timeoutMs", "cpuMs"]);
    for (const name of names)
      expect(checked({ [name]: schema.properties[name]?.maximum })).toHaveProperty(name);
  });

  it.each([null, [], "", 1, true, { memory: 1 }, { timeoutMs: 1, x: 1 }])(
    "refuses %j",
    (limits) => {
      expect(isAccepted(limits)).toBe(false);
      expect(conforms(limits, { ...schema })).toBe(false);
    },
  );

  it("takes what the check takes, and refuses what it refuses", () => {
    const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string());
    const value = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.jsonValue());
    const limits = fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true });
    fc.assert(
      fc.property(limits, (any) => {
        const json = JSON.parse(JSON.stringify(any)) as unknown;
        expect(conforms(json, { ...schema })).toBe(isAccepted(json));
      }),
      { numRuns: 1000 },
    );
  });
});
