/** Programs of preview 1 in C and Rust, wrapped into components by jco: they do what they do as modules. */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { RunOptions } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestCases } from "../conformance/guest-case.js";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

const WRAP_MS = 120_000;
/** Longest run of one program, in ms. */
const TIMEOUT_MS = 20_000;

// The adapter keeps a page of its own in the program's memory. Go's runtime, and now and then the allocator of
// Rust 1.63, take it for theirs, under every host: none of those is here.
const chosen =
  /^c\/(?:libc-(?:directories|printf|stat|stdio|working)|heap-limit|stdin-lines|readdir-entries|large-file)|^rust\/std-(?:directories|time|panic)/;
const guests = guestCases().filter(({ name }) => chosen.test(name));
const tools = ["cat", "env", "exit", "files", "grown", "sleep"];

let fixture: TestEngine;
const wrapped = (path: string) => join(fixture.folder, "wrapped", basename(path));

beforeAll(async () => {
  fixture = await openTestEngine();
  const folder = join(fixture.folder, "wrapped");
  await mkdir(folder);
  const modules = [...guests.map(({ wasm }) => wasm), ...tools.map(guestPath)];
  const script = fileURLToPath(new URL("../guests/wrap.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [script, folder, ...modules], { timeout: WRAP_MS });
}, WRAP_MS);

afterAll(() => fixture.close());

async function run(path: string, options: RunOptions) {
  const image = await fixture.engine.loadImage(path);
  const { code, reason, stdout, stderr } = await fixture.engine.run(image, options);
  return { code, reason, stdout: stdout.toString("latin1"), stderr: stderr.toString() };
}

describe("as a component and as a module alike", { timeout: 2 * TIMEOUT_MS }, () => {
  it.each(guests)("$name", async (guest) => {
    const memoryBytes = guest.memoryMib === undefined ? undefined : guest.memoryMib * 2 ** 20;
    const options: RunOptions = {
      args: guest.args,
      stdin: guest.stdin,
      grants: { env: guest.env, clock: guest.clock, fs: [{ type: "memory", target: "/" }] },
      limits: { timeoutMs: TIMEOUT_MS, ...(memoryBytes === undefined ? {} : { memoryBytes }) },
    };
    const asModule = await run(guest.wasm, options);
    expect(asModule.reason).toBe(guest.reason);
    expect(await run(wrapped(guest.wasm), options)).toEqual(asModule);
  });

  it("a copier of bytes", async () => {
    const stdin = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, index) => index * 7));
    const copied = await run(wrapped(guestPath("cat")), { stdin });
    expect(copied).toEqual(await run(guestPath("cat"), { stdin }));
    expect(copied.stdout).toBe(stdin.toString("latin1"));
  });

  it("arguments and environment", async () => {
    const options = { args: ["one", "two words", "", "Grüße"], grants: { env: { NAME: "Ada" } } };
    const module = await run(guestPath("env"), options);
    expect(module.stdout).toContain("env NAME=Ada");
    expect(await run(wrapped(guestPath("env")), options)).toEqual(module);
  });
});

describe("a wrapped program", () => {
  it("has the mounts that are granted, as they are granted", async () => {
    const folder = join(fixture.folder, "mounted");
    await mkdir(folder);
    await writeFile(join(folder, "given.txt"), "from the host");
    const files = wrapped(guestPath("files"));
    const words = "read /m/given.txt then write /m/made.txt back then list /m".split(" ");
    const grant = { source: folder, target: "/m" };
    const writable = await run(files, {
      args: words,
      grants: { fs: [{ ...grant, access: "read-write" }] },
    });
    expect(writable).toMatchObject({ code: 0, stderr: "" });
    expect(writable.stdout).toContain("from the host");
    expect(await readFile(join(folder, "made.txt"), "utf8")).toBe("back");
    const refused = await run(files, { args: words, grants: { fs: [grant] } });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("EROFS");
    expect((await run(files, { args: words })).stderr).toContain("ENOENT");
  });

  it("is answered in its memory after that has grown", async () => {
    const module = await run(guestPath("grown"), {});
    expect(module).toMatchObject({ code: 0, stdout: "terminals 0\n" });
    expect(await run(wrapped(guestPath("grown")), {})).toEqual(module);
  });

  it("fails with 1, whatever its code: WASI 0.2 tells no other", async () => {
    expect((await run(guestPath("exit"), { args: ["42"] })).code).toBe(42);
    expect((await run(wrapped(guestPath("exit")), { args: ["42"] })).code).toBe(1);
    expect((await run(wrapped(guestPath("exit")), { args: ["0"] })).code).toBe(0);
  });

  it("sleeps in frozen time at once", async () => {
    const args = ["3600000"];
    const module = await run(guestPath("sleep"), { args });
    expect(await run(wrapped(guestPath("sleep")), { args })).toEqual(module);
  });
});
