/** Components whose texts are in UTF-16, as some languages keep them. */
import type { Container } from "safedock";
import { afterAll, beforeAll, expect, it } from "vitest";
import { componentBytes, endComponentTexts } from "../support/component-text.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

/** Gives each text that it gets to a function of the app, and answers with what that gives. */
const ECHO = `(component
  (import "acme:test/host" (instance $host
    (export "one" (func (param "m" string) (result string)))
    (export "all" (func (param "m" (list string)) (result (list string))))))
  (core module $memory (memory (export "mem") 4)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (local.set $at (global.get $free))
      (global.set $free (i32.add (global.get $free) (local.get 3)))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (core func $one (canon lower (func $host "one") (memory (core memory $memory "mem"))
    (realloc (core func $memory "realloc")) string-encoding=utf16))
  (core func $all (canon lower (func $host "all") (memory (core memory $memory "mem"))
    (realloc (core func $memory "realloc")) string-encoding=utf16))
  (core module $core
    (import "h" "one" (func $one (param i32 i32 i32)))
    (import "h" "all" (func $all (param i32 i32 i32)))
    (func (export "one") (param i32 i32) (result i32)
      (call $one (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "all") (param i32 i32) (result i32)
      (call $all (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16)))
  (core instance $core (instantiate $core
    (with "h" (instance (export "one" (func $one)) (export "all" (func $all))))))
  (func (export "one") (param "m" string) (result string) (canon lift (core func $core "one")
    (memory (core memory $memory "mem")) (realloc (core func $memory "realloc"))
    string-encoding=utf16))
  (func (export "all") (param "m" (list string)) (result (list string))
    (canon lift (core func $core "all") (memory (core memory $memory "mem"))
      (realloc (core func $memory "realloc")) string-encoding=utf16)))`;

const TEXTS = [
  "",
  "a",
  "abc",
  "grüße",
  "日本語",
  "\u{1f600} \u{1f680}",
  "\ufeffmark",
  "x".repeat(5_000),
];

let fixture: TestEngine;
let container: Container;
const got: unknown[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
  const image = await fixture.engine.loadImage(await componentBytes(ECHO));
  container = await fixture.engine.createContainer(image, {
    imports: {
      "acme:test/host": {
        one: (text: string) => {
          got.push(text);
          return `${text}!`;
        },
        all: (texts: string[]) => {
          got.push(texts);
          return texts.toReversed();
        },
      },
    },
  });
});

afterAll(async () => {
  await endComponentTexts();
  await fixture.close();
});

it.each([...TEXTS.entries()])(
  "%i: a text reaches a function of the app whole, and comes back",
  async (_, text) => {
    got.length = 0;
    expect(await container.call("one", text)).toBe(`${text}!`);
    expect(got).toEqual([text]);
  },
);

it("texts in a list do as well", async () => {
  got.length = 0;
  expect(await container.call("all", TEXTS)).toEqual(TEXTS.toReversed());
  expect(got).toEqual([TEXTS]);
});
