/** Images with as many names as are looked at: the app's own thread does not read them. */
import { readFileSync } from "node:fs";
import { openEngine } from "safedock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { worldOfOutline } from "../../../src/image/image-world.js";
import { componentHead, leb, nameBytes, section } from "../../images/component.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

const KINDS = { core: coreOf(50_000), component: componentOf(99_000) };

test.each(["core", "component"] as const)("the names of a %s are read elsewhere", async (kind) => {
  const bytes = KINDS[kind];
  const gaps: number[] = [];
  const here: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = busyMs();
    const world = worldOfOutline(bytes);
    here.push(busyMs() - before);
    // A store that has the image does not read it again.
    const root = `${fixture.folder}/${kind}-${round}`;
    await using engine = await openEngine({ root });
    const longest = longestTurn();
    const image = await engine.loadImage(bytes);
    gaps.push(longest.stop());
    expect(image.world).toEqual(world);
    expect(image.world?.exports).toHaveLength(100);
  }
  // Of the best round each: the first one of a process also compiles what it runs.
  expect(Math.min(...gaps)).toBeLessThan(Math.min(...here) / 2);
});

/** A module with this many exports of 70 bytes. */
function coreOf(count: number): Buffer {
  const names = Array.from({ length: count }, (_, i) =>
    Buffer.from([...nameBytes(`é${i}`.padEnd(70, "x")), 0, 0]),
  );
  return Buffer.concat([
    Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    section(1, [1, 0x60, 0, 0]),
    section(3, [1, 0]),
    section(7, Buffer.concat([Buffer.from(leb(count)), ...names])),
    section(10, [1, 2, 0, 0x0b]),
  ]);
}

function componentOf(count: number): Buffer {
  const names = Array.from({ length: count }, (_, i) =>
    Buffer.from([0, ...nameBytes(`acme:a/b${i}@1.0.0`), 5, 0, 0]),
  );
  return Buffer.concat([
    componentHead,
    section(7, [1, 0x42, 0]),
    section(11, Buffer.concat([Buffer.from(leb(count)), ...names])),
  ]);
}

/** The longest turn of the event loop until `stop`, in ms. */
function longestTurn(): { stop(): number } {
  let longest = 0;
  let last = busyMs();
  const look = () => {
    const now = busyMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return {
    stop() {
      clearInterval(timer);
      look();
      return longest;
    },
  };
}

/** What this thread has computed, in ms; where the system does not say, the time: others' work is in it. */
function busyMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}
