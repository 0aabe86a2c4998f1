import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { Session } from "../../src/registry/session.js";
import { pullScope, pushScope, wantedScopes, type Scope } from "../../src/registry/scope.js";
import { discard } from "../../src/registry/transport.js";
import { sendJson, startFakeServer, type FakeServer } from "./fake-server.js";

interface Asked {
  readonly method: string;
  readonly scopes: readonly string[];
  readonly form: Readonly<Record<string, string>>;
}

/** A registry with its token server: the tokens are `t1`, `t2` …; all of them are valid. */
async function start(
  answer: (asked: Asked, count: number) => { status: number; json?: unknown } | undefined = () =>
    undefined,
): Promise<FakeServer & { readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = await startFakeServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://registry");
    if (url.pathname !== "/token") {
      if (/^Bearer t\d+$/.test(request.headers.authorization ?? "")) {
        return sendJson(response, 200, {});
      }
      const value = `Bearer realm="http://${request.headers.host}/token",service="reg"`;
      return response.writeHead(401, { "www-authenticate": value }).end();
    }
    return void text(request).then((body) => {
      const form = Object.fromEntries(new URLSearchParams(body));
      const method = request.method ?? "";
      const scopes = url.searchParams.getAll("scope");
      const entry = { method, scopes, form };
      asked.push(entry);
      const found = answer(entry, asked.length);
      sendJson(response, found?.status ?? 200, found?.json ?? { token: `t${asked.length}` });
    });
  });
  return { ...server, asked };
}

async function call(session: Session, scope: Scope): Promise<void> {
  discard(await session.open({ method: "GET", to: "v2/a/b/tags/list", scope, accept: [200] }));
}

describe("tokens", () => {
  it("are for several scopes at once, and kept for just these", async () => {
    await using server = await start();
    const session = new Session(server.host, { credentials: "anonymous" });
    const mount = [pushScope("a/b"), pullScope("c/d")];
    await call(session, mount);
    await call(session, mount);
    await call(session, pushScope("a/b"));
    await call(session, [pushScope("a/b"), pushScope("a/b")]);
    expect(server.asked.map(({ scopes }) => scopes)).toEqual([
      ["repository:a/b:pull,push", "repository:c/d:pull"],
      ["repository:a/b:pull,push"],
    ]);
    await session.close();
  });

  it("for several scopes are asked for in one word by POST", async () => {
    await using server = await start();
    const session = new Session(server.host, { credentials: { identityToken: "id" } });
    await call(session, [pushScope("a/b"), pullScope("c/d")]);
    expect(server.asked[0]?.form["scope"]).toBe("repository:a/b:pull,push repository:c/d:pull");
    await session.close();
  });

  it.each<[readonly string[], string | undefined, readonly string[]]>([
    [["repository:a:pull"], undefined, ["repository:a:pull"]],
    [["repository:a:pull,push"], "repository:a:pull", ["repository:a:pull,push"]],
    [["repository:a:pull"], "repository:x/a:pull", ["repository:x/a:pull"]],
    [
      ["repository:a:pull,push"],
      "repository:a:delete",
      ["repository:a:pull,push", "repository:a:delete"],
    ],
    [
      ["repository:a:pull,push", "repository:b:pull"],
      "repository:a:pull,push repository:b:pull",
      ["repository:a:pull,push", "repository:b:pull"],
    ],
    [
      ["repository:a:pull", "repository:b:pull"],
      "repository:c:pull",
      ["repository:a:pull", "repository:b:pull", "repository:c:pull"],
    ],
  ])("wanted are %j; asked %s: %j", (ours, asked, wanted) => {
    expect(wantedScopes(ours, asked)).toEqual(wanted);
  });

  it("an identity token may be replaced by a new one, which is used from then on", async () => {
    await using server = await start((_, count) => ({
      status: 200,
      json: { access_token: `t${count}`, refresh_token: `id${count + 1}`, expires_in: 60 },
    }));
    const session = new Session(server.host, { credentials: { identityToken: "id1" } });
    await call(session, pullScope("a/b"));
    await call(session, pushScope("a/b"));
    expect(server.asked.map(({ form }) => form["refresh_token"])).toEqual(["id1", "id2"]);
    await session.close();
  });

  it.each([404, 405])("by password are asked for by POST where GET gives %i", async (status) => {
    await using server = await start(({ method }) => (method === "GET" ? { status } : undefined));
    const credentials = { username: "ada", password: "pa55" };
    const session = new Session(server.host, { credentials });
    await call(session, pullScope("a/b"));
    expect(server.asked[1]).toMatchObject({
      method: "POST",
      form: { grant_type: "password", username: "ada", password: "pa55", service: "reg" },
    });
    await session.close();
  });

  it("are asked for by nobody else's way when the first way was understood", async () => {
    await using server = await start(() => ({ status: 403 }));
    for (const credentials of [
      { identityToken: "id" },
      { username: "ada", password: "x" },
      "anonymous" as const,
    ]) {
      const before = server.asked.length;
      const session = new Session(server.host, { credentials, retries: 0 });
      await expect(call(session, pullScope("a/b"))).rejects.toMatchObject({
        code: "ERR_REGISTRY_FORBIDDEN",
      });
      expect(server.asked.length - before).toBe(1);
      await session.close();
    }
  });

  it("are asked for with the credentials of the repository", async () => {
    await using server = await start();
    const seen: string[] = [];
    const session = new Session(server.host, {
      credentials: (registry, { repository }) => {
        seen.push(`${registry}/${repository}`);
        return undefined;
      },
    });
    await call(session, pullScope("a/b"));
    await call(session, pullScope("a/b"));
    await call(session, pullScope("c/d"));
    expect(seen).toEqual([`${server.host}/a/b`, `${server.host}/c/d`]);
    await session.close();
  });
});
