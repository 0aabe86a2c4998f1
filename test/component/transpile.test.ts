import { isPlainText, textDecoder } from "../../src/guest/guest-text.js";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Script } from "node:vm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { threadsEnded } from "../../dist/base/ending-threads.js";
import { preparedKey } from "../../dist/component/prepare-key.js";
import type { PreparedComponent } from "../../dist/component/prepared-component.js";
import { decodePrepared } from "../../dist/component/prepared-file.js";
import { transpile } from "../../dist/component/transpile.js";
import { rejectionOf } from "../support/thrown-by.js";
import { guestComponent } from "./guest-components.js";
import * as odd from "./odd-components.js";

const TIMEOUT_MS = 60_000;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-transpile-"));
});
afterEach(async () => {
  for (const name of await readdir(folder)) await rm(join(folder, name));
});
afterAll(async () => {
  await threadsEnded();
  await rm(folder, { recursive: true });
});

const temporary = () => join(folder, "made");

async function prepared(bytes: Uint8Array): Promise<PreparedComponent> {
  const order = { source: { bytes }, component: "/app.wasm", temporary: temporary() };
  const { digest, isKnown } = await transpile(order, { timeoutMs: TIMEOUT_MS });
  expect(isKnown).toBe(false);
  const made = await decodePrepared(readFileSync(temporary()), preparedKey(digest));
  if (made === undefined) throw new Error("the file cannot be read");
  await rm(temporary());
  return made;
}

const refusal = (bytes: Uint8Array) => rejectionOf(prepared(bytes));

describe("what comes of a component", () => {
  test("a command: its script, core modules in the order of their instances, names and world", async () => {
    const made = await prepared(guestComponent("hello"));
    expect(made.programs).toEqual(["command"]);
    expect(made.exports).toEqual(["wasi:cli/run@0.2.12"]);
    expect(made.imports).toContain("wasi:cli/stdout@0.2.12");
    expect(made.cores.length).toBeGreaterThan(1);
    expect(new Set(made.instances)).toEqual(new Set(made.cores.keys()));
    for (const { bytes } of made.cores)
      expect(WebAssembly.validate(new Uint8Array(bytes))).toBe(true);
    expect(made.types.exports[0]?.functions[0]?.name).toBe("run");
  });

  test("a world of its own runs from the script and the core modules alone", async () => {
    const made = await prepared(guestComponent("greet"));
    expect(made.programs).toEqual([]);
    const { script, codeCache, cores, instances } = made;
    expect(instances).toEqual([0]);
    const compiled = new Script(script, {
      filename: "component.js",
      ...(codeCache === undefined ? {} : { cachedData: Buffer.from(codeCache) }),
    });
    expect(compiled.cachedDataRejected).toBe(false);
    const bind = compiled.runInThisContext() as (
      scope: object,
    ) => (
      get: (name: string) => WebAssembly.Module,
      imports: object,
    ) => { greet(name: string): string };
    const instantiate = bind({
      WebAssembly,
      globalThis: { WebAssembly },
      _isPlainText: isPlainText,
      _textDecoder: textDecoder,
    });
    const module = (name: string) => {
      const core = cores.find((each) => each.name === name);
      return new WebAssembly.Module(new Uint8Array(core?.bytes ?? []));
    };
    expect(instantiate(module, {}).greet("Ada")).toBe("Hello, Ada!");
  });

  test("the same bytes give the same parts", async () => {
    const [first, second] = [guestComponent("greet"), guestComponent("greet")];
    const { codeCache: _, ...one } = await prepared(first);
    const { codeCache: __, ...other } = await prepared(second);
    expect(other).toEqual(one);
  });

  test("a component of nothing is a component", async () => {
    expect(await prepared(odd.emptyComponent)).toMatchObject({
      cores: [],
      instances: [],
      exports: [],
    });
  });
});

