import { domainToASCII } from "node:url";

/** RFC 1035: 253 characters of a name, 63 of a label. */
const MAX_NAME = 253;
const NAME = /^(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*$/;

/** A name in lower case and ASCII, without a dot at its end; undefined for what is none. */
export function normalName(text: string): string | undefined {
  const name = domainToASCII(text.endsWith(".") ? text.slice(0, -1) : text);
  // The last label of a name is not a number: what looks like one are forms of addresses, `127.1`.
  const last = name.slice(name.lastIndexOf(".") + 1);
  if (name.length > MAX_NAME || !NAME.test(name) || /^(?:\d+|0x[0-9a-f]*)$/.test(last)) {
    return undefined;
  }
  return name;
}

/** A name, or `*.` before one: all its sub-domains, without itself. Undefined for anything else. */
export function parseNamePattern(text: string): string | undefined {
  if (!text.startsWith("*.")) return normalName(text);
  const name = normalName(text.slice(2));
  return name === undefined ? undefined : `*.${name}`;
}

/** Both in the form that the functions above give. */
export function nameMatches(pattern: string, name: string): boolean {
  return pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
}

/** Whether all names of `inner` are names of `outer`. */
export function patternCovers(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  return outer.startsWith("*.") && inner.endsWith(outer.slice(1));
}
