/** Components that misuse handles of resources: the host's, and their own. */
import type { ComponentResource } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ComponentRunner } from "./component-runner.js";
import { callable } from "./guest-text.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterEach(() => runner.expectSound());
afterAll(() => runner.close());

const io = (body: string): string =>
  callable({
    wasi: "io",
    core: `(func (export "go") (result i32) (local $a i32) (local $b i32) (local $left i32)
      ${body} (i32.const 7))`,
  });

/** Does something so many times. */
const times = (count: number, body: string): string => `
  (local.set $left (i32.const ${count}))
  (loop $next ${body}
    (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))`;

const OUTPUT = "(local.set $a (call $get-stdout))";
const POLLABLE = "(local.set $b (call $subscribe (local.get $a)))";

describe("a handle of the host's", () => {
  test.each<[string, string]>([
    ["dropped twice", `${OUTPUT} ${"(call $drop-output (local.get $a))".repeat(2)}`],
    ["used when it is dropped", `${OUTPUT} (call $drop-output (local.get $a)) ${POLLABLE}`],
    ["that was never given", "(call $block (i32.const 12345))"],
    ["of number 0", "(call $drop-output (i32.const 0))"],
    ["of number -1", "(drop (call $subscribe (i32.const -1)))"],
    ["of 2^30, where the table keeps its marks", "(call $drop-pollable (i32.const 0x40000000))"],
    ["of 2^31, dropped", "(call $drop-output (i32.const 0x80000000))"],
    [
      "of another type",
      `${OUTPUT} ${POLLABLE} (call $block (i32.add (local.get $a) (i32.const 9)))`,
    ],
    [
      "dropped before what was made from it",
      `${OUTPUT} ${POLLABLE} (call $drop-output (local.get $a))`,
    ],
  ])("%s is a trap", async (_, body) => {
    expect(await runner.call(io(body))).toBe("trapped 134");
  });

  test("dropped in the right order is none", async () => {
    const body = `${OUTPUT} ${POLLABLE}
      (call $drop-pollable (local.get $b)) (call $drop-output (local.get $a))`;
    expect(await runner.call(io(body))).toBe(7);
  });

  test("may be kept as often as the bound, and goes with its process", async () => {
    const keeps = io(times(60_000, "(drop (call $get-stdout))"));
    for (let run = 0; run < 3; run++) expect(await runner.call(keeps)).toBe(7);
  });

  test.each([
    ["streams", times(100_000, "(drop (call $get-stdout))")],
    ["pollables", `${OUTPUT} ${times(100_000, POLLABLE)}`],
  ])("100,000 %s are a trap", async (_, body) => {
    expect(await runner.call(io(body))).toBe("trapped 134");
  });

  test("made and dropped 300,000 times leaves nothing", async () => {
    const body = times(300_000, `${OUTPUT} (call $drop-output (local.get $a))`);
    expect(await runner.call(io(body))).toBe(7);
  });
});

/** A component with a resource of its own; `drops` is its destructor. */
const own = (body: string, drops = ""): string =>
  callable({
    before: `
      (core module $destructor (func (export "drop") (param i32) ${drops}))
      (core instance $destructor (instantiate $destructor))
      (type $thing (resource (rep i32) (dtor (core func $destructor "drop"))))
      (core func $new (canon resource.new $thing))
      (core func $rep (canon resource.rep $thing))
      (core func $drop (canon resource.drop $thing))`,
    given: `(with "own" (instance
      (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))`,
    core: `
      (import "own" "new" (func $new (param i32) (result i32)))
      (import "own" "rep" (func $rep (param i32) (result i32)))
      (import "own" "drop" (func $drop (param i32)))
      (func (export "go") (result i32) (local $a i32) (local $left i32) ${body} (i32.const 7))`,
  });

