import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { ImageStore } from "../../src/image/image-store.js";
import type { ImageRecord } from "../../src/image/image-record.js";
import { pick, seededNumbers, type Numbers } from "../hostile/seeded-numbers.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { faults, type Fault } from "./faults.js";
import {
  startMisbehavingRegistry,
  type Misbehave,
  type MisbehavingRegistry,
} from "./misbehaving-registry.js";
import { seededImage, type SeededImage } from "./seeded-image.js";

const RUNS = 1_000;
/** Runs at once: most of them wait for time-outs. */
const LANES = 24;
/** Longest that one pull may take, in ms. The time-outs below end each of its requests. */
const LONGEST_MS = 10_000;
const IMPATIENT = {
  stallTimeoutMs: 60,
  headersTimeoutMs: 60,
  connectTimeoutMs: 500,
  retries: 2,
  retryDelayMs: 1,
};

/** The run of one seed: `FAULT_SEED=17 npx vitest run test/faults/fault-runs.test.ts` runs it alone. */
const only = process.env["FAULT_SEED"];
const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i) : [Number(only)];

/** "right bytes", "aborted" or an error's code. */
type Outcome = string;

test(
  "1,000 seeded runs against a registry that misbehaves end in the right bytes or a typed error, and leave a store that verifies clean",
  { timeout: 240_000 },
  async () => {
    await using registry = await startMisbehavingRegistry();
    const images = Array.from({ length: 24 }, (_, i) => seededImage(seededNumbers(7_000 + i)));
    const outcomes = new Map<Outcome, number>();
    const queue = seeds.values();
    const lane = async () => {
      for (const seed of queue) {
        const { outcome, said } = await run(seed, registry, images).catch((error: unknown) => {
          throw new Error(`seed ${seed}`, { cause: error });
        });
        if (only !== undefined) console.log(outcome, said);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    if (only !== undefined) return;
    const count = (outcome: Outcome) => outcomes.get(outcome) ?? 0;
    // The faults must reach both ends, or the runs prove nothing.
    expect(count("right bytes")).toBeGreaterThan(RUNS / 10);
    expect(RUNS - count("right bytes") - count("aborted")).toBeGreaterThan(RUNS / 5);
    expect(count("aborted")).toBeGreaterThan(RUNS / 50);
    expect(outcomes.size).toBeGreaterThan(8);
  },
);

async function run(
  seed: number,
  registry: MisbehavingRegistry,
  images: readonly SeededImage[],
): Promise<{ readonly outcome: Outcome; readonly said: unknown }> {
  const next = seededNumbers(seed);
  const image = pick(images, next);
  const other = pick(images, next);
  const repository = `faults/run-${seed}`;
  const reference = `${registry.host}/${repository}:latest`;
  const root = await mkdtemp(join(tmpdir(), "safedock-fault-"));
  const script = misbehaviour(next, other);
  registry.add(repository, image, script.misbehave);
  try {
    const store = await ImageStore.open(root);
    const abort = next(6) === 0 ? new AbortController() : undefined;
    const reason = new Error("enough");
    const timer = abort === undefined ? undefined : setTimeout(() => abort.abort(reason), next(25));
    const began = performance.now();
    const result = await store
      .pull(reference, { registry: IMPATIENT, ...(abort && { signal: abort.signal }) })
      .then(
        (record) => ({ record }),
        (error: unknown) => ({ error }),
      );
    clearTimeout(timer);
    const taken = performance.now() - began;
    const about = `seed ${seed}: ${script.names.join(", ")}`;
    expect(taken, about).toBeLessThan(LONGEST_MS);
    await expectCleanStore(root);
    const outcome = outcomeOf(result, [image, ...(script.moves ? [other] : [])], reason, about);
    // What is left must not stand in the way of an honest registry.
    registry.add(repository, image, () => false);
    if (outcome !== "right bytes" && seed % 4 === 0) {
      const record = await store.pull(reference);
      expect(record.digest, about).toBe(image.manifest.digest);
      await expectCleanStore(root);
    }
    return { outcome, said: "error" in result ? [script.names, result.error] : script.names };
  } finally {
    registry.remove(repository);
    await rm(root, { recursive: true, force: true });
  }
}

type Result = { readonly record: ImageRecord } | { readonly error: unknown };

function outcomeOf(
  result: Result,
  right: readonly SeededImage[],
  reason: Error,
  about: string,
): Outcome {
  if ("record" in result) {
    // The store was verified: every blob is what its name says, so the digest says it all.
    expect(right.map(({ manifest }) => manifest.digest)).toContain(result.record.digest);
    return "right bytes";
  }
  if (result.error === reason) return "aborted";
  if (!isSafedockError(result.error)) throw new Error(about, { cause: result.error });
  expect(result.error.code, about).toMatch(/^ERR_[A-Z_]+$/);
  expect(result.error.message, about).not.toBe("");
  return result.error.code;
}

interface Script {
  readonly misbehave: Misbehave;
  readonly names: readonly string[];
  /** Whether the tag may lead to the other image. */
  readonly moves: boolean;
}

/** One to three faults, each for some requests: of one kind or of all, the first ones or every one. */
function misbehaviour(next: Numbers, other: SeededImage): Script {
  const all = Object.entries(faults);
  const moves = next(12) === 0;
  const chosen = Array.from({ length: 1 + next(3) }, () => {
    const [name, fault] = pick(all, next);
    const kind = pick(["manifest", "blob", "blob", "any"] as const, next);
    return { name, fault, kind, times: pick([1, 1, 2, 3, Infinity], next), share: 1 + next(3) };
  });
  const moment = next(4);
  let requests = 0;
  const misbehave: Misbehave = (asked) => {
    requests++;
    const seen =
      moves && requests > moment ? { ...asked, image: moved(asked.image, other) } : asked;
    for (const { fault, kind, times, share } of chosen) {
      if (asked.earlier >= times || (kind !== "any" && kind !== asked.kind)) continue;
      if (next(share) !== 0) continue;
      act(fault, seen, next);
      return true;
    }
    if (seen === asked) return false;
    act(faults["says early hints without end"], seen, next);
    return true;
  };
  return {
    misbehave,
    names: chosen.map(({ name, kind, times }) => `${name} (${kind}, ${times})`),
    moves,
  };
}

function act(fault: Fault | undefined, asked: Parameters<Fault>[0], next: Numbers): void {
  if (fault === undefined) throw new Error("no such fault");
  fault(asked, next);
}

/** The tag is the other image's now, and the blobs of both are there. */
function moved(image: SeededImage, other: SeededImage): SeededImage {
  return { ...other, bytes: new Map([...image.bytes, ...other.bytes]) };
}
