/** What a host directory may hold besides files, and what must not come of it. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EACCES, ELOOP, ENOENT, ENXIO } from "../../../src/fs/errno.js";
import {
  emptyStat,
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_SOCKET_STREAM,
  FILETYPE_UNKNOWN,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
} from "../../../src/fs/node.js";
import type { Directory } from "../../../src/fs/node.js";
import { openHostDirectory } from "../../../src/fs/host/open-host-directory.js";
import { directory, file, HostFixture, REACHES, SECRET, text } from "./host-fixture.js";

const linux = process.platform === "linux";
const root = process.geteuid?.() === 0;

/** Runs `body` without root's right to pass all permissions. */
function asOrdinaryUser(body: () => void): void {
  if (!root) return body();
  process.seteuid?.(65_534);
  try {
    body();
  } finally {
    process.seteuid?.(0);
  }
}

function run(command: string, ...args: string[]): void {
  const result = spawnSync(command, args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${command} failed: ${result.stderr}`);
}

describe.each(REACHES)("hostile host directory by %s", (reach) => {
  let host: HostFixture;
  let mount: Directory;
  const stat = emptyStat();
  beforeEach(() => {
    host = new HostFixture();
    mount = host.open({ access: "read-write", reach });
  });
  afterEach(() => host.remove());

  test("links of every kind are never followed", () => {
    fs.symlinkSync(join(host.secret, "file"), host.path("absolute"));
    fs.symlinkSync("../secret/file", host.path("relative"));
    fs.symlinkSync("../secret", host.path("directory"));
    fs.symlinkSync("nowhere", host.path("dangling"));
    fs.symlinkSync("round-a", host.path("round-b"));
    fs.symlinkSync("round-b", host.path("round-a"));
    fs.symlinkSync("absolute", host.path("chain"));
    fs.symlinkSync("/proc/self/root", host.path("magic"));
    const names = fs.readdirSync(host.mount);
    expect(names.length).toBe(8);
    for (const name of names) {
      for (const flags of [
        OPEN_READ,
        OPEN_WRITE,
        OPEN_DIRECTORY,
        OPEN_READ | OPEN_TRUNCATE,
        OPEN_WRITE | OPEN_TRUNCATE,
        OPEN_WRITE | OPEN_CREATE,
      ]) {
        expect(mount.open(name, flags)).toBe(-ELOOP);
      }
      expect(mount.openDirectory(name)).toBe(-ELOOP);
      expect(mount.setTimesAt(name, 1n, 2n)).toBe(0);
      expect(mount.rename(name, mount, `${name}-moved`)).toBe(0);
      expect(mount.rename(`${name}-moved`, mount, name)).toBe(0);
      expect(mount.unlink(name)).toBe(0);
    }
    const secret = fs.statSync(join(host.secret, "file"));
    expect(secret.mtimeMs).toBeGreaterThan(1000);
    expect(fs.readFileSync(join(host.secret, "file"), "utf8")).toBe(SECRET);
    expect(fs.readdirSync(host.base).toSorted()).toEqual(["mount", "secret"]);
  });

  test("an open directory that is replaced by a link stays what it was", () => {
    fs.mkdirSync(host.path("sub"));
    fs.writeFileSync(host.path("sub", "file"), "inside");
    const sub = directory(mount.openDirectory("sub"));
    fs.renameSync(host.path("sub"), host.path("away"));
    fs.symlinkSync("../secret", host.path("sub"));
    const answer = sub.open("file", OPEN_READ);
    if (reach === "descriptor") expect(text(file(answer))).toBe("inside");
    else expect(answer).toBe(-ENOENT);
    sub.close();
  });

  test.runIf(linux)("a FIFO never makes a guest wait, and is never opened", () => {
    run("mkfifo", host.path("fifo"));
    const started = performance.now();
    for (const flags of [OPEN_READ, OPEN_WRITE, OPEN_READ | OPEN_WRITE, OPEN_WRITE | OPEN_CREATE]) {
      expect(mount.open("fifo", flags)).toBe(-ENXIO);
    }
    expect(performance.now() - started).toBeLessThan(1000);
    expect(mount.statAt("fifo", stat)).toBe(0);
    expect(stat.type).toBe(FILETYPE_UNKNOWN);
  });

  test.runIf(linux)("a socket is never opened", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(host.path("socket"), resolve));
    expect(mount.open("socket", OPEN_READ)).toBe(-ENXIO);
    expect(mount.open("socket", OPEN_READ | OPEN_WRITE)).toBe(-ENXIO);
    expect(mount.statAt("socket", stat)).toBe(0);
    expect(stat.type).toBe(FILETYPE_SOCKET_STREAM);
    await new Promise((resolve) => server.close(resolve));
  });

  test.runIf(linux)("a device is never opened", () => {
    // /dev has devices without the right to make them.
    const dev = directory(openHostDirectory("/dev", { access: "read-write", reach }));
    expect(dev.statAt("null", stat)).toBe(0);
    expect(stat.type).toBe(FILETYPE_CHARACTER_DEVICE);
    expect(dev.open("null", OPEN_READ)).toBe(-ENXIO);
    expect(dev.open("null", OPEN_WRITE)).toBe(-ENXIO);
    expect(dev.open("zero", OPEN_READ | OPEN_WRITE)).toBe(-ENXIO);
    dev.close();
  });

  test.runIf(linux)("/proc in a mount gives no way out through its magic links", () => {
    const proc = directory(openHostDirectory("/proc", { access: "read-only", reach }));
    const self = directory(proc.openDirectory(String(process.pid)));
    expect(self.openDirectory("root")).toBe(-ELOOP);
    expect(self.openDirectory("cwd")).toBe(-ELOOP);
    expect(self.open("exe", OPEN_READ)).toBe(-ELOOP);
    self.close();
    proc.close();
  });

  test.runIf(linux)("names that are not UTF-8 are left out of a list", () => {
    const prefix = Buffer.from(`${host.mount}/`);
    fs.writeFileSync(Buffer.concat([prefix, Buffer.from([0x61, 0xff, 0x62])]), "");
    fs.writeFileSync(Buffer.concat([prefix, Buffer.from([0x61, 0xfe, 0x62])]), "");
    fs.writeFileSync(host.path("good"), "");
    const names = () => {
      const entries = mount.list();
      return typeof entries === "number" ? entries : entries.map((entry) => entry.name);
    };
    expect(names()).toEqual(["good"]);
    // The character that stands in for bad bytes is a name like any other.
    fs.writeFileSync(host.path("a\ufffdb"), "");
    expect(names()).toEqual(["a\ufffdb", "good"]);
  });

  test.runIf(linux)("permissions of the host hold", () => {
    fs.chmodSync(host.base, 0o755);
    fs.chmodSync(host.mount, 0o755);
    fs.mkdirSync(host.path("closed"), 0o700);
    fs.mkdirSync(host.path("passable"));
    fs.writeFileSync(host.path("passable", "file"), "content");
    fs.writeFileSync(host.path("private"), "");
    fs.chmodSync(host.path("closed"), 0);
    fs.chmodSync(host.path("passable"), 0o111);
    fs.chmodSync(host.path("private"), 0);
    asOrdinaryUser(() => {
      expect(mount.open("private", OPEN_READ)).toBe(-EACCES);
      expect(mount.open("private", OPEN_WRITE)).toBe(-EACCES);
      // A directory that may be passed but not read can be opened, and walked.
      const passable = directory(mount.open("passable", OPEN_READ));
      expect(passable.list()).toBe(-EACCES);
      expect(text(file(passable.open("file", OPEN_READ)))).toBe("content");
      passable.close();
      const closed = mount.openDirectory("closed");
      if (typeof closed !== "number") {
        expect(closed.statAt("x", stat)).toBe(-EACCES);
        expect(closed.open("x", OPEN_READ)).toBe(-EACCES);
        expect(closed.list()).toBe(-EACCES);
        closed.close();
      }
    });
    fs.chmodSync(host.path("closed"), 0o700);
    fs.chmodSync(host.path("passable"), 0o700);
  });

  test.runIf(linux && root)("what only root may do is refused to others", () => {
    fs.chmodSync(host.base, 0o755);
    fs.chmodSync(host.mount, 0o755);
    fs.writeFileSync(host.path("file"), "content");
    asOrdinaryUser(() => {
      expect(mount.mkdir("x")).toBe(-EACCES);
      expect(mount.unlink("file")).toBe(-EACCES);
      expect(mount.rename("file", mount, "y")).toBe(-EACCES);
      expect(mount.open("new", OPEN_WRITE | OPEN_CREATE)).toBe(-EACCES);
      expect(mount.setTimesAt("file", 1n, 1n)).toBeLessThan(0);
    });
    expect(fs.readdirSync(host.mount)).toEqual(["file"]);
  });
});
