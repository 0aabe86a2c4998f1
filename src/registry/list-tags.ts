import { checkReferencePart } from "../oci/reference.js";
import { JsonNode } from "../oci/json-node.js";
import { responseError } from "./failure.js";
import { pullScope } from "./scope.js";
import type { Session } from "./session.js";
import type { HttpResponse } from "./transport.js";

/** Tags asked for at once: what Docker's registry gives at most. */
const PAGE_SIZE = 1000;
/** Most tags collected: the repositories with most of them have about 20,000. */
const MAX_TAGS = 100_000;
/** Most pages read: bounds a list that never ends and never grows. */
const MAX_PAGES = 1000;
/** Largest page, in bytes: 1000 tags of 128 characters, eight times over for servers that ignore `n`. */
const MAX_PAGE_BYTES = 8 * 2 ** 20;
const LINK_NEXT = /<([^<>]{1,4096})>[^,<]*;\s*rel="?next"?/i;

/** All tags of a repository, page by page (distribution specification, "Listing Tags"). */
export async function listTags(
  session: Session,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  checkReferencePart("repository", repository);
  const tags: string[] = [];
  let to: string | URL = `v2/${repository}/tags/list?n=${PAGE_SIZE}`;
  for (let pages = 1; ; pages++) {
    const { response, bytes } = await session.read(
      { method: "GET", to, scope: pullScope(repository), accept: [200], signal },
      MAX_PAGE_BYTES,
    );
    const reject = (problem: string) => responseError(session.registry, response, problem);
    const page = JsonNode.parse(bytes, MAX_PAGE_BYTES, (problem) => reject(`tags: ${problem}`));
    tags.push(...(page.member("tags")?.strings(MAX_TAGS) ?? []));
    if (tags.length > MAX_TAGS) throw reject(`it lists more than ${MAX_TAGS} tags`);
    const next = nextPage(response);
    if (next === undefined) return tags;
    if (next.origin !== response.url.origin) throw reject("the next page of tags is elsewhere");
    if (pages === MAX_PAGES) throw reject(`it lists tags on more than ${MAX_PAGES} pages`);
    to = next;
  }
}

function nextPage(response: HttpResponse): URL | undefined {
  const target = LINK_NEXT.exec(response.header("link") ?? "")?.[1];
  return target !== undefined && URL.canParse(target, response.url.href)
    ? new URL(target, response.url)
    : undefined;
}
