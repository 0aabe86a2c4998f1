/**
 * Guests that try to get more out of a filesystem than they were granted: bytes, names, descriptors, depth.
 * Each runs over all kinds of files that a guest may write, and is one test of its name.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Image, Limits, RunOptions, RunResult } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

const ENOSPC = "51";
const EDQUOT = "19";

interface Room {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** What a kind of files is, in the options of a run. */
export type Kind = "layer on disk" | "layer in memory" | "memory mount" | "host directory";
const inMemory = (kind: Kind) => kind === "layer in memory" || kind === "memory mount";
const fullOf = (kind: Kind) => (kind === "host directory" ? EDQUOT : ENOSPC);

export function expectPassed(result: RunResult): void {
  expect(result.stderr.toString()).toBe("");
  expect(result).toMatchObject({ reason: "exited", code: 0 });
}

export function filesystemLimits(kind: Kind): void {
  describe(`over a ${kind}`, () => {
    let fixture: TestEngine;
    const images = new Map<string, Image>();
    beforeAll(async () => {
      fixture = await openTestEngine();
    });
    afterAll(() => fixture.close());

    async function run(
      guest: string,
      args: readonly string[],
      { maxBytes, maxFiles }: Room = { maxBytes: 2 ** 22, maxFiles: 1000 },
      more: Limits = {},
    ): Promise<RunResult> {
      let image = images.get(guest);
      image ??= await fixture.engine.loadImage(hostileGuest(guest));
      images.set(guest, image);
      const limits = { timeoutMs: 60_000, ...more };
      const layer = { ...limits, writableBytes: maxBytes, writableFiles: maxFiles };
      const options: Record<Kind, RunOptions> = {
        "layer on disk": { limits: layer },
        "layer in memory": { rootfs: "memory", limits: layer },
        "memory mount": {
          rootfs: "none",
          grants: { fs: [{ type: "memory", target: "/", maxBytes, maxFiles }] },
          limits,
        },
        "host directory": { rootfs: "none", limits },
      };
      if (kind !== "host directory") return fixture.engine.run(image, { ...options[kind], args });
      const source = await mkdtemp(join(fixture.folder, "mount-"));
      const bind = { source, target: "/", access: "read-write", maxBytes, maxFiles } as const;
      const result = await fixture.engine.run(image, {
        ...options[kind],
        args,
        grants: { fs: [bind] },
      });
      await rm(source, { recursive: true });
      return result;
    }

    /** The layers of containers that are still on the disk. */
    async function layers(): Promise<string[]> {
      const folder = join(fixture.folder, "store", "containers");
      const found: string[] = [];
      for (const name of await readdir(folder)) found.push(...(await readdir(join(folder, name))));
      return found;
    }

    const holes = inMemory(kind) ? ["holes"] : [];

    test("fill-bytes", async () => {
      const maxBytes = 2 ** 22 + 8192;
      const room = { maxBytes, maxFiles: 20 };
      const result = await run("fill-bytes", [fullOf(kind), "9", ...holes], room);
      expectPassed(result);
      expect(Number(result.stdout.toString())).toBe(maxBytes);
    });

    test("fill-files", async () => {
      const room = { maxBytes: 2 ** 20, maxFiles: 300 };
      const result = await run("fill-files", [fullOf(kind), "4"], room);
      expectPassed(result);
      expect(Number(result.stdout.toString())).toBe(299);
    });

    test("open-descriptors", async () => {
      const result = await run("open-descriptors", [], undefined, { openFiles: 200 });
      expectPassed(result);
      expect(Number(result.stdout.toString())).toBe(196);
    });

    test("long-paths", async () => expectPassed(await run("long-paths", [])));

    test("link-chains", async () => expectPassed(await run("link-chains", [])));

    test("file-size", async () => {
      const result = await run("file-size", ["100000"], undefined, { fileBytes: 100_000 });
      expectPassed(result);
    });

    test("sparse-files", async () => {
      const room = { maxBytes: 2 ** 22, maxFiles: 2000 };
      const result = await run("sparse-files", [inMemory(kind) ? "0" : fullOf(kind)], room);
      expectPassed(result);
      const teeth = Number(result.stdout.toString());
      // Where holes cost nothing, each byte costs a page; elsewhere they cost what they are long.
      expect(teeth).toBeGreaterThanOrEqual(inMemory(kind) ? 1000 : 4);
      expect(teeth).toBeLessThanOrEqual(inMemory(kind) ? 1024 : 4);
    });

    test("rename-storm", async () => expectPassed(await run("rename-storm", ["100"])));

    test("unlink-storm", async () => expectPassed(await run("unlink-storm", [fullOf(kind)])));

    test("readdir-storm", async () => {
      const count = inMemory(kind) ? 30_000 : 1000;
      const room = { maxBytes: 2 ** 20, maxFiles: 200_000 };
      expectPassed(await run("readdir-storm", [String(count)], room));
    });

    test("deep-directories", async () => {
      const deep = kind === "host directory" ? 300 : 1000;
      const room = { maxBytes: 2 ** 20, maxFiles: 10_000 };
      expectPassed(await run("deep-directories", [String(deep)], room));
      expect(await layers()).toEqual([]);
    });

    test("a storm of renames ends with its deadline, and nothing of it stays", async () => {
      const result = await run("rename-storm", ["0"], undefined, { timeoutMs: 500 });
      expect(result.reason).toBe("timeout");
      expect(await layers()).toEqual([]);
    });
  });
}
