/** A way through a router: `/users/[id]`, `/files/[...path]`, `GET /health`. */
import type { RouteMatch } from "./incoming-exchange.js";
import { isToken } from "./header-fields.js";

export interface RoutePattern {
  /** Upper case; undefined: any. */
  readonly method: string | undefined;
  readonly segments: readonly RouteSegment[];
}

export type RouteSegment =
  | { readonly kind: "static"; readonly text: string }
  | { readonly kind: "param"; readonly name: string }
  /** One segment or more; the last of its pattern. */
  | { readonly kind: "rest"; readonly name: string };

const PARAM = /^\[(\.\.\.)?([A-Za-z][A-Za-z0-9_]{0,31})\]$/;
/** Segments of a pattern: no path that people type has more. */
const MAX_SEGMENTS = 64;

/** The pattern, or what is wrong with it. */
export function parseRoutePattern(text: string): RoutePattern | string {
  const [, method, path = ""] = /^(?:(\S+) +)?(\/.*)$/s.exec(text) ?? [];
  if (path === "") return "must be a path that begins with /, or a method and such a path";
  if (method !== undefined && (!isToken(method) || method !== method.toUpperCase())) {
    return "its method must be a word in upper case, such as GET";
  }
  const segments: RouteSegment[] = [];
  const names = new Set<string>();
  const parts = segmentsOf(path);
  if (parts.length > MAX_SEGMENTS) return `has more than ${MAX_SEGMENTS} segments`;
  for (const [index, part] of parts.entries()) {
    const [whole, dots, name = ""] = PARAM.exec(part) ?? [];
    if (whole === undefined) {
      if (/[[\]]/.test(part)) return "a parameter must be a whole segment: [name] or [...name]";
      const decoded = decodedSegment(part);
      if (decoded === undefined || part === "." || part === ".." || /[?#\s\\]/.test(part)) {
        return "a segment is no part of a URL's path";
      }
      segments.push({ kind: "static", text: decoded });
      continue;
    }
    // Headers and variables do not tell cases apart.
    if (names.has(name.toLowerCase())) return `has two parameters ${name}`;
    names.add(name.toLowerCase());
    if (dots !== undefined && index !== parts.length - 1) {
      return `[...${name}] must be its last segment`;
    }
    segments.push({ kind: dots === undefined ? "param" : "rest", name });
  }
  return { method, segments };
}

/** Of `/a/b`: `a` and `b`; of `/a/`: `a` and an empty one; of `/`: an empty one. */
export function segmentsOf(path: string): string[] {
  return path.slice(1).split("/");
}

/** Undefined: it is not encoded as UTF-8. */
export function decodedSegment(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What a pattern takes of a path, undefined if it is another's. `raw` and `decoded`: its segments. */
export function matchRoute(
  { segments }: RoutePattern,
  raw: readonly string[],
  decoded: readonly string[],
): RouteMatch | undefined {
  const params = new Map<string, string>();
  for (const [index, segment] of segments.entries()) {
    const text = decoded[index];
    if (text === undefined) return undefined;
    if (segment.kind === "rest") {
      if (raw.length - index === 1 && text === "") return undefined;
      params.set(segment.name, decoded.slice(index).join("/"));
      return { scriptPath: pathOf(raw.slice(0, index)), params };
    }
    if (segment.kind === "static" ? segment.text !== text : text === "") return undefined;
    if (segment.kind === "param") params.set(segment.name, text);
  }
  return raw.length === segments.length ? { scriptPath: pathOf(raw), params } : undefined;
}

function pathOf(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment}`).join("");
}

const RANK = { static: 0, param: 1, rest: 2 } as const;

/** Which of two patterns is looked at first: at the first segment that differs, names before parameters. */
export function compareRoutes(a: RoutePattern, b: RoutePattern): number {
  for (let index = 0; index < Math.max(a.segments.length, b.segments.length); index++) {
    const [left, right] = [a.segments[index], b.segments[index]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    if (left.kind !== right.kind) return RANK[left.kind] - RANK[right.kind];
  }
  return 0;
}

/** The same for two patterns that take the same paths. */
export function shapeOf({ method, segments }: RoutePattern): string {
  const parts = segments.map((segment) =>
    segment.kind === "static" ? `=${encodeURIComponent(segment.text)}` : segment.kind,
  );
  return `${method ?? ""} ${parts.join("/")}`;
}
