/** Characters of one name of a core module: mangled names of C++ and Rust have some hundred. */
export const MAX_CORE_NAME = 8_192;

/** Printable ASCII without the quotes, the backslash and the backtick. */
const SAFE = /^[ !#-&(-[\]-_a-~]*$/;

/**
 * What keeps a name of a core module out of generated JavaScript; undefined if nothing does. The
 * transpiler puts these between single quotes as they are, so what may end a string, a template or a
 * comment is refused, and `__proto__`, which sets the prototype where other names make a property.
 */
export function whatIsWrongWithCoreName(name: string): string | undefined {
  if (name.length > MAX_CORE_NAME) return `it is longer than ${MAX_CORE_NAME} characters`;
  if (!SAFE.test(name))
    return "it has characters other than printable ASCII, or a quote or backslash";
  if (name.includes("${") || name.includes("*/")) return "it has `${` or `*/`";
  if (name === "__proto__") return "it is a special name in JavaScript";
  return undefined;
}
