/** createRouter: which of several images answers a path. */
import { type Container, createRouter, type Fetchable, SafedockError } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { httpContainer } from "./http-guests.js";

let fixture: TestEngine;
let component: Container;
let cgi: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  component = await httpContainer(fixture.engine, "answers");
  cgi = await fixture.engine.createContainer(await fixture.engine.loadImage(guestPath("cgi")));
});

afterAll(() => fixture.close());

/** Answers with its name. */
function named(name: string): Fetchable {
  return { fetch: () => Promise.resolve(new Response(name)) };
}

/** A router whose targets answer with their route. */
function routes(...paths: string[]) {
  const router = createRouter(Object.fromEntries(paths.map((path) => [path, named(path)])));
  return async (path: string, method = "GET"): Promise<string | number> => {
    const response = await router.fetch(path, { method });
    return response.status === 200 ? await response.text() : response.status;
  };
}

describe("a path finds its route", () => {
  it("names before [name], and that before [...name], whatever their order", async () => {
    const at = routes(
      "/[...all]",
      "/users/[id]",
      "/users/me",
      "/users/[id]/posts",
      "/users/[...rest]",
    );
    expect(await at("/users/me")).toBe("/users/me");
    expect(await at("/users/7")).toBe("/users/[id]");
    expect(await at("/users/7/posts")).toBe("/users/[id]/posts");
    expect(await at("/users/7/likes")).toBe("/users/[...rest]");
    expect(await at("/other/7")).toBe("/[...all]");
    expect(await at("/users")).toBe("/[...all]");
    expect(await at("/")).toBe(404);
  });

  it("goes back where a name leads nowhere", async () => {
    const at = routes("/a/b/c", "/a/[x]/d", "/[y]/b/e");
    expect(await at("/a/b/c")).toBe("/a/b/c");
    expect(await at("/a/b/d")).toBe("/a/[x]/d");
    expect(await at("/a/b/e")).toBe("/[y]/b/e");
  });

  it("to the letter: cases, slashes, escapes", async () => {
    const at = routes("/", "/a", "/a/", "/caf%C3%A9", "/b/[x]");
    expect(await at("/")).toBe("/");
    expect(await at("/a")).toBe("/a");
    expect(await at("/a/")).toBe("/a/");
    expect(await at("/A")).toBe(404);
    expect(await at("/%61")).toBe("/a");
    expect(await at("/café")).toBe("/caf%C3%A9");
    expect(await at("/b/")).toBe(404);
    expect(await at("/b/c/")).toBe(404);
    expect(await at("/b/..%2Fa")).toBe("/b/[x]");
    expect(await at("/x/../a")).toBe("/a");
    expect(await at("/a?b=/c")).toBe("/a");
  });

  it("and its method", async () => {
    const at = routes("GET /a", "POST /a", "/b", "PUT /b");
    expect(await at("/a")).toBe("GET /a");
    expect(await at("/a", "POST")).toBe("POST /a");
    expect(await at("/a", "HEAD")).toBe("");
    expect(await at("/a", "DELETE")).toBe(405);
    expect(await at("/b", "PUT")).toBe("PUT /b");
    expect(await at("/b", "DELETE")).toBe("/b");
  });

  it("or is told what there is", async () => {
    const router = createRouter({ "GET /a": named("a"), "PUT /a": named("a") });
    const refused = await router.fetch("/a", { method: "POST", body: "unread" });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD, PUT"]);
    const missing = await router.fetch("/b");
    expect([missing.status, await missing.text()]).toEqual([404, "Not Found\n"]);
  });

  it("that is not encoded as UTF-8 has none", async () => {
    await expect(createRouter({ "/[x]": named("x") }).fetch("/%ff")).rejects.toMatchObject({
      code: "ERR_HTTP_REQUEST_INVALID",
      data: { status: 400 },
    });
  });
});

