import { SafedockError } from "./errors.js";
import { printable } from "./printable.js";

/** Characters of an unknown name that a message repeats. */
const MAX_NAME = 60;

/**
 * What is wrong with the names in an object of options: a mistyped limit must not be a missing one.
 *
 * @param at - path of the object with a dot at its end, such as `limits.`; empty for the options themselves
 */
export function unknownOptions(at: string, value: unknown, known: readonly string[]): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${at === "" ? "options" : at.slice(0, -1)}: must be an object`];
  }
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => unknownOption(at, name, known));
}

/** What is wrong with one name; `at` as in {@link unknownOptions}. */
export function unknownOption(at: string, name: string, known: readonly string[]): string {
  return `${at}${printable(name, MAX_NAME)}: no such option (there are ${known.join(", ")})`;
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems, if there are any */
export function throwProblems(subject: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new SafedockError("ERR_OPTIONS_INVALID", `${subject}: ${problems.join("; ")}`, {
    data: { problems },
  });
}
