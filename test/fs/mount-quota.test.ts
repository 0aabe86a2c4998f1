import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as E from "../../src/fs/errno.js";
import { openNamespace, type Namespace } from "../../src/fs/namespace.js";
import {
  emptyStat,
  OPEN_CREATE,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
} from "../../src/fs/node.js";
import { BLOCK_BYTES, BoardRecord, createWritableBoard } from "../../src/fs/writable-board.js";
import type { Mount } from "../../src/mount.js";
import { HostQuota } from "../../src/fs/quota/host-quota.js";
import { QuotaDirectory } from "../../src/fs/quota/quota-directory.js";
import { filesystemConformance, openDirectory, openFile, writeFile } from "./conformance.js";
import { HostFixture } from "./host/host-fixture.js";

const NEW = OPEN_READ | OPEN_WRITE | OPEN_CREATE;
const board = createWritableBoard();
const RECORD = 9;
const KIB = 1024;

let host: HostFixture;
let record: BoardRecord;
const opened: Namespace[] = [];

function process(maxBytes: number, maxFiles: number): Directory {
  const quota = { maxBytes, maxFiles, board: RECORD };
  const mount: Mount = {
    type: "bind",
    source: host.mount,
    target: "/",
    access: "read-write",
    quota,
  };
  const namespace = openNamespace([mount], { now: () => 1n, board });
  opened.push(namespace);
  const location = namespace.preopens[0]?.location;
  if (location === undefined) throw new Error("nothing is mounted");
  return location.directory;
}

function close(): void {
  for (const namespace of opened.splice(0)) {
    for (const { location } of namespace.preopens) location.close();
    namespace.close();
  }
}

beforeEach(() => {
  host = new HostFixture();
  record = new BoardRecord(board, RECORD);
});
afterEach(() => {
  close();
  record.reset();
  host.remove();
});

const counts = () => [record.bytes() / BLOCK_BYTES, record.files()];

