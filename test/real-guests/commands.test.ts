/** Programs of preview 1, in C and Rust, as components of wasi:cli/command: they do what they do as modules. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { componentPath } from "./components.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

describe("a program in C", () => {
  it("has arguments and environment", async () => {
    const given = {
      args: ["one", "two words", ""],
      grants: { env: { NAME: "Ada", EMPTY: "" } },
    };
    const lines = async (path: string) => {
      const image = await fixture.engine.loadImage(path);
      const { stdout } = await fixture.engine.run(image, given);
      // The first is the program's own name.
      return stdout.toString().split("\n").slice(1);
    };
    const found = await lines(componentPath("real/env"));
    expect(found).toContain("arg 2 two words");
    expect(found).toContain("env NAME=Ada");
    expect(found).toEqual(await lines(guestPath("env")));
  });

  it("copies stdin to stdout, byte for byte", async () => {
    const image = await fixture.engine.loadImage(componentPath("real/cat"));
    const bytes = Buffer.alloc(
      300_000,
      Uint8Array.from({ length: 256 }, (_, n) => n),
    );
    const result = await fixture.engine.run(image, { stdin: bytes });
    expect(result.code).toBe(0);
    expect(result.stdout.equals(bytes)).toBe(true);
  });

  it("works on files of its own and of a mount", async () => {
    const image = await fixture.engine.loadImage(componentPath("real/files"));
    const folder = join(fixture.folder, "mounted");
    await mkdir(folder);
    await writeFile(join(folder, "given.txt"), "from the host");
    const words =
      "write /own hello then append /own !! then read /own then mkdir /d then write /d/x 1 then " +
      "read /m/given.txt then write /m/made.txt back then rm /d/x then rmdir /d then list /m";
    const grants = { fs: [{ source: folder, target: "/m", access: "read-write" as const }] };
    const result = await fixture.engine.run(image, { args: words.split(" "), grants });
    expect(result.stderr.toString()).toBe("");
    expect(result.code).toBe(0);
    expect(result.stdout.toString()).toContain("hello!!");
    expect(result.stdout.toString()).toContain("from the host");
    expect(await readFile(join(folder, "made.txt"), "utf8")).toBe("back");
  });

  it("cannot write to a read-only mount", async () => {
    const image = await fixture.engine.loadImage(componentPath("real/files"));
    const result = await fixture.engine.run(image, {
      args: ["write", "/m/file", "no"],
      grants: { fs: [{ source: fixture.folder, target: "/m" }] },
    });
    expect(result.code).not.toBe(0);
    expect(result.stderr.toString()).toContain("EROFS");
  });
});

describe("a program in Rust", () => {
  it("has its standard library: files, folders, time", async () => {
    const image = await fixture.engine.loadImage(componentPath("real/rust-files"));
    const result = await fixture.engine.run(image, {
      args: ["/work"],
      grants: { env: { NAME: "Ada" }, fs: [{ type: "memory", target: "/work" }] },
    });
    expect(result.stderr.toString()).toBe("");
    expect(result.stdout.toString().split("\n")).toEqual([
      '{"written.txt": 7}',
      "by rust",
      "Err(NotFound)",
      "true",
      "Ada",
      "",
    ]);
    expect(result.code).toBe(0);
  });

  it("fails, of which WASI 0.2 tells only that it did", async () => {
    const image = await fixture.engine.loadImage(componentPath("real/rust-files"));
    const result = await fixture.engine.run(image, {
      args: ["/work", "fail"],
      grants: { fs: [{ type: "memory", target: "/work" }] },
    });
    expect(result.stderr.toString()).toBe("as asked\n");
    expect(result).toMatchObject({ code: 1, reason: "exited" });
  });
});
