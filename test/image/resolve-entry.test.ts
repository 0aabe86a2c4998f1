import { describe, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { resolveEntry, type ResolveEntryOptions } from "../../src/image/resolve-entry.js";
import { temporaryRoot } from "../content/store-fixture.js";
import type { TarFixtureEntry } from "../layer/tar-fixture.js";
import { addImage, Blobs, COMPONENT, CORE, fakeRegistry } from "./image-fixture.js";

const FILES: readonly TarFixtureEntry[] = [
  { name: "hello.wasm", data: CORE },
  { name: "app/main.wasm", data: COMPONENT },
  { name: "app/file#x.wasm", data: CORE },
  { name: "bin/tool", data: CORE },
  { name: "usr/bin/run", type: "2", link: "../../../../app/main.wasm" },
  { name: "loop", type: "2", link: "loop" },
  { name: "elf", data: "\x7fELF\x02\x01\x01\0" },
  { name: "script", data: "#!/bin/sh\n" },
  { name: "empty" },
];

/** Resolves in an image with these files and this `config`. */
async function resolve(
  config: object,
  options: ResolveEntryOptions = {},
  files: readonly TarFixtureEntry[] = FILES,
) {
  await using root = await temporaryRoot();
  const store = await ImageStore.open(root.path);
  const blobs = new Blobs();
  const openedRegistry = fakeRegistry(blobs, addImage(blobs, { layers: [files], config }));
  const record = await store.pull("registry.example/a", { openedRegistry });
  return await resolveEntry(await store.openImage(record), options);
}

describe("the command line", () => {
  const both = { Entrypoint: ["/hello.wasm", "-e"], Cmd: ["cmd"] };
  test.each<[string, object, ResolveEntryOptions, string[]]>([
    ["Entrypoint and Cmd", both, {}, ["/hello.wasm", "-e", "cmd"]],
    ["args replace Cmd", both, { args: ["a", "b"] }, ["/hello.wasm", "-e", "a", "b"]],
    ["no args at all", both, { args: [] }, ["/hello.wasm", "-e"]],
    ["a command of its own", both, { command: ["bin/tool", "x"] }, ["bin/tool", "x"]],
    ["Cmd alone", { Cmd: ["hello.wasm", "x"] }, {}, ["hello.wasm", "x"]],
    ["Cmd alone, with args", { Cmd: ["hello.wasm", "x"] }, { args: ["y"] }, ["hello.wasm", "y"]],
  ])("%s", async (_what, config, options, args) => {
    expect((await resolve(config, options)).args).toEqual(args);
  });

  test("without words: the only module, wherever it is and whatever its name", async () => {
    const files = [
      { name: "deep/er/app", data: CORE },
      { name: "data.wasm", data: "no" },
    ];
    const { module, args } = await resolve({}, { args: ["x"] }, files);
    expect(module.name).toBe("/deep/er/app");
    expect(args).toEqual(["/deep/er/app", "x"]);
  });
});

describe("the program", () => {
  test.each<[string, object, string]>([
    ["/hello.wasm", {}, "/hello.wasm"],
    ["hello.wasm", {}, "/hello.wasm"],
    ["./main.wasm", { WorkingDir: "/app" }, "/app/main.wasm"],
    ["main.wasm", { WorkingDir: "app" }, "/app/main.wasm"],
    ["../hello.wasm", { WorkingDir: "/app" }, "/hello.wasm"],
    ["hello.wasm", { WorkingDir: "/app" }, "/hello.wasm"],
    ["tool", { Env: ["PATH=/none:/bin"] }, "/bin/tool"],
    ["/usr/bin/run", {}, "/app/main.wasm"],
    ["/app/file#x.wasm", {}, "/app/file#x.wasm"],
  ])("%s with %o is %s", async (word, config, name) => {
    const { module, args, entry } = await resolve({ ...config, Entrypoint: [word] });
    expect(module.name).toBe(name);
    expect(args).toEqual([word]);
    expect(entry).toBeUndefined();
  });

  test("behind a # the name of an exported function", async () => {
    const { module, args, entry } = await resolve({ Entrypoint: ["hello.wasm#greet", "x"] });
    expect(module.name).toBe("/hello.wasm");
    expect(args).toEqual(["hello.wasm", "x"]);
    expect(entry).toBe("greet");
  });

  test("its bytes are a part of the layer's tar", async () => {
    const { module } = await resolve({ Entrypoint: ["/app/main.wasm"] });
    expect(module).toMatchObject({ offset: 1536, length: 8, kind: "component" });
    expect(module.key).toMatch(/^sha256:[0-9a-f]{64}:1536:8$/);
    expect(module.file).toContain(module.key.slice(7, 71));
  });
});

describe("refused", () => {
  test.each<[string, object, ResolveEntryOptions, string, RegExp]>([
    [
      "a file that is missing",
      { Entrypoint: ["/no.wasm"] },
      {},
      "ERR_ENTRYPOINT_MISSING",
      /hello\.wasm/,
    ],
    ["a directory", { Entrypoint: ["/app"] }, {}, "ERR_ENTRYPOINT_MISSING", /directory/],
    [
      "a file taken for a directory",
      { Entrypoint: ["/hello.wasm/"] },
      {},
      "ERR_ENTRYPOINT_MISSING",
      /no such/,
    ],
    ["a link to itself", { Entrypoint: ["/loop"] }, {}, "ERR_ENTRYPOINT_MISSING", /no such/],
    [
      "no function behind the #",
      { Entrypoint: ["/hello.wasm#"] },
      {},
      "ERR_ENTRYPOINT_MISSING",
      /no such/,
    ],
    ["an empty word", { Entrypoint: [""] }, {}, "ERR_ENTRYPOINT_MISSING", /no such/],
    ["no words, several modules", {}, {}, "ERR_ENTRYPOINT_MISSING", /several: .*\/hello\.wasm/],
    ["an empty command", {}, { command: [] }, "ERR_ENTRYPOINT_MISSING", /no words/],
    ["an ELF binary", { Entrypoint: ["/elf"] }, {}, "ERR_MODULE_INVALID", /ELF/],
    ["a script", { Entrypoint: ["/script"] }, {}, "ERR_MODULE_INVALID", /a script/],
    ["an empty file", { Entrypoint: ["/empty"] }, {}, "ERR_MODULE_INVALID", /empty/],
  ])("%s", async (_what, config, options, code, message) => {
    const refused = resolve(config, options);
    await expect(refused).rejects.toMatchObject({ name: "SafedockError", code });
    await expect(refused).rejects.toThrow(message);
  });
});
