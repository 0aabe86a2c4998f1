import { type CheckedGrants, checkGrants } from "./check-grants.js";
import type { Grants } from "./grants.js";
import type { CheckedHttpGrant } from "../http/http-grant.js";
import { coversOrigin, parseOrigin } from "../http/origin.js";
import { HIDDEN } from "./hidden-value.js";
import { plainCopy } from "./plain-copy.js";
import { isRecord, Problems } from "./problems.js";

/**
 * The grants that are to be left. Hidden values, as `inspect` and audits have them, stand for the present.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function checkNarrowed(present: CheckedGrants, next: Grants): CheckedGrants {
  const problems = new Problems();
  const copy = plainCopy("grants", next, problems);
  if (copy === undefined) problems.add("grants: must be an object");
  const checked = checkGrants(isRecord(copy) ? withPresentSecrets(present, copy) : copy, problems);
  problems.throwIfAny("grants");
  return checked;
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` if anything is wider than what is granted */
export function throwWider(wider: readonly string[]): void {
  const problems = new Problems();
  for (const what of wider) problems.add(`grants.${what}: more than is granted, or something else`);
  problems.throwIfAny("narrower grants");
}

function withPresentSecrets(
  { env, http, services }: CheckedGrants,
  copy: Record<string, unknown>,
): Record<string, unknown> {
  const withVariables = {
    ...copy,
    ...withPresentValues("env", env, copy),
    ...withPresentValues("config", services.config, copy),
  };
  if (!Array.isArray(copy.http)) return withVariables;
  const grants = copy.http.map((grant: unknown) => withPresentCredentials(http, grant));
  return { ...withVariables, http: grants };
}

/** A value that the present grants of its origin do not agree upon stays hidden, which is a problem. */
function withPresentCredentials(present: readonly CheckedHttpGrant[], grant: unknown): unknown {
  if (!isRecord(grant) || !isRecord(grant.credentials)) return grant;
  const origin = typeof grant.origin === "string" ? parseOrigin(grant.origin) : undefined;
  if (origin === undefined) return grant;
  const wide = present.filter((other) => {
    const from = parseOrigin(other.origin);
    return from !== undefined && coversOrigin(from, origin);
  });
  const credentials = Object.entries(grant.credentials).map(([name, value]): [string, unknown] => {
    if (!isRecord(value) || value.secret !== HIDDEN) return [name, value];
    const known = new Set(wide.map((other) => other.credentials.get(name.toLowerCase())));
    known.delete(undefined);
    const [only] = known;
    return [name, known.size === 1 ? { secret: only } : value];
  });
  return { ...grant, credentials: Object.fromEntries(credentials) };
}

/** Of variables and of what is configured. */
function withPresentValues(
  member: "env" | "config",
  present: ReadonlyMap<string, string>,
  copy: Record<string, unknown>,
): Record<string, unknown> | undefined {
  const given = copy[member];
  if (!isRecord(given)) return undefined;
  const values = Object.entries(given).map(([name, value]): [string, unknown] => {
    const isHidden = isRecord(value) && value.secret === HIDDEN;
    const kept = isHidden ? present.get(name) : undefined;
    return kept === undefined ? [name, value] : [name, { secret: kept }];
  });
  return { [member]: Object.fromEntries(values) };
}
