import type { ClockSpec, RandomSpec, StdioMode, StdioSpec } from "../wasi/context-spec.js";
import { checkEnvironment, checkNames, type CheckedEnv, NO_ENV } from "./check-environment.js";
import type { CheckedHttpGrant } from "../http/http-grant.js";
import { checkFsGrants, type CheckedMount } from "./check-fs-grants.js";
import { checkHttpGrants } from "./check-http-grants.js";
import { checkServiceGrants, type CheckedServices, NO_SERVICES } from "./check-service-grants.js";
import type { ArgsGrant, Grants } from "./grants.js";
import { isRecord, type Problems, show } from "./problems.js";

/** {@link Grants}, checked and with every default filled in. */
export interface CheckedGrants extends CheckedEnv {
  /** Names of the app's variables; their values are read when a process starts, and kept nowhere. */
  readonly inheritEnv: readonly string[];
  readonly argsGrant: ArgsGrant;
  /** Sources are absolute; whether they exist is asked when a process starts. */
  readonly mounts: readonly CheckedMount[];
  readonly clock: ClockSpec;
  readonly random: RandomSpec;
  /** Undefined: all three are pipes. */
  readonly stdio: StdioSpec | undefined;
  readonly http: readonly CheckedHttpGrant[];
  readonly services: CheckedServices;
}

const GRANT_KEYS = [
  "env",
  "inheritEnv",
  "args",
  "fs",
  "clock",
  "random",
  "stdio",
  "http",
  "sockets",
  "config",
  "keyvalue",
  "logging",
] satisfies (keyof Grants)[];
const CLOCK_TYPES: readonly string[] = ["frozen", "real", "coarse"];
const STDIO_MODES: readonly string[] = ["pipe", "null", "denied"] satisfies StdioMode[];
const STREAMS = ["stdin", "stdout", "stderr"] as const;

/** 2020-01-01T00:00:00Z: fixed, so that runs repeat, and recent enough for certificates and archives. */
export const FROZEN_START_MS = Date.UTC(2020, 0, 1);
/** 2^53 ns would be too few; this is the year 2500, within 64-bit nanoseconds. */
const MAX_START_MS = Date.UTC(2500, 0, 1);
/** 100 ms: what browsers have given pages that they do not trust. */
export const DEFAULT_RESOLUTION_MS = 100;
/** An hour: coarser than any program that asks for the time can use. */
const MAX_RESOLUTION_MS = 3_600_000;

const FROZEN: ClockSpec = { kind: "frozen", startMs: FROZEN_START_MS };
const SECURE: RandomSpec = { kind: "secure" };

/** What `{}` grants. */
export const NO_GRANTS: CheckedGrants = Object.freeze({
  env: NO_ENV.env,
  secrets: NO_ENV.secrets,
  inheritEnv: [],
  argsGrant: "given",
  mounts: [],
  clock: FROZEN,
  random: SECURE,
  stdio: undefined,
  http: [],
  services: NO_SERVICES,
});

/** Checks a plain copy of {@link Grants}; what is wrong is added to `problems`. */
export function checkGrants(grants: unknown, problems: Problems): CheckedGrants {
  if (grants === undefined) return NO_GRANTS;
  if (!isRecord(grants)) {
    problems.add(`grants: must be an object, not ${show(grants)}`);
    return NO_GRANTS;
  }
  problems.keys("grants.", grants, GRANT_KEYS);
  const { env, inheritEnv, args, fs, clock, random, stdio, http } = grants;
  const variables = env === undefined ? NO_ENV : checkEnvironment("grants.env", env, problems);
  return {
    env: variables.env,
    secrets: variables.secrets,
    inheritEnv:
      inheritEnv === undefined
        ? NO_GRANTS.inheritEnv
        : checkNames("grants.inheritEnv", inheritEnv, problems),
    argsGrant: checkArgs(args, problems),
    mounts: fs === undefined ? NO_GRANTS.mounts : checkFsGrants(fs, problems),
    clock: checkClock(clock, problems),
    random: checkRandom(random, problems),
    stdio: checkStdio(stdio, problems),
    http: http === undefined ? NO_GRANTS.http : checkHttpGrants(http, problems),
    services: checkServiceGrants(grants, problems),
  };
}

