import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressRule, coversRanges, isPublic, parseRange } from "../../src/http/address-rules.js";
import { coversOrigin, isOfOrigin, parseOrigin } from "../../src/http/origin.js";
import { isBelow, parsePrefix } from "../../src/http/path-prefix.js";
import { sharedPrefix } from "../../src/http/out/http-uses.js";

describe("addresses", () => {
  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:a9fe:a9fe",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
  ])("%s is not public", (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "192.0.1.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80f::200e",
  ])("%s is public", (address) => {
    expect(isPublic(address)).toBe(true);
  });

  it("takes ranges, also for addresses that carry others", () => {
    const allows = addressRule(["10.0.0.0/8", "fd00::/16"]);
    expect(["10.9.8.7", "::ffff:10.0.0.1", "fd00::5"].map(allows)).toEqual([true, true, true]);
    expect(["11.0.0.1", "::ffff:11.0.0.1", "fd01::5", "8.8.8.8"].map(allows)).not.toContain(true);
    const mapped = addressRule(["::ffff:10.0.0.0/104"]);
    expect(["10.9.8.7", "::ffff:10.0.0.1", "11.0.0.1", "::1"].map(mapped)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const all6 = addressRule(["::/0"]);
    expect(["::1", "127.0.0.1", "64:ff9b::7f00:1"].map(all6)).toEqual([true, false, false]);
    expect(addressRule(["10.1.2.3/8"])("10.9.9.9")).toBe(true);
    expect(addressRule("any")("127.0.0.1")).toBe(true);
    expect(addressRule("any")("localhost")).toBe(false);
  });

  it("reads ranges and compares them", () => {
    expect(parseRange("10.0.0.1")).toBe("10.0.0.1/32");
    expect(parseRange("::/0")).toBe("::/0");
    expect(["10.0.0.0/33", "10.0.0", "x", "fe80::1%eth0", "1.2.3.4/"].map(parseRange)).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
    expect(coversRanges(["10.0.0.0/8"], ["10.1.0.0/16", "10.0.0.1/32"])).toBe(true);
    expect(coversRanges(["10.0.0.0/8"], ["::ffff:10.1.0.0/112"])).toBe(true);
    expect(coversRanges(["10.1.0.0/16"], ["10.0.0.0/8"])).toBe(false);
    expect(coversRanges(["10.0.0.0/8"], ["::/8"])).toBe(false);
  });
});

describe("origins", () => {
  it.each([
    ["https://api.example.com", "https://api.example.com"],
    ["HTTPS://API.Example.com:443/", "https://api.example.com"],
    ["http://localhost:8080", "http://localhost:8080"],
    ["https://*.Example.com:8443", "https://*.example.com:8443"],
    ["https://*", "https://*"],
    ["http://*:81", "http://*:81"],
    ["http://127.1", "http://127.0.0.1"],
    ["http://[::ffff:127.0.0.1]:80", "http://[::ffff:7f00:1]"],
    ["https://bücher.example", "https://xn--bcher-kva.example"],
  ])("%s is %s", (text, shortest) => {
    expect(parseOrigin(text)?.text).toBe(shortest);
  });

  it.each([
    "",
    "api.example.com",
    "ftp://example.com",
    "https://",
    "https://a@b",
    "https://user:pass@example.com",
    "https://example.com/path",
    "https://example.com?x",
    "https://*example.com",
    "https://a.*.example.com",
    "https://*.*.example.com",
    "https://*.127.0.0.1",
    "https://*.[::1]",
    "https://exa mple.com",
    "https://example.com\\@evil.example",
    "https://example.com:99999",
    `https://${"a".repeat(600)}`,
  ])("%s is none", (text) => {
    expect(parseOrigin(text)).toBeUndefined();
  });

  it.each([
    ["https://api.example.com", "https://api.example.com/x", true],
    ["https://api.example.com", "https://api.example.com:443/x", true],
    ["https://api.example.com", "http://api.example.com/", false],
    ["https://api.example.com", "https://api.example.com:8443/", false],
    ["https://api.example.com", "https://api.example.com./", false],
    ["https://api.example.com", "https://api.example.com.evil.example/", false],
    ["https://*.example.com", "https://a.example.com/", true],
    ["https://*.example.com", "https://a.b.example.com/", true],
    ["https://*.example.com", "https://example.com/", false],
    ["https://*.example.com", "https://evilexample.com/", false],
    ["https://*", "https://anything.example/", true],
    ["https://*", "http://anything.example/", false],
  ])("%s allows %s: %s", (origin, url, allowed) => {
    const parsed = parseOrigin(origin);
    expect(parsed !== undefined && isOfOrigin(parsed, new URL(url))).toBe(allowed);
  });

  it.each([
    ["https://*", "https://*.a.example", true],
    ["https://*.example.com", "https://*.a.example.com", true],
    ["https://*.example.com", "https://a.example.com", true],
    ["https://*.example.com", "https://example.com", false],
    ["https://*.a.example.com", "https://*.example.com", false],
    ["https://a.example.com", "https://*.a.example.com", false],
    ["https://*", "http://*", false],
  ])("%s covers %s: %s", (wide, narrow, covered) => {
    const [a, b] = [parseOrigin(wide), parseOrigin(narrow)];
    expect(a !== undefined && b !== undefined && coversOrigin(a, b)).toBe(covered);
  });
});

