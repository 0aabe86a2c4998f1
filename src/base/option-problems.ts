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
export function throwProblems(subject: string, problems: readonly string[], cause?: unknown): void {
  if (problems.length === 0) return;
  throw new SafedockError("ERR_OPTIONS_INVALID", `${subject}: ${problems.join("; ")}`, {
    data: { problems },
    ...hintOf(problems),
    cause,
  });
}

/** Pages that explain what options take, by the beginning of a problem. */
const PAGES = [
  [/^grants\b/, "docs/grants.md"],
  [/^limits\b/, "docs/limits.md"],
] as const;

function hintOf(problems: readonly string[]): { readonly hint?: string } {
  const pages = PAGES.filter(([start]) => problems.some((problem) => start.test(problem)));
  if (pages.length === 0) return {};
  const names = pages.map(([, page]) => page).join(" and ");
  const verb = pages.length === 1 ? "lists" : "list";
  return { hint: `${names} ${verb} what may be given, with defaults and units` };
}