describe("parameters reach", () => {
  it("a component, as headers", async () => {
    const router = createRouter({ "/[kind]/[...rest]": component });
    const found = await router.fetch("/about/a%2Fb/gr%C3%BC%C3%9F?x=1", {
      headers: { "x-safedock-param-kind": "forged", "x-safedock-param-other": "forged" },
    });
    expect(found.status).toBe(404);
    const about = createRouter({ "/[what]": component });
    const lines = (
      await (await about.fetch("/about", { headers: { "x-safedock-param-id": "forged" } })).text()
    ).split("\n");
    expect(lines.filter((line) => line.startsWith("header"))).toEqual([
      "header x-safedock-param-what=about",
    ]);
  });

  it("a CGI program, as variables, with SCRIPT_NAME and PATH_INFO", async () => {
    const router = createRouter({ "/api/[user]/[...rest]": cgi });
    const text = await (await router.fetch("/api/ada%20l/env/x?y=1")).text();
    const variables = text.split("\n");
    expect(variables).toEqual(
      expect.arrayContaining([
        "SCRIPT_NAME=/api/ada l",
        "PATH_INFO=/env/x",
        "QUERY_STRING=y=1",
        "X_PARAM_USER=ada l",
        "X_PARAM_REST=env/x",
      ]),
    );
  });

  it("not at all from a client", async () => {
    const router = createRouter({ "/[...rest]": cgi });
    const headers = { "x-safedock-param-rest": "forged", "x-param-rest": "forged" };
    const text = await (await router.fetch("/env", { headers })).text();
    expect(text).toContain("X_PARAM_REST=env\n");
    expect(text).not.toContain("\nX_PARAM_REST=forged");
  });
});

describe("a program's redirect within the server", () => {
  it("goes by the router's paths, as long as they are its own", async () => {
    const router = createRouter({ "/cgi/[...rest]": cgi, "/other": named("other") });
    const found = await router.fetch("/cgi/moved?/cgi/env/there");
    expect(await found.text()).toContain("PATH_INFO=/env/there\n");
    await expect(router.fetch("/cgi/moved?/other")).rejects.toMatchObject({
      code: "ERR_HTTP_RESPONSE_INVALID",
    });
    await expect(router.fetch("/cgi/moved?/nowhere")).rejects.toMatchObject({
      code: "ERR_HTTP_RESPONSE_INVALID",
    });
  });
});

describe("routers", () => {
  it("hold routers", async () => {
    const inner = createRouter({ "/a/[x]": named("inner"), "/a/cgi/[...rest]": cgi });
    const router = createRouter({ "/a/[...rest]": inner, "/": named("outer") });
    expect(await (await router.fetch("/a/b")).text()).toBe("inner");
    expect((await router.fetch("/a/b/c")).status).toBe(404);
    expect(await (await router.fetch("/a/cgi/env")).text()).toContain("PATH_INFO=/env\n");
  });

  it.each([
    ["users", "begins with /"],
    ["get /a", "upper case"],
    ["/[id", "whole segment"],
    ["/a[id]", "whole segment"],
    ["/[...rest]/a", "its last segment"],
    ["/[a]/[A]", "two parameters"],
    ["/[1a]", "whole segment"],
    ["/a/../b", "no part"],
    ["/a?b", "no part"],
    ["/%ff", "no part"],
    [`/${"a/".repeat(100)}`, "more than 64"],
  ])("do not take %s", (path, problem) => {
    expect(() => createRouter({ [path]: named("x") })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
    );
    expect(() => createRouter({ [path]: named("x") })).toThrow(problem);
  });

  it("tell all that is wrong at once", () => {
    const broken = { "/a/[x]": named("x"), "/a/[y]": named("y"), nowhere: named("z"), "/b": 5 };
    try {
      createRouter(broken as unknown as Record<string, Fetchable>);
      expect.fail("it was taken");
    } catch (error) {
      expect(error).toBeInstanceOf(SafedockError);
      expect((error as SafedockError<"ERR_OPTIONS_INVALID">).data.problems).toHaveLength(3);
    }
  });
});
