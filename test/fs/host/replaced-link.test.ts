/** A link that becomes a directory or a file between the look at it and the reading of its text. */
import nodeFs, * as fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EINVAL, ELOOP } from "../../../src/fs/errno.js";
import { HostFile } from "../../../src/fs/host/host-file.js";
import { emptyStat, OPEN_READ } from "../../../src/fs/node.js";
import { mkdirPath, openPath, statPath } from "../../../src/fs/path-calls.js";
import { Location } from "../../../src/fs/resolve.js";
import { HostFixture } from "./host-fixture.js";

const realReadlink = nodeFs.readlinkSync;

let host: HostFixture;
let at: Location;

beforeEach(() => {
  host = new HostFixture();
  fs.symlinkSync("nowhere", host.path("name"));
  at = new Location(host.open({ access: "read-write" }), false);
});
afterEach(() => {
  restore();
  host.remove();
});

function restore(): void {
  nodeFs.readlinkSync = realReadlink;
  syncBuiltinESMExports();
}

/** Calls `meanwhile` when the link's text is about to be read. */
function beforeReading(meanwhile: () => void): void {
  const replacement = (path: string) => {
    // Other links are the kernel's, to descriptors.
    if (path.endsWith("/name")) meanwhile();
    return realReadlink(path);
  };
  Object.assign(nodeFs, { readlinkSync: replacement });
  syncBuiltinESMExports();
}

test("on the way: the directory that stands there now is walked", () => {
  beforeReading(() => {
    restore();
    fs.rmSync(host.path("name"));
    fs.mkdirSync(host.path("name"));
  });
  expect(mkdirPath(at, "name/inner")).toBe(0);
  expect(fs.existsSync(host.path("name", "inner"))).toBe(true);
});

test("at the end: the file that stands there now is opened", () => {
  beforeReading(() => {
    restore();
    fs.rmSync(host.path("name"));
    fs.writeFileSync(host.path("name"), "content");
  });
  const opened = openPath(at, "name", true, OPEN_READ);
  expect(opened).toBeInstanceOf(HostFile);
  if (opened instanceof HostFile) opened.close();
});

test("again and again: as often as links are followed", () => {
  let reads = 0;
  const stat = emptyStat();
  // What is a link whenever it is looked at, and none whenever it is read.
  const directory = host.open({ access: "read-only" });
  const restless = new Proxy(directory, {
    get(target, key) {
      if (key === "readlink")
        return () => {
          reads++;
          return -EINVAL;
        };
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  expect(statPath(new Location(restless, false), "name", true, stat)).toBe(-EINVAL);
  expect(reads).toBe(41);
  expect(openPath(at, "name", false, OPEN_READ)).toBe(-ELOOP);
});
