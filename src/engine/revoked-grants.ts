import type { StdioSpec } from "../wasi/context-spec.js";
import { type CheckedGrants, NO_GRANTS } from "./check-grants.js";
import { parseOrigin } from "../http/origin.js";
import { withoutService } from "./compare-services.js";
import { plainCopy } from "./plain-copy.js";
import { Problems, show } from "./problems.js";

/**
 * What is left of `present` without the grants of these names; `granted` is what the container was made
 * with, so that what is taken back already has its name still.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all names that are none of the container's
 */
export function withoutGrants(
  granted: CheckedGrants,
  present: CheckedGrants,
  given: unknown,
): CheckedGrants {
  const problems = new Problems();
  const names = plainCopy("names", given, problems);
  if (!Array.isArray(names) && problems.count === 0) {
    problems.add(`names: must be an array, not ${show(given)}`);
  }
  let left: CheckedGrants = present;
  for (const [index, name] of (Array.isArray(names) ? names : []).entries()) {
    const after = typeof name === "string" ? without(granted, left, name) : undefined;
    if (after === undefined)
      problems.add(`names[${index}]: ${show(name)} is no grant of the container`);
    else left = after;
  }
  problems.throwIfAny("grants to take back");
  return left;
}

function without(
  granted: CheckedGrants,
  present: CheckedGrants,
  name: string,
): CheckedGrants | undefined {
  switch (name) {
    case "clock":
      return present.clock.kind === "frozen" ? present : { ...present, clock: NO_GRANTS.clock };
    case "random":
      return { ...present, random: { kind: "denied" } };
    case "args":
      return { ...present, argsGrant: "none" };
    case "stdin":
    case "stdout":
    case "stderr":
      return { ...present, stdio: { ...(present.stdio ?? PIPES), [name]: "denied" } };
    case "http":
      return granted.http.length === 0 ? undefined : { ...present, http: [] };
    default:
      return withoutNamed(granted, present, name);
  }
}

const PIPES: StdioSpec = Object.freeze({ stdin: "pipe", stdout: "pipe", stderr: "pipe" });

function withoutNamed(
  granted: CheckedGrants,
  present: CheckedGrants,
  name: string,
): CheckedGrants | undefined {
  const cut = name.indexOf(":");
  const [kind, rest] = [name.slice(0, cut), name.slice(cut + 1)];
  if (kind === "fs") {
    if (!granted.mounts.some(({ target }) => target === rest)) return undefined;
    return { ...present, mounts: present.mounts.filter(({ target }) => target !== rest) };
  }
  if (kind === "http") {
    const origin = parseOrigin(rest)?.text;
    if (!granted.http.some((grant) => grant.origin === origin)) return undefined;
    return { ...present, http: present.http.filter((grant) => grant.origin !== origin) };
  }
  if (kind !== "env") {
    const services = withoutService(granted.services, present.services, name);
    return services === undefined ? undefined : { ...present, services };
  }
  if (!granted.env.has(rest) && !granted.inheritEnv.includes(rest)) return undefined;
  return {
    ...present,
    env: new Map([...present.env].filter(([each]) => each !== rest)),
    secrets: new Set([...present.secrets].filter((each) => each !== rest)),
    inheritEnv: present.inheritEnv.filter((each) => each !== rest),
  };
}
