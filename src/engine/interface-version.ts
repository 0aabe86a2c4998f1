/** Versions of interfaces, compatible as semver has it: `acme:db/store@1.2.0`. */

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/;
type Version = readonly [major: number, minor: number, patch: number];

/**
 * Of the names, the newest that is compatible with the one that is wanted, which may have no version: the same
 * major version (before 1.0.0 the same minor one) and not older. Pre-releases are compatible with themselves.
 */
export function bestVersion(wanted: string, names: readonly string[]): string | undefined {
  if (names.includes(wanted)) return wanted;
  const [base, version] = split(wanted);
  const least = parse(version);
  let best: string | undefined;
  let bestOne: Version | undefined;
  for (const name of names) {
    const [otherBase, otherVersion] = split(name);
    if (otherBase !== base) continue;
    const other = parse(otherVersion);
    if (version !== undefined && !isCompatible(least, other)) continue;
    if (best !== undefined && (other === undefined || compare(other, bestOne ?? [0, 0, 0]) <= 0)) {
      continue;
    }
    best = name;
    bestOne = other;
  }
  return best;
}

function split(name: string): readonly [base: string, version: string | undefined] {
  const at = name.indexOf("@");
  return at === -1 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
}

function parse(version: string | undefined): Version | undefined {
  const [, major, minor, patch] = VERSION.exec(version ?? "") ?? [];
  if (version?.includes("-") === true || major === undefined) return undefined;
  return [Number(major), Number(minor), Number(patch)];
}

function isCompatible(least: Version | undefined, other: Version | undefined): boolean {
  if (least === undefined || other === undefined) return false;
  if (least[0] !== other[0] || compare(other, least) < 0) return false;
  if (least[0] > 0) return true;
  return least[1] === other[1] && (least[1] > 0 || least[2] === other[2]);
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
