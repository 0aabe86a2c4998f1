/** What an image's programs would need, told before anything is compiled or run. */
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GRANT_USES, usesOfFunction } from "../../src/engine/import-grants.js";
import { preview1Functions } from "../../src/wasi/preview1/function-types.js";
import { guestBytes, guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { coreModule, name, section } from "../wasm/module-bytes.js";

let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
});

afterAll(() => fixture.close());

async function programOf(bytes: Uint8Array) {
  const { programs } = await engine.requirements(await engine.loadImage(bytes));
  return programs[0];
}

/** By all threads of this process; 0 where the system does not say. */
async function bytesRead(): Promise<number> {
  if (process.platform !== "linux") return 0;
  const text = await readFile("/proc/self/io", "utf8");
  return Number(/^rchar: (\d+)$/m.exec(text)?.[1]);
}

describe("engine.requirements", () => {
  it("says what each program of an image imports and could use", async () => {
    const image = await engine.buildImage({
      files: {
        "/bin/hello.wasm": await guestBytes("hello"),
        "/bin/env.wasm": await guestBytes("env"),
      },
      entrypoint: ["/bin/hello.wasm"],
      reference: "acme/two:1",
    });
    const found = await engine.requirements("acme/two:1");
    expect(await engine.requirements(image)).toEqual(found);
    expect(found).toMatchObject({
      digest: image.digest,
      reference: "docker.io/acme/two:1",
      entry: "/bin/hello.wasm",
      programs: [
        { path: "/bin/env.wasm" },
        { path: "/bin/hello.wasm", size: (await guestBytes("hello")).length },
      ],
    });
    const [env, hello] = found.programs;
    expect(hello).toMatchObject({
      kind: "core",
      world: { kind: "command", wasi: "preview1" },
      grants: ["stdio"],
      unknownImports: [],
      hasStartFunction: false,
      truncated: false,
    });
    expect(hello?.imports).toMatchObject([
      {
        module: "wasi_snapshot_preview1",
        functions: expect.arrayContaining(["fd_write"]),
        others: [],
      },
    ]);
    expect(hello?.memories).toMatchObject([{ imported: false, address64: false, shared: false }]);
    expect(hello?.memories[0]?.minimumBytes).toBeGreaterThanOrEqual(65_536);
    expect(hello?.exports).toContainEqual({ name: "_start", kind: "function" });
    expect(env?.grants).toContain("env");
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it("names what nothing provides, and functions of another type", async () => {
    const found = await programOf(
      coreModule(
        section(1, [0x60, 0, 0]),
        section(
          2,
          [...name("env"), ...name("log"), 0, 0],
          [...name("__proto__"), ...name("constructor"), 0, 0],
          [...name("wasi_snapshot_preview1"), ...name("random_get"), 0, 0],
          [...name("env"), ...name("memory"), 2, 3, 1, 2],
          [...name("env"), ...name("\u001b[2J"), 3, 0x7f, 0],
        ),
      ),
    );
    expect(found).toMatchObject({
      unknownImports: [
        "env.log",
        "__proto__.constructor",
        "wasi_snapshot_preview1.random_get",
        "env.memory (memory)",
        "env.?[2J (global)",
      ],
      grants: [],
      imports: [
        {
          module: "env",
          functions: ["log"],
          others: [
            { name: "memory", kind: "memory" },
            { name: "?[2J", kind: "global" },
          ],
        },
        { module: "__proto__", functions: ["constructor"] },
        { module: "wasi_snapshot_preview1", functions: ["random_get"] },
      ],
      memories: [{ imported: true, minimumBytes: 65_536, maximumBytes: 131_072, shared: true }],
    });
  });

  it("describes memories, tables and a start function", async () => {
    const found = await programOf(
      coreModule(
        section(1, [0x60, 0, 0]),
        section(3, [0]),
        section(4, [0x70, 1, 5, 9]),
        section(5, [1, 2, 3], [0, 7]),
        section(7, [...name("go"), 0, 0]),
        [8, 1, 0],
        section(10, [2, 0, 0x0b]),
      ),
    );
    expect(found).toMatchObject({
      world: { kind: "exports" },
      memories: [
        { imported: false, minimumBytes: 2 * 65_536, maximumBytes: 3 * 65_536 },
        { imported: false, minimumBytes: 7 * 65_536 },
      ],
      tables: [{ minimum: 5, maximum: 9 }],
      exports: [{ name: "go", kind: "function" }],
      hasStartFunction: true,
    });
  });

  it("reads the interfaces of a component, which cannot run yet", async () => {
    const interfaces = [
      "wasi:cli/environment@0.2.0",
      "wasi:filesystem/types@0.2.0",
      "wasi:sockets/tcp@0.2.0",
      "acme:x/y@1.0.0",
    ];
    const imports = interfaces.map((text) => [0, ...name(text), 5, 0]);
    const component = Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0],
      ...section(10, ...imports),
    ]);
    expect(await programOf(component)).toMatchObject({
      kind: "component",
      grants: ["args", "env", "fs", "sockets"],
      imports: interfaces.map((module) => ({ module, functions: [] })),
    });
  });

  it("has an answer for every function that there is", () => {
    for (const wasi of preview1Functions.keys()) {
      for (const use of usesOfFunction(wasi)) expect(GRANT_USES).toContain(use);
    }
    expect(usesOfFunction("path_open")).toEqual(["fs"]);
    expect(usesOfFunction("constructor")).toEqual([]);
  });

  it("cuts lists and names, and says so", async () => {
    const many = Array.from({ length: 2000 }, (_, n) => [...name("m"), ...name(`f${n}`), 0, 0]);
    const found = await programOf(coreModule(section(1, [0x60, 0, 0]), section(2, ...many)));
    expect(found?.unknownImports).toHaveLength(1000);
    expect(found?.imports[0]?.functions).toHaveLength(1000);
    expect(found?.truncated).toBe(true);
    const long = await programOf(
      coreModule(
        section(1, [0x60, 0, 0]),
        section(2, [...name("m".repeat(5000)), ...name("f"), 0, 0]),
      ),
    );
    expect(long?.imports[0]?.module).toHaveLength(201);
    expect(long?.truncated).toBe(true);
  });

  it("gives the problem of a module whose sections lie", async () => {
    const lies = coreModule([2, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]);
    expect(await programOf(lies)).toMatchObject({
      problem: "its sections cannot be read",
      imports: [],
    });
  });

  it("reads next to nothing of a module of 200 MB", async () => {
    const file = join(fixture.folder, "large");
    await mkdir(file);
    const path = join(file, "large.wasm");
    const head = await guestBytes("hello");
    const size = 200 * 2 ** 20;
    const leb = [
      size & 0x7f,
      (size >> 7) & 0x7f,
      (size >> 14) & 0x7f,
      (size >> 21) & 0x7f,
      size >> 28,
    ];
    const header = [0, ...leb.map((byte, at) => (at < 4 ? byte | 0x80 : byte))];
    // A custom section of zeros behind the program, sparse on disk.
    await writeFile(path, Buffer.concat([head, Buffer.from(header)]));
    const handle = await open(path, "r+");
    await handle.truncate(head.length + header.length + size);
    await handle.close();
    const image = await engine.loadImage(path);
    const before = await bytesRead();
    const { programs } = await engine.requirements(image);
    expect(programs[0]).toMatchObject({
      size: head.length + header.length + size,
      grants: ["stdio"],
    });
    expect((await bytesRead()) - before).toBeLessThan(20 * 2 ** 20);
  });

  it("reads a megabyte of names", async () => {
    const exports = Array.from({ length: 40_000 }, (_, n) => [
      ...name(`exported-function-${n}`),
      0,
      0,
    ]);
    const bytes = coreModule(
      section(1, [0x60, 0, 0]),
      section(3, [0]),
      section(7, ...exports),
      section(10, [2, 0, 0x0b]),
    );
    const found = await programOf(bytes);
    expect(found?.problem).toBeUndefined();
    expect(found?.exports).toHaveLength(1000);
    expect(found?.truncated).toBe(true);
  });

  it("gives up a module whose names have no end", async () => {
    const exports = Array.from({ length: 45 }, (_, n) => [
      ...name(`${n}${"x".repeat(99_000)}`),
      0,
      0,
    ]);
    const bytes = coreModule(section(1, [0x60, 0, 0]), section(3, [0]), section(7, ...exports));
    expect((await programOf(bytes))?.problem).toContain("take more than 4194304 bytes");
  });

  it("knows no image that is not there", async () => {
    await expect(engine.requirements("acme/none:1")).rejects.toMatchObject({
      code: "ERR_IMAGE_NOT_FOUND",
    });
  });

  it("lets go of the image when it is done", async () => {
    const image = await engine.loadImage(guestPath("exit"), { reference: "acme/gone:1" });
    await engine.requirements(image);
    await engine.images.remove("acme/gone:1");
    await expect(engine.requirements("acme/gone:1")).rejects.toMatchObject({
      code: "ERR_IMAGE_NOT_FOUND",
    });
  });
});
