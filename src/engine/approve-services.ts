import { checkServiceGrants, type CheckedServices, NO_SERVICES } from "./check-service-grants.js";
import type { CheckedRequest } from "./check-grant-request.js";
import { widerServices } from "./compare-services.js";
import type { EnvValue, Grants } from "./grants.js";
import { isRecord, type Problems, show } from "./problems.js";
import { serviceGrantsOf } from "./service-grants-of.js";

type ServiceGrants = Pick<Grants, "sockets" | "config" | "keyvalue" | "logging">;

/** What the host approves of the services that an image asks for. Records may be heard, whoever asks for it. */
export function approvedServices(
  asked: CheckedRequest,
  { sockets, config = {}, keyvalue = {} }: Readonly<Record<string, unknown>>,
  problems: Problems,
): ServiceGrants {
  const { logging } = asked.request;
  const approvedSockets = approveSockets(asked, sockets, problems);
  const values = approveConfig(asked, config, problems);
  const stores = approveStores(asked.grants.services, keyvalue, problems);
  return {
    ...(approvedSockets === undefined ? undefined : { sockets: approvedSockets }),
    ...(values.length === 0 ? undefined : { config: Object.fromEntries(values) }),
    ...(stores.length === 0 ? undefined : { keyvalue: stores }),
    ...(logging === undefined ? undefined : { logging }),
  };
}

function approveSockets(
  { request, grants: { services } }: CheckedRequest,
  given: unknown,
  problems: Problems,
): ServiceGrants["sockets"] {
  const asked = serviceGrantsOf(services)?.sockets;
  if (asked === undefined) {
    if (given !== undefined) problems.add("sockets: the image does not ask for any");
    return undefined;
  }
  if (given === null || (given === undefined && request.sockets?.optional === true))
    return undefined;
  if (given === true) return asked;
  if (given === undefined) {
    problems.add("sockets: the image asks for some: give true, less of them, or null to refuse it");
    return undefined;
  }
  const checked = checkServiceGrants({ sockets: given }, problems);
  const wider = widerServices({ ...NO_SERVICES, sockets: services.sockets }, checked);
  for (const what of wider) problems.add(`${what}: is more than the image asks for`);
  return serviceGrantsOf(checked)?.sockets;
}

function approveConfig(
  { config: asked }: CheckedRequest,
  given: unknown,
  problems: Problems,
): [string, EnvValue][] {
  if (!isRecord(given)) {
    problems.add(`config: must be an object of values, not ${show(given)}`);
    return [];
  }
  // What is no value is found when the grants are checked.
  const values = new Map(Object.entries(given as Record<string, EnvValue | null | undefined>));
  const granted: [string, EnvValue][] = [];
  for (const { name, optional } of asked) {
    const value = values.get(name);
    values.delete(name);
    if (value !== null && value !== undefined) granted.push([name, value]);
    else if (value !== null && optional !== true) {
      problems.add(
        `config[${show(name)}]: the image asks for it: give a value, or null to refuse it`,
      );
    }
  }
  for (const name of values.keys()) {
    problems.add(`config: the image does not ask for ${show(name)}`);
  }
  return granted;
}

/** Stores are the host's: none is given for being asked for. */
function approveStores(
  { keyvalue: asked }: CheckedServices,
  given: unknown,
  problems: Problems,
): string[] {
  if (!isRecord(given)) {
    problems.add(`keyvalue: must be an object of names, not ${show(given)}`);
    return [];
  }
  const choices = new Map(Object.entries(given));
  const granted: string[] = [];
  for (const name of asked) {
    const choice = choices.get(name);
    choices.delete(name);
    if (choice === true) granted.push(name);
    else if (choice !== null) {
      problems.add(
        `keyvalue[${show(name)}]: the image asks for it: give true, or null to refuse it`,
      );
    }
  }
  for (const name of choices.keys()) {
    problems.add(`keyvalue: the image does not ask for ${show(name)}`);
  }
  return granted;
}
