import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { ImageStore } from "../../src/image/image-store.js";
import { mutatedJson } from "../hostile/mutations/json-mutator.js";
import { pick, seededNumbers, type Numbers } from "../hostile/seeded-numbers.js";
import { Blobs, addImage, HELLO, writeLayout } from "../image/image-fixture.js";
import { expectCleanStore } from "../support/verify-clean.js";

const RUNS = 150;

test(
  "150 seeded damages of a layout folder end in the right bytes or a typed error, and leave a store that verifies clean",
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "safedock-layouts-"));
    try {
      const blobs = new Blobs();
      const image = addImage(blobs, { ...HELLO, layers: [...HELLO.layers, ...HELLO.layers] });
      const whole = join(folder, "whole");
      await writeLayout(whole, blobs, [blobs.index([image])]);
      const outcomes = new Set<string>();
      for (let seed = 0; seed < RUNS; seed++) {
        const layout = join(folder, "damaged");
        const root = join(folder, "store");
        await cp(whole, layout, { recursive: true });
        const next = seededNumbers(seed);
        for (let damages = next(2); damages >= 0; damages--) await damage(layout, next);
        const store = await ImageStore.open(root);
        const outcome = await store.load(layout).then(
          ({ digest }) => digest,
          (error: unknown) => {
            if (!isSafedockError(error)) throw new Error(`seed ${seed}`, { cause: error });
            return error.code;
          },
        );
        if (!outcome.startsWith("ERR_")) expect(outcome, `seed ${seed}`).toBe(image.digest);
        outcomes.add(outcome);
        await expectCleanStore(root);
        await rm(root, { recursive: true });
        await rm(layout, { recursive: true });
      }
      expect(outcomes).toContain(image.digest);
      expect(outcomes.size).toBeGreaterThan(5);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

async function damage(layout: string, next: Numbers): Promise<void> {
  const blobs = join(layout, "blobs", "sha256");
  const names = (await readdir(blobs)).toSorted((a, b) => (a < b ? -1 : 1));
  const files = [join(layout, "index.json"), join(layout, "oci-layout")];
  files.push(...names.map((name) => join(blobs, name)));
  const path = pick(files, next);
  const bytes = await readFile(path);
  switch (next(6)) {
    case 0:
      return rm(path);
    case 1:
      return truncate(path, next(bytes.byteLength + 1));
    case 2:
      return writeFile(path, Buffer.concat([bytes, Buffer.alloc(1 + next(5000))]));
    case 3:
      return writeFile(path, await readFile(pick(files, next)));
    case 4:
      if (bytes.byteLength > 0) bytes[next(bytes.byteLength)] ^= 1 << next(8);
      return writeFile(path, bytes);
    default:
      return writeFile(path, mutatedJson(documentOf(bytes), next));
  }
}

/** `null` where there is no JSON, or no longer. */
function documentOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}
