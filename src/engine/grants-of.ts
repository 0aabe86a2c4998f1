import type { CheckedMount } from "./check-fs-grants.js";
import { type CheckedGrants, FROZEN_START_MS } from "./check-grants.js";
import type { ClockGrant, FsGrant, Grants, RandomGrant } from "./grants.js";
import { shownEnvironment } from "./hidden-value.js";
import { httpGrantOf } from "./http-grants-of.js";
import { serviceGrantsOf } from "./service-grants-of.js";

/** {@link Grants} in their shortest form, without what is granted by default; the values of secrets hidden. */
export function grantsOf(checked: CheckedGrants): Grants {
  const { env, secrets, inheritEnv, argsGrant, mounts, stdio } = checked;
  const clock = clockGrantOf(checked.clock);
  const random = randomOf(checked.random);
  // Assigned one by one: so many spreads take 10 µs, as much as a guest that is audited.
  const grants: { -readonly [K in keyof Grants]: Grants[K] } = {};
  if (env.size > 0) grants.env = shownEnvironment(env, secrets);
  if (inheritEnv.length > 0) grants.inheritEnv = inheritEnv;
  if (argsGrant !== "given") grants.args = argsGrant;
  if (mounts.length > 0) grants.fs = mounts.map(fsGrantOf);
  if (clock !== "frozen") grants.clock = clock;
  if (random !== "secure") grants.random = random;
  if (stdio !== undefined) grants.stdio = stdio;
  if (checked.http.length > 0) grants.http = checked.http.map(httpGrantOf);
  Object.assign(grants, serviceGrantsOf(checked.services));
  return grants;
}

export function fsGrantOf(mount: CheckedMount): FsGrant {
  if (mount.type === "memory") return mount;
  const { quota, ...rest } = mount;
  if (quota === undefined) return rest;
  const { maxBytes, maxFiles } = quota;
  return { ...rest, maxBytes, maxFiles };
}

/** A clock in its shortest form. */
export function clockGrantOf(clock: CheckedGrants["clock"]): ClockGrant {
  const { kind, startMs } = clock;
  if (kind === "frozen" && startMs === FROZEN_START_MS) return "frozen";
  if (kind === "real" && startMs === undefined) return "real";
  const start = startMs === undefined ? undefined : { startMs };
  if (clock.kind !== "coarse") return { type: clock.kind, ...start };
  return { type: clock.kind, resolutionMs: clock.resolutionMs, ...start };
}

function randomOf(random: CheckedGrants["random"]): RandomGrant {
  return random.kind === "seeded" ? { seed: random.seed } : random.kind;
}
