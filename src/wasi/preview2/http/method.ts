/** `wasi:http/types.method` and `scheme`. */
import type { Method, Scheme } from "@bytecodealliance/preview2-shim/interfaces/wasi-http-types";

/** In the order of the interface: a case's place is its number, `other` comes after them. */
export const METHODS = [
  "get",
  "head",
  "post",
  "put",
  "delete",
  "connect",
  "options",
  "trace",
  "patch",
] as const;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;

/** The number of a method as it is sent; `METHODS.length` for another one. */
export function methodNumber(method: string): number {
  const index = METHODS.findIndex((each) => each.toUpperCase() === method);
  return index === -1 ? METHODS.length : index;
}

export function methodValue(method: string): Method {
  const tag = METHODS[methodNumber(method)];
  return tag === undefined ? { tag: "other", val: method } : { tag };
}

/** As it is sent; undefined: no method can be called so. */
export function methodText(method: Method): string | undefined {
  if (method.tag !== "other") return method.tag.toUpperCase();
  return TOKEN.test(method.val) ? method.val : undefined;
}

export function schemeValue(scheme: string | undefined): Scheme | undefined {
  if (scheme === undefined) return undefined;
  if (scheme === "http") return { tag: "HTTP" };
  return scheme === "https" ? { tag: "HTTPS" } : { tag: "other", val: scheme };
}

/** As URLs have it, without its colon; undefined: no scheme can be called so. */
export function schemeText(scheme: Scheme): string | undefined {
  if (scheme.tag !== "other") return scheme.tag.toLowerCase();
  return /^[A-Za-z][A-Za-z0-9+.-]{0,63}$/.test(scheme.val) ? scheme.val.toLowerCase() : undefined;
}
