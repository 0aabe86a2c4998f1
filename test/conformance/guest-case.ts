import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the guests' sources and binaries lie, side by side. */
export const GUESTS = fileURLToPath(new URL("../guests/", import.meta.url));
/** Folder of guests by language, and how their sources end. */
export const LANGUAGES = { c: ".c", rust: ".rs", go: ".go" } as const;

/** The filesystems that a guest runs over: each is its root. */
export type Over = "host" | "memory" | "image";

/** One guest: what it is given, and what is expected of it. */
export interface GuestCase {
  /** Its folder and its file without the ending: `c/append`. */
  readonly name: string;
  readonly wasm: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly clock: "real" | "frozen";
  /** Limit of its memory, in MiB. */
  readonly memoryMib: number | undefined;
  readonly over: readonly Over[];
  readonly exit: number;
  readonly reason: string;
  readonly stdout: string | undefined;
  readonly stdoutSha256: string | undefined;
  readonly stderr: string | undefined;
}

/** All conformance guests; the tools of other tests, in `tools/`, are none. */
export function guestCases(): readonly GuestCase[] {
  return Object.entries(LANGUAGES).flatMap(([language, extension]) =>
    readdirSync(join(GUESTS, language))
      .filter((file) => extname(file) === extension)
      .sort()
      .map((file) => readCase(language, file)),
  );
}

/**
 * Reads a guest's header: its first lines, as long as they look like `// key: value`. Texts and lists are
 * JSON. The keys are listed in test/guests/README.md.
 */
function readCase(language: string, file: string): GuestCase {
  const name = `${language}/${file.slice(0, -extname(file).length)}`;
  const header = readHeader(join(GUESTS, language, file));
  const one = (key: string) => header.get(key)?.[0];
  const text = (key: string) => parse(one(key)) as string | undefined;
  const memory = one("memory-mib");
  return {
    name,
    wasm: join(GUESTS, `${name}.wasm`),
    args: (parse(one("args")) as string[] | undefined) ?? [],
    env: Object.fromEntries((header.get("env") ?? []).map(splitVariable)),
    stdin: text("stdin") ?? "",
    clock: one("clock") === "real" ? "real" : "frozen",
    memoryMib: memory === undefined ? undefined : Number(memory),
    over: (one("over")?.split(" ") as Over[] | undefined) ?? ["host", "memory", "image"],
    exit: Number(one("expect-exit") ?? 0),
    reason: one("expect-reason") ?? "exited",
    stdout: text("expect-stdout"),
    stdoutSha256: one("expect-stdout-sha256"),
    stderr: text("expect-stderr"),
  };
}

const KEYS = new Set([
  "args",
  "env",
  "stdin",
  "clock",
  "memory-mib",
  "over",
  "build",
  "expect-exit",
  "expect-reason",
  "expect-stdout",
  "expect-stdout-sha256",
  "expect-stderr",
]);

function readHeader(path: string): Map<string, string[]> {
  const header = new Map<string, string[]>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const match = /^\/\/ ([a-z0-9-]+): (.*)$/.exec(line);
    if (match === null) break;
    const [, key = "", value = ""] = match;
    if (!KEYS.has(key)) throw new Error(`${path}: no such key: ${key}`);
    header.set(key, [...(header.get(key) ?? []), value]);
  }
  return header;
}

function splitVariable(entry: string): [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}

function parse(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}
