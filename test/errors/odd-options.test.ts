/** What code without types may hand to a verb: each answer is ERR_OPTIONS_INVALID, at once. */
import { join } from "node:path";
import {
  approveGrants,
  type Container,
  diffGrants,
  type Engine,
  type Image,
  isSafedockError,
  openEngine,
  parseGrants,
  readImageLock,
  suggestGrants,
  writeImageLock,
} from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let engine: Engine;
let image: Image;
let container: Container;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
  image = await engine.loadImage(guestPath("hello"), { reference: "hello:1" });
  container = await engine.createContainer(image);
  await container.start().then((main) => main.wait());
});

afterAll(() => fixture.close());

const thrown = new Error("thrown by a getter");
const boom = (): never => {
  throw thrown;
};
const throwing = new Proxy({}, { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom });

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What an action rejects with or throws; a mark when it does neither. */
async function outcomeOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return "nothing was thrown";
}

const nowhere = "127.0.0.1:1/acme/hello:1";
const lock = { version: 1, images: { [nowhere]: `sha256:${"0".repeat(64)}` } } as const;

/** Each verb that takes options. */
const VERBS: Record<string, (options: never) => unknown> = {
  openEngine: (options) => openEngine(options),
  createContainer: (options) => engine.createContainer(image, options),
  run: (options) => engine.run(image, options),
  whenReady: (options) => engine.whenReady(options),
  pullImage: (options) => engine.pullImage(nowhere, options),
  loadImage: (options) => engine.loadImage(guestPath("hello"), options),
  loadImages: (options) => engine.loadImages(guestPath("hello"), options),
  saveImage: (options) => engine.saveImage(image, join(fixture.folder, "saved.tar"), options),
  buildImage: (options) => engine.buildImage(options),
  pushImage: (options) => engine.pushImage(image, nowhere, options),
  lockImages: (options) => engine.lockImages([nowhere], options),
  checkLock: (options) => engine.checkLock(lock, options),
  prune: (options) => engine.prune(options),
  verify: (options) => engine.verify(options),
  "images.remove": (options) => engine.images.remove("hello:1", options),
  "container.start": (options) => container.start(options),
  "container.exec": (options) => container.exec(["/hello.wasm"], options),
  "container.stop": (options) => container.stop(options),
  "container.remove": (options) => container.remove(options),
  "container.commit": (options) => container.commit(options),
  "container.export": (options) => container.export(options),
  "container.fs.mkdir": (options) => container.fs.mkdir("/made", options),
  "container.fs.rm": (options) => container.fs.rm("/made", options),
  approveGrants: (options) => approveGrants({}, options),
};

/** Those that can be given up. */
const SIGNALLED = [
  "run",
  "whenReady",
  "pullImage",
  "loadImage",
  "loadImages",
  "saveImage",
  "buildImage",
  "pushImage",
  "lockImages",
  "checkLock",
  "prune",
  "verify",
  "container.start",
  "container.exec",
  "container.commit",
  "container.export",
];

describe.each(Object.entries(VERBS))("options of %s", (_, verb) => {
  it.each([
    ["null", null],
    ["a number", 5],
    ["an array", [1]],
    ["an unknown name", { noSuchOption: true }],
  ])("refuse %s", async (__, options) => {
    expect(await outcomeOf(() => verb(options as never))).toMatchObject({
      name: "SafedockError",
      code: "ERR_OPTIONS_INVALID",
    });
  });

  it.each([
    ["throws at every touch", throwing],
    ["is revoked", revokedProxy()],
  ])("tell of a proxy that %s, which is the cause", async (__, options) => {
    const error = await outcomeOf(() => verb(options as never));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    if (options === throwing) expect(error).toHaveProperty("cause", thrown);
    else expect(error).toHaveProperty("cause", expect.any(TypeError));
  });
});

