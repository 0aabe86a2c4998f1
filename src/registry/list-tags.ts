import { JsonNode } from "../oci/json-node.js";
import { responseError } from "./failure.js";
import { nextPage } from "./next-page.js";
import { pullScope } from "./scope.js";
import type { Session } from "./session.js";

/** Tags asked for at once: what Docker's registry gives at most. */
const PAGE_SIZE = 1000;
/** Most tags collected: the repositories with most of them have about 20,000. */
const MAX_TAGS = 100_000;
/** Largest page, in bytes: 1000 tags of 128 characters, eight times over for servers that ignore `n`. */
const MAX_PAGE_BYTES = 8 * 2 ** 20;

/** All tags of a repository, page by page (distribution specification, "Listing Tags"). */
export async function listTags(
  session: Session,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const tags: string[] = [];
  let to: string | URL | undefined = `v2/${repository}/tags/list?n=${PAGE_SIZE}`;
  for (let page = 1; to !== undefined; page++) {
    const { response, bytes } = await session.read(
      { method: "GET", to, scope: pullScope(repository), accept: [200], signal },
      MAX_PAGE_BYTES,
    );
    const reject = (problem: string) => responseError(session.registry, response, problem);
    const list = JsonNode.parse(bytes, MAX_PAGE_BYTES, (problem) => reject(`tags: ${problem}`));
    for (const tag of list.member("tags")?.strings(MAX_TAGS) ?? []) tags.push(tag);
    if (tags.length > MAX_TAGS) throw reject(`it lists more than ${MAX_TAGS} tags`);
    to = nextPage(session, response, page);
  }
  return tags;
}
