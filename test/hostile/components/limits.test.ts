/** Components whose core modules attack the limits; each of them is one of several in its component. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { componentBytes } from "../../support/component-text.js";
import { ComponentRunner } from "./component-runner.js";
import { callable, command } from "./guest-text.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterEach(() => runner.expectSound());
afterAll(() => runner.close());

const LOOP = "(loop $again (br $again))";
const LOOPS = `(func (export "go") (result i32) ${LOOP} (i32.const 0))`;
const PAGE = 65_536;

/** A module that grows its memory until it gets no more, and answers its pages. */
const GROWS = (pages: number): string => `
  (memory ${pages})
  (func (export "go") (result i32)
    (block $full (loop $more
      (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
      (br $more)))
    (memory.size))`;

describe("memories", () => {
  test.each([PAGE, 10 * PAGE, 100 * PAGE + 1])("of one instance stay within %i", async (limit) => {
    const got = await runner.call(callable({ core: GROWS(1) }), { limits: { memoryBytes: limit } });
    expect(got).toBe(Math.floor(limit / PAGE));
  });

  test("of five instances of one module stay within the limit together", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const instances = names.map((name) => `(core instance $${name} (instantiate $grows))`);
    const calls = names.map((name) => `(import "${name}" "go" (func $${name} (result i32)))`);
    const text = callable({
      before: `(core module $grows ${GROWS(1)}) ${instances.join(" ")}`,
      given: names.map((name) => `(with "${name}" (instance $${name}))`).join(" "),
      core: `${calls.join(" ")} (func (export "go") (result i32)
        (i32.add (call $a) (i32.add (call $b) (i32.add (call $c) (i32.add (call $d) (call $e))))))`,
    });
    const got = (await runner.call(text, { limits: { memoryBytes: 100 * PAGE } })) as number;
    expect(got).toBeLessThanOrEqual(100);
    expect(got).toBeGreaterThan(90);
    expect(await runner.call(text, { limits: { memoryBytes: 4 * PAGE } })).toBe(
      "limit memoryBytes",
    );
  });

  test("that begin larger than the limit end it before it begins", async () => {
    const options = { limits: { memoryBytes: 2 ** 20 } };
    expect(await runner.run(command({ core: GROWS(17) }), options)).toBe("limit memoryBytes");
    expect(await runner.run(command({ core: GROWS(65_536) }), options)).toBe("limit memoryBytes");
  });

  test("more than sixteen of them are refused", async () => {
    const before = (count: number) => `(core module $m (memory 0))
      ${Array.from({ length: count }, () => "(core instance (instantiate $m))").join(" ")}`;
    const core = `(func (export "go") (result i32) (i32.const 0))`;
    expect(await runner.run(command({ before: before(16), core }))).toBe("exited 0");
    expect(await runner.run(command({ before: before(17), core }))).toBe("ERR_MODULE_INVALID");
  });
});

describe("tables", () => {
  const table = (initial: number): string => `
    (table $t ${initial} funcref)
    (func (export "go") (result i32)
      (block $full (loop $more
        (br_if $full (i32.eq (table.grow $t (ref.null func) (i32.const 10)) (i32.const -1)))
        (br $more)))
      (table.size $t))`;
  const two = (initial: number): string =>
    callable({
      before: `(core module $other ${table(initial)}) (core instance $other (instantiate $other))`,
      given: `(with "other" (instance $other))`,
      core: `(import "other" "go" (func $other (result i32))) ${table(initial).replace(
        '(export "go")',
        "$own",
      )}
        (func (export "go") (result i32) (i32.add (call $other) (call $own)))`,
    });

  test("of two instances stay within tableElements together", async () => {
    const got = (await runner.call(two(10), { limits: { tableElements: 1_000 } })) as number;
    expect(got).toBeLessThanOrEqual(1_000);
    expect(got).toBeGreaterThan(900);
  });

  test("that begin larger are refused", async () => {
    expect(await runner.call(two(501), { limits: { tableElements: 1_000 } })).toBe(
      "ERR_MODULE_INVALID",
    );
  });
});

describe("endless loops", () => {
  test("in a nested core module end with timeoutMs and with cpuMs", async () => {
    const text = command({ core: LOOPS });
    expect(await runner.run(text, { limits: { timeoutMs: 300 } })).toBe("timeout timeoutMs");
    expect(await runner.run(text, { limits: { cpuMs: 200 } })).toBe("limit cpuMs");
  });

  test("in a start function as well, of a command and of one that is called", async () => {
    const core = `(func $begin ${LOOP}) (start $begin) ${LOOPS}`;
    const options = { limits: { timeoutMs: 300 } };
    expect(await runner.run(command({ core }), options)).toBe("timeout timeoutMs");
    expect(await runner.call(callable({ core }), options)).toBe("timeout timeoutMs");
  });

  test("end with a kill, and with an abort", async () => {
    await using container = await runner.container(command({ core: LOOPS }));
    const process = await container.start();
    await process.kill();
    expect(await container.wait()).toMatchObject({ reason: "killed", code: 137 });
    const image = await runner.engine.loadImage(await componentBytes(command({ core: LOOPS })));
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 100);
    await expect(runner.engine.run(image, { signal: controller.signal })).rejects.toBe(reason);
  });

  test("in a call of an export end that call", async () => {
    await using container = await runner.container(callable({ core: LOOPS }), {
      limits: { timeoutMs: 300 },
    });
    await expect(container.call("go")).rejects.toMatchObject({
      code: "ERR_CALL_TRAPPED",
      data: { status: { reason: "timeout", limit: "timeoutMs", code: 137 } },
    });
  });
});

describe("what ends by itself", () => {
  test("a trap, in a function and in a start function", async () => {
    const core = `(func (export "go") (result i32) unreachable)`;
    expect(await runner.run(command({ core }))).toBe("trapped 134");
    expect(await runner.call(callable({ core }))).toBe("trapped 134");
    const begins = `(func $begin unreachable) (start $begin) ${LOOPS}`;
    expect(await runner.run(command({ core: begins }))).toBe("trapped 134");
    expect(await runner.call(callable({ core: begins }))).toBe("trapped 134");
  });

  test("calls without an end, in wasm alone and through the host", async () => {
    const core = `(func $f (export "go") (result i32) (i32.add (call $f) (call $f)))`;
    expect(await runner.run(command({ core }))).toBe("trapped stack");
    expect(await runner.call(callable({ core }))).toBe("trapped stack");
    const calls = `(func $f (export "go") (result i32)
      (drop (call $get-stdout)) (i32.add (call $f) (i32.const 1)))`;
    expect(await runner.call(callable({ wasi: "io", core: calls }))).toMatch(/^trapped/);
  });

  test("an exit, deep in other calls: no later call works, whatever the guest does", async () => {
    const core = `
      (func $deep (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (call $exit (i32.const 1))))
        (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (func (export "go") (result i32) (call $deep (i32.const 100)))`;
    expect(await runner.run(command({ wasi: "exit", core }))).toBe("exited 1");
    expect(await runner.call(callable({ wasi: "exit", core }))).toBe("exited 1");
  });

  test("an exit in the start function", async () => {
    const core = `(func $begin (call $exit (i32.const 0))) (start $begin) ${LOOPS}`;
    expect(await runner.run(command({ wasi: "exit", core }))).toBe("exited 0");
  });
});
