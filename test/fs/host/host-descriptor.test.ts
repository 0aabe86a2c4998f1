/** What only the descriptor way gives: directories that may move, appends that are atomic. */
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EPERM, EXDEV } from "../../../src/fs/errno.js";
import { OPEN_APPEND, OPEN_CREATE, OPEN_READ, OPEN_WRITE } from "../../../src/fs/node.js";
import type { Directory } from "../../../src/fs/node.js";
import { directory, file, HostFixture, text } from "./host-fixture.js";

describe.runIf(process.platform === "linux")("host directory held by descriptor", () => {
  let host: HostFixture;
  let root: Directory;
  let a: Directory;
  let b: Directory;
  let c: Directory;
  beforeEach(() => {
    host = new HostFixture();
    fs.mkdirSync(host.path("a", "b", "c"), { recursive: true });
    root = host.open({ access: "read-write", reach: "descriptor" });
    a = directory(root.openDirectory("a"));
    b = directory(a.openDirectory("b"));
    c = directory(b.openDirectory("c"));
  });
  afterEach(() => {
    for (const opened of [a, b, c]) opened.close();
    host.remove();
  });

  test("an open directory is followed wherever it is moved", () => {
    fs.renameSync(host.path("a"), host.path("z"));
    const made = file(c.open("made", OPEN_WRITE | OPEN_CREATE));
    made.append(new Uint8Array([0x78]), 0, 1);
    made.close();
    expect(fs.readFileSync(host.path("z", "b", "c", "made"), "utf8")).toBe("x");
    expect(text(file(c.open("made", OPEN_READ)))).toBe("x");
  });

  test("links are judged by where their directory is now", () => {
    expect(b.rename("c", root, "c")).toBe(0);
    expect(c.symlink("../../secret", "out")).toBe(-EPERM);
    expect(c.symlink("../a", "inside")).toBe(0);
    fs.renameSync(host.path("c"), join(host.base, "elsewhere"));
    expect(c.symlink("../x", "out")).toBe(-EPERM);
  });

  test("a directory too large or too deep to search for links moves up by copying", () => {
    fs.mkdirSync(join(host.path("a", "b", "deep"), ...Array<string>(70).fill("d")), {
      recursive: true,
    });
    expect(b.rename("deep", root, "deep")).toBe(-EXDEV);
    fs.mkdirSync(host.path("a", "b", "large"));
    for (let i = 0; i <= 10_000; i++) fs.writeFileSync(host.path("a", "b", "large", `${i}`), "");
    expect(b.rename("large", root, "large")).toBe(-EXDEV);
    fs.rmSync(host.path("a", "b", "large", "0"));
    expect(b.rename("large", root, "large")).toBe(0);
  });

  test("two writers that append lose nothing", () => {
    const flags = OPEN_WRITE | OPEN_CREATE | OPEN_APPEND;
    const first = file(root.open("log", flags));
    const second = file(root.open("log", flags));
    const bytes = new Uint8Array(Buffer.from("aaaabbbb"));
    for (let i = 0; i < 100; i++) {
      first.append(bytes, 0, 4);
      second.append(bytes, 4, 4);
    }
    first.close();
    second.close();
    expect(fs.readFileSync(host.path("log"), "utf8")).toBe("aaaabbbb".repeat(100));
  });
});
