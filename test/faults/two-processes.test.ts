import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seededNumbers } from "../hostile/seeded-numbers.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { startMisbehavingRegistry } from "./misbehaving-registry.js";
import { PullChild } from "./pull-child.js";
import { seededImage } from "./seeded-image.js";

const ROUNDS = 40;

test(
  "two processes pulling the same image download each blob once, or at worst twice, and never corrupt it",
  { timeout: 120_000 },
  async () => {
    await using registry = await startMisbehavingRegistry();
    const root = await mkdtemp(join(tmpdir(), "safedock-two-"));
    try {
      await using first = await PullChild.start(root);
      await using second = await PullChild.start(root);
      let downloads = 0;
      let blobs = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const image = seededImage(seededNumbers(900 + round));
        const asked = new Map<string, number>();
        registry.add(`two/round-${round}`, image, ({ kind, name }) => {
          if (kind === "blob") asked.set(name, (asked.get(name) ?? 0) + 1);
          return false;
        });
        const reference = `${registry.host}/two/round-${round}:latest`;
        const pulled = await Promise.all([first.pull(reference), second.pull(reference)]);
        const digests = pulled.map((found) => found?.digest);
        expect(digests).toEqual([image.manifest.digest, image.manifest.digest]);
        expect(Math.max(...asked.values()), `round ${round}`).toBeLessThanOrEqual(2);
        downloads += [...asked.values()].reduce((sum, times) => sum + times, 0);
        blobs += 1 + new Set(image.layers.map(({ digest }) => digest)).size;
        if (round % 8 === 7) await expectCleanStore(root);
      }
      expect(downloads).toBeGreaterThanOrEqual(blobs);
      expect(downloads).toBeLessThanOrEqual(2 * blobs);
      await expectCleanStore(root);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
);
