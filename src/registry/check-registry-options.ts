import { isSafedockError } from "../base/errors.js";
import { throwProblems, unknownOptions } from "../base/option-problems.js";
import { checkReferencePart, parseReference } from "../oci/reference.js";
import type { RegistryMirror, RegistryOptions } from "./registry-options.js";

/** Longest time-out, in milliseconds: what Node's timers take. */
const MAX_MS = 2 ** 31 - 1;
/** Most tries after the first: with the longest pauses these are hours. */
const MAX_RETRIES = 1000;

/** Names of all options, for whoever takes them among others. */
export const REGISTRY_OPTIONS: readonly string[] = [
  "credentials",
  "ca",
  "insecure",
  "mirrors",
  "proxy",
  "connectTimeoutMs",
  "headersTimeoutMs",
  "stallTimeoutMs",
  "retries",
  "retryDelayMs",
] satisfies (keyof RegistryOptions)[];
const MIRROR_OPTIONS: readonly string[] = [
  "host",
  "credentials",
  "insecure",
  "tags",
] satisfies (keyof RegistryMirror)[];

const LIMITS = [
  ["connectTimeoutMs", 1, MAX_MS],
  ["headersTimeoutMs", 1, MAX_MS],
  ["stallTimeoutMs", 1, MAX_MS],
  ["retries", 0, MAX_RETRIES],
  ["retryDelayMs", 0, MAX_MS],
] as const;

/**
 * Checks what a caller without types may get wrong: a time-out that is no number would never end.
 * Mirrors, proxy and credentials are checked where they are read.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function checkRegistryOptions(options: RegistryOptions): void {
  const problems = unknownOptions("", options, REGISTRY_OPTIONS);
  if (problems.length > 0) throwProblems("registry options", problems);
  for (const [name, min, max] of LIMITS) {
    const value: unknown = options[name];
    const isGood =
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
    if (value !== undefined && !isGood) {
      problems.push(`${name}: must be a whole number from ${min} to ${max}`);
    }
  }
  const insecure: unknown = options.insecure ?? [];
  if (!Array.isArray(insecure) || !insecure.every(isHost)) {
    problems.push("insecure: must be a list of hosts as in references, such as localhost:5000");
  }
  const proxy: unknown = options.proxy ?? false;
  if (proxy !== false && typeof proxy !== "string" && !(proxy instanceof URL)) {
    problems.push("proxy: must be the URL of an HTTP proxy, or false");
  }
  const ca: unknown = options.ca ?? [];
  if (!(Array.isArray(ca) ? ca : [ca]).every(isPem)) {
    problems.push("ca: must be PEM, or a list of it");
  }
  const mirrors: unknown = options.mirrors ?? {};
  if (typeof mirrors !== "object" || mirrors === null || Array.isArray(mirrors)) {
    problems.push("mirrors: must be an object of lists, by registry");
  } else {
    problems.push(...Object.entries(mirrors).flatMap(mirrorProblems));
  }
  throwProblems("registry options", problems);
}

function mirrorProblems([registry, list]: [string, unknown]): string[] {
  // Under any other name it would never be asked, and nobody would notice.
  if (!isHost(registry) || parseReference(`${registry}/acme/hello`).registry !== registry) {
    return [`mirrors["${registry}"]: must be a registry as references name it, such as docker.io`];
  }
  const objects = Array.isArray(list) ? list.filter((mirror) => typeof mirror !== "string") : [];
  return objects.flatMap((mirror) =>
    unknownOptions(`mirrors["${registry}"].`, mirror, MIRROR_OPTIONS),
  );
}

function isHost(value: unknown): value is string {
  try {
    if (typeof value !== "string") return false;
    checkReferencePart("registry", value);
    return true;
  } catch (error) {
    if (isSafedockError(error, "ERR_REFERENCE_INVALID")) return false;
    throw error;
  }
}

/** Node takes a text without a certificate for none, and says nothing. */
function isPem(value: unknown): boolean {
  return typeof value === "string" && value.includes("-----BEGIN ");
}
