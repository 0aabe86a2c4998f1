import nodeFs, * as fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ENOENT, EPERM } from "../../../src/fs/errno.js";
import { leadsOut } from "../../../src/fs/host/link-containment.js";
import type { Directory } from "../../../src/fs/node.js";
import { directory, HostFixture, REACHES } from "./host-fixture.js";

test.each([
  ["x", 0, false],
  ["x/y/", 0, false],
  ["./x/./y", 0, false],
  [".", 0, false],
  ["..", 0, true],
  ["..", 1, false],
  ["../..", 1, true],
  ["./../x", 1, false],
  [".././../x", 1, true],
  ["../../x", 2, false],
  // Where the name is itself a link, ".." does not take it back.
  ["x/..", 3, true],
  ["../x/../y", 3, true],
  ["/", 9, true],
  ["/x", 9, true],
  ["...", 0, false],
  ["..x", 0, false],
])("leadsOut(%j, %i) is %s", (target, depth, expected) => {
  expect(leadsOut(target, depth)).toBe(expected);
});

/** Directories that are opened one below the other, to be closed together. */
class Walks {
  readonly #opened: Directory[] = [];

  to(root: Directory, ...names: string[]): Directory {
    let at = root;
    for (const name of names) {
      at = directory(at.openDirectory(name));
      this.#opened.push(at);
    }
    return at;
  }

