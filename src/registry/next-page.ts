import { responseError } from "./failure.js";
import type { Session } from "./session.js";
import type { HttpResponse } from "./transport.js";

/** Most pages read of one list: bounds one that never ends and never grows. */
const MAX_PAGES = 1000;
/** RFC 8288, as registries write it: `</v2/name/tags/list?last=x>; rel="next"`. */
const LINK_NEXT = /<([^<>]{1,4096})>[^,<]*;\s*rel="?next"?/i;

/** Where a list goes on, or `undefined` at its end. `page` is the number of the one just read, from 1. */
export function nextPage(session: Session, response: HttpResponse, page: number): URL | undefined {
  const target = LINK_NEXT.exec(response.header("link") ?? "")?.[1];
  if (target === undefined || !URL.canParse(target, response.url.href)) return undefined;
  const next = new URL(target, response.url);
  const reject = (problem: string) => responseError(session.registry, response, problem);
  if (next.origin !== response.url.origin) throw reject("the next page of its list is elsewhere");
  if (page >= MAX_PAGES) throw reject(`its list has more than ${MAX_PAGES} pages`);
  return next;
}
