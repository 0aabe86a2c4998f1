import type { HttpGrant } from "../http/http-grant.js";
import type { CheckedRequest } from "./check-grant-request.js";
import { checkHttpGrants } from "./check-http-grants.js";
import { coversHttp } from "./compare-http.js";
import { httpGrantOf } from "./http-grants-of.js";
import { isRecord, Problems, show } from "./problems.js";

/** The grants of requests that the host approves of those that an image asks for. */
export function approvedHttp(
  { request, grants }: CheckedRequest,
  http: unknown,
  problems: Problems,
): HttpGrant[] {
  if (!isRecord(http)) {
    problems.add(`http: must be an object, not ${show(http)}`);
    return [];
  }
  const choices = new Map(Object.entries(http));
  const used = new Set<string>();
  const approved: HttpGrant[] = [];
  for (const [index, wish] of (request.http ?? []).entries()) {
    const asked = grants.http[index];
    if (asked === undefined) continue;
    const name = choices.has(wish.origin) ? wish.origin : asked.origin;
    used.add(name);
    const choice = choices.get(name);
    const at = `http[${show(asked.origin)}]`;
    if (choice === null || (choice === undefined && wish.optional === true)) continue;
    if (isRecord(choice) && !("origin" in choice)) {
      // What is asked for of credentials has no values: they are the host's.
      const { credentials: _, ...wanted } = httpGrantOf(asked);
      const grant: Record<string, unknown> = { ...wanted, ...choice };
      if (checkApproved(at, grant, asked, problems))
        approved.push({ ...grant, origin: asked.origin });
    } else if (choice === undefined) {
      problems.add(`${at}: the image asks to send requests there: give {} or null to refuse it`);
    } else problems.add(`${at}: must be an object without origin, or null, not ${show(choice)}`);
  }
  for (const name of choices.keys()) {
    if (!used.has(name)) problems.add(`http: the image does not ask for ${show(name)}`);
  }
  return approved;
}

/** No more than what is asked for; values of credentials and addresses are the host's to say. */
function checkApproved(
  at: string,
  grant: Record<string, unknown>,
  asked: CheckedRequest["grants"]["http"][number],
  problems: Problems,
): boolean {
  const own = new Problems();
  const [checked] = checkHttpGrants([grant], own);
  if (checked === undefined || own.count > 0) {
    problems.add(`${at}: ${own.text()}`);
    return false;
  }
  for (const name of asked.credentials.keys()) {
    if (!checked.credentials.has(name)) {
      problems.add(`${at}.credentials.${name}: the image asks the host to add it: give its value`);
    }
  }
  if (coversHttp({ ...asked, isAsked: true }, { ...checked, isAsked: false })) return true;
  problems.add(`${at}: is more than the image asks for`);
  return false;
}