  close(): void {
    for (const one of this.#opened.splice(0)) one.close();
  }
}

describe.each(REACHES)("links that a guest makes, by %s", (reach) => {
  let host: HostFixture;
  let root: Directory;
  const walks = new Walks();
  const walk = (...names: string[]) => walks.to(root, ...names);
  beforeEach(() => {
    host = new HostFixture();
    fs.mkdirSync(host.path("a", "b", "c"), { recursive: true });
    root = host.open({ access: "read-write", reach });
  });
  afterEach(() => {
    walks.close();
    host.remove();
  });

  test("may lead anywhere inside, never out", () => {
    const b = walk("a", "b");
    expect(b.symlink("../../x", "inside")).toBe(0);
    expect(b.symlink("../../../secret", "out")).toBe(-EPERM);
    expect(b.symlink("/etc/passwd", "out")).toBe(-EPERM);
    expect(root.symlink("../secret", "out")).toBe(-EPERM);
    expect(root.symlink("a/b", "inside")).toBe(0);
    expect(root.symlink("", "empty")).toBe(-ENOENT);
  });

  test("the known escape of symlink('.', 'x') and symlink('x/..', 'up')", () => {
    expect(root.symlink(".", "x")).toBe(0);
    expect(root.symlink("x/..", "up")).toBe(-EPERM);
    expect(root.symlink("a/b/../../..", "up")).toBe(-EPERM);
  });

  test("may not be moved or linked to where they lead out", () => {
    const b = walk("a", "b");
    const a = walk("a");
    expect(b.symlink("../../x", "link")).toBe(0);
    expect(b.rename("link", root, "link")).toBe(-EPERM);
    expect(b.rename("link", a, "link")).toBe(-EPERM);
    const c = walk("a", "b", "c");
    expect(b.rename("link", c, "link")).toBe(0);
    expect(c.rename("link", b, "link")).toBe(0);
    if (process.platform === "linux") expect(b.link("link", root, "link")).toBe(-EPERM);
    expect(fs.readdirSync(host.mount)).toEqual(["a"]);
  });

  test("hold a directory back that would take them up", () => {
    const b = walk("a", "b");
    const c = walk("a", "b", "c");
    expect(c.symlink("../../x", "deep")).toBe(0);
    expect(b.rename("c", root, "c")).toBe(-EPERM);
    const a = walk("a");
    // One level up it still ends at the root.
    expect(b.rename("c", a, "c")).toBe(0);
    expect(a.rename("c", root, "c")).toBe(-EPERM);
    fs.rmSync(host.path("a", "c", "deep"));
    expect(a.rename("c", root, "c")).toBe(0);
    expect(fs.readdirSync(host.mount).toSorted()).toEqual(["a", "c"]);
  });

  test("the host's own links out can be moved about", () => {
    fs.symlinkSync("/nowhere", host.path("a", "b", "own"));
    expect(walk("a", "b").rename("own", root, "own")).toBe(0);
  });

  test("policy any: a container's own layer may hold any link", () => {
    const layer = host.open({ access: "read-write", reach, links: "any" });
    expect(layer.symlink("/usr/bin/x", "absolute")).toBe(0);
    expect(layer.symlink("../../x", "up")).toBe(0);
    expect(layer.readlink("up")).toBe("../../x");
  });
});

/** Calls the first of `meanwhile` right before the next call of a function of node:fs, and so on. */
function before(
  name: "symlinkSync" | "renameSync" | "linkSync",
  ...meanwhile: (() => void)[]
): void {
  const real = nodeFs[name];
  let inside = false;
  const replacement = (from: string, to: string) => {
    const next = inside ? undefined : meanwhile.shift();
    if (next !== undefined) {
      inside = true;
      next();
      inside = false;
    }
    if (meanwhile.length === 0) restore();
    real(from, to);
  };
  const restore = () => {
    Object.assign(nodeFs, { [name]: real });
    syncBuiltinESMExports();
  };
  Object.assign(nodeFs, { [name]: replacement });
  syncBuiltinESMExports();
}

describe.runIf(process.platform === "linux")("links in a race with a directory that moves", () => {
  let host: HostFixture;
  let root: Directory;
  let c: Directory;
  const walks = new Walks();
  const open = (...names: string[]) => walks.to(root, ...names);
  beforeEach(() => {
    host = new HostFixture();
    fs.mkdirSync(host.path("a", "b", "c", "d"), { recursive: true });
    root = host.open({ access: "read-write" });
    c = open("a", "b", "c");
  });
  afterEach(() => {
    walks.close();
    host.remove();
  });

  const up = () => fs.renameSync(host.path("a", "b", "c"), host.path("c"));

  test("a link whose directory moves up meanwhile is taken back", () => {
    before("symlinkSync", up);
    expect(c.symlink("../../x", "link")).toBe(-EPERM);
    expect(fs.readdirSync(host.path("c"))).toEqual(["d"]);
  });

  test("a link that stays inside is kept", () => {
    before("symlinkSync", up);
    expect(c.symlink("../x", "link")).toBe(0);
    expect(fs.readlinkSync(host.path("c", "link"))).toBe("../x");
  });

  test("a directory into which a link is made while it moves up goes back", () => {
    before("renameSync", () => fs.symlinkSync("../../../x", host.path("a", "b", "c", "d", "link")));
    expect(open("a", "b").rename("c", root, "moved")).toBe(-EPERM);
    expect(fs.readdirSync(host.mount)).toEqual(["a"]);
    expect(fs.readlinkSync(host.path("a", "b", "c", "d", "link"))).toBe("../../../x");
  });

  test("if it cannot go back, the link is removed", () => {
    const b = open("a", "b");
    before(
      "renameSync",
      () => {
        fs.symlinkSync("../../../x", host.path("a", "b", "c", "d", "link"));
        fs.writeFileSync(host.path("a", "b", "c", "d", "file"), "kept");
      },
      () => {
        fs.mkdirSync(host.path("a", "b", "c"));
        fs.writeFileSync(host.path("a", "b", "c", "in-the-way"), "");
      },
    );
    expect(b.rename("c", root, "moved")).toBe(-EPERM);
    expect(fs.readdirSync(host.path("moved", "d"))).toEqual(["file"]);
  });

  test("a link that is moved while its new directory moves up goes back", () => {
    const deep = open("a", "b", "c", "d");
    expect(c.symlink("../../../x", "link")).toBe(0);
    before("renameSync", up);
    expect(c.rename("link", deep, "link")).toBe(-EPERM);
    expect(fs.readdirSync(host.path("c", "d"))).toEqual([]);
    // Where it came from has moved up as well: the link leads out there too.
    expect(fs.readdirSync(host.path("c"))).toEqual(["d"]);
  });

  test("a hard link of a link is taken back as well", () => {
    const deep = open("a", "b", "c", "d");
    const b = open("a", "b");
    expect(b.symlink("../../x", "link")).toBe(0);
    before("linkSync", () => fs.renameSync(host.path("a", "b", "c", "d"), host.path("d")));
    expect(b.link("link", deep, "link")).toBe(-EPERM);
    expect(fs.readdirSync(host.path("d"))).toEqual([]);
    expect(fs.readlinkSync(host.path("a", "b", "link"))).toBe("../../x");
  });
});