/** What servers may make of a path: decoded up to four times, parameters cut off, dots resolved. */
function readings(pathname: string): string[] {
  const found: string[] = [];
  let text = pathname;
  for (let round = 0; round < 5; round++) {
    const segments: string[] = [];
    for (const segment of text.split(/[/\\]/)) {
      const name = segment.replace(/;.*$/s, "");
      if (name === "..") segments.pop();
      else if (name !== "." && name !== "") segments.push(name);
    }
    found.push(segments.join("/"));
    const decoded = text
      .replaceAll(/%c0%ae/gi, ".")
      .replaceAll(/%c0%af/gi, "/")
      .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    if (decoded === text) break;
    text = decoded;
  }
  return found;
}

describe("path prefixes", () => {
  const path = (text: string) => new URL(`https://host${text}`).pathname;

  it.each([
    ["/", "/anything/%2e%2e%2f", true],
    ["/v1", "/v1", true],
    ["/v1", "/v1/", true],
    ["/v1", "/v1/users", true],
    ["/v1", "/v10", false],
    ["/v1", "/v1;x/y", false],
    ["/v1/", "/v1", false],
    ["/v1/", "/v1/users", true],
    ["/v1/", "/v1//users", true],
    ["/v1/", "//v1/users", false],
    ["/v1/", "/V1/users", false],
    ["/v1/", "/v1/../admin", false],
    ["/v1/", "/v1/%2e%2e/admin", false],
    ["/v1/", "/v1/.%2E/admin", false],
    ["/v1/", "/v1\\..\\admin", false],
    ["/v1/", "/v1/..%2fadmin", false],
    ["/v1/", "/v1/..%5cadmin", false],
    ["/v1/", "/v1/%252e%252e/admin", false],
    ["/v1/", "/v1/%252e%252e%252fadmin", false],
    ["/v1/", "/v1/..;/admin", false],
    ["/v1/", "/v1/..;x=1/admin", false],
    ["/v1/", "/v1/a%2fb", false],
    ["/v1/", "/v1/%c0%ae%c0%ae/admin", false],
    ["/v1/", "/v1/%25252525252e/x", false],
    ["/v1/", "/v1/a%20b/..c/c..", true],
    ["/v1/", "/v1/%e4%b8%ad", true],
  ])("%s allows %s: %s", (prefix, text, allowed) => {
    expect(isBelow(prefix, path(text))).toBe(allowed);
  });

  it("hold however a server reads the path that they allow", () => {
    const piece = fc.constantFrom(
      ...["..", ".", "%2e", "%2E%2e", "%252e%252e", "%25%32%65", "%2f", "%5c", "%252f", "\\"],
      ...["v1", "admin", ";x=1", "..;x", "%c0%ae%c0%ae", "%c0%af", "/", "//", "%20", "%00"],
    );
    const anyPath = fc.array(piece, { maxLength: 8 }).map((pieces) => `/v1/${pieces.join("")}`);
    fc.assert(
      fc.property(anyPath, (text) => {
        const { pathname } = new URL(`https://host${text}`);
        if (!isBelow("/v1", pathname)) return;
        for (const read of readings(pathname)) expect(read).toMatch(/^v1(?:\/|$)/);
      }),
      { numRuns: 5000 },
    );
  });

  it("reads prefixes", () => {
    expect(parsePrefix("/v1/./x y".replace(" ", "%20"))).toBe("/v1/x%20y");
    for (const text of ["", "v1", "//host/x", "/a?b", "/a#b", "/a\\b", "/a b", "/..%2fx"]) {
      expect(parsePrefix(text)).toBeUndefined();
    }
  });

  it("finds what paths share", () => {
    expect(sharedPrefix("/v1/a", "/v1/a")).toBe("/v1/a");
    expect(sharedPrefix("/v1/a", "/v1/b")).toBe("/v1/");
    expect(sharedPrefix("/v1/a", "/v1/ab")).toBe("/v1/");
    expect(sharedPrefix("/v1", "/v1/a")).toBe("/v1");
    expect(sharedPrefix("/v1/", "/v1/a")).toBe("/v1/");
    expect(sharedPrefix("/v1/a/b", "/v1/a")).toBe("/v1/");
    expect(sharedPrefix("/a", "/b")).toBe("/");
  });
});
