import { describe, expect, it } from "vitest";
import { openRegistry } from "../../src/registry/registry.js";
import { rejectionOf } from "../support/thrown-by.js";
import { sendJson, startFakeServer } from "./fake-server.js";

async function tagsAt(handler: Parameters<typeof startFakeServer>[0]) {
  await using server = await startFakeServer(handler);
  await using registry = openRegistry(server.host, { retryDelayMs: 1 });
  const tags = await registry.repository("a/b").listTags();
  return { tags, requests: [...server.requests] };
}

describe("tags", () => {
  it.each([
    ["relative", ""],
    ["absolute", "origin"],
  ])("come page by page, the link being %s", async (_, kind) => {
    const { tags, requests } = await tagsAt((request, response, count) => {
      const origin = kind === "" ? "" : `http://${request.headers.host}`;
      const link = `<${origin}/v2/a/b/tags/list?n=2&last=${count}>; rel="next"`;
      sendJson(
        response,
        200,
        { name: "a/b", tags: [`${count}a`, `${count}b`] },
        count < 3 ? { link } : {},
      );
    });
    expect(tags).toEqual(["1a", "1b", "2a", "2b", "3a", "3b"]);
    expect(requests).toEqual([
      "GET /v2/a/b/tags/list?n=1000",
      "GET /v2/a/b/tags/list?n=2&last=1",
      "GET /v2/a/b/tags/list?n=2&last=2",
    ]);
  });

  it("may be null, as Go writes an empty list", async () => {
    const { tags } = await tagsAt((_, response) => sendJson(response, 200, { tags: null }));
    expect(tags).toEqual([]);
  });

  it("are refused when they do not end, are too many, lie elsewhere or are no tags", async () => {
    const link = (to: string) => ({ link: `<${to}>; rel="next"` });
    const many = Array.from({ length: 1000 }, (_, i) => `tag${i}`);
    const cases: Parameters<typeof startFakeServer>[0][] = [
      (_, response, count) =>
        sendJson(response, 200, { tags: [] }, link(`/v2/a/b/tags/list?${count}`)),
      (_, response, count) =>
        sendJson(response, 200, { tags: many }, link(`/v2/a/b/tags/list?${count}`)),
      (_, response) => sendJson(response, 200, { tags: [] }, link("https://elsewhere.example/v2/")),
      (_, response) => sendJson(response, 200, { tags: [1] }),
      (_, response) => sendJson(response, 200, { tags: "v1" }),
      (_, response) => sendJson(response, 200, []),
    ];
    for (const handler of cases) {
      expect(await rejectionOf(tagsAt(handler))).toMatchObject({ code: "ERR_REGISTRY_RESPONSE" });
    }
  });
});
