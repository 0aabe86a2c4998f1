import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A regular file as a reader lists it: its name as written, and its bytes. */
export interface ListedFile {
  readonly name: string;
  readonly size: number;
}

/** What one reader says of each archive; `undefined`: it does not take it. */
export type Listings = readonly (readonly ListedFile[] | undefined)[];

/** Lists archives with Python's tarfile: all in one process. */
export async function listWithPython(paths: readonly string[]): Promise<Listings> {
  const script = `
import json, sys, tarfile
def files(path):
    try:
        with tarfile.open(path, "r:", errors="strict") as tar:
            return [{"name": m.name, "size": m.size} for m in tar.getmembers() if m.isreg()]
    except Exception:
        return None
print(json.dumps([files(path) for path in json.load(sys.stdin)]))`;
  const child = run("python3", ["-c", script], { maxBuffer: 64 * 2 ** 20 });
  child.child.stdin?.end(JSON.stringify(paths));
  const { stdout } = await child;
  const listings: readonly (readonly ListedFile[] | null)[] = JSON.parse(stdout);
  return listings.map((listing) => listing ?? undefined);
}

/** Lists archives with GNU tar; what it warns of, it does not take. */
export async function listWithGnuTar(paths: readonly string[]): Promise<Listings> {
  return listEach(paths, "tar", ["--quoting-style=escape", "--numeric-owner", "-tvf"], (line) => {
    const found = /^[-](?:\S+) \S+\s+(\d+) \S+ \S+ (.*)$/.exec(line);
    return found === null ? undefined : { name: unescaped(found[2] ?? ""), size: Number(found[1]) };
  });
}

/** Lists archives with libarchive's bsdtar. */
export async function listWithBsdtar(paths: readonly string[]): Promise<Listings> {
  return listEach(paths, "bsdtar", ["--numeric-owner", "-tvf"], (line) => {
    const found = /^[-]\S+\s+\d+ \S+\s+\S+\s+(\d+) \S+\s+\S+\s+\S+ (.*)$/.exec(line);
    return found === null ? undefined : { name: unescaped(found[2] ?? ""), size: Number(found[1]) };
  });
}

async function listEach(
  paths: readonly string[],
  command: string,
  args: readonly string[],
  read: (line: string) => ListedFile | undefined,
): Promise<Listings> {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const listings: (readonly ListedFile[] | undefined)[] = [];
  for (const path of paths) {
    const answer = await run(command, [...args, path], { env }).catch(() => undefined);
    const isTaken = answer !== undefined && answer.stderr === "";
    const lines = answer?.stdout.split("\n").slice(0, -1) ?? [];
    listings.push(isTaken ? lines.flatMap((line) => read(line) ?? []) : undefined);
  }
  return listings;
}

/** Both tools write odd bytes as octal numbers, and some as in C. */
function unescaped(text: string): string {
  const bytes = text.replace(/\\([0-7]{3}|.)/g, (_all, code: string) => {
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    return { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", a: "\u0007", v: "\v" }[code] ?? code;
  });
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Writes archives into a folder that is gone afterwards. */
export async function withFiles<T>(
  contents: readonly Uint8Array[],
  work: (paths: readonly string[]) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "safedock-tars-"));
  try {
    const paths = contents.map((_, i) => join(folder, `${i}.tar`));
    for (const [i, bytes] of contents.entries()) await writeFile(paths[i] ?? "", bytes);
    return await work(paths);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
