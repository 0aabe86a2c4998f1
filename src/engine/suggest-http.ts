import type { HttpGrant } from "../http/http-grant.js";
import { isOfOrigin, parseOrigin } from "../http/origin.js";
import { sharedPrefix } from "../http/out/http-uses.js";
import { isBelow } from "../http/path-prefix.js";
import { MAX_HTTP_GRANTS } from "../http/http-grant.js";
import type { AuditedDenial, ContainerAudit } from "./container-audit.js";

/**
 * The least grants that would have been enough for the requests that were sent and refused: one for each
 * origin, and one more where another method or address is wanted.
 */
export function leastHttp({ grants, http, denials }: ContainerAudit): HttpGrant[] {
  const granted = grants.http ?? [];
  const least: HttpGrant[] = [];
  for (const { origin, methods, pathPrefix } of http ?? []) {
    const from = granted.find((grant) => isFor(grant, new URL(`${origin}${pathPrefix}`)));
    least.push({ ...from, origin, methods, ...prefixOf(pathPrefix) });
  }
  for (const denial of denials) {
    const wanted = wantedBy(denial);
    if (wanted !== undefined) addGrant(least, wanted);
  }
  return least.slice(0, MAX_HTTP_GRANTS);
}

function wantedBy({ kind, call, path, grant }: AuditedDenial): HttpGrant | undefined {
  const [wanted] = grant?.http ?? [];
  if (kind !== "http" || path === undefined || wanted === undefined) return undefined;
  const { origin, pathname } = new URL(path);
  return { ...wanted, origin, methods: [call], ...prefixOf(pathname) };
}

/** Paths are joined where all else is the same, unless that would be all paths. */
function addGrant(least: HttpGrant[], wanted: HttpGrant): void {
  const { pathPrefix: path = "/", ...rest } = wanted;
  for (const [index, { pathPrefix = "/", ...other }] of least.entries()) {
    if (other.origin !== rest.origin) continue;
    const isSame = isEqual(other, rest);
    if (pathPrefix === path && isEqual({ ...other, methods: [] }, { ...rest, methods: [] })) {
      const methods = new Set([...listed(other.methods), ...listed(rest.methods)]);
      least[index] = { ...other, methods: [...methods], ...prefixOf(path) };
      return;
    }
    const shared = sharedPrefix(pathPrefix, path);
    if (!isSame || (shared === "/" && pathPrefix !== "/" && path !== "/")) continue;
    least[index] = { ...other, ...prefixOf(shared) };
    return;
  }
  least.push(wanted);
}

function isFor(grant: HttpGrant, url: URL): boolean {
  const origin = parseOrigin(grant.origin);
  return (
    origin !== undefined &&
    isOfOrigin(origin, url) &&
    isBelow(grant.pathPrefix ?? "/", url.pathname)
  );
}

function listed(methods: HttpGrant["methods"]): readonly string[] {
  return methods === undefined || methods === "any" ? [] : methods;
}

function prefixOf(pathPrefix: string): Pick<HttpGrant, "pathPrefix"> {
  return pathPrefix === "/" ? {} : { pathPrefix };
}

function isEqual(a: object, b: object): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
