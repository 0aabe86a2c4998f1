import {
  MOUNT_READ_ONLY,
  MOUNT_REVOKED,
  TAKEN_CLOCK,
  TAKEN_RANDOM,
  TAKEN_STDERR,
  TAKEN_STDIN,
  TAKEN_STDOUT,
} from "../fs/policy-board.js";
import type { StdioSpec } from "../wasi/context-spec.js";
import type { CheckedBind, CheckedMount } from "./check-fs-grants.js";
import type { CheckedGrants } from "./check-grants.js";
import { coversHttp } from "./compare-http.js";
import { widerServices } from "./compare-services.js";
import {
  compare,
  compareAccess,
  compareClocks,
  compareModes,
  compareRandom,
} from "./grant-width.js";

/** What is to be done so that less is granted. */
export interface Narrowing {
  /** What is in the new grants and not in the present ones: nothing may be done then. */
  readonly wider: readonly string[];
  /** What running processes cannot be made to do without. */
  readonly atRest: readonly string[];
  /** TAKEN_* bits for running processes. */
  readonly taken: number;
  /** MOUNT_* bits for running processes, by the mount's target. */
  readonly mounts: ReadonlyMap<string, number>;
}

const PIPES: StdioSpec = Object.freeze({ stdin: "pipe", stdout: "pipe", stderr: "pipe" });
const STREAMS = [
  ["stdin", TAKEN_STDIN],
  ["stdout", TAKEN_STDOUT],
  ["stderr", TAKEN_STDERR],
] as const;

/** Compares what is granted now with what is to be left of it. */
export function narrowing(present: CheckedGrants, next: CheckedGrants): Narrowing {
  const found = new Findings();
  narrowVariables(present, next, found);
  if (present.argsGrant === "none" && next.argsGrant === "given") found.wider.push("args");
  narrowMounts(present, next, found);
  narrowHttp(present, next, found);
  // Less of them holds from the next request on, and cuts sockets that are open.
  found.wider.push(...widerServices(present.services, next.services));
  narrowClock(present, next, found);
  narrowRandom(present, next, found);
  narrowStreams(present.stdio ?? PIPES, next.stdio ?? PIPES, found);
  return found;
}

class Findings implements Narrowing {
  readonly wider: string[] = [];
  readonly atRest: string[] = [];
  taken = 0;
  readonly mounts = new Map<string, number>();
}

function narrowVariables(present: CheckedGrants, next: CheckedGrants, found: Findings): void {
  for (const [name, value] of next.env) {
    if (present.env.get(name) !== value) found.wider.push(`env.${name}`);
  }
  for (const name of next.inheritEnv) {
    if (!present.inheritEnv.includes(name)) found.wider.push(`inheritEnv: ${name}`);
  }
}

function narrowMounts(present: CheckedGrants, next: CheckedGrants, found: Findings): void {
  const left = new Map(next.mounts.map((mount) => [mount.target, mount]));
  for (const mount of present.mounts) {
    const after = left.get(mount.target);
    left.delete(mount.target);
    if (after === undefined) found.mounts.set(mount.target, MOUNT_REVOKED);
    else narrowMount(mount, after, found);
  }
  for (const target of left.keys()) found.wider.push(`fs ${target}`);
}

function narrowMount(present: CheckedMount, next: CheckedMount, found: Findings): void {
  const at = `fs ${present.target}`;
  if (present.type === "memory" || next.type === "memory") {
    if (present.type !== "memory" || next.type !== "memory") found.wider.push(at);
    else narrowSizes(at, present, next, found);
    return;
  }
  narrowPlace(at, present, next, found);
  narrowSizes(at, present.quota, next.quota, found);
  const access = compareAccess(present.access, next.access);
  if (access === 1) found.wider.push(`${at}: access`);
  if (access !== -1) return;
  if (next.access === "read-only") found.mounts.set(present.target, MOUNT_READ_ONLY);
  else found.atRest.push(`${at}: access`);
}

function narrowPlace(at: string, present: CheckedBind, next: CheckedBind, found: Findings): void {
  if (present.source !== next.source) found.wider.push(`${at}: source`);
  if (present.subPath === next.subPath) return;
  const isBelow =
    next.subPath !== undefined &&
    (present.subPath === undefined || next.subPath.startsWith(`${present.subPath}/`));
  (isBelow ? found.atRest : found.wider).push(`${at}: subPath`);
}

/** Less of it holds from the next request on, and cuts those that are open. */
function narrowHttp(present: CheckedGrants, next: CheckedGrants, found: Findings): void {
  const compared = present.http.map((grant) => ({ ...grant, isAsked: false }));
  for (const grant of next.http) {
    const isThere = compared.some((wide) => coversHttp(wide, { ...grant, isAsked: false }));
    if (!isThere) found.wider.push(`http ${grant.origin}`);
  }
}

interface Sizes {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

const UNBOUNDED: Sizes = { maxBytes: Infinity, maxFiles: Infinity };

function narrowSizes(
  at: string,
  present: Sizes = UNBOUNDED,
  next: Sizes = UNBOUNDED,
  found: Findings,
): void {
  for (const name of ["maxBytes", "maxFiles"] as const) {
    const order = compare(present[name], next[name]);
    if (order === 1) found.wider.push(`${at}: ${name}`);
    if (order === -1) found.atRest.push(`${at}: ${name}`);
  }
}

function narrowClock(present: CheckedGrants, next: CheckedGrants, found: Findings): void {
  // A frozen clock tells nothing of the host, wherever it starts: it is never wider.
  if (next.clock.kind === "frozen") {
    if (present.clock.kind !== "frozen") found.taken |= TAKEN_CLOCK;
    return;
  }
  const order = compareClocks(present.clock, next.clock);
  if (order === -1) found.atRest.push("clock");
  else if (order !== 0) found.wider.push("clock");
}

function narrowRandom(present: CheckedGrants, next: CheckedGrants, found: Findings): void {
  const order = compareRandom(present.random, next.random);
  if (order === -1) found.taken |= TAKEN_RANDOM;
  else if (order !== 0) found.wider.push("random");
}

function narrowStreams(present: StdioSpec, next: StdioSpec, found: Findings): void {
  for (const [name, bit] of STREAMS) {
    const order = compareModes(present[name], next[name]);
    if (order === 1) found.wider.push(`stdio.${name}`);
    if (order !== -1) continue;
    if (next[name] === "denied") found.taken |= bit;
    else found.atRest.push(`stdio.${name}`);
  }
}
