import * as fs from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EBADF, EINVAL, ENOENT } from "../../../src/fs/errno.js";
import { emptyStat, OPEN_APPEND, OPEN_READ, OPEN_WRITE } from "../../../src/fs/node.js";
import type { Directory, File } from "../../../src/fs/node.js";
import { directory, file, HostFixture, openDescriptors, REACHES } from "./host-fixture.js";

const bytes = (content: string) => new Uint8Array(Buffer.from(content));

describe.each(REACHES)("host file by %s", (reach) => {
  let host: HostFixture;
  let root: Directory;
  let opened: File;
  beforeEach(() => {
    host = new HostFixture();
    fs.writeFileSync(host.path("file"), "0123456789");
    root = host.open({ access: "read-write", reach });
    opened = file(root.open("file", OPEN_READ | OPEN_WRITE));
  });
  afterEach(() => {
    opened.close();
    host.remove();
  });
  const content = () => fs.readFileSync(host.path("file"), "utf8");

  test("reads into the place that was named", () => {
    const memory = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
    expect(opened.read(memory, 100, 4, 3)).toBe(4);
    expect(Buffer.from(memory.subarray(99, 105)).toString()).toBe("\u00003456\0");
    expect(opened.read(memory, 0, 100, 8)).toBe(2);
    expect(opened.read(memory, 0, 100, 10)).toBe(0);
    expect(opened.read(memory, 0, 100, 2 ** 40)).toBe(0);
    expect(opened.read(memory, 0, 0, 0)).toBe(0);
  });

  test("a position that Node would take for the current one is refused", () => {
    const buffer = new Uint8Array(4);
    for (const position of [-1, -(2 ** 40), 2 ** 53, 2 ** 63, Number.NaN]) {
      expect(opened.read(buffer, 0, 4, position)).toBe(-EINVAL);
      expect(opened.write(buffer, 0, 4, position)).toBe(-EINVAL);
    }
    expect(opened.truncate(-1)).toBe(-EINVAL);
    expect(opened.truncate(2 ** 60)).toBe(-EINVAL);
    expect(content()).toBe("0123456789");
  });

  test("writes at a position, past the end with a hole", () => {
    expect(opened.write(bytes("xxABxx"), 2, 2, 4)).toBe(2);
    expect(content()).toBe("0123AB6789");
    expect(opened.write(bytes("Z"), 0, 1, 12)).toBe(1);
    expect(content()).toBe("0123AB6789\0\0Z");
    expect(opened.size()).toBe(13);
  });

  test("append goes to the end, wherever others have moved it", () => {
    expect(opened.append(bytes("+1"), 0, 2)).toBe(2);
    fs.appendFileSync(host.path("file"), "+host");
    expect(opened.append(bytes("--+2"), 2, 2)).toBe(2);
    expect(content()).toBe("0123456789+1+host+2");
    // Positions keep their meaning beside it.
    expect(opened.write(bytes("X"), 0, 1, 0)).toBe(1);
    expect(content()).toBe("X123456789+1+host+2");
  });

  test("a file opened for appending still writes where it is told to", () => {
    const log = file(root.open("file", OPEN_WRITE | OPEN_APPEND));
    expect(log.append(bytes("+"), 0, 1)).toBe(1);
    expect(log.write(bytes("X"), 0, 1, 2)).toBe(1);
    expect(content()).toBe("01X3456789+");
    log.close();
  });

  test("access is what was asked for", () => {
    const buffer = new Uint8Array(4);
    const reader = file(root.open("file", OPEN_READ));
    expect(reader.write(buffer, 0, 4, 0)).toBe(-EBADF);
    expect(reader.append(buffer, 0, 4)).toBe(-EBADF);
    expect(reader.truncate(0)).toBeLessThan(0);
    reader.close();
    const writer = file(root.open("file", OPEN_WRITE));
    expect(writer.read(buffer, 0, 4, 0)).toBe(-EBADF);
    writer.close();
    expect(content()).toBe("0123456789");
  });

  test("truncate, both ways", () => {
    expect(opened.truncate(3)).toBe(0);
    expect(content()).toBe("012");
    expect(opened.truncate(5)).toBe(0);
    expect(content()).toBe("012\0\0");
  });

  test("sync", () => {
    expect(opened.sync(true)).toBe(0);
    expect(opened.sync(false)).toBe(0);
  });

  test("every call on a closed file: -EBADF", () => {
    const buffer = new Uint8Array(4);
    opened.append(buffer, 0, 1);
    expect(opened.close()).toBe(0);
    expect(opened.close()).toBe(-EBADF);
    expect(opened.read(buffer, 0, 4, 0)).toBe(-EBADF);
    expect(opened.write(buffer, 0, 4, 0)).toBe(-EBADF);
    expect(opened.append(buffer, 0, 4)).toBe(-EBADF);
    expect(opened.size()).toBe(-EBADF);
    expect(opened.stat(emptyStat())).toBe(-EBADF);
    expect(opened.truncate(0)).toBe(-EBADF);
    expect(opened.setTimes(1n, 1n)).toBe(-EBADF);
    expect(opened.sync(true)).toBe(-EBADF);
  });

  test("an unlinked file lives until it is closed", () => {
    expect(root.unlink("file")).toBe(0);
    expect(opened.append(bytes("+"), 0, 1)).toBe(1);
    expect(opened.size()).toBe(11);
    const stat = emptyStat();
    expect(opened.stat(stat)).toBe(0);
    expect(stat.nlink).toBe(0);
    expect(root.statAt("file", stat)).toBe(-ENOENT);
  });

  test.runIf(process.platform === "linux")(
    "a file that was appended to leaves no descriptor",
    () => {
      const before = openDescriptors();
      for (let i = 0; i < 20; i++) {
        const log = file(root.open("file", OPEN_WRITE | OPEN_APPEND));
        log.append(bytes("+"), 0, 1);
        log.close();
      }
      expect(openDescriptors()).toBe(before);
    },
  );

  describe("times", () => {
    const A = 1_600_000_000_123_456_789n;
    const M = 1_700_000_000_987_654_321n;
    const stat = emptyStat();

    test("keep the nanoseconds that were set", () => {
      expect(opened.setTimes(A, M)).toBe(0);
      expect(opened.stat(stat)).toBe(0);
      expect([stat.atime, stat.mtime]).toEqual([A, M]);
      root.statAt("file", stat);
      expect([stat.atime, stat.mtime]).toEqual([A, M]);
      // The host has at least the microseconds.
      const onHost = fs.statSync(host.path("file"), { bigint: true });
      expect(onHost.mtimeNs / 1000n).toBe(M / 1000n);
      expect(onHost.atimeNs / 1000n).toBe(A / 1000n);
    });

    test("one alone leaves the other exactly as it is", () => {
      opened.setTimes(A, M);
      expect(opened.setTimes(undefined, M + 1n)).toBe(0);
      opened.stat(stat);
      expect([stat.atime, stat.mtime]).toEqual([A, M + 1n]);
      expect(root.setTimesAt("file", A + 1n, undefined)).toBe(0);
      opened.stat(stat);
      expect([stat.atime, stat.mtime]).toEqual([A + 1n, M + 1n]);
      expect(opened.setTimes(undefined, undefined)).toBe(0);
      opened.stat(stat);
      expect([stat.atime, stat.mtime]).toEqual([A + 1n, M + 1n]);
    });

    test("a write or the host's own change ends them", () => {
      opened.setTimes(A, M);
      opened.write(bytes("x"), 0, 1, 0);
      opened.stat(stat);
      expect(stat.mtime).toBe(fs.statSync(host.path("file"), { bigint: true }).mtimeNs);
      expect(stat.mtime).not.toBe(M);
      opened.setTimes(A, M);
      fs.utimesSync(host.path("file"), 1, 2);
      opened.stat(stat);
      expect([stat.atime, stat.mtime]).toEqual([1_000_000_000n, 2_000_000_000n]);
    });

    test("of a link, not of what it leads to", () => {
      fs.symlinkSync("file", host.path("link"));
      fs.utimesSync(host.path("file"), 1, 2);
      expect(root.setTimesAt("link", A, M)).toBe(0);
      root.statAt("link", stat);
      expect([stat.atime, stat.mtime]).toEqual([A, M]);
      root.statAt("file", stat);
      expect(stat.mtime).toBe(2_000_000_000n);
      fs.symlinkSync("nowhere", host.path("dangling"));
      expect(root.setTimesAt("dangling", A, M)).toBe(0);
      expect(root.setTimesAt("none", A, M)).toBe(-ENOENT);
    });

    test("of directories", () => {
      fs.mkdirSync(host.path("sub"));
      const sub = directory(root.openDirectory("sub"));
      expect(sub.setTimes(A, M)).toBe(0);
      sub.stat(stat);
      expect([stat.atime, stat.mtime]).toEqual([A, M]);
      expect(root.setTimesAt("sub", 0n, 1n)).toBe(0);
      sub.stat(stat);
      expect([stat.atime, stat.mtime]).toEqual([0n, 1n]);
      sub.close();
    });
  });
});
