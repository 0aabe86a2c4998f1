import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import {
  formatFamiliarReference,
  formatReference,
  parseReference,
  type Reference,
} from "../../src/oci/reference.js";
import { thrownBy } from "../support/thrown-by.js";

const SHA256 = `sha256:${"a1".repeat(32)}`;
const SHA512 = `sha512:${"0f".repeat(64)}`;
const UPPER_SHA256 = `sha256:${"A1".repeat(32)}`;

describe("parseReference", () => {
  it.each<[string, string]>([
    ["hello", "docker.io/library/hello:latest"],
    ["hello:1.2", "docker.io/library/hello:1.2"],
    ["acme/hello", "docker.io/acme/hello:latest"],
    ["acme/tools/hello:v1", "docker.io/acme/tools/hello:v1"],
    ["docker.io/hello", "docker.io/library/hello:latest"],
    ["index.docker.io/hello", "docker.io/library/hello:latest"],
    ["docker.io/library/hello", "docker.io/library/hello:latest"],
    ["localhost/x", "localhost/x:latest"],
    ["localhost:5000/x", "localhost:5000/x:latest"],
    ["localhost:5000", "docker.io/library/localhost:5000"],
    ["127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c"],
    ["[::1]:5000/x", "[::1]:5000/x:latest"],
    ["[2001:DB8::1]/x:1", "[2001:DB8::1]/x:1"],
    ["ghcr.io/acme/hello:1.2", "ghcr.io/acme/hello:1.2"],
    ["GHCR.io/acme/hello", "GHCR.io/acme/hello:latest"],
    ["Registry/x", "Registry/x:latest"],
    [`hello@${SHA256}`, `docker.io/library/hello@${SHA256}`],
    [`ghcr.io/a/b:1@${SHA256}`, `ghcr.io/a/b:1@${SHA256}`],
    [`ghcr.io/a/b@${SHA512}`, `ghcr.io/a/b@${SHA512}`],
    ["a__b/c-d/e---f/g.h", "docker.io/a__b/c-d/e---f/g.h:latest"],
    ["xn--n3h.com/x", "xn--n3h.com/x:latest"],
    ["hello:_x.Y-z", "docker.io/library/hello:_x.Y-z"],
    [`hello:${"t".repeat(128)}`, `docker.io/library/hello:${"t".repeat(128)}`],
  ])("reads %s as %s", (text, full) => {
    const reference = parseReference(text);
    expect(formatReference(reference)).toBe(full);
    expect(parseReference(full)).toEqual(reference);
  });

  it.each<[string, RegExp]>([
    ["", /empty/],
    ["Hello", /lower case/],
    ["ghcr.io/Acme/x", /lower case/],
    ["https://ghcr.io/x", /scheme/],
    ["a b", /white space/],
    ["a\n", /white space/],
    ["hello:", /tag/],
    ["hello:-x", /tag/],
    [`hello:${"t".repeat(129)}`, /tag/],
    ["hello@", /sha256/],
    ["hello@sha256:12", /sha256/],
    [`hello@${UPPER_SHA256}`, /sha256/],
    [`hello@${SHA256}@${SHA256}`, /sha256/],
    [`hello@md5:${"a".repeat(32)}`, /sha256/],
    ["a1".repeat(32), /image ID/],
    ["/hello", /host name/],
    ["ghcr.io/", /missing/],
    [":tag", /missing/],
    ["a//b", /each part/],
    ["a/../b", /each part|host name/],
    ["../etc", /host name/],
    ["a/b/", /each part/],
    ["a___b", /each part/],
    ["a..b", /each part/],
    ["a-/b", /each part/],
    ["héllo", /each part/],
    ["ghcr.io:0/x", /port/],
    ["ghcr.io:65536/x", /port/],
    ["ghcr.io:/x", /port/],
    ["ghcr.io:5a/x", /port/],
    ["[::1/x", /brackets/],
    ["[::zz]/x", /brackets/],
    ["[1.2.3.4]/x", /brackets/],
    ["::1/x", /host name/],
    ["-a.io/x", /host name/],
    ["a..io/x", /host name/],
    ["user:pw@ghcr.io/x", /sha256/],
    [`${"a".repeat(254)}.io/x`, /host name/],
    [`ghcr.io/${"a".repeat(256)}`, /at most 255/],
    ["x".repeat(5000), /longer than/],
    ["__proto__", /each part/],
  ])("refuses %j", (text, hint) => {
    const error = thrownBy(() => parseReference(text));
    expect(isSafedockError(error, "ERR_REFERENCE_INVALID")).toBe(true);
    expect(isSafedockError(error) && error.hint).toMatch(hint);
  });

  it("shows hostile text cut and without control characters", () => {
    const error = thrownBy(() => parseReference(`\u001b[31m${"x".repeat(9000)}`));
    expect(String(error)).not.toContain("\u001b");
    expect(String(error).length).toBeLessThan(500);
  });

  it("refuses what is no string", () => {
    const error = thrownBy(() => Reflect.apply(parseReference, undefined, [undefined]));
    expect(isSafedockError(error, "ERR_REFERENCE_INVALID")).toBe(true);
  });
});

