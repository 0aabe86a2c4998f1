/** Rounds of decoding that a chain of servers may do. */
const MAX_ROUNDS = 4;
/** A `.` or `/` in too many bytes of UTF-8, as lenient decoders take it. */
const OVERLONG = /%c0%(?:ae|af|9c)|%e0%80%(?:ae|af)/i;

/**
 * Whether a path lies below a prefix, at a segment's border, however a server behind may read it.
 *
 * @param pathname - as `URL.pathname` has it: dots are resolved, backslashes are slashes
 */
export function isBelow(prefix: string, pathname: string): boolean {
  if (prefix === "/") return true;
  const isThere =
    pathname === prefix || pathname.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
  return isThere && !hidesSegments(pathname);
}

/** The prefix in its shortest form; undefined for what is none. */
export function parsePrefix(text: string): string | undefined {
  if (!text.startsWith("/") || text.startsWith("//") || /[?#\\\s]/.test(text)) return undefined;
  const { pathname } = new URL(`http://host${text}`);
  return hidesSegments(pathname) ? undefined : pathname;
}

/** Whether a server that decodes it again, or cuts parameters off, finds other segments than we do. */
export function hidesSegments(pathname: string): boolean {
  if (OVERLONG.test(pathname)) return true;
  let text = pathname;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const segments = text.split(/[/\\]/);
    if (segments.some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) return true;
    const decoded = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === text) return false;
    if (decoded.split(/[/\\]/).length !== segments.length) return true;
    text = decoded;
  }
  return true;
}
