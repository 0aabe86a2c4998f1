/** Components that misuse handles of resources: the host's, and their own. */
import type { ComponentResource, Container } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ComponentRunner } from "./component-runner.js";
import { callables } from "./guest-text.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterEach(() => runner.expectSound());
afterAll(() => runner.close());

/** Does something so many times. */
const times = (count: number, body: string): string => `
  (local.set $left (i32.const ${count}))
  (loop $next ${body}
    (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))`;

const LOCALS = "(local $a i32) (local $b i32) (local $left i32)";
const OUTPUT = "(local.set $a (call $get-stdout))";
const POLLABLE = "(local.set $b (call $subscribe (local.get $a)))";
const DROP = "(call $drop-output (local.get $a))";

describe("a handle of the host's", () => {
  const TRAPS = {
    "dropped twice": `${OUTPUT} ${DROP} ${DROP}`,
    "used when it is dropped": `${OUTPUT} ${DROP} ${POLLABLE}`,
    "that was never given": "(call $block (i32.const 12345))",
    "of number 0": "(call $drop-output (i32.const 0))",
    "of number -1": "(drop (call $subscribe (i32.const -1)))",
    "of 2^30, where the table keeps its marks": "(call $drop-pollable (i32.const 0x40000000))",
    "of 2^31, dropped": "(call $drop-output (i32.const 0x80000000))",
    "of 2^31 and one that there is": `${OUTPUT}
      (call $drop-output (i32.or (local.get $a) (i32.const 0x80000000)))`,
    "of another type": `${OUTPUT} ${POLLABLE} (call $block (i32.add (local.get $a) (i32.const 9)))`,
    "dropped before what was made from it": `${OUTPUT} ${POLLABLE} ${DROP}`,
    "of 100,000 streams": times(100_000, "(drop (call $get-stdout))"),
    "of 100,000 pollables": `${OUTPUT} ${times(100_000, POLLABLE)}`,
  } as const;
  const HARMLESS = {
    "dropped in the right order": `${OUTPUT} ${POLLABLE} (call $drop-pollable (local.get $b)) ${DROP}`,
    "kept nearly as often as the bound": times(20_000, "(drop (call $get-stdout))"),
    "made and dropped 300,000 times": times(300_000, `${OUTPUT} ${DROP}`),
  } as const;
  const bodies = [...Object.values(TRAPS), ...Object.values(HARMLESS)];
  const text = callables(
    { wasi: "io" },
    "",
    bodies.map((body) => `${LOCALS} ${body} (i32.const 7)`),
  );

  let container: Container;
  beforeAll(async () => {
    container = await runner.container(text);
  });
  afterAll(() => container.remove({ force: true }));

  test.each([...Object.keys(TRAPS).entries()])("%i %s is a trap", async (index) => {
    expect(await runner.callIn(container, `go-${index}`)).toBe("trapped 134");
  });

  test.each([...Object.keys(HARMLESS).entries()])("%i %s is none", async (index) => {
    const name = `go-${Object.keys(TRAPS).length + index}`;
    for (let call = 0; call < 3; call++) expect(await runner.callIn(container, name)).toBe(7);
  });
});

describe("a resource of the guest's own", () => {
  const NEW = "(local.set $a (call $new (i32.const 5)))";
  const DROP_OWN = "(call $drop (local.get $a))";
  const TRAPS = {
    "dropped twice": `${NEW} ${DROP_OWN} ${DROP_OWN}`,
    "looked up when it is dropped": `${NEW} ${DROP_OWN} (drop (call $rep (local.get $a)))`,
    "looked up that never was": "(drop (call $rep (i32.const 99)))",
    "dropped that never was": "(call $drop (i32.const 99))",
    "dropped, of number -1": "(call $drop (i32.const -1))",
    "made 100,000 times": times(100_000, "(drop (call $new (local.get $left)))"),
    "whose destructor traps": `(local.set $a (call $new (i32.const 1))) ${DROP_OWN}`,
  } as const;
  const LOOPS = `(local.set $a (call $new (i32.const 2))) ${DROP_OWN}`;
  const HARMLESS = times(100_000, `${NEW} ${DROP_OWN}`);
  const given = ["new", "rep", "drop"].map((name) => `(export "${name}" (func $${name}))`);
  const text = callables(
    {
      before: `
      (core module $destructor (func (export "drop") (param i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then unreachable))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (loop $l (br $l))))))
      (core instance $destructor (instantiate $destructor))
      (type $thing (resource (rep i32) (dtor (core func $destructor "drop"))))
      (core func $new (canon resource.new $thing))
      (core func $rep (canon resource.rep $thing))
      (core func $drop (canon resource.drop $thing))`,
      given: `(with "own" (instance ${given.join(" ")}))`,
    },
    `(import "own" "new" (func $new (param i32) (result i32)))
     (import "own" "rep" (func $rep (param i32) (result i32)))
     (import "own" "drop" (func $drop (param i32)))`,
    [...Object.values(TRAPS), LOOPS, HARMLESS].map((body) => `${LOCALS} ${body} (i32.const 7)`),
  );

  let container: Container;
  beforeAll(async () => {
    container = await runner.container(text, { limits: { timeoutMs: 5_000 } });
  });
  afterAll(() => container.remove({ force: true }));

  const count = Object.keys(TRAPS).length;
  test.each([...Object.keys(TRAPS).entries()])("%i %s is a trap", async (index) => {
    expect(await runner.callIn(container, `go-${index}`)).toBe("trapped 134");
  });

  test("whose destructor never ends is ended by the time of the call", async () => {
    await using other = await runner.container(text, { limits: { timeoutMs: 300 } });
    expect(await runner.callIn(other, `go-${count}`)).toBe("timeout timeoutMs");
  });

  test("made and dropped 100,000 times leaves nothing", async () => {
    for (let call = 0; call < 3; call++) {
      expect(await runner.callIn(container, `go-${count + 1}`)).toBe(7);
    }
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

  test("that was never made is a trap when it is used", async () => {
    await using container = await runner.container(exported("", "(i32.const 77)"));
    const thing = await container.call(MAKE);
    expect(await runner.callIn(container, USE, thing)).toBe("trapped 134");
  });

  test("of an instance that has ended is refused", async () => {
    await using container = await runner.container(exported("", MAKES));
    const thing = (await container.call(MAKE)) as ComponentResource;
    await container.kill();
    await container.call(MAKE);
    await expect(container.call(USE, thing)).rejects.toMatchObject({ code: "ERR_CALL_INVALID" });
  });
});