describe.each(SIGNALLED)("the signal of %s", (name) => {
  const verb = VERBS[name] ?? boom;

  it.each([
    ["null", null],
    ["a number", 5],
    ["something like one", { aborted: false }],
  ])("is not %s", async (_, signal) => {
    const error = await outcomeOf(() => verb({ signal } as never));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(String(error)).toMatch(/signal: must be an AbortSignal/);
  });

  it("may be a getter that throws, which is the cause", async () => {
    const options = {
      get signal(): never {
        return boom();
      },
    };
    expect(await outcomeOf(() => verb(options as never))).toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      cause: thrown,
    });
  });

  it("rejects with its reason, untouched, when it is aborted", async () => {
    const reason = { any: "value" };
    const signal = AbortSignal.abort(reason);
    if (name === "container.export") {
      const stream = container.export({ signal });
      expect(await outcomeOf(() => stream.toArray())).toBe(reason);
    } else if (name === "buildImage") {
      expect(await outcomeOf(() => engine.buildImage({ from: image, files: {}, signal }))).toBe(
        reason,
      );
    } else {
      expect(await outcomeOf(() => verb({ signal } as never))).toBe(reason);
    }
  });
});

describe("each option is read once", () => {
  /** Options whose getters answer once, and throw from then on. */
  function once<T extends object>(options: T): T {
    const read = new Set<string | symbol>();
    return new Proxy(options, {
      get(target, name) {
        if (read.has(name)) boom();
        read.add(name);
        return Reflect.get(target, name) as unknown;
      },
    });
  }

  it("by run, start and exec", async () => {
    const { signal } = new AbortController();
    const run = await engine.run(image, once({ args: ["x"], stdin: "y", signal, audit: true }));
    expect(run).toMatchObject({ code: 0, audit: expect.any(Object) });
    const main = await container.start(once({ stdin: "none" as const, signal }));
    expect(await main.wait()).toMatchObject({ code: 0 });
    const other = await container.exec(["/hello.wasm"], once({ env: { A: "b" }, signal }));
    expect(await other.wait()).toMatchObject({ code: 0 });
  });

  it("also one that a prototype has: a limit is never lost", async () => {
    class Strict {
      get limits() {
        return { moduleBytes: 8 };
      }
    }
    const inherited = Object.create({ limits: { moduleBytes: 8 } }) as object;
    for (const options of [new Strict(), inherited]) {
      await expect(engine.run(image, options)).rejects.toMatchObject({
        code: "ERR_MODULE_TOO_LARGE",
      });
    }
  });
});

const IMAGE_VERBS: Record<string, (given: never) => unknown> = {
  createContainer: (given) => engine.createContainer(given),
  run: (given) => engine.run(given),
  requirements: (given) => engine.requirements(given),
  saveImage: (given) => engine.saveImage(given, join(fixture.folder, "saved.tar")),
  pushImage: (given) => engine.pushImage(given, nowhere),
  "images.get": (given) => engine.images.get(given),
  "images.remove": (given) => engine.images.remove(given),
  "images.tag": (given) => engine.images.tag(given, "other:1"),
  "images.pin": (given) => engine.images.pin(given),
  "images.unpin": (given) => engine.images.unpin(given),
};

describe.each(Object.entries(IMAGE_VERBS))("%s", (_, verb) => {
  it.each([
    ["null", null],
    ["undefined", undefined],
    ["a number", 5],
    ["a symbol", Symbol("image")],
    ["an object", { digest: "sha256:0" }],
    ["a proxy that throws", throwing],
    ["a proxy that is revoked", revokedProxy()],
  ])("takes no image that is %s", async (__, given) => {
    expect(await outcomeOf(() => verb(given as never))).toMatchObject({
      code: "ERR_OPTIONS_INVALID",
    });
  });
});

const GRANT_FUNCTIONS: Record<string, (given: never) => unknown> = {
  "suggestGrants()": (given) => suggestGrants(given),
  "approveGrants()": (given) => approveGrants(given),
  "diffGrants(…, {})": (given) => diffGrants(given, {}),
  "diffGrants({}, …)": (given) => diffGrants({}, given),
  "parseGrants()": (given) => parseGrants(given),
  "container.narrowGrants()": (given) => container.narrowGrants(given),
  "container.revokeGrants()": (given) => container.revokeGrants(given),
};

