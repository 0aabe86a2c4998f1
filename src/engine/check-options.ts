import type { ClockSpec, RandomSpec } from "../wasi/context-spec.js";
import type { BindMount, MemoryMount } from "../mount.js";
import type { ContainerOptions, Rootfs } from "./container-options.js";
import { checkEnvironment, checkArguments, checkedArguments } from "./check-environment.js";
import { checkFsGrants } from "./check-fs-grants.js";
import { type CheckedLimits, DEFAULT_LIMITS } from "./limits.js";
import { checkLimits } from "./check-limits.js";
import { isRecord, Problems, show } from "./problems.js";

/** Container options, checked as one piece and with every default filled in. */
export interface CheckedOptions {
  readonly args: readonly string[] | undefined;
  /** The command line in place of the image's: the given entrypoint and `args`. */
  readonly command: readonly string[] | undefined;
  readonly env: ReadonlyMap<string, string>;
  /** Sources are absolute; whether they exist is asked when a process starts. */
  readonly mounts: readonly (BindMount | MemoryMount)[];
  readonly clock: ClockSpec;
  readonly random: RandomSpec;
  readonly limits: CheckedLimits;
  readonly rootfs: Rootfs;
}

const ROOTFS: readonly string[] = ["writable", "read-only", "memory", "none"] satisfies Rootfs[];
const KEYS = ["entrypoint", "args", "grants", "limits", "rootfs"];
const GRANT_KEYS = ["env", "fs", "clock", "random"];
const NO_MOUNTS: readonly (BindMount | MemoryMount)[] = [];
const NO_ENV: ReadonlyMap<string, string> = new Map();
/** 2020-01-01T00:00:00Z: fixed, so that runs repeat, and recent enough for certificates and archives. */
const FROZEN_START_MS = Date.UTC(2020, 0, 1);
const FROZEN: ClockSpec = { kind: "frozen", startMs: FROZEN_START_MS };
const REAL: ClockSpec = { kind: "real" };
const SECURE: RandomSpec = { kind: "secure" };
/** 2^53 ns would be too few; this is the year 2500, within 64-bit nanoseconds. */
const MAX_START_MS = Date.UTC(2500, 0, 1);

/** Checks everything before anything opens; throws one ERR_OPTIONS_INVALID with all problems. */
export function checkContainerOptions(
  options: ContainerOptions,
  moreKeys: readonly string[] = [],
): CheckedOptions {
  const problems = new Problems();
  problems.keys("", options, moreKeys.length === 0 ? KEYS : [...KEYS, ...moreKeys]);
  const grants = options.grants ?? {};
  if (isRecord(grants)) problems.keys("grants.", grants, GRANT_KEYS);
  else problems.add(`grants: must be an object, not ${show(grants)}`);
  const args =
    options.args === undefined ? undefined : checkArguments("args", options.args, problems);
  const checked: CheckedOptions = {
    args,
    command:
      options.entrypoint === undefined
        ? undefined
        : [...checkEntrypoint(options.entrypoint, problems), ...(args ?? [])],
    env: grants.env === undefined ? NO_ENV : checkEnvironment("grants.env", grants.env, problems),
    mounts: grants.fs === undefined ? NO_MOUNTS : checkFsGrants(grants.fs, problems),
    clock: checkClock(grants.clock, problems),
    random: checkRandom(grants.random, problems),
    limits: options.limits === undefined ? DEFAULT_LIMITS : checkLimits(options.limits, problems),
    rootfs: checkRootfs(options.rootfs, problems),
  };
  if ("stdin" in options) checkStdin(options.stdin, problems);
  checkedArguments(checked.command ?? args, checked.env, problems);
  problems.throwIfAny("container options");
  return checked;
}

function checkEntrypoint(entrypoint: unknown, problems: Problems): readonly string[] {
  const words = checkArguments("entrypoint", entrypoint, problems);
  if (Array.isArray(entrypoint) && entrypoint[0] === undefined) {
    problems.add("entrypoint: must name a program");
  }
  return words;
}

function checkStdin(stdin: unknown, problems: Problems): void {
  if (stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array) return;
  problems.add(`stdin: must be a string or bytes, not ${show(stdin)}`);
}

function checkClock(clock: unknown, problems: Problems): ClockSpec {
  if (clock === undefined || clock === "frozen") return FROZEN;
  if (clock === "real") return REAL;
  if (isRecord(clock)) {
    problems.keys("grants.clock.", clock, ["startMs"]);
    const startMs = problems.integer(
      "grants.clock.startMs",
      clock.startMs,
      0,
      MAX_START_MS,
      FROZEN_START_MS,
    );
    return { kind: "frozen", startMs };
  }
  problems.add(`grants.clock: must be "frozen", "real" or { startMs }, not ${show(clock)}`);
  return FROZEN;
}

function checkRandom(random: unknown, problems: Problems): RandomSpec {
  if (random === undefined || random === "secure") return SECURE;
  if (isRecord(random)) {
    problems.keys("grants.random.", random, ["seed"]);
    const { seed } = random;
    if (typeof seed === "string" || (typeof seed === "number" && Number.isFinite(seed))) {
      return { kind: "seeded", seed: String(seed) };
    }
  }
  problems.add(`grants.random: must be "secure" or { seed }, not ${show(random)}`);
  return SECURE;
}

function checkRootfs(rootfs: unknown, problems: Problems): Rootfs {
  if (rootfs === undefined) return "writable";
  if (isRootfs(rootfs)) return rootfs;
  problems.add(`rootfs: must be one of ${ROOTFS.join(", ")}, not ${show(rootfs)}`);
  return "writable";
}

function isRootfs(value: unknown): value is Rootfs {
  return typeof value === "string" && ROOTFS.includes(value);
}
