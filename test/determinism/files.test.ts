/** What a program sees of files is the same in each run: times, inode numbers, order, sizes. */
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container, FsGrant, Image, Rootfs } from "safedock";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestBytes } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { Golden } from "./golden.js";
import { callText, fingerprint, firstDifference, observe, type Observed } from "./observed.js";

const golden = new Golden("files");
let fixture: TestEngine;
let image: Image;
let folders = 0;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
  await using registry = await startRegistry();
  await registry.push(
    "test/repeat:1",
    await wasmImage({
      files: {
        "/bin/repeat.wasm": await guestBytes("repeat"),
        "/folder/of the image": "a",
        "/folder/file-3": "3",
        "/second": "of the image",
        "/etc/config": "x = 1\n",
      },
      entrypoint: ["/bin/repeat.wasm"],
    }),
  );
  image = await fixture.engine.pullImage(`${registry.host}/test/repeat:1`);
});

afterAll(async () => {
  golden.close();
  await fixture.close();
});

interface Place {
  readonly name: string;
  readonly rootfs: Rootfs;
  readonly fs: () => FsGrant[];
}

const places: readonly Place[] = [
  { name: "the writable layer", rootfs: "writable", fs: () => [] },
  { name: "a layer in memory", rootfs: "memory", fs: () => [] },
  { name: "a folder of the host", rootfs: "none", fs: () => [bind("/")] },
  {
    name: "a folder of the host with a quota",
    rootfs: "none",
    fs: () => [{ ...bind("/"), maxBytes: 2 ** 20, maxFiles: 1000 }],
  },
  {
    name: "files in memory",
    rootfs: "none",
    fs: () => [{ type: "memory", target: "/" }],
  },
  {
    name: "several mounts",
    rootfs: "writable",
    fs: () => [bind("/data"), { type: "memory", target: "/tmp" }, bind("/data/inner")],
  },
];

describe.each(places)("in $name", ({ name, rootfs, fs }) => {
  it.each(["make", "storm"])("repeat %s", async (action) => {
    const runs: Observed[] = [];
    for (let run = 0; run < 2; run++) {
      // Numbers that the host gives out next are others each time.
      disturb(run * 7);
      runs.push(await observeRun(action, rootfs, fs()));
    }
    const [one, two] = runs as [Observed, Observed];
    expect(firstDifference(one, two)).toBeUndefined();
    const seen = fingerprint(one);
    expect(seen).toBe(golden.expected(`${action} in ${name}`, seen));
  });
});

describe("a container", () => {
  it("shows its next processes what the first one has made, in each run the same", async () => {
    const [one, two] = [await life(), await life()];
    expect(one).toEqual(two);
    const seen = fingerprint({
      code: 0,
      reason: "",
      stdout: one.join("\n"),
      stderr: "",
      trace: [],
    });
    expect(seen).toBe(golden.expected("the life of a container", seen));
  });

  it("keeps inode numbers over renames, from one process to the next", async () => {
    await using container = await fixture.engine.createContainer(image);
    const before = numbers(await say(container, ["/bin/repeat.wasm", "make", "/folder"]));
    await container.fs.rename("/folder/first", "/folder/folder/first");
    await container.fs.writeFile("/folder/new", "by the app");
    const after = numbers(await say(container, ["/bin/repeat.wasm", "look", "/folder"]));
    expect(after.get("/folder/folder/first")).toBe(before.get("/folder/first"));
    expect(after.get("/folder/second")).toBe(before.get("/folder/second"));
    expect(after.get("/folder/folder/linked")).toBe(after.get("/folder/folder/file-6"));
    const given = new Set(before.values());
    expect(given.has(after.get("/folder/new") ?? "")).toBe(false);
    expect(after.size).toBe(before.size + 1);
  });

  it("shows no time and no number of the host after a process was killed", async () => {
    await using container = await fixture.engine.createContainer(image);
    const process = await container.start();
    await process.kill();
    await container.fs.writeFile("/by the app", "");
    const text = await say(container, ["/bin/repeat.wasm", "look", "/by the app"]);
    expect(text).toMatch(/ mtime 1577836800\.000000000 ctime 1577836800\.000000000\n/);
  });
});

/** What all processes of one container say. */
async function life(): Promise<string[]> {
  disturb(3);
  const container = await fixture.engine.createContainer(image, {
    grants: { random: { seed: "again" } },
  });
  const said: string[] = [];
  said.push(await say(container, ["/bin/repeat.wasm", "make"]));
  await container.fs.writeFile("/folder/by the app", "text");
  await container.fs.rm("/folder/file-0");
  said.push(await say(container, ["/bin/repeat.wasm", "storm", "/folder"]));
  said.push(await say(container, ["/bin/repeat.wasm", "look"]));
  said.push(await say(container, ["/bin/repeat.wasm", "make", "/etc"]));
  said.push(await say(container, ["/bin/repeat.wasm", "look"]));
  const { mtimeMs } = await container.fs.stat("/etc/first");
  said.push(String(mtimeMs));
  await container.remove();
  return said;
}

async function say(container: Container, args: readonly string[]): Promise<string> {
  const process = await container.exec(args, { stdin: "none" });
  const status = await process.wait();
  expect(process.captured.stderr.toString()).toBe("");
  expect(status).toMatchObject({ code: 0, reason: "exited" });
  return process.captured.stdout.toString();
}

async function observeRun(action: string, rootfs: Rootfs, fs: FsGrant[]): Promise<Observed> {
  const own =
    rootfs === "none" ? await fixture.engine.loadImage(await guestBytes("repeat")) : image;
  const trace: string[] = [];
  const result = await fixture.engine.run(own, {
    args: [action],
    rootfs,
    grants: { fs, random: { seed: "again" } },
    onHostCall: (call) => trace.push(callText(call)),
  });
  const observed = observe(result, trace);
  expect(observed).toMatchObject({ code: 0, reason: "exited", stderr: "" });
  expect(observed.stdout).toContain("now 1577836800.");
  return observed;
}

/** A folder that holds always the same, last changed at the same time. */
function bind(target: string): FsGrant & { readonly source: string } {
  const source = join(fixture.folder, `folder-${folders++}`);
  mkdirSync(join(source, "below"), { recursive: true });
  const names = ["zebra", "ape", "below/lion", "Ünicode", "second"];
  // Made in another order each time.
  for (const name of folders % 2 === 0 ? names : names.toReversed()) {
    writeFileSync(join(source, name), name);
    utimesSync(join(source, name), 1e9, 1e9);
  }
  utimesSync(join(source, "below"), 1e9, 1e9);
  utimesSync(source, 1e9, 1e9);
  return { source, target, access: "read-write" };
}

/** Makes the host give out other inode numbers. */
function disturb(count: number): void {
  const folder = join(fixture.folder, "disturbed");
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at < count; at++) writeFileSync(join(folder, `${at}-${folders}`), "");
  for (const name of readdirSync(folder)) if (name.startsWith("0-")) rmSync(join(folder, name));
}

/** Inode numbers by path, as the program prints them. */
function numbers(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, path = "", number = ""] of text.matchAll(/^(\S.*) entry (\d+) type/gm)) {
    found.set(path, number);
  }
  return found;
}