describe.each(Object.entries(GRANT_FUNCTIONS))("%s", (_, call) => {
  it.each([
    ["null", null],
    ["undefined", undefined],
    ["a number", 5],
    ["a symbol", Symbol("grants")],
    ["a function", boom],
    ["a proxy that throws", throwing],
    ["a proxy that is revoked", revokedProxy()],
  ])("refuses %s", async (__, given) => {
    expect(await outcomeOf(() => call(given as never))).toMatchObject({
      code: "ERR_OPTIONS_INVALID",
    });
  });
});

it("suggestGrants refuses what only looks like an audit", async () => {
  for (const audit of [{}, { grants: {}, fs: [] }, { grants: {}, fs: [null], denials: [5] }]) {
    expect(await outcomeOf(() => suggestGrants(audit as never))).toMatchObject({
      code: "ERR_OPTIONS_INVALID",
    });
  }
});

describe("container.fs", () => {
  it.each([
    ["readFile", (given: never) => container.fs.readFile(given)],
    ["writeFile", (given: never) => container.fs.writeFile("/file", given)],
    ["readdir", (given: never) => container.fs.readdir(given)],
    ["rename", (given: never) => container.fs.rename("/file", given)],
    ["symlink", (given: never) => container.fs.symlink(given, "/link")],
  ])("%s takes text alone", async (_, act) => {
    for (const given of [null, undefined, 5, {}, throwing]) {
      expect(await outcomeOf(() => act(given as never))).toMatchObject({
        code: "ERR_OPTIONS_INVALID",
      });
    }
    expect(await container.fs.exists("/link")).toBe(false);
    expect(await container.fs.exists("/file")).toBe(false);
  });
});

it("a lock file has a path", async () => {
  for (const path of [null, undefined, 5, ""]) {
    for (const act of [
      () => readImageLock(path as never),
      () => writeImageLock(path as never, lock),
    ]) {
      expect(await outcomeOf(act)).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    }
  }
});

describe("the seed of random bytes", () => {
  it.each([
    ["Infinity", Infinity],
    ["NaN", NaN],
    ["null", null],
    ["undefined", undefined],
    ["a bigint", 1n],
    ["an object", {}],
  ])("is not %s, and the message names it", async (_, seed) => {
    const error = await outcomeOf(() =>
      engine.run(image, { grants: { random: { seed } as never } }),
    );
    const problem = expect.stringMatching(
      /^grants\.random\.seed: must be a text or a finite number, not /,
    ) as unknown;
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID", data: { problems: [problem] } });
  });

  it.each([
    ["-0", -0],
    ["1e300", 1e300],
    ["-0.5", -0.5],
    ["no text at all", ""],
    ["half a surrogate", "\ud800"],
  ])("may be %s", async (_, seed) => {
    expect(await engine.run(image, { grants: { random: { seed } } })).toMatchObject({ code: 0 });
  });
});

describe("the hint of ERR_OPTIONS_INVALID", () => {
  it.each([
    ["docs/grants.md", { grants: { clock: "fast" } }],
    ["docs/limits.md", { limits: { timeoutMs: -1 } }],
    ["docs/grants.md and docs/limits.md", { grants: { clock: "fast" }, limits: { cpuMs: 0 } }],
    ["data.problems", { rootfs: "none at all" }],
  ])("names %s", async (page, options) => {
    const error = await outcomeOf(() => engine.run(image, options as never));
    if (!isSafedockError(error, "ERR_OPTIONS_INVALID")) throw error;
    expect(error.hint.startsWith(page)).toBe(true);
    expect(error.message.endsWith(` (${error.hint})`)).toBe(true);
  });
});

it("leaves nothing behind", () => {
  expect(engine.inspect()).toMatchObject({ processes: 0, containers: [container.id] });
});