describe("a host directory with a quota", () => {
  test("takes what fits, then answers EDQUOT; what is removed makes room again", () => {
    const root = process(64 * KIB, 100);
    const file = openFile(root, "f", NEW);
    const bytes = Buffer.alloc(100 * KIB, "x");
    expect(file.write(bytes, 0, 60 * KIB, 0)).toBe(60 * KIB);
    expect(file.write(bytes, 0, 60 * KIB, 60 * KIB)).toBe(4 * KIB);
    expect(file.write(bytes, 0, 1, 64 * KIB)).toBe(-E.EDQUOT);
    expect(file.append(bytes, 0, 1)).toBe(-E.EDQUOT);
    expect(file.truncate(65 * KIB)).toBe(-E.EDQUOT);
    expect(file.write(bytes, 0, 64 * KIB, 0)).toBe(64 * KIB);
    expect(counts()).toEqual([16, 1]);
    expect(file.truncate(KIB)).toBe(0);
    expect(counts()).toEqual([1, 1]);
    expect(root.unlink("f")).toBe(0);
    expect(counts()).toEqual([1, 0]); // it is still open
    file.close();
    expect(counts()).toEqual([0, 0]);
  });

  test("counts files, directories and links", () => {
    const root = process(64 * KIB, 3);
    writeFile(root, "f", "");
    expect(root.mkdir("d")).toBe(0);
    expect(root.symlink("f", "l")).toBe(0);
    expect(root.link("f", root, "m")).toBe(-E.EDQUOT);
    expect(root.link("f", root, "d")).toBe(-E.EEXIST);
    expect(root.open("g", NEW)).toBe(-E.EDQUOT);
    expect(root.mkdir("e")).toBe(-E.EDQUOT);
    expect(root.symlink("f", "m")).toBe(-E.EDQUOT);
    expect(root.mkdir("d")).toBe(-E.EEXIST);
    expect(root.open("f", NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
    openFile(root, "f", NEW).close();
    expect(root.rename("f", openDirectory(root, "d"), "g")).toBe(0);
    expect(root.unlink("l")).toBe(0);
    expect(root.mkdir("e")).toBe(0);
    expect(root.rmdir("e")).toBe(0);
    expect(counts()).toEqual([0, 2]);
  });

  test("does not count what was there: it gives no room when it goes", () => {
    writeFileSync(host.path("old"), Buffer.alloc(100 * KIB));
    writeFileSync(host.path("older"), Buffer.alloc(100 * KIB));
    mkdirSync(host.path("dir"));
    const root = process(8 * KIB, 2);
    expect(root.unlink("old")).toBe(0);
    expect(root.rmdir("dir")).toBe(0);
    expect(counts()).toEqual([0, 0]);
    const file = openFile(root, "older", OPEN_WRITE);
    const bytes = Buffer.alloc(20 * KIB);
    expect(file.append(bytes, 0, 20 * KIB)).toBe(8 * KIB);
    expect(file.append(bytes, 0, 1)).toBe(-E.EDQUOT);
    file.close();
  });

  test("shows the host's own inodes", () => {
    writeFileSync(host.path("f"), "");
    const stat = emptyStat();
    expect(process(KIB, 1).statAt("f", stat)).toBe(0);
    expect(stat.ino).toBe(BigInt(statSync(host.path("f")).ino));
  });

  test("a file that another process holds open counts until that one closes it", () => {
    const holder = process(64 * KIB, 100);
    const other = process(64 * KIB, 100);
    writeFile(other, "f", "x".repeat(40 * KIB));
    const held = openFile(holder, "f");
    const again = openFile(holder, "f");
    expect(other.unlink("f")).toBe(0);
    expect(counts()).toEqual([10, 0]);
    const next = openFile(other, "g", NEW);
    expect(next.append(Buffer.alloc(40 * KIB), 0, 40 * KIB)).toBe(24 * KIB);
    expect(next.append(Buffer.alloc(KIB), 0, KIB)).toBe(-E.EDQUOT);
    held.close();
    expect(counts()).toEqual([16, 1]);
    again.close();
    expect(counts()).toEqual([6, 1]);
    expect(next.append(Buffer.alloc(16 * KIB), 0, 16 * KIB)).toBe(16 * KIB);
    next.close();
    expect(counts()).toEqual([10, 1]);
  });
});

filesystemConformance("a host directory with a quota", () => {
  const folder = new HostFixture();
  const counted = new BoardRecord(board, 10);
  const quota = new HostQuota(counted, { maxBytes: 2 ** 24, maxFiles: 1000, names: 0 });
  const root = new QuotaDirectory(quota, folder.open({ access: "read-write", links: "any" }));
  return {
    root,
    close() {
      counted.reset();
      folder.remove();
    },
  };
});

/** Runs `body`, statements with `root` and `nodes` in scope, in workers that share one quota. */
async function race(bodies: readonly string[], quota: object): Promise<void> {
  const dist = new URL("../../dist/", import.meta.url).href;
  const head = `
    import { workerData } from "node:worker_threads";
    import { openNamespace } from "${dist}fs/namespace.js";
    const namespace = openNamespace([workerData.mount], { now: () => 1n, board: workerData.board });
    const { location } = namespace.preopens[0];
    const root = location.directory;
    const bytes = Buffer.alloc(65536, "x");
    const until = Date.now() + 1500;
  `;
  const foot = `location.close(); namespace.close();`;
  const mount = { type: "bind", source: host.mount, target: "/", access: "read-write", quota };
  await Promise.all(
    bodies.map(
      (body) =>
        new Promise<void>((resolve, reject) => {
          const code = `${head} while (Date.now() < until) { ${body} } ${foot}`;
          const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
          new Worker(url, { workerData: { mount, board } })
            .once("error", reject)
            .once("exit", () => resolve());
        }),
    ),
  );
}

/** Bytes and files that are there now, as the quota counts them. */
function actual(folder: string): [number, number] {
  let [blocks, files] = [0, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    files++;
    if (!entry.isFile()) continue;
    blocks += Math.ceil(statSync(join(entry.parentPath, entry.name)).size / BLOCK_BYTES);
  }
  return [blocks, files];
}

describe("two workers that race cannot get back more than they took", () => {
  const quota = { maxBytes: 2 ** 20, maxFiles: 50, board: RECORD };
  const open = (flags: number) => `root.open("f", ${flags})`;

  test.each([
    [
      "truncating one file",
      `const f = ${open(NEW)}; f.write(bytes, 0, 65536, 0); f.truncate(0); f.close();`,
    ],
    [
      "opening one with truncation",
      `const f = ${open(NEW | OPEN_TRUNCATE)}; f.write(bytes, 0, 40000, 0); f.close();`,
    ],
    [
      "writing inside a file that is cut meanwhile",
      `const f = ${open(NEW)}; f.write(bytes, 0, 65536, 0); f.write(bytes, 0, 65536, 0);
       f.truncate(4096); f.append(bytes, 0, 5000); f.close();`,
    ],
    [
      "removing what the other makes",
      `const f = ${open(NEW)};
       if (typeof f !== "number") { f.write(bytes, 0, 65536, 0); f.close(); }
       root.unlink("f"); root.mkdir("d"); root.rmdir("d");`,
    ],
    [
      "renaming onto one name and linking it",
      `const f = root.open("g" + process.pid + Math.random(), ${NEW});
       if (typeof f !== "number") { f.write(bytes, 0, 65536, 0); f.close(); }
       for (const { name } of root.list()) if (name[0] === "g") root.rename(name, root, "f");
       root.link("f", root, "h"); root.unlink("h"); root.unlink("f");`,
    ],
  ])("%s", async (_name, body) => {
    await race([body, body], quota);
    const [blocks, files] = actual(host.mount);
    const [countedBlocks = 0, countedFiles = 0] = counts();
    expect(countedBlocks).toBeGreaterThanOrEqual(blocks);
    expect(countedFiles).toBeGreaterThanOrEqual(files);
  });
});
