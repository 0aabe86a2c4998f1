/** Host directories and layers whose times and inode numbers are ours. */
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHostDirectory } from "../../src/fs/host/open-host-directory.js";
import { openNamespace, type Namespace } from "../../src/fs/namespace.js";
import { emptyStat, OPEN_CREATE, OPEN_WRITE, type Directory } from "../../src/fs/node.js";
import { AttributeJournal } from "../../src/fs/steady/attribute-journal.js";
import { AttributeTable } from "../../src/fs/steady/attribute-table.js";
import { SteadyDirectory } from "../../src/fs/steady/steady-directory.js";
import { SteadyFilesystem } from "../../src/fs/steady/steady-filesystem.js";
import { BoardRecord, createWritableBoard } from "../../src/fs/writable-board.js";
import { filesystemConformance, openDirectory, openFile, writeFile } from "./conformance.js";
import { makeImage } from "./image-fixture.js";

/** 2020-01-01, where the virtual time of these tests begins. */
const START_MS = Date.UTC(2020, 0, 1);
const START = BigInt(START_MS) * 1_000_000n;
const quota = { maxBytes: 2 ** 24, maxFiles: 1000 };

const image = makeImage({ "/work": undefined, "/etc/config": "x" });
const board = createWritableBoard();
const stat = emptyStat();
let folder: string;
let made = 0;
let elapsed = 0n;

const now = (): bigint => START + (elapsed += 1000n);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "safedock-steady-"));
  elapsed = 0n;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => image.remove());

function hostDirectory(path: string): Directory {
  const directory = openHostDirectory(path, { access: "read-write", links: "any" });
  if (typeof directory === "number") throw new Error(`errno ${-directory}`);
  return directory;
}

function steadyRoot(path: string): SteadyDirectory {
  return new SteadyDirectory(new SteadyFilesystem({ now, dev: 7n }), hostDirectory(path));
}

/** One process's view of a layer. */
function openLayer(record: number): { readonly top: Directory; close(): void } {
  const directory = join(folder, `layer-${record}`);
  const mount = image.mount({
    type: "directory",
    directory,
    board: record,
    startMs: START_MS,
    ...quota,
  });
  const namespace: Namespace = openNamespace([mount], { now, virtual: true, board });
  const location = namespace.preopens[0]?.location;
  if (location === undefined) throw new Error("nothing is preopened");
  return {
    top: location.directory,
    close() {
      location.close();
      namespace.close();
    },
  };
}

filesystemConformance("a steady directory of the host", () => {
  const root = steadyRoot(folder);
  return { root, close: () => root.close() };
});

filesystemConformance("a directory of a steady layer", () => {
  const layer = openLayer(++made);
  const root = openDirectory(layer.top, "work");
  return {
    root,
    close() {
      root.close();
      layer.close();
    },
  };
});

describe("a steady directory of the host", () => {
  it("shows the time of the last change of what was put there, and of nothing else", () => {
    writeFileSync(join(folder, "given"), "x");
    utimesSync(join(folder, "given"), 5, 1e9);
    const root = steadyRoot(folder);
    expect(root.statAt("given", stat)).toBe(0);
    const mtime = 10n ** 18n;
    expect(stat).toMatchObject({ dev: 7n, ino: 1n, atime: mtime, mtime, ctime: mtime });
    const file = openFile(root, "given", OPEN_WRITE);
    file.write(Buffer.from("yz"), 0, 2, 0);
    file.stat(stat);
    expect(stat).toMatchObject({ ino: 1n, atime: mtime, mtime: START + 1000n, size: 2 });
    file.close();
    root.close();
    // The host's own files are dated by the host.
    expect(statSync(join(folder, "given")).mtimeMs).toBeGreaterThan(START_MS + 1e10);
  });

  it("sets times on the host too when a program asks for it", () => {
    writeFileSync(join(folder, "given"), "x");
    const root = steadyRoot(folder);
    expect(root.setTimesAt("given", 1_000_000_000n, 2_000_000_001n)).toBe(0);
    root.statAt("given", stat);
    expect(stat).toMatchObject({ atime: 1_000_000_000n, mtime: 2_000_000_001n });
    root.close();
    // Node sets times as doubles of seconds: some versions are half a microsecond beside it.
    expect(statSync(join(folder, "given")).mtimeMs).toBeCloseTo(2000, 2);
  });

  it("numbers what it meets in order, and never gives a number twice", () => {
    for (const name of ["c", "a", "b"]) mkdirSync(join(folder, name));
    const root = steadyRoot(folder);
    const listed = root.list();
    expect(listed).toMatchObject([
      { name: "a", ino: 1n },
      { name: "b", ino: 2n },
      { name: "c", ino: 3n },
    ]);
    const seen = new Set<bigint>([1n, 2n, 3n]);
    for (let round = 0; round < 50; round++) {
      writeFile(root, "again", "x");
      root.statAt("again", stat);
      expect(seen.has(stat.ino)).toBe(false);
      seen.add(stat.ino);
      expect(root.unlink("again")).toBe(0);
    }
    root.close();
  });
});

