import { HIDDEN } from "./hidden-value.js";
import { MAX_ARGS_AND_ENV_BYTES } from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

/** Variables, and the names of those whose values are secret. */
export interface CheckedEnv {
  readonly env: ReadonlyMap<string, string>;
  readonly secrets: ReadonlySet<string>;
}

/** Names of variables in one list: more than any shell has set. */
const MAX_NAMES = 1000;

const NO_ARGS: readonly string[] = [];
export const NO_ENV: CheckedEnv = Object.freeze({
  env: new Map<string, string>(),
  secrets: new Set<string>(),
});

export function checkArguments(at: string, args: unknown, problems: Problems): readonly string[] {
  if (!Array.isArray(args)) {
    problems.add(`${at}: must be an array of strings, not ${show(args)}`);
    return NO_ARGS;
  }
  const copy: string[] = [];
  for (const [index, arg] of args.entries()) {
    if (typeof arg !== "string")
      problems.add(`${at}[${index}]: must be a string, not ${show(arg)}`);
    else if (arg.includes("\0")) problems.add(`${at}[${index}]: must not hold a NUL character`);
    else copy.push(arg);
  }
  // Lists that were pushed to have room for 16 more: too much for what each container keeps.
  return copy.slice();
}

/** No message holds a value: it may be a secret that was written at the wrong place. */
export function checkEnvironment(at: string, env: unknown, problems: Problems): CheckedEnv {
  const checked = new Map<string, string>();
  const secrets = new Set<string>();
  if (!isRecord(env)) {
    problems.add(`${at}: must be an object of strings, not ${kindOf(env)}`);
    return { env: checked, secrets };
  }
  for (const [name, given] of Object.entries(env)) {
    if (!isName(name)) {
      problems.add(`${at}: ${shownName(name)} is no name of a variable`);
      continue;
    }
    const value = isSecret(given) ? given.secret : given;
    if (typeof value !== "string") {
      problems.add(`${at}.${name}: must be a string or { secret }, not ${kindOf(given)}`);
    } else if (value === HIDDEN) {
      problems.add(`${at}.${name}: its value was hidden, give it anew`);
    } else if (value.includes("\0")) {
      problems.add(`${at}.${name}: must not hold a NUL character`);
    } else {
      checked.set(name, value);
      if (value !== given) secrets.add(name);
    }
  }
  return { env: checked, secrets };
}

/** Names of variables, each once. */
export function checkNames(at: string, names: unknown, problems: Problems): readonly string[] {
  if (!Array.isArray(names)) {
    problems.add(`${at}: must be an array of names, not ${kindOf(names)}`);
    return NO_ARGS;
  }
  if (names.length > MAX_NAMES) {
    problems.add(`${at}: ${names.length} names, more than ${MAX_NAMES}`);
    return NO_ARGS;
  }
  const checked = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (typeof name === "string" && isName(name)) checked.add(name);
    else {
      const shown = typeof name === "string" ? shownName(name) : kindOf(name);
      problems.add(`${at}[${index}]: ${shown} is no name of a variable`);
    }
  }
  return [...checked];
}

/** Arguments and environment together stay below what a POSIX system would take (E2BIG). */
export function checkedArguments(
  args: readonly string[] | undefined,
  env: ReadonlyMap<string, string>,
  problems: Problems,
): void {
  let bytes = 0;
  for (const arg of args ?? NO_ARGS) bytes += Buffer.byteLength(arg) + 1;
  for (const [name, value] of env) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
  if (bytes > MAX_ARGS_AND_ENV_BYTES) {
    problems.add(
      `args and grants.env: ${bytes} bytes together, more than ${MAX_ARGS_AND_ENV_BYTES}`,
    );
  }
}

function isName(name: string): boolean {
  return name !== "" && !name.includes("=") && !name.includes("\0");
}

function isSecret(value: unknown): value is { readonly secret: unknown } {
  return isRecord(value) && Object.keys(value).length === 1 && "secret" in value;
}

/** Of `NAME=value` the name alone. */
function shownName(name: string): string {
  const cut = name.indexOf("=");
  return cut === -1 ? show(name) : show(`${name.slice(0, cut)}=…`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a value of type ${typeof value}`;
}
