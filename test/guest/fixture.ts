import { readFileSync } from "node:fs";
import type { CompiledModule } from "../../dist/guest/compiled-module.js";
import type { GuestSpec } from "../../dist/guest/guest-spec.js";
import type { GuestPool } from "../../dist/guest/pool.js";

/** Bytes of a program of test/guest/fixtures. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`./fixtures/${name}.wasm`, import.meta.url)));
}

export function compileFixture(pool: GuestPool, name: string): Promise<CompiledModule> {
  return pool.compile({ bytes: fixture(name), key: `fixture:${name}`, name: `${name}.wasm` });
}

export function guestSpec(changes: Partial<GuestSpec> = {}): GuestSpec {
  return {
    args: ["program"],
    env: [],
    mounts: [],
    clock: { kind: "frozen", startMs: 0 },
    random: { kind: "secure" },
    limits: { openFiles: 64 },
    memoryBytes: 64 * 2 ** 20,
    timeoutMs: 20_000,
    ...changes,
  };
}
