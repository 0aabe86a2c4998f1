import { type CheckedGrants, checkGrants } from "./check-grants.js";
import type { Grants } from "./grants.js";
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
  { env: present }: CheckedGrants,
  copy: Record<string, unknown>,
): Record<string, unknown> {
  if (!isRecord(copy.env)) return copy;
  const env = Object.entries(copy.env).map(([name, value]): [string, unknown] => {
    const isHidden = isRecord(value) && value.secret === HIDDEN;
    const kept = isHidden ? present.get(name) : undefined;
    return kept === undefined ? [name, value] : [name, { secret: kept }];
  });
  return { ...copy, env: Object.fromEntries(env) };
}
