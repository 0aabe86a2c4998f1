import fc from "fast-check";
import type { FsGrant, Grants } from "../../src/engine/grants.js";

const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
const variable = fc.oneof(name, fc.constantFrom("__proto__", "constructor", "toString"));
const value = fc.string({ maxLength: 20 }).map((text) => text.replaceAll("\0", ""));
const target = fc
  .array(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 3 })
  .map((names) => `/${names.join("/")}`);
const bytes = fc.integer({ min: 0, max: 2 ** 32 });
const files = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const startMs = fc.integer({ min: 0, max: Date.UTC(2500, 0, 1) });
const mode = fc.constantFrom("pipe" as const, "null" as const, "denied" as const);

const mount: fc.Arbitrary<FsGrant> = fc.oneof(
  fc.record(
    {
      type: fc.constant("bind" as const),
      source: fc.constantFrom("./data", "/srv/data", "/srv/data/a", "/srv/other"),
      subPath: fc.constantFrom("a", "a/b", "tenants/7"),
      target,
      access: fc.constantFrom("read-only" as const, "create-only" as const, "read-write" as const),
      maxBytes: bytes,
      maxFiles: files,
    },
    { requiredKeys: ["source", "target"] },
  ),
  fc.record(
    { type: fc.constant("memory" as const), target, maxBytes: bytes, maxFiles: files },
    { requiredKeys: ["type", "target"] },
  ),
);

/** Grants that are accepted, of every form. */
export const anyGrants: fc.Arbitrary<Grants> = fc.record(
  {
    env: fc
      .array(fc.tuple(variable, fc.oneof(value, fc.record({ secret: value }))), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
    inheritEnv: fc.array(name, { maxLength: 3 }),
    args: fc.constantFrom("given" as const, "none" as const),
    fs: fc.uniqueArray(mount, { maxLength: 4, selector: (grant) => grant.target }),
    clock: fc.oneof(
      fc.constantFrom("frozen" as const, "real" as const, "coarse" as const),
      fc.record(
        { type: fc.constantFrom("frozen" as const, "real" as const), startMs },
        { requiredKeys: [] },
      ),
      fc.record(
        {
          type: fc.constant("coarse" as const),
          resolutionMs: fc.integer({ min: 1, max: 3_600_000 }),
          startMs,
        },
        { requiredKeys: ["type"] },
      ),
    ),
    random: fc.oneof(
      fc.constantFrom("secure" as const, "denied" as const),
      fc.record({
        seed: fc.oneof(
          fc.string(),
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
        ),
      }),
    ),
    stdio: fc.oneof(
      mode,
      fc.record({ stdin: mode, stdout: mode, stderr: mode }, { requiredKeys: [] }),
    ),
  },
  { requiredKeys: [] },
);