describe("a steady layer", () => {
  it("shows one process what another has noted, at once or afterwards", () => {
    const record = ++made;
    const one = openLayer(record);
    const other = openLayer(record);
    writeFile(one.top, "file", "text");
    one.top.statAt("file", stat);
    const { ino } = stat;
    expect(other.top.statAt("file", stat)).toBe(0);
    expect(stat.ino).toBe(ino);
    one.top.setTimesAt("file", 5n, 6n);
    other.top.statAt("file", stat);
    expect(stat).toMatchObject({ ino, atime: 5n, mtime: 6n });
    one.top.rename("file", one.top, "moved");
    one.close();
    other.close();
    const later = openLayer(record);
    later.top.statAt("moved", stat);
    expect(stat).toMatchObject({ ino, atime: 5n, mtime: 6n });
    later.close();
  });

  it("keeps the number of a file that is open and has no name any more", () => {
    const layer = openLayer(++made);
    const file = layer.top.open("file", OPEN_CREATE | OPEN_WRITE);
    if (typeof file === "number" || !("truncate" in file)) throw new Error("not opened");
    file.stat(stat);
    const { ino } = stat;
    layer.top.unlink("file");
    writeFile(layer.top, "file", "the next");
    file.stat(stat);
    expect(stat).toMatchObject({ ino, nlink: 0 });
    layer.top.statAt("file", stat);
    expect(stat.ino).not.toBe(ino);
    file.close();
    layer.close();
  });
});

describe("the journal of a layer", () => {
  it("stays small however often files come and go, and loses nothing", () => {
    const record = new BoardRecord(board, ++made);
    const base = hostDirectory(folder);
    const table = new AttributeTable(Infinity);
    const journal = new AttributeJournal(() => base, record, table);
    const times = { atime: 1n, mtime: 2n, ctime: 3n };
    const kept = table.add(1n, journal.nextNumber(), times);
    journal.save(kept);
    for (let round = 0; round < 140_000; round++) {
      const passing = table.add(BigInt(10 + (round % 5)), journal.nextNumber(), times);
      journal.save(passing);
      table.remove(passing);
      journal.saveLater(passing);
    }
    journal.close();
    expect(statSync(join(folder, "attributes")).size).toBeLessThan(4 * 2 ** 20);

    const again = new AttributeTable(Infinity);
    const reader = new AttributeJournal(() => base, record, again);
    reader.refresh();
    expect(again.get(1n) ?? reader.find(1n)).toMatchObject({ number: kept.number, times });
    reader.close();
    base.close();
  });

  it("is read anew when another has made it smaller", () => {
    const record = new BoardRecord(board, ++made);
    const base = hostDirectory(folder);
    const times = { atime: 1n, mtime: 2n, ctime: 3n };
    const watched = new AttributeTable(Infinity);
    const watcher = new AttributeJournal(() => base, record, watched);
    const table = new AttributeTable(Infinity);
    const journal = new AttributeJournal(() => base, record, table);
    journal.save(table.add(1n, journal.nextNumber(), times));
    watcher.refresh();
    const number = (watched.get(1n) ?? watcher.find(1n))?.number;
    expect(number).toBeGreaterThan(0n);
    for (let round = 0; round < 66_000; round++) journal.save(table.add(2n, 99n, times));
    const last = table.add(3n, journal.nextNumber(), times);
    journal.save(last);
    watcher.refresh();
    expect(watched.get(1n)?.number).toBe(number);
    expect(watched.get(3n)?.number).toBe(last.number);
    watcher.close();
    journal.close();
    base.close();
  });
});
