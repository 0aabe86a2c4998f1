import type { CheckedMount } from "./check-fs-grants.js";
import { type CheckedGrants, FROZEN_START_MS } from "./check-grants.js";
import type { ClockGrant, FsGrant, Grants, RandomGrant } from "./grants.js";
import { shownEnvironment } from "./hidden-value.js";

/** {@link Grants} in their shortest form, without what is granted by default; the values of secrets hidden. */
export function grantsOf(checked: CheckedGrants): Grants {
  const { env, secrets, inheritEnv, argsGrant, mounts, stdio } = checked;
  const clock = clockGrantOf(checked.clock);
  const random = randomOf(checked.random);
  return {
    ...(env.size === 0 ? undefined : { env: shownEnvironment(env, secrets) }),
    ...(inheritEnv.length === 0 ? undefined : { inheritEnv }),
    ...(argsGrant === "given" ? undefined : { args: argsGrant }),
    ...(mounts.length === 0 ? undefined : { fs: mounts.map(fsGrantOf) }),
    ...(clock === "frozen" ? undefined : { clock }),
    ...(random === "secure" ? undefined : { random }),
    ...(stdio === undefined ? undefined : { stdio }),
  };
}

export function fsGrantOf(mount: CheckedMount): FsGrant {
  if (mount.type === "memory") return mount;
  const { quota, ...rest } = mount;
  if (quota === undefined) return rest;
  const { maxBytes, maxFiles } = quota;
  return { ...rest, maxBytes, maxFiles };
}

/** A clock in its shortest form. */
export function clockGrantOf({ kind, ...clock }: CheckedGrants["clock"]): ClockGrant {
  if (kind === "frozen" && clock.startMs === FROZEN_START_MS) return "frozen";
  if (kind === "real" && clock.startMs === undefined) return "real";
  return { type: kind, ...clock };
}

function randomOf(random: CheckedGrants["random"]): RandomGrant {
  return random.kind === "seeded" ? { seed: random.seed } : random.kind;
}
