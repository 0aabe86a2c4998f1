import { MAX_ARGS_AND_ENV_BYTES } from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

const NO_ARGS: readonly string[] = [];

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
  return copy;
}

export function checkEnvironment(
  at: string,
  env: unknown,
  problems: Problems,
): ReadonlyMap<string, string> {
  const checked = new Map<string, string>();
  if (!isRecord(env)) {
    problems.add(`${at}: must be an object of strings, not ${show(env)}`);
    return checked;
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      problems.add(`${at}: ${show(name)} is no name of a variable`);
    } else if (typeof value !== "string") {
      problems.add(`${at}.${name}: must be a string, not ${show(value)}`);
    } else if (value.includes("\0")) {
      problems.add(`${at}.${name}: must not hold a NUL character`);
    } else {
      checked.set(name, value);
    }
  }
  return checked;
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
