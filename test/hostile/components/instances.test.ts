/** What an instance leaves in its worker, and in the functions that all instances of a component share, to the next. */
import type { Container, ContainerOptions } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ComponentRunner } from "./component-runner.js";
import { ATTACKS, type Attack, DIRTY, FRESH, LEAVES, Memory, remembering } from "./remembering.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterAll(async () => {
  await runner.expectSound();
  await runner.close();
});

const TEXT = remembering();

/** What each comes to. */
const ENDS: Readonly<Record<Attack, string>> = {
  unreachable: "trapped 134",
  "unknown handle of the host's": "trapped 134",
  "unknown handle of its own": "trapped 134",
  "destructor that traps": "trapped 134",
  "exit with 0": "exited 0",
  "exit with 1": "exited 1",
  "stack overflow in wasm": "trapped stack",
  "stack overflow through the host": "trapped stack",
  loop: "timeout timeoutMs",
  "function of the app that throws": "trapped 134",
  "function of the app that never answers": "timeout timeoutMs",
  "handles of all kinds, and a trap": "trapped 134",
  "realloc that traps within a call of the app": "trapped 134",
  "realloc that loops within a call of the app": "timeout timeoutMs",
  "realloc that makes handles without end": "trapped 134",
  "memory out of its bounds": "trapped 134",
  "call of a wrong type": "trapped 134",
  "destructor that overflows the stack": "trapped stack",
};
/** Of those that end by their time. */
const SHORT = { timeoutMs: 600 } as const;
const LONG = { timeoutMs: 20_000 } as const;
const limitsOf = (attack: Attack) => (ENDS[attack].startsWith("timeout") ? SHORT : LONG);
/** Those that leave the worker as it is; a worker whose guest never ends is ended with it. */
const QUICK = ATTACKS.filter((attack) => limitsOf(attack) === LONG);

interface Remembering {
  readonly container: Container;
  readonly memory: Memory;
}

const removed = ({ container }: Remembering) => container.remove({ force: true });

/** A container with an app's side of its own. */
async function remember(
  options: ContainerOptions = {},
  text = TEXT,
  on = runner,
): Promise<Remembering> {
  const memory = new Memory();
  const container = await on.container(text, { ...options, imports: memory.imports });
  return { container, memory };
}

describe("the next instance of a container finds nothing of one that was ended by", () => {
  let own: Remembering;
  let short: Remembering;
  beforeAll(async () => {
    own = await remember();
    short = await remember({ limits: SHORT });
  });
  afterAll(() => Promise.all([removed(own), removed(short)]));
  const partsFor = (attack: Attack) => (limitsOf(attack) === SHORT ? short : own);

  test.each(ATTACKS)("%s", async (attack) => {
    const { container, memory } = partsFor(attack);
    memory.forget();
    memory.inCall = attack;
    expect(await runner.callIn(container, "go-0")).toBe(ENDS[attack]);
    memory.inCall = undefined;
    expect(await runner.callIn(container, "go-0")).toBe(DIRTY);
    memory.answerLate();
    expect(await runner.callIn(container, "go-0")).toBe(DIRTY + FRESH);
    expect(memory.begun.at(-1)).toBe(FRESH);
    expect(memory.seen.slice(-2)).toEqual([DIRTY, DIRTY + FRESH]);
  });

  test.each([
    ["unreachable", "the next call begins with a new instance"],
    ["stack overflow in wasm", "let it do less in one call"],
    ["loop", "raise limits.timeoutMs, or let it do less in one call"],
  ] as const)("%s, and is told what can be done", async (attack, hint) => {
    const { container, memory } = partsFor(attack);
    memory.forget();
    memory.inCall = attack;
    await expect(container.call("go-0")).rejects.toMatchObject({ code: "ERR_CALL_TRAPPED", hint });
  });

  test.each(QUICK)("%s, in its start function", async (attack) => {
    const { container, memory } = partsFor(attack);
    memory.inCall = "unreachable";
    await runner.callIn(container, "go-0");
    memory.forget();
    memory.inStart = attack;
    for (let call = 0; call < 2; call++) {
      expect(await runner.callIn(container, "go-0")).toBe(ENDS[attack]);
    }
    memory.inStart = undefined;
    expect(await runner.callIn(container, "go-0")).toBe(DIRTY);
    expect(memory.begun).toEqual([FRESH, FRESH, FRESH]);
    expect(memory.seen).toEqual([DIRTY]);
  });
});

