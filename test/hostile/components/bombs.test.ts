/** Components that would grow without end on their way: into types, instances, code, or time. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { threadsEnded } from "../../../dist/base/ending-threads.js";
import { componentBytes } from "../../support/component-text.js";
import { ComponentRunner } from "./component-runner.js";
import { callable } from "./guest-text.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterEach(() => runner.expectSound());
afterAll(async () => {
  await runner.close();
  await threadsEnded();
});

/** The code of the error with which bytes are refused, though each step may take some time. */
async function refusal(bytes: Uint8Array, compileMs = 5_000): Promise<string> {
  try {
    const image = await runner.engine.loadImage(bytes);
    await runner.engine.run(image, { limits: { compileMs, timeoutMs: 5_000 } });
    return "";
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

const CORE = `(core module $core (func (export "f")))`;

/** Each component makes the one inside of it so many times: as many core instances as `width ** depth`. */
function multiplying(width: number, depth: number): string {
  let inner = `${CORE} (core instance (instantiate $core))`;
  for (let level = 0; level < depth; level++) {
    const made = "(instance (instantiate $inner))".repeat(width);
    inner = `(component $inner ${inner}) ${made}`;
  }
  return `(component ${inner})`;
}

describe("core instances that multiply", () => {
  test.each([
    [3, 3, ["ERR_CALL_INVALID", "ERR_MODULE_INVALID", ""]],
    [7, 3, ["ERR_MODULE_INVALID"]],
    [10, 9, ["ERR_MODULE_INVALID", "ERR_COMPONENT_INVALID", "ERR_MODULE_COMPILE_TIMEOUT"]],
    [2, 30, ["ERR_MODULE_INVALID", "ERR_COMPONENT_INVALID", "ERR_MODULE_COMPILE_TIMEOUT"]],
  ])("%i times at %i levels", async (width, depth, codes) => {
    expect(codes).toContain(await refusal(await componentBytes(multiplying(width, depth))));
  });
});

describe("nested too deep:", () => {
  /** As many bytes as the number takes. */
  const u32 = (value: number): number[] =>
    value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...u32(value >>> 7)];
  const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  const component = (...sections: number[][]): number[] => [...HEADER, ...sections.flat()];
  const section = (id: number, content: number[]): number[] => [
    id,
    ...u32(content.length),
    ...content,
  ];

  test.each([33, 2_000])("components, %i levels", async (levels) => {
    let bytes = component();
    for (let level = 0; level < levels; level++) bytes = component(section(4, bytes));
    expect(await refusal(new Uint8Array(bytes))).toBe("ERR_COMPONENT_INVALID");
  });

  test.each([40, 5_000])("types of instances, %i levels", async (levels) => {
    const types = [...Array.from({ length: levels }, () => [0x42, 1, 0x01]).flat(), 0x42, 0];
    const bytes = component(section(7, [1, ...types]));
    expect(await refusal(new Uint8Array(bytes))).toBe("ERR_COMPONENT_INVALID");
  });

  test("values, 10,000 levels of options", async () => {
    const options = Array.from({ length: 10_000 }, (_, at) => [
      0x6b,
      ...(at === 0 ? [0x7d] : s33(at - 1)),
    ]);
    const bytes = component(section(7, [...u32(options.length), ...options.flat()]));
    expect(await refusal(new Uint8Array(bytes))).toBe("ERR_COMPONENT_INVALID");
  });

  test("tuples of tuples, each of two: as many values as 2^60", async () => {
    const tuples = Array.from({ length: 60 }, (_, at) =>
      at === 0 ? [0x6f, 2, 0x7d, 0x7d] : [0x6f, 2, ...s33(at - 1), ...s33(at - 1)],
    );
    const used = [0x40, 1, 1, 0x76, ...s33(59), 0x01, 0x00];
    const imports = section(10, [1, 0x00, 1, 0x66, 1, ...u32(60)]);
    const bytes = component(section(7, [61, ...tuples.flat(), ...used]), imports);
    expect(["ERR_COMPONENT_INVALID", "ERR_IMPORT_UNKNOWN", "ERR_MODULE_COMPILE_TIMEOUT"]).toContain(
      await refusal(new Uint8Array(bytes)),
    );
  });

  test.each([
    ["sections of types", 7],
    ["core types", 3],
    ["imports", 10],
    ["instances", 5],
    ["aliases", 6],
    ["canonical functions", 8],
  ])("a count of 2^32-1 %s", async (_, id) => {
    const bytes = component(section(id, [0xff, 0xff, 0xff, 0xff, 0x0f]));
    expect(await refusal(new Uint8Array(bytes))).toBe("ERR_COMPONENT_INVALID");
  });

  test("a section of types of 8 MiB", async () => {
    const count = 90_000;
    const records = Array.from({ length: count }, () => [
      0x6f,
      ...u32(80),
      ...Array(80).fill(0x7d),
    ]);
    const content = Buffer.concat([
      Buffer.from(u32(count)),
      Buffer.concat(records.map((record) => Buffer.from(record as number[]))),
    ]);
    const bytes = Buffer.concat([Buffer.from([...HEADER, 7, ...u32(content.length)]), content]);
    expect(["ERR_COMPONENT_INVALID", "ERR_MODULE_COMPILE_TIMEOUT"]).toContain(
      await refusal(new Uint8Array(bytes)),
    );
  });
});

/** A type's number, as value types have it. */
function s33(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...s33(value >>> 7)];
}

describe("what is made of it", () => {
  test("takes no longer than compileMs", async () => {
    const bytes = await componentBytes(many(2_000));
    expect(await refusal(bytes, 50)).toBe("ERR_MODULE_COMPILE_TIMEOUT");
  });

  test("is not begun for a component over moduleBytes", async () => {
    const image = await runner.engine.loadImage(
      await componentBytes(callable({ core: `(func (export "go") (result i32) (i32.const 1))` })),
    );
    const limits = { moduleBytes: 100 };
    await expect(runner.engine.run(image, { limits })).rejects.toMatchObject({
      code: "ERR_MODULE_TOO_LARGE",
    });
  });
});

/** A component that exports so many functions: some hundred lines of code each. */
function many(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return `(component
    (core module $m ${numbers.map((at) => `(func (export "f${at}"))`).join("")})
    (core instance $i (instantiate $m))
    ${numbers.map((at) => `(func (export "f${at}") (canon lift (core func $i "f${at}")))`).join("")})`;
}
