/** Random changes by the app and by guests: what is committed shows what the container showed. */
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import type { Container, Engine, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TarIndexer } from "../../src/layer/tar-indexer.js";
import { guestBytes } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { treeOf } from "./container-tree.js";

let fixture: TestEngine;
let engine: Engine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  image = await engine.buildImage({
    files: {
      "/files.wasm": await guestBytes("files"),
      "/a/a": "aa",
      "/a/b/a": "aba",
      "/a/b/b": "abb",
      "/b": "b",
      "/c/a/b/c": "cabc",
      "/d": { symlink: "a" },
    },
    entrypoint: ["/files.wasm"],
  });
});

afterAll(async () => {
  await engine.close();
  await expectCleanStore(engine.root);
  await fixture.close();
});

type Step = readonly [by: "app" | "guest", verb: string, path: string, other: string];

/** Few names, so that steps meet each other: files where directories were, and the other way round. */
const path = fc
  .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 3 })
  .map((names) => `/${names.join("/")}`);
const verb = fc.constantFrom(
  "write",
  "rm",
  "rm-all",
  "mkdir",
  "mv",
  "symlink",
  "ln",
  "append",
  "fill",
);
const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom("app", "guest"), verb, path, path);

async function apply(container: Container, [by, action, at, other]: Step): Promise<void> {
  const { fs } = container;
  const guest = async (...words: string[]) => {
    await (await container.exec(["/files.wasm", ...words])).wait();
  };
  switch (action) {
    case "write":
      return by === "app" ? fs.writeFile(at, `app ${other}`) : guest("write", at, `guest ${other}`);
    case "rm":
      return by === "app" ? fs.rm(at) : guest("rm", at);
    case "rm-all":
      return fs.rm(at, { recursive: true });
    case "mkdir":
      return by === "app" ? fs.mkdir(at, { recursive: true }) : guest("mkdir", at);
    case "mv":
      return by === "app" ? fs.rename(at, other) : guest("mv", at, other);
    case "symlink":
      return by === "app" ? fs.symlink(other, at) : guest("symlink", other.slice(1), at);
    case "ln":
      return guest("ln", at, other);
    case "append":
      return guest("append", at, "more");
    default:
      return guest("fill", at, "5000");
  }
}

/** What `diff` must say, from what is seen before and after. */
function expectedKinds(before: Map<string, string>, after: Map<string, string>) {
  const kinds = new Map<string, string>();
  for (const [at, now] of after) {
    const then = before.get(at);
    if (then === undefined) kinds.set(at, "added");
    else if (then !== now) kinds.set(at, "changed");
  }
  for (const at of before.keys()) if (!after.has(at)) kinds.set(at, "deleted");
  return kinds;
}

async function exported(container: Container) {
  const indexer = new TarIndexer(
    (problem) => new Error(problem),
    () => undefined,
  );
  await indexer.write(await buffer(container.export()));
  const entries = await indexer.end();
  return entries.map((entry) => ({ ...entry, offset: 0, mtime: entry.mtime / 1000n }));
}

describe("random changes", () => {
  it("are in the commit, in diff and in export as the container shows them", async () => {
    await using untouched = await engine.createContainer(image);
    const before = await treeOf(untouched);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        await using container = await engine.createContainer(image);
        for (const one of steps) {
          // What cannot be done is not done: the container's files are what counts.
          await apply(container, one).catch(() => undefined);
        }
        const after = await treeOf(container);
        const diff = new Map((await container.diff()).map(({ path: at, kind }) => [at, kind]));
        for (const [at, kind] of expectedKinds(before, after)) {
          const above = [...diff].some(([top, was]) => was !== "added" && at.startsWith(`${top}/`));
          // What was deleted or replaced as a whole is one line.
          if (!(kind === "deleted" && above && !diff.has(at)))
            expect([at, diff.get(at)]).toEqual([at, kind]);
        }
        for (const [at, kind] of diff) {
          expect([at, before.has(at), after.has(at)]).toEqual([
            at,
            kind !== "added",
            kind !== "deleted",
          ]);
        }
        const committed = await container.commit({ createdAt: new Date(0) });
        await using again = await engine.createContainer(committed);
        expect(await treeOf(again)).toEqual(after);
        expect(await again.diff()).toEqual([]);
        expect(await exported(again)).toEqual(await exported(container));
        expect((await container.commit({ createdAt: new Date(0) })).digest).toBe(committed.digest);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