describe("formatFamiliarReference", () => {
  it.each<[string, string]>([
    ["docker.io/library/hello:1", "hello:1"],
    ["docker.io/acme/hello:1", "acme/hello:1"],
    ["docker.io/library/acme/hello:1", "library/acme/hello:1"],
    ["ghcr.io/acme/hello:1", "ghcr.io/acme/hello:1"],
    // Without the registry these would name another one.
    ["docker.io/localhost/hello:1", "docker.io/localhost/hello:1"],
    ["docker.io/a.b/hello:1", "docker.io/a.b/hello:1"],
  ])("writes %s as %s", (full, familiar) => {
    expect(formatFamiliarReference(parseReference(full))).toBe(familiar);
  });
});

describe("any reference", () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const host = fc.oneof(
    fc.tuple(label, label).map(([a, b]) => `${a}.${b}`),
    fc.constantFrom("localhost", "[::1]", "127.0.0.1", "docker.io"),
  );
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }));
  const component = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
  const tag = fc.option(fc.stringMatching(/^\w[\w.-]{0,12}$/));
  const digest = fc.option(fc.stringMatching(/^[0-9a-f]{64}$/));
  const reference = fc
    .tuple(host, port, fc.array(component, { minLength: 1, maxLength: 4 }), tag, digest)
    .map(([h, p, path, t, d]) => {
      const registry = p === null ? h : `${h}:${p}`;
      return `${registry}/${path.join("/")}${t === null ? "" : `:${t}`}${d === null ? "" : `@sha256:${d}`}`;
    });

  it("survives its full and its familiar form", () => {
    fc.assert(
      fc.property(reference, (text) => {
        const parsed = parseReference(text);
        expect(parseReference(formatReference(parsed))).toEqual(parsed);
        expect(parseReference(formatFamiliarReference(parsed))).toEqual(parsed);
      }),
    );
  });

  it("is read or refused with the one code, whatever the text", () => {
    const soup = fc.string({
      unit: fc.constantFrom(...Array.from("aA0:/@.-_[]%\\ \u0000é")),
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), soup), (text) => {
        const repository = repositoryOf(text);
        expect(repository).toMatch(/^([a-z0-9]+([._/-]+[a-z0-9]+)*)?$/);
        expect(repository).not.toContain("..");
      }),
      { numRuns: 2000 },
    );
  });
});

/** Empty when the text was refused as it should be. */
function repositoryOf(text: string): string {
  try {
    const reference = parseReference(text);
    const again: Reference = parseReference(formatReference(reference));
    return JSON.stringify(again) === JSON.stringify(reference)
      ? reference.repository
      : "not stable";
  } catch (error) {
    if (isSafedockError(error, "ERR_REFERENCE_INVALID")) return "";
    throw error;
  }
}
