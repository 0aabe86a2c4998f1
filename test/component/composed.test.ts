/** Components that are made of several, which call one another. */
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { componentBytes, endComponentTexts } from "../support/component-text.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { composed } from "./composed-components.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
});
afterAll(async () => {
  await endComponentTexts();
  await fixture.close();
});

async function containerOf(text: string): Promise<Container> {
  const { engine } = fixture;
  return await engine.createContainer(await engine.loadImage(await componentBytes(text)));
}

describe("a component of components", () => {
  test.each([
    ["utf8", "utf8"],
    ["utf8", "utf16"],
    ["utf16", "utf8"],
  ])("gives texts of %s to one of %s and back", async (outer, inner) => {
    await using container = await containerOf(composed(outer, inner));
    for (const text of ["", "text", "grüße € 😀 \u0000x", "\ufeffa", "ß".repeat(8_000)]) {
      expect(await container.call("echo", text)).toBe(text);
    }
  });

  test.each([
    ["utf16", "utf8", "half of a pair", "(i32.const 96) (i32.const 1)"],
    ["utf8", "utf16", "of other bytes", "(i32.const 98) (i32.const 1)"],
  ])("gives no text of %s to one of %s that is %s", async (outer, inner, _, text) => {
    await using container = await containerOf(composed(outer, inner, text));
    expect(await container.call("echo", "whole")).toBe("whole");
    await expect(container.call("broken", "")).rejects.toMatchObject({ code: "ERR_CALL_TRAPPED" });
  });

  test("ends with a part that traps, and begins anew", async () => {
    await using container = await containerOf(composed("utf8", "utf8"));
    for (const name of ["trap", "broken"]) {
      await expect(container.call(name, "text")).rejects.toMatchObject({
        code: "ERR_CALL_TRAPPED",
        data: { status: { reason: "trapped" } },
      });
      expect(await container.call("echo", "text")).toBe("text");
    }
  });

  test("calls its parts many times", async () => {
    await using container = await containerOf(composed("utf8", "utf8"));
    for (let call = 0; call < 5; call++) {
      expect(await container.call("sum", 2_000)).toBe(2_001_000);
    }
  });
});