describe("the next run of an image finds nothing of a run that was ended by", () => {
  test.each(ATTACKS)("%s", async (attack) => {
    const memory = new Memory();
    const options = { imports: memory.imports, limits: limitsOf(attack) };
    memory.inCall = attack;
    expect(await runner.run(TEXT, options)).toBe(ENDS[attack]);
    memory.inCall = undefined;
    expect(await runner.run(TEXT, options)).toBe("exited 0");
    expect(memory.begun).toEqual([FRESH, FRESH]);
    expect(memory.seen).toEqual([DIRTY, DIRTY]);
  });

  test("hundreds of handles, dropped by nobody", async () => {
    const memory = new Memory();
    memory.inCall = LEAVES;
    for (let run = 0; run < 20; run++) {
      expect(await runner.run(TEXT, { imports: memory.imports })).toBe("exited 0");
    }
    expect(new Set(memory.begun)).toEqual(new Set([FRESH]));
  });
});

describe("another container of the image has nothing of one that was ended by", () => {
  let one: Remembering;
  let other: Remembering;
  beforeAll(async () => {
    one = await remember();
    other = await remember();
  });
  afterAll(() => Promise.all([removed(one), removed(other)]));

  test.each(QUICK)("%s", async (attack) => {
    one.memory.forget();
    other.memory.forget();
    one.memory.inCall = attack;
    expect(await runner.callIn(one.container, "go-0")).toBe(ENDS[attack]);
    expect(await runner.callIn(other.container, "go-0")).toBe(DIRTY);
    expect([one.memory.begun, one.memory.seen]).toEqual([[FRESH], [DIRTY]]);
    expect([other.memory.begun, other.memory.seen]).toEqual([[FRESH], [DIRTY]]);
    // The worker is free again for the first.
    other.memory.inCall = "unreachable";
    expect(await runner.callIn(other.container, "go-0")).toBe("trapped 134");
    other.memory.inCall = undefined;
  });
});

/** What the calls of a container have found: each instance begins anew, and counts its own looks alone. */
function expectOwn({ begun, seen }: Memory, looks: number): void {
  expect(seen).toHaveLength(looks);
  expect(new Set(begun)).toEqual(new Set([FRESH]));
  for (const [index, found] of seen.entries()) {
    expect([DIRTY, (seen[index - 1] ?? FRESH) + FRESH]).toContain(found);
  }
}

describe("in turns", () => {
  test.each([1, 2])(
    "containers of one image keep to themselves, on %i workers",
    async (workers) => {
      await using turns = await ComponentRunner.open(workers);
      const parts = [await remember({}, TEXT, turns), await remember({}, TEXT, turns)];
      for (let round = 0; round < 40; round++) {
        for (const [index, { container, memory }] of parts.entries()) {
          const traps = round % 5 === 2 + index;
          memory.inCall = traps ? "handles of all kinds, and a trap" : undefined;
          const found = await turns.callIn(container, "go-0");
          expect(found).toBe(traps ? "trapped 134" : memory.seen.at(-1));
        }
      }
      for (const { memory } of parts) expectOwn(memory, 40);
    },
  );

  test("two components keep to themselves, and runs between them", async () => {
    const parts = [await remember(), await remember({}, remembering(1))];
    const runs = new Memory();
    for (let round = 0; round < 15; round++) {
      for (const { container, memory } of parts) {
        memory.inCall = round % 4 === 3 ? "stack overflow in wasm" : undefined;
        await runner.callIn(container, "go-0");
        runs.inCall = round % 2 === 0 ? "handles of all kinds, and a trap" : undefined;
        await runner.run(TEXT, { imports: runs.imports });
      }
    }
    for (const { memory } of parts) expectOwn(memory, 15);
    await Promise.all(parts.map(removed));
    expect(runs.begun).toHaveLength(30);
    expect(new Set(runs.begun)).toEqual(new Set([FRESH]));
    expect(new Set(runs.seen)).toEqual(new Set([DIRTY]));
  });
});
