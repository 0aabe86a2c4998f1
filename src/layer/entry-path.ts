/** Longest path of an entry, in bytes: Linux's PATH_MAX. */
const MAX_PATH_BYTES = 4096;
/** Longest name in a path, in bytes: NAME_MAX of every Linux file system. */
const MAX_NAME_BYTES = 255;
/** Deepest entry, in directories: no known image has more than 40. */
const MAX_DEPTH = 256;

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * The absolute path in the image that a name of a tar means: "./a//b" and "/a/b" are "/a/b", and ".."
 * stops at the image's root, as containerd has it.
 *
 * @param reject - makes the error from a sentence that goes on after the name.
 */
export function entryPath(name: string, reject: (problem: string) => Error): string {
  const plain = plainPath(name);
  if (plain !== undefined) return plain;
  const segments: string[] = [];
  for (const segment of name.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else if (Buffer.byteLength(segment) > MAX_NAME_BYTES) {
      throw reject(`has a name of more than ${MAX_NAME_BYTES} bytes`);
    } else segments.push(segment);
  }
  if (segments.length > MAX_DEPTH) throw reject(`lies deeper than ${MAX_DEPTH} directories`);
  const path = `/${segments.join("/")}`;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw reject(`is longer than ${MAX_PATH_BYTES} bytes`);
  }
  return path;
}

/** Most names are plain: ASCII within the caps, without empty or dotted segments. */
function plainPath(name: string): string | undefined {
  if (name === "" || name.length >= MAX_NAME_BYTES) return undefined;
  const end = name.length;
  let depth = 1;
  let before = SLASH;
  for (let at = 0; at < end; at++) {
    const unit = name.charCodeAt(at);
    if (unit > 0x7f || (before === SLASH && (unit === SLASH || unit === DOT))) return undefined;
    if (unit === SLASH) depth++;
    before = unit;
  }
  return before === SLASH || depth > MAX_DEPTH ? undefined : `/${name}`;
}

/** "/a" of "/a/b", "/" of "/a". */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** "b" of "/a/b". */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
