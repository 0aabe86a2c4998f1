import { describe, expect, it } from "vitest";
import { mayLookUp, NO_SOCKETS, widerSockets } from "../../src/services/checked-sockets.js";
import {
  mayConnect,
  mayListen,
  parseSocketRule,
  ruleCovers,
  type SocketRule,
} from "../../src/services/socket-rule.js";

function rule(text: string, use: "connect" | "listen" = "connect"): SocketRule {
  const parsed = parseSocketRule(text, use);
  if (parsed === undefined) throw new Error(`no rule: ${text}`);
  return parsed;
}

describe("rules of sockets", () => {
  it.each([
    "10.0.0.5:5432",
    "192.168.0.0/16:*",
    "[::1]:80-90",
    "[fd00::/8]:443",
    "*:443",
    "db.example.com:5432",
    "*.example.com:1-65535",
  ])("%s", (text) => {
    expect(rule(text).text).toBe(text);
  });

  it.each([
    "",
    "10.0.0.5",
    "10.0.0.5:",
    "10.0.0.5:0",
    "10.0.0.5:65536",
    "10.0.0.5:90-80",
    "10.0.0.5:80,81",
    "10.0.0.1/8:80",
    "::1:80",
    "[10.0.0.1]:80",
    "[fe80::1%eth0]:80",
    "127.1:80",
    "0x7f.1:80",
    "2130706433:80",
    "exa mple.com:80",
    "-x.example:80",
    "*.*.example:80",
    "http://example.com:80",
    "example.com:http",
  ])("%j is none", (text) => {
    expect(parseSocketRule(text, "connect")).toBeUndefined();
  });

  it("listens on addresses alone, on port 0 if that is said", () => {
    expect(parseSocketRule("localhost:80", "listen")).toBeUndefined();
    expect(parseSocketRule("*:80", "listen")).toBeUndefined();
    expect(mayListen(rule("127.0.0.1:0", "listen"), ["127.0.0.1", 0])).toBe(true);
    expect(mayListen(rule("127.0.0.1:8080", "listen"), ["127.0.0.1", 0])).toBe(false);
    expect(mayListen(rule("0.0.0.0/0:*", "listen"), ["0.0.0.0", 0])).toBe(true);
    expect(mayListen(rule("127.0.0.1:*", "listen"), ["0.0.0.0", 80])).toBe(false);
  });

  it.each([
    ["*:80", "1.1.1.1", true],
    ["0.0.0.0/0:80", "1.1.1.1", true],
    ["*:80", "127.0.0.1", false],
    ["0.0.0.0/0:80", "127.0.0.1", false],
    ["0.0.0.0/0:80", "10.0.0.1", false],
    ["10.0.0.0/8:80", "10.0.0.1", true],
    ["8.0.0.0/6:80", "10.0.0.1", false],
    ["169.254.0.0/16:80", "169.254.1.1", true],
    ["169.254.0.0/16:80", "169.254.169.254", false],
    ["169.254.169.254:80", "169.254.169.254", true],
    ["[::/0]:80", "::1", false],
    ["[::/0]:80", "::ffff:127.0.0.1", false],
    ["[::/0]:80", "64:ff9b::7f00:1", false],
    ["[::/0]:80", "2002:7f00:1::", false],
    ["[64:ff9b::/96]:80", "64:ff9b::7f00:1", false],
    ["[64:ff9b::/96]:80", "64:ff9b::8.8.8.8", true],
    ["[64:ff9b::7f00:0/104]:80", "64:ff9b::7f00:1", true],
    ["[2002::/16]:80", "2002:a9fe:a9fe::1", false],
    ["[2002::/16]:80", "2002:808:808::1", true],
    ["*:80", "192.31.196.1", false],
    ["*:80", "192.52.193.1", false],
    ["*:80", "192.175.48.1", false],
    ["*:80", "2620:4f:8000::1", false],
    ["*:80", "4000::1", false],
    ["[::/0]:80", "1000::1", false],
    ["[::/0]:80", "fd00:ec2::254", false],
    ["[::/0]:80", "2606:4700::1111", true],
    ["[::1]:80", "0:0:0:0:0:0:0:1", true],
    ["*:81", "1.1.1.1", false],
  ])("%s and %s: %s", (text, address, allowed) => {
    expect(mayConnect(rule(text), [address, 80])).toBe(allowed);
  });

  it.each([
    ["10.0.0.0/8:*", "10.1.0.0/16:80", true],
    ["10.1.0.0/16:80", "10.0.0.0/8:80", false],
    ["10.0.0.0/8:80", "10.0.0.0/8:80-81", false],
    ["0.0.0.0/0:*", "10.0.0.0/8:80", false],
    ["*:*", "8.8.8.8:53", true],
    ["*:*", "127.0.0.1:53", false],
    ["*:*", "0.0.0.0/0:53", true],
    ["169.254.0.0/16:80", "169.254.169.254:80", false],
    ["*:80", "[::/3]:80", false],
    ["[64:ff9b::/96]:80", "[64:ff9b::a00:0/104]:80", false],
    ["[64:ff9b::a00:0/104]:80", "[64:ff9b::a01:0/112]:80", true],
    ["*.example.com:80", "db.example.com:80", true],
    ["*.example.com:80", "*.db.example.com:80", true],
    ["*.example.com:80", "example.com:80", false],
    ["*:80", "example.com:80", false],
    ["example.com:80", "1.1.1.1:80", false],
  ])("%s covers %s: %s", (outer, inner, covered) => {
    expect(ruleCovers(rule(outer), rule(inner))).toBe(covered);
  });

  it("says what is wider, in words", () => {
    const present = {
      ...NO_SOCKETS,
      tcpConnect: [rule("10.0.0.0/8:*")],
      lookup: ["*.example.com"],
    };
    const next = {
      ...NO_SOCKETS,
      tcpConnect: [rule("10.0.0.1:80"), rule("11.0.0.1:80")],
      udpListen: [rule("127.0.0.1:53", "listen")],
      lookup: ["a.example.com", "example.org"],
    };
    expect(widerSockets(present, present)).toEqual([]);
    expect(widerSockets(present, next)).toEqual([
      "tcp.connect 11.0.0.1:80",
      "udp.listen 127.0.0.1:53",
      "lookup example.org",
    ]);
    expect(widerSockets(present, { ...NO_SOCKETS, lookup: true })).toEqual(["lookup"]);
    expect(widerSockets({ ...NO_SOCKETS, lookup: true }, { ...NO_SOCKETS, lookup: ["x"] })).toEqual(
      [],
    );
  });

  it("lets a guest look up the names of its rules", () => {
    const granted = {
      ...NO_SOCKETS,
      tcpConnect: [rule("DB.example.com:80")],
      lookup: ["*.a.test"],
    };
    expect(mayLookUp(granted, "db.example.com")).toBe(true);
    expect(mayLookUp(granted, "example.com")).toBe(false);
    expect(mayLookUp(granted, "x.a.test")).toBe(true);
    expect(mayLookUp(granted, "a.test")).toBe(false);
  });
});
