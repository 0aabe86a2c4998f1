import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryRoot } from "../content/store-fixture.js";
import { guestPath } from "../engine/guests.js";

const script = fileURLToPath(new URL("big-layer.mjs", import.meta.url));

test("saving and loading a layer of 200 MB take no memory for it", async () => {
  await using root = await temporaryRoot();
  const args = [script, root.path, guestPath("hello")];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { maxBytes, isSame } = JSON.parse(stdout) as { maxBytes: number; isSame: boolean };
  expect(isSame).toBe(true);
  // Node and two engines take 80 MB, pieces of files and what the collector has not seen yet about as much.
  expect(maxBytes).toBeLessThan(220e6);
}, 120_000);