describe("what is refused", () => {
  test("bytes that are none, and a component that ends early", async () => {
    const whole = guestComponent("greet");
    for (const bytes of [new Uint8Array(), new Uint8Array(64), whole.subarray(0, -20)]) {
      expect(await refusal(bytes)).toMatchObject({
        code: "ERR_COMPONENT_INVALID",
        data: { module: "/app.wasm" },
      });
    }
  });

  test("what the transpiler cannot make sense of, with its words on one line", async () => {
    const bytes = guestComponent("greet");
    const at = Buffer.from(bytes).indexOf("cabi_post_greet");
    bytes.set(Buffer.from("cabi_post_gREEt"), at);
    const error = await refusal(bytes);
    expect(error).toMatchObject({ code: "ERR_COMPONENT_INVALID" });
    expect(String(error)).not.toMatch(/[\n\r]/);
    expect(String(error).length).toBeLessThan(800);
  });

  test("a name that would be code", async () => {
    const bytes = guestComponent("greet");
    const name = "cabi_post_greet";
    for (let at = 0; (at = Buffer.from(bytes).indexOf(name, at + 1)) > 0;) {
      bytes.set(Buffer.from("x'];PWNED=1;//!"), at);
    }
    expect(await refusal(bytes)).toMatchObject({ code: "ERR_COMPONENT_NAME_UNSAFE" });
  });

  test.each([
    ["an asynchronous function", odd.asyncFunction],
    ["a stream", odd.streamType],
    ["a built-in of WASI 0.3 in a nested component", odd.nestedTaskCancel],
    ["an interface of WASI 0.3", odd.importingInterface("wasi:clocks/monotonic-clock@0.3.0")],
  ])("%s", async (_, bytes) => {
    const error = await refusal(bytes);
    expect(error).toMatchObject({
      code: "ERR_COMPONENT_UNSUPPORTED",
      data: { module: "/app.wasm", problem: expect.stringContaining("0.3") as string },
    });
  });
});

describe("the thread", () => {
  test("after a component that fails, the next one is prepared", async () => {
    const bad = guestComponent("greet");
    bad.fill(0xff, bad.length - 200, bad.length - 100);
    expect(await refusal(bad)).toBeInstanceOf(Error);
    expect(await prepared(guestComponent("greet"))).toMatchObject({ programs: [] });
  });

  test("a deadline ends it", async () => {
    const order = {
      source: { bytes: guestComponent("hello") },
      component: "/a",
      temporary: temporary(),
    };
    const error = await rejectionOf(transpile(order, { timeoutMs: 1 }));
    expect(error).toMatchObject({
      code: "ERR_MODULE_COMPILE_TIMEOUT",
      data: { module: "/a", limit: 1 },
    });
  });

  test("an abort ends it, with the signal's own reason; one before it begins as well", async () => {
    const reason = new Error("enough");
    const order = {
      source: { bytes: guestComponent("hello") },
      component: "/a",
      temporary: temporary(),
    };
    const controller = new AbortController();
    const running = rejectionOf(
      transpile(order, { timeoutMs: TIMEOUT_MS, signal: controller.signal }),
    );
    setTimeout(() => controller.abort(reason), 20);
    expect(await running).toBe(reason);
    const signal = AbortSignal.abort(reason);
    expect(await rejectionOf(transpile(order, { timeoutMs: TIMEOUT_MS, signal }))).toBe(reason);
    expect(existsSync(temporary())).toBe(false);
  });

  test("who waits for a thread may give up", async () => {
    const order = (name: string) => ({
      source: { bytes: guestComponent("greet") },
      component: "/a",
      temporary: join(folder, name),
    });
    const options = { timeoutMs: TIMEOUT_MS };
    const two = ["1", "2"].map((name) => transpile(order(name), options));
    const signal = AbortSignal.timeout(10);
    expect(await rejectionOf(transpile(order("3"), { ...options, signal }))).toBe(signal.reason);
    await Promise.all(two);
    expect(await readdir(folder)).toEqual(["1", "2"]);
    // The turn that came too late was given back.
    await transpile(order("4"), options);
  });

  test("the app goes on meanwhile", async () => {
    await prepared(guestComponent("greet"));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await prepared(guestComponent("hello"));
    delay.disable();
    // All of it takes a second; of that, nothing is done in this thread but to read the result.
    expect(delay.mean / 1e6).toBeLessThan(100);
  });
});