describe("a resource of the guest's own", () => {
  const NEW = "(local.set $a (call $new (i32.const 5)))";
  test.each([
    ["dropped twice", `${NEW} ${"(call $drop (local.get $a))".repeat(2)}`],
    [
      "looked up when it is dropped",
      `${NEW} (call $drop (local.get $a)) (drop (call $rep (local.get $a)))`,
    ],
    ["looked up that never was", "(drop (call $rep (i32.const 99)))"],
    ["dropped that never was", "(call $drop (i32.const -1))"],
    ["made 100,000 times", times(100_000, "(drop (call $new (local.get $left)))")],
  ])("%s is a trap", async (_, body) => {
    expect(await runner.call(own(body))).toBe("trapped 134");
  });

  test("made and dropped 100,000 times leaves nothing", async () => {
    const body = times(100_000, `${NEW} (call $drop (local.get $a))`);
    expect(await runner.call(own(body))).toBe(7);
  });

  test("whose destructor traps, or never ends, harms its instance alone", async () => {
    const body = `${NEW} (call $drop (local.get $a))`;
    expect(await runner.call(own(body, "unreachable"))).toBe("trapped 134");
    const limits = { timeoutMs: 300 };
    expect(await runner.call(own(body, "(loop $l (br $l))"), { limits })).toBe("timeout timeoutMs");
  });
});

/** Exports a resource with a constructor; its destructor and `make`, which gives a handle, are the attack's. */
const exported = (drops: string, makes: string): string => `(component
  (core module $destructor (func (export "drop") (param i32) ${drops}))
  (core instance $destructor (instantiate $destructor))
  (type $thing (resource (rep i32) (dtor (core func $destructor "drop"))))
  (core func $new (canon resource.new $thing))
  (core module $core
    (import "own" "new" (func $new (param i32) (result i32)))
    (func (export "make") (result i32) ${makes})
    (func (export "use") (param i32) (result i32) (local.get 0)))
  (core instance $core (instantiate $core (with "own" (instance (export "new" (func $new))))))
  (func $make (result (own $thing)) (canon lift (core func $core "make")))
  (func $use (param "t" (borrow $thing)) (result u32) (canon lift (core func $core "use")))
  (component $shim
    (import "thing" (type $t (sub resource)))
    (import "make" (func $make (result (own $t))))
    (import "use" (func $use (param "t" (borrow $t)) (result u32)))
    (export $t2 "thing" (type $t))
    (export "make" (func $make) (func (result (own $t2))))
    (export "use" (func $use) (func (param "t" (borrow $t2)) (result u32))))
  (instance $shim (instantiate $shim
    (with "thing" (type $thing)) (with "make" (func $make)) (with "use" (func $use))))
  (export "acme:test/things@1.0.0" (instance $shim)))`;

describe("a handle that the app holds", () => {
  const MAKE = "acme:test/things#make";
  const USE = "acme:test/things#use";
  const MAKES = "(call $new (i32.const 42))";

  test("of a destructor that traps ends the instance when it is dropped, not the app", async () => {
    await using container = await runner.container(exported("unreachable", MAKES));
    const thing = (await container.call(MAKE)) as ComponentResource;
    expect(await container.call(USE, thing)).toBe(42);
    await thing[Symbol.asyncDispose]();
    const next = (await container.call(MAKE)) as ComponentResource;
    expect(await container.call(USE, next)).toBe(42);
  });

  test("that was never made is a trap", async () => {
    await using container = await runner.container(exported("", "(i32.const 77)"));
    await expect(container.call(MAKE)).rejects.toMatchObject({
      code: "ERR_CALL_TRAPPED",
      data: { status: { reason: "trapped" } },
    });
  });

  test("of an instance that has ended is refused", async () => {
    await using container = await runner.container(exported("", MAKES));
    const thing = (await container.call(MAKE)) as ComponentResource;
    await container.kill();
    await container.call(MAKE);
    await expect(container.call(USE, thing)).rejects.toMatchObject({ code: "ERR_CALL_INVALID" });
  });
});
