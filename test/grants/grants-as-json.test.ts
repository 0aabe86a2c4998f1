/** Grants are plain data: stored as JSON, read again as the same, whatever was in them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkGrants } from "../../src/engine/check-grants.js";
import { grantsOf } from "../../src/engine/grants-of.js";
import { parseGrants } from "../../src/engine/parse-grants.js";
import { Problems } from "../../src/engine/problems.js";
import { thrownBy } from "../support/thrown-by.js";
import { anyGrants } from "./arbitrary-grants.js";

function checked(grants: unknown) {
  const problems = new Problems();
  const result = checkGrants(grants, problems);
  problems.throwIfAny("grants");
  return result;
}

describe("parseGrants", () => {
  it("reads what JSON.stringify wrote as the same grants", () => {
    fc.assert(
      fc.property(anyGrants, (grants) => {
        const read = parseGrants(JSON.stringify(grants));
        expect(JSON.stringify(read)).toBe(JSON.stringify(grants));
        expect(checked(read)).toEqual(checked(grants));
        expect(parseGrants(grants)).toEqual(read);
      }),
    );
  });

  it("reads what inspect and audit write, as long as nothing was hidden", () => {
    fc.assert(
      fc.property(anyGrants, (grants) => {
        const http = (grants.http ?? []).map((grant) => ({ ...grant, credentials: {} }));
        const open = { ...grants, env: {}, config: {}, http };
        const shown = grantsOf(checked(open));
        expect(checked(parseGrants(JSON.stringify(shown)))).toEqual(checked(open));
      }),
    );
  });

  it("gives a copy that nobody else holds", () => {
    const fs = [{ type: "memory" as const, target: "/tmp" }];
    const read = parseGrants({ fs });
    fs[0] = { type: "memory", target: "/elsewhere" };
    expect(read.fs).toEqual([{ type: "memory", target: "/tmp" }]);
  });

  it("repeats no text that it cannot read, for it may hold secrets", () => {
    const error = thrownBy(() => parseGrants('{ "env": { "API_TOKEN": "t0ps3cret" '));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(
      `${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`,
    ).not.toContain("t0ps3cret");
  });

  it("takes no hidden value for a value", () => {
    for (const env of [{ TOKEN: { secret: "<hidden>" } }, { TOKEN: "<hidden>" }]) {
      expect(thrownBy(() => parseGrants({ env }))).toMatchObject({
        code: "ERR_OPTIONS_INVALID",
        data: { problems: ["grants.env.TOKEN: its value was hidden, give it anew"] },
      });
    }
  });

  it.each([undefined, null, 7, "", "[]", "null", [], "x".repeat(16 * 2 ** 20 + 1)])(
    "refuses %#",
    (json) => {
      expect(thrownBy(() => parseGrants(json))).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    },
  );
});
