import type { HttpFields } from "../base/http-messages.js";

/** Parameters of a route reach components as headers of this prefix, percent-encoded. */
export const PARAM_HEADER = "x-safedock-param-";

/** The headers without those that a client has made up, and with the route's own. */
export function withParams(fields: HttpFields, params: ReadonlyMap<string, string>): HttpFields {
  const given = fields.some(([name]) => name.startsWith(PARAM_HEADER));
  const kept = given ? fields.filter(([name]) => !name.startsWith(PARAM_HEADER)) : fields;
  if (params.size === 0) return kept;
  const added = [...params].map(
    ([name, value]) => [`${PARAM_HEADER}${name.toLowerCase()}`, encodeURIComponent(value)] as const,
  );
  return [...kept, ...added];
}
