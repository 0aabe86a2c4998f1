/** Resources of instances that have ended, resources that are lent when their instance ends, and numbers of resources. */
import type { ComponentResource, Container } from "safedock";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ComponentRunner } from "./component-runner.js";
import { callables } from "./guest-text.js";
import { HELD, LENT } from "./held-text.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterAll(async () => {
  await runner.expectSound();
  await runner.close();
});

describe("a resource that the app holds", () => {
  const returns = (rep: number): number | Promise<number> => rep;
  let during = returns;
  let container: Container;
  beforeAll(async () => {
    const imports = { "acme:test/host@1.0.0": { during: (rep: number) => during(rep) } };
    container = await runner.container(HELD, { imports });
  });
  beforeEach(async () => {
    during = returns;
    await container.kill();
  });
  afterAll(() => container.remove({ force: true }));

  const make = async (rep: number): Promise<ComponentResource> =>
    (await container.call("acme:test/things#make", rep)) as ComponentResource;
  const call = (name: string, ...args: unknown[]): Promise<unknown> =>
    runner.callIn(container, `acme:test/things#${name}`, ...args);

  /** One of an ended instance, while the next has resources of the same numbers. */
  async function expectEnded(former: ComponentResource): Promise<void> {
    const next = await make(1_000);
    for (const name of ["use", "lend", "trap", "keep", "discard"]) {
      expect(await call(name, former)).toBe("ERR_CALL_INVALID");
    }
    await former[Symbol.asyncDispose]();
    expect(await call("dropped")).toBe(0);
    expect(await call("use", next)).toBe(1_000);
  }

  test.each([
    ["a trap while it was lent", "trap", 11],
    ["a trap in its destructor", "discard", 666],
  ])("never reaches the instance after %s", async (_, name, rep) => {
    const lent = await make(rep);
    const other = await make(12);
    expect(await call(name, lent)).toBe("trapped 134");
    await expectEnded(other);
    if (name === "trap") await expectEnded(lent);
    else expect(await call("use", lent)).toBe("ERR_CALL_INVALID");
  });

  test("never reaches the instance after one that the app's function has ended", async () => {
    const ways: readonly [end: () => number | Promise<number>, end: string][] = [
      [() => expect.fail("the app's own"), "trapped 134"],
      [() => container.kill().then(() => 1), "killed 137"],
    ];
    for (const [end, came] of ways) {
      during = end;
      const lent = await make(13);
      expect(await call("lend", lent)).toBe(came);
      during = returns;
      await expectEnded(lent);
    }
  });

  test("that is let go of while it is lent is dropped once, after the call", async () => {
    const lent = await make(14);
    let droppedBefore: Promise<unknown> = Promise.resolve();
    during = (rep) => {
      droppedBefore = lent[Symbol.asyncDispose]();
      return rep;
    };
    expect(await call("lend", lent)).toBe(14);
    await droppedBefore;
    await lent[Symbol.asyncDispose]();
    expect(await call("dropped")).toBe(1);
    expect(await call("use", lent)).toBe("ERR_CALL_INVALID");
  });

  test("and was given away is refused, whoever dropped it", async () => {
    const kept = await make(15);
    expect(await call("keep", kept)).toBe(1);
    expect(await call("use", kept)).toBe("ERR_CALL_INVALID");
    const discarded = await make(16);
    expect(await call("discard", discarded)).toBe(0);
    await discarded[Symbol.asyncDispose]();
    expect(await call("dropped")).toBe(1);
  });

  test("of another container of the image is refused", async () => {
    const imports = { "acme:test/host@1.0.0": { during: returns } };
    await using other = await runner.container(HELD, { imports });
    const theirs = (await other.call("acme:test/things#make", 17)) as ComponentResource;
    await make(18);
    expect(await call("use", theirs)).toBe("ERR_CALL_INVALID");
  });
});

describe("a resource that one part of a component lends to another", () => {
  let container: Container;
  beforeAll(async () => {
    container = await runner.container(LENT);
  });
  afterAll(() => container.remove({ force: true }));

  test.each([
    ["go-1", "a part that traps with it"],
    ["go-2", "a part that keeps it"],
    ["go-3", "a part when it is dropped already"],
  ])("%s to %s: the next instance counts its handles anew", async (name) => {
    expect(await runner.callIn(container, name)).toBe("trapped 134");
    expect(await runner.callIn(container, "go-0")).toBe(101);
    expect(await runner.callIn(container, "go-0")).toBe(201);
  });

  test("and was its own before is a handle, no number", async () => {
    await runner.callIn(container, "go-1");
    expect(await runner.callIn(container, "go-4")).toBe(201);
  });
});

describe("a number that a component gives a resource", () => {
  const OWN = ["new", "rep", "drop"];
  const text = callables(
    {
      before: `
      (core module $destructor (func (export "drop") (param i32)))
      (core instance $destructor (instantiate $destructor))
      (type $thing (resource (rep i32) (dtor (core func $destructor "drop"))))
      ${OWN.map((name) => `(core func $${name} (canon resource.${name} $thing))`).join("\n")}`,
      given: `(with "own" (instance ${OWN.map((name) => `(export "${name}" (func $${name}))`).join(" ")}))`,
    },
    `(import "own" "new" (func $new (param i32) (result i32)))
     (import "own" "rep" (func $rep (param i32) (result i32)))
     (import "own" "drop" (func $drop (param i32)))`,
    [
      ...[0, 0x3fffffff, 0x80000000, 0x40000000, 0xffffffff].map(
        (rep) => `(call $rep (call $new (i32.const ${rep})))`,
      ),
      `(local $rep i32)
       (loop $next
         (call $drop (call $new (local.tee $rep (i32.add (local.get $rep) (i32.const 1)))))
         (br_if $next (i32.lt_u (local.get $rep) (i32.const 20000000))))
       (i32.const 7)`,
    ],
  );

  let container: Container;
  beforeAll(async () => {
    container = await runner.container(text);
  });
  afterAll(() => container.remove({ force: true }));

  test("may be 0, and whatever has no bit for the table's marks; others are traps", async () => {
    const found: unknown[] = [];
    for (let index = 0; index < 5; index++) {
      found.push(await runner.callIn(container, `go-${index}`));
    }
    expect(found).toEqual([0, 0x3fffffff, 0x80000000, "trapped 134", "trapped 134"]);
  });

  test("is not remembered: 20 million take no memory", async () => {
    const before = process.memoryUsage().rss;
    expect(await runner.callIn(container, "go-5")).toBe(7);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(200);
  });
});