function checkArgs(args: unknown, problems: Problems): ArgsGrant {
  if (args === "none") return "none";
  if (args !== undefined && args !== "given")
    problems.add(`grants.args: must be "given" or "none", not ${show(args)}`);
  return "given";
}

function checkClock(clock: unknown, problems: Problems): ClockSpec {
  if (clock === undefined || clock === "frozen") return FROZEN;
  if (clock === "real") return { kind: "real" };
  if (clock === "coarse") return { kind: "coarse", resolutionMs: DEFAULT_RESOLUTION_MS };
  if (!isRecord(clock)) {
    problems.add(
      `grants.clock: must be "frozen", "real", "coarse" or { type, startMs }, not ${show(clock)}`,
    );
    return FROZEN;
  }
  const { type = "frozen" } = clock;
  if (typeof type !== "string" || !CLOCK_TYPES.includes(type)) {
    problems.add(`grants.clock.type: must be one of ${CLOCK_TYPES.join(", ")}, not ${show(type)}`);
  }
  const coarse = type === "coarse";
  const keys = coarse ? ["type", "startMs", "resolutionMs"] : ["type", "startMs"];
  problems.keys("grants.clock.", clock, keys);
  const startMs = checkStart(clock.startMs, problems);
  const start = startMs === undefined ? undefined : { startMs };
  if (type === "real") return { kind: "real", ...start };
  if (!coarse) return { kind: "frozen", startMs: startMs ?? FROZEN_START_MS };
  const resolutionMs = problems.integer(
    "grants.clock.resolutionMs",
    clock.resolutionMs,
    1,
    MAX_RESOLUTION_MS,
    DEFAULT_RESOLUTION_MS,
  );
  return { kind: "coarse", resolutionMs, ...start };
}

function checkStart(startMs: unknown, problems: Problems): number | undefined {
  return problems.integer("grants.clock.startMs", startMs, 0, MAX_START_MS, undefined);
}

function checkRandom(random: unknown, problems: Problems): RandomSpec {
  if (random === undefined || random === "secure") return SECURE;
  if (random === "denied") return { kind: "denied" };
  if (isRecord(random)) {
    problems.keys("grants.random.", random, ["seed"]);
    const { seed } = random;
    if (typeof seed === "string" || (typeof seed === "number" && Number.isFinite(seed))) {
      return { kind: "seeded", seed: String(seed) };
    }
    problems.add(`grants.random.seed: must be a text or a finite number, not ${show(seed)}`);
    return SECURE;
  }
  problems.add(`grants.random: must be "secure", "denied" or { seed }, not ${show(random)}`);
  return SECURE;
}

function checkStdio(stdio: unknown, problems: Problems): StdioSpec | undefined {
  if (stdio === undefined || stdio === "pipe") return undefined;
  if (!isRecord(stdio)) {
    const mode = checkMode("grants.stdio", stdio, problems);
    return { stdin: mode, stdout: mode, stderr: mode };
  }
  problems.keys("grants.stdio.", stdio, STREAMS);
  const [stdin, stdout, stderr] = STREAMS.map((name) =>
    checkMode(`grants.stdio.${name}`, stdio[name] ?? "pipe", problems),
  );
  if (stdin === "pipe" && stdout === "pipe" && stderr === "pipe") return undefined;
  return { stdin: stdin ?? "pipe", stdout: stdout ?? "pipe", stderr: stderr ?? "pipe" };
}

function checkMode(at: string, mode: unknown, problems: Problems): StdioMode {
  if (isMode(mode)) return mode;
  problems.add(`${at}: must be one of ${STDIO_MODES.join(", ")}, not ${show(mode)}`);
  return "pipe";
}

function isMode(value: unknown): value is StdioMode {
  return typeof value === "string" && STDIO_MODES.includes(value);
}
