import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine, ExitStatus, FsGrant, Grants, Limits } from "safedock";

export const GUESTS = fileURLToPath(new URL("../guests/components/preview2/", import.meta.url));

/** What is the root of a guest: a folder of the host, one in memory, or the image's own. */
export type Over = "host" | "memory" | "image";

/** One guest: its header says how it is run and what is expected. */
export interface ComponentCase {
  readonly name: string;
  readonly over: readonly Over[];
  readonly run: {
    readonly args?: readonly string[];
    readonly stdin?: string;
    readonly grants?: Grants;
    readonly limits?: Limits;
  };
  readonly expect: {
    readonly code: number;
    readonly reason: ExitStatus["reason"];
    /** Part of what a trap says. */
    readonly detail?: string;
    readonly stdout?: string;
    readonly stderr: string;
  };
}

const SOURCES = new Set([".c", ".rs"]);

/** Header lines that are for the build are none of ours. */
function readHeader(path: string): Map<string, string> {
  const lines = readFileSync(path, "utf8").matchAll(/^\/\/ (over|run|expect): (.*)$/gm);
  return new Map([...lines].map(([, key = "", value = ""]) => [key, value]));
}

export function componentCases(): readonly ComponentCase[] {
  return readdirSync(GUESTS)
    .filter((file) => SOURCES.has(extname(file)))
    .sort()
    .map((file) => {
      const header = readHeader(join(GUESTS, file));
      const json = (key: string): object => JSON.parse(header.get(key) ?? "{}") as object;
      return {
        name: file.slice(0, -extname(file).length),
        over: (header.get("over")?.split(" ") ?? ["memory"]) as Over[],
        run: json("run"),
        expect: { code: 0, reason: "exited", stderr: "", ...json("expect") },
      };
    });
}

/** Runs a guest once; `folder` is where roots on the host are made. */
export async function runComponentCase(
  engine: Engine,
  { name, run, expect }: ComponentCase,
  over: Over,
  folder: string,
) {
  const image = await engine.loadImage(join(GUESTS, `${name}.wasm`));
  const { grants, limits, ...given } = run;
  const result = await engine.run(image, {
    ...given,
    grants: { ...grants, fs: [...rootOf(over, join(folder, name)), ...(grants?.fs ?? [])] },
    limits: { timeoutMs: 20_000, ...limits },
  });
  return {
    code: result.code,
    reason: result.reason,
    ...(expect.detail === undefined ? undefined : { detail: result.detail ?? "" }),
    ...(expect.stdout === undefined ? undefined : { stdout: result.stdout.toString() }),
    stderr: result.stderr.toString(),
  };
}

function rootOf(over: Over, source: string): FsGrant[] {
  if (over === "image") return [];
  if (over === "memory") return [{ type: "memory", target: "/" }];
  mkdirSync(source, { recursive: true });
  return [{ source, target: "/", access: "read-write" }];
}
