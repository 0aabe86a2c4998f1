/** Takes what is wrong with options, each with its path, to be thrown as one error. */
export interface ProblemSink {
  add(problem: string): void;
}

/** Complains about what is no object or has members that no option is called by. */
export function checkMembers(
  at: string,
  value: unknown,
  known: readonly string[],
  problems: ProblemSink,
): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.add(`${at}: must be an object`);
    return false;
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      problems.add(`${at}.${name}: no such option (there are ${known.join(", ")})`);
    }
  }
  return true;
}
