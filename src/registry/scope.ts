/** One scope of distribution's token authentication specification, or several that one token shall have. */
export type Scope = string | readonly string[];

/** Scopes of distribution's token authentication specification. */
export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

/** Each scope once, in the order given. */
export function scopesOf(scope: Scope): readonly string[] {
  return typeof scope === "string" ? [scope] : [...new Set(scope)];
}

/** The repository that the first scope is about, or an empty text (`registry:catalog:*`). */
export function repositoryOf(scopes: readonly string[]): string {
  return /^repository:(.+):[^:]*$/.exec(scopes[0] ?? "")?.[1] ?? "";
}

/**
 * What to ask a token server for when we want `ours` and the registry said `asked`. It asks for one
 * request only, and a token for pushing serves the reads in between as well: what is within ours is
 * left at ours. A registry that calls the repository otherwise knows better.
 */
export function wantedScopes(
  ours: readonly string[],
  asked: string | undefined,
): readonly string[] {
  const words = asked?.split(" ").filter((word) => word !== "") ?? [];
  const foreign = words.filter((word) => !ours.some((scope) => isWithin(word, scope)));
  if (foreign.length === 0) return ours;
  const isOther = foreign.every((word) => !ours.some((scope) => nameOf(scope) === nameOf(word)));
  return isOther && ours.length === 1 ? words : [...ours, ...foreign];
}

/** Type and name: a scope without its actions. */
function nameOf(scope: string): string {
  return scope.slice(0, scope.lastIndexOf(":") + 1);
}

function isWithin(asked: string, scope: string): boolean {
  const split = nameOf(scope).length;
  if (!asked.startsWith(nameOf(scope))) return false;
  const actions = new Set(scope.slice(split).split(","));
  return asked
    .slice(split)
    .split(",")
    .every((action) => actions.has(action));
}
