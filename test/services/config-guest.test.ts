/** wasi:config in a guest. */
import { type DeniedEvent } from "safedock";
import { afterAll, beforeAll, expect, it } from "vitest";
import { componentPath } from "../real-guests/components.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

const load = () => fixture.engine.loadImage(componentPath("services/config"));

it("tells what is granted, whole or by name, in both drafts", async () => {
  const config = { level: "debug", "": "empty", token: { secret: "t0ps3cret" }, "a b": "ü" };
  await using container = await fixture.engine.createContainer(await load(), {
    grants: { config },
  });
  for (const draft of ["", "-at-runtime"]) {
    expect(await container.call(`get${draft}`, "level")).toBe("debug");
    expect(await container.call(`get${draft}`, "token")).toBe("t0ps3cret");
    expect(await container.call(`get${draft}`, "")).toBe("empty");
    expect(await container.call(`get${draft}`, "toString")).toBeUndefined();
    expect(await container.call(`all${draft}`)).toEqual([
      ["level", "debug"],
      ["", "empty"],
      ["token", "t0ps3cret"],
      ["a b", "ü"],
    ]);
  }
});

it("is shown without its secrets", async () => {
  await using container = await fixture.engine.createContainer(await load(), {
    grants: { config: { level: "debug", door: { secret: "t0ps3cret" }, API_KEY: "t0ps3cret" } },
  });
  await container.call("all");
  const shown = JSON.stringify([container.inspect(), container.audit()]);
  expect(shown).not.toContain("t0ps3cret");
  expect(container.inspect().grants.config).toEqual({
    level: "debug",
    door: { secret: "<hidden>" },
    API_KEY: { secret: "<hidden>" },
  });
});

it("is nothing without a grant, and that is told", async () => {
  const denied: DeniedEvent[] = [];
  const listener = (event: DeniedEvent): void => void denied.push(event);
  fixture.engine.on("denied", listener);
  {
    await using container = await fixture.engine.createContainer(await load());
    expect(await container.call("get", "level")).toBeUndefined();
    expect(await container.call("all-at-runtime")).toEqual([]);
  }
  fixture.engine.off("denied", listener);
  expect(denied.map(({ kind, call }) => [kind, call])).toEqual([
    ["config", "get"],
    ["config", "get-all"],
  ]);
});
