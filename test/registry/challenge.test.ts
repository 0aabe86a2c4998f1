import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../src/registry/challenge.js";
import { problemOfRedirect } from "../../src/registry/redirect.js";
import { baseUrls } from "../../src/registry/registry-host.js";
import { thrownBy } from "../support/thrown-by.js";

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe("parseChallenges", () => {
  it.each<[string, unknown]>([
    ["", []],
    ["Basic", [["basic", {}]]],
    ['Basic realm="x"', [["basic", { realm: "x" }]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/hello:pull"',
      [
        [
          "bearer",
          {
            realm: "https://auth.docker.io/token",
            service: "registry.docker.io",
            scope: "repository:library/hello:pull",
          },
        ],
      ],
    ],
    [
      'Basic realm="a, b=c", Bearer realm = "r" , scope=x',
      [
        ["basic", { realm: "a, b=c" }],
        ["bearer", { realm: "r", scope: "x" }],
      ],
    ],
    [
      'Negotiate dG9r==, Basic realm="x"',
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      "Negotiate, Basic",
      [
        ["negotiate", {}],
        ["basic", {}],
      ],
    ],
    ['Basic realm="a\\"b\\\\"', [["basic", { realm: 'a"b\\' }]]],
    ['Bearer REALM="r", realm="second"', [["bearer", { realm: "r" }]]],
    [', ,Basic realm="x",,', [["basic", { realm: "x" }]]],
    ['Basic realm="never closed', [["basic", {}]]],
    ["\u0000", []],
  ])("reads %s", (header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it("ends on any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", " ", ",", "=", '"', "\\"), maxLength: 200 }),
        (text) => {
          for (const { scheme } of parseChallenges(text)) expect(scheme).toMatch(/^a+$/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("problemOfRedirect", () => {
  const problem = (from: string, to: string) => problemOfRedirect(new URL(from), new URL(to));

  it.each([
    ["https://ghcr.io/a", "https://storage.example/b?sig=1"],
    ["http://registry.lan/a", "http://storage.lan/b"],
    ["http://registry.lan/a", "https://storage.lan/b"],
    ["https://localhost/a", "http://127.0.0.1:9/b"],
    ["http://127.0.0.1:5000/a", "http://localhost/b"],
  ])("has nothing against %s to %s", (from, to) => {
    expect(problem(from, to)).toBe(undefined);
  });

  it.each([
    ["https://ghcr.io/a", "http://storage.example/b"],
    ["https://ghcr.io/a", "http://127.0.0.1/b"],
    ["https://ghcr.io/a", "https://127.0.0.1/b"],
    ["http://registry.lan/a", "http://[::1]/b"],
    ["http://registry.lan/a", "http://2130706433/b"],
    ["http://registry.lan/a", "http://169.254.169.254/latest/meta-data"],
    ["http://registry.lan/a", "http://[fe80::1]/b"],
    ["http://registry.lan/a", "http://[::ffff:169.254.169.254]/b"],
    ["https://ghcr.io/a", "https://user:password@storage.example/b"],
    ["https://ghcr.io/a", "file:///etc/passwd"],
    ["https://ghcr.io/a", "data:text/plain,x"],
  ])("refuses %s to %s", (from, to) => {
    expect(problem(from, to)).toBeTypeOf("string");
  });
});

describe("baseUrls", () => {
  const urls = (registry: string, insecure: string[] = [], hasAuthority = false) =>
    baseUrls(registry, { insecure, hasAuthority }).map(String);

  it("speaks TLS, but plain HTTP on loopback and where it was asked to", () => {
    expect(urls("docker.io")).toEqual(["https://registry-1.docker.io/"]);
    expect(urls("GHCR.io")).toEqual(["https://ghcr.io/"]);
    expect(urls("registry.lan:5000", ["Registry.lan:5000"])).toEqual(["http://registry.lan:5000/"]);
    expect(urls("registry.lan:5001", ["registry.lan:5000"])).toEqual([
      "https://registry.lan:5001/",
    ]);
    for (const host of ["localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000"]) {
      expect(urls(host)).toEqual([`http://${host}/`, `https://${host}/`]);
      expect(urls(host, [], true)).toEqual([`https://${host}/`, `http://${host}/`]);
    }
    for (const host of ["localhost.example", "127.0.0.1.example", "[::2]", "128.0.0.1"]) {
      expect(urls(host)).toEqual([`https://${host}/`]);
    }
  });

  it.each(["", "a/b", "user@host", "http://x", "a b", "x:99999", "[::1"])("refuses %j", (host) => {
    expect(thrownBy(() => urls(host))).toMatchObject({ code: "ERR_REFERENCE_INVALID" });
  });
});
