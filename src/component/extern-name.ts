/** Characters of one name of the component model: those of WASI have at most 60. */
export const MAX_EXTERN_NAME = 1_024;

/** Words of small letters or of capitals, joined by hyphens; the first begins with a letter. */
const LABEL = String.raw`(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(?:-(?:[0-9a-z]+|[0-9A-Z]+))*`;
const VERSION = String.raw`\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`;

const PLAIN_LABEL = new RegExp(`^${LABEL}$`);
const EXTERN_NAME = new RegExp(
  [
    `^(?:async )?${LABEL}$`,
    String.raw`^\[constructor\]${LABEL}$`,
    String.raw`^\[(?:async )?(?:method|static)\]${LABEL}\.${LABEL}$`,
    String.raw`^\[async\]${LABEL}$`,
    `^${LABEL}:${LABEL}/${LABEL}(?:@${VERSION})?$`,
  ].join("|"),
);

/**
 * What is wrong with the name of an import or export of a component; undefined if nothing is. Labels,
 * methods and interfaces of packages are accepted (component model, "Import and Export Definitions");
 * names that say where to fetch something (`url=<…>`, `integrity=<…>`, `unlocked-dep=<…>`) are not: they
 * hold any text, and nothing would fetch it.
 */
export function whatIsWrongWithExternName(name: string): string | undefined {
  if (name.length > MAX_EXTERN_NAME) return `it is longer than ${MAX_EXTERN_NAME} characters`;
  return EXTERN_NAME.test(name) ? undefined : "it is no name of a label, a method or an interface";
}

/** The same of a field, a case, a flag or a parameter. */
export function whatIsWrongWithLabel(name: string): string | undefined {
  if (name.length > MAX_EXTERN_NAME) return `it is longer than ${MAX_EXTERN_NAME} characters`;
  return PLAIN_LABEL.test(name) ? undefined : "it is not words joined by hyphens";
}

/** The part of a version that compatible ones share (semver): `1`, `0.2`, or all of `0.0.1` and of a draft. */
export function compatibleVersion(version: string): string {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+(?:\+.*)?$/.exec(version) ?? [];
  if (major === undefined || (major === "0" && minor === "0")) return version;
  return major === "0" ? `0.${minor}` : major;
}
