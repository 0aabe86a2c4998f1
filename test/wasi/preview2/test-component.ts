/** A component without code: the interfaces of WASI 0.2 as objects, and their direct forms over a memory. */
import { MemoryFilesystem } from "../../../src/fs/memory/memory-filesystem.js";
import { Location } from "../../../src/fs/resolve.js";
import { Context } from "../../../src/wasi/context.js";
import type { ContextSpec } from "../../../src/wasi/context-spec.js";
import { createPreview2 } from "../../../src/wasi/preview2/index.js";
import { ArrayInput, ArrayOutput, START_MS } from "../test-guest.js";

const SPEC: ContextSpec = {
  args: ["prog", "ä"],
  env: ["A=1", "PWD=/work"],
  mounts: [],
  clock: { kind: "frozen", startMs: START_MS },
  random: { kind: "seeded", seed: "test" },
  limits: { openFiles: 16 },
};

export function beginComponent(spec: Partial<ContextSpec> = {}, stdin = "") {
  const filesystem = new MemoryFilesystem({
    maxBytes: 1 << 20,
    maxFiles: 100,
    now: () => BigInt(START_MS) * 1_000_000n,
    dev: 1n,
  });
  const stdio = {
    stdin: new ArrayInput(stdin),
    stdout: new ArrayOutput(),
    stderr: new ArrayOutput(),
    sleep: () => undefined,
  };
  const preopens = [{ name: "/", location: new Location(filesystem.root, true) }];
  const context = new Context({ ...SPEC, ...spec }, stdio, { preopens, close: () => undefined });
  const preview2 = createPreview2();
  preview2.begin(context);
  return { preview2, stdio, context, imports: preview2.imports };
}

/** The error case that a call answers with; "none" if it has not failed. */
export function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return typeof error === "object" && error !== null && "payload" in error
      ? error.payload
      : error;
  }
  return "none";
}

export function drop(object: object): void {
  const dispose: unknown = Reflect.get(object, Symbol.dispose);
  if (typeof dispose !== "function") throw new Error("nothing to drop");
  dispose.call(object);
}
