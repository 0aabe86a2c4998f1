/** The published JSON Schema says the same of grants as the check that createContainer does. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { parseGrants } from "../../src/engine/parse-grants.js";
import { anyGrants } from "./arbitrary-grants.js";
import { conforms } from "./schema-walker.js";

const path = createRequire(import.meta.url).resolve("safedock/grants.schema.json");
const schema = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;

function isAccepted(grants: unknown): boolean {
  try {
    parseGrants(grants);
    return true;
  } catch (error) {
    if (isSafedockError(error, "ERR_OPTIONS_INVALID")) return false;
    throw error;
  }
}

const mount = (more: object) => ({ fs: [{ source: "./data", target: "/data", ...more }] });
const memory = (more: object) => ({ fs: [{ type: "memory", target: "/tmp", ...more }] });

const good: readonly object[] = [
  {},
  { env: { A: "", "B C": "x", __proto__x: "y", LOG: { secret: "s" } }, inheritEnv: ["HOME", "ÄÖ"] },
  { args: "none", clock: "coarse", random: "denied", stdio: "null" },
  { clock: {} },
  { clock: { startMs: 0 } },
  { clock: { type: "real", startMs: 16_725_225_600_000 } },
  { clock: { type: "coarse", resolutionMs: 3_600_000 } },
  { random: { seed: "" } },
  { random: { seed: -0.5 } },
  { stdio: {} },
  { stdio: { stdin: "pipe", stdout: "null", stderr: "denied" } },
  mount({
    type: "bind",
    access: "create-only",
    subPath: "a/b.c/..d/...",
    maxBytes: 0,
    maxFiles: 2 ** 31 - 1,
  }),
  mount({ target: "/" }),
  mount({ target: "/a//b/./..c/d.." }),
  memory({ maxBytes: 2 ** 32, maxFiles: 0 }),
  { http: [] },
  { http: [{ origin: "https://*.example.com:8443" }, { origin: "http://*:81" }] },
  { http: [{ origin: "http://[fd00::1]" }] },
  {
    http: [
      {
        origin: "https://api.example.com",
        methods: ["GET", "PURGE"],
        pathPrefix: "/v1/",
        headers: ["Cookie"],
        credentials: { authorization: { secret: "Bearer x y" }, "x-key": "" },
        addresses: ["10.0.0.0/8", "fd00::/8", "192.0.2.1"],
        redirects: 20,
        maxRequestBytes: 0,
        maxResponseBytes: Number.MAX_SAFE_INTEGER,
        timeoutMs: 1,
        idleTimeoutMs: 2 ** 31 - 1,
        ratePerSecond: 1_000_000,
        maxConcurrent: 512,
      },
    ],
  },
  { sockets: {} },
  {
    sockets: {
      tcp: {
        connect: ["10.0.0.5:5432", "192.168.0.0/16:*", "[fd00::/8]:80-90", "*:443", "*.db.test:1"],
        listen: ["127.0.0.1:0", "[::]:8080-8090", "0.0.0.0/0:*"],
      },
      udp: { connect: ["[::1]:53"], listen: [] },
      lookup: ["*.db.test", "bücher.example"],
    },
  },
  { sockets: { lookup: true, udp: {} } },
  { config: { "": "", LEVEL: "debug", TOKEN: { secret: "s" }, "a\0": "b\0" } },
  { keyvalue: ["", "default", "sessions", "sessions"] },
  { logging: true },
  { logging: false },
  { logging: "critical" },
];

const request = (more: object) => ({ http: [{ origin: "https://api.example.com", ...more }] });

const bad: readonly unknown[] = [
  null,
  [],
  "",
  1,
  { network: true },
  { env: [] },
  { env: { "": "x" } },
  { env: { "A=B": "x" } },
  { env: { A: 1 } },
  { env: { A: "a\0" } },
  { env: { A: "<hidden>" } },
  { env: { A: { secret: 1 } } },
  { env: { A: { secret: "a", b: 1 } } },
  { env: { A: {} } },
  { inheritEnv: "HOME" },
  { inheritEnv: [""] },
  { inheritEnv: ["A="] },
  { inheritEnv: [1] },
  { inheritEnv: Array(1001).fill("A") },
  { args: [] },
  { args: true },
  { fs: {} },
  { fs: [1] },
  { fs: [{}] },
  { fs: Array.from({ length: 129 }, (_, n) => ({ type: "memory", target: `/${n}` })) },
  { fs: [{ target: "/data" }] },
  { fs: [{ source: "./data" }] },
  mount({ source: "" }),
  mount({ source: "a\0" }),
  mount({ source: 1 }),
  mount({ source: "<choose a directory>" }),
  mount({ target: "data" }),
  mount({ target: "" }),
  mount({ target: "/.." }),
  mount({ target: "/a/../b" }),
  mount({ target: "/a/.." }),
  mount({ target: "/a\0" }),
  mount({ access: "write" }),
  mount({ type: "memory" }),
  mount({ type: "volume" }),
  mount({ extra: 1 }),
  mount({ maxBytes: -1 }),
  mount({ maxBytes: 0.5 }),
  mount({ maxBytes: "1" }),
  mount({ maxFiles: 2 ** 31 }),
  mount({ maxBytes: 2 ** 53 }),
  mount({ subPath: "" }),
  mount({ subPath: ".." }),
  mount({ subPath: "a/.." }),
  mount({ subPath: "a/./b" }),
  mount({ subPath: "/a" }),
  mount({ subPath: "a/" }),
  mount({ subPath: "a\\b" }),
  mount({ subPath: "a\0" }),
  mount({ subPath: "x".repeat(5000) }),
  memory({ access: "read-only" }),
  memory({ source: "." }),
  memory({ maxBytes: 2 ** 32 + 1 }),
  memory({ maxFiles: -1 }),
  { sockets: [] },
  { sockets: { tcp: ["10.0.0.5:5432"] } },
  { sockets: { sctp: {} } },
  { sockets: { tcp: { accept: [] } } },
  { sockets: { tcp: { connect: "10.0.0.5:5432" } } },
  { sockets: { tcp: { connect: ["10.0.0.5"] } } },
  { sockets: { tcp: { connect: ["::1:80"] } } },
  { sockets: { tcp: { connect: ["db.test:http"] } } },
  { sockets: { tcp: { connect: ["tcp://db.test:80"] } } },
  { sockets: { tcp: { connect: ["a*.test:80"] } } },
  { sockets: { tcp: { connect: Array(1001).fill("10.0.0.5:1") } } },
  { sockets: { udp: { listen: ["localhost:80"] } } },
  { sockets: { udp: { listen: ["*:80"] } } },
  { sockets: { lookup: "db.test" } },
  { sockets: { lookup: ["db.test:80"] } },
  { sockets: { lookup: ["*"] } },
  { config: ["LEVEL"] },
  { config: { LEVEL: 1 } },
  { config: { LEVEL: "<hidden>" } },
  { config: { LEVEL: { secret: "<hidden>" } } },
  { config: { LEVEL: { secret: "a", more: 1 } } },
  { keyvalue: "default" },
  { keyvalue: [1] },
  { keyvalue: ["x".repeat(4097)] },
  { keyvalue: Array(1001).fill("a") },
  { logging: "all" },
  { logging: 1 },
  { http: {} },
  { http: ["https://api.example.com"] },
  { http: [{}] },
  { http: Array.from({ length: 129 }, () => ({ origin: "https://api.example.com" })) },
  request({ origin: "api.example.com" }),
  request({ origin: "ftp://api.example.com" }),
  request({ origin: "https://user:pass@api.example.com" }),
  request({ origin: "https://api.example.com/v1" }),
  request({ origin: "https://api.*.com" }),
  request({ methods: "GET" }),
  request({ methods: ["get"] }),
  request({ methods: ["CONNECT"] }),
  request({ methods: ["A B"] }),
  request({ pathPrefix: "v1" }),
  request({ pathPrefix: "//v1" }),
  request({ pathPrefix: "/v1?x" }),
  request({ headers: ["a b"] }),
  request({ headers: "accept" }),
  request({ credentials: { "x y": "z" } }),
  request({ credentials: { authorization: "<hidden>" } }),
  request({ credentials: { authorization: { secret: "<hidden>" } } }),
  request({ credentials: { authorization: "a\r\nb: c" } }),
  request({ credentials: { authorization: " a" } }),
  request({ credentials: { authorization: 1 } }),
  request({ addresses: "private" }),
  request({ addresses: ["10.0.0"] }),
  request({ proxy: "http://proxy.example" }),
  request({ redirects: 21 }),
  request({ maxResponseBytes: -1 }),
  request({ timeoutMs: 0 }),
  request({ ratePerSecond: 0 }),
  request({ maxConcurrent: 513 }),
  request({ cookies: true }),
  { clock: "fast" },
  { clock: { type: "fast" } },
  { clock: { resolutionMs: 5 } },
  { clock: { type: "coarse", resolutionMs: 0 } },
  { clock: { startMs: -1 } },
  { clock: { startMs: "0" } },
  { clock: null },
  { random: {} },
  { random: { seed: null } },
  { random: { seed: 1, x: 1 } },
  { random: true },
  { stdio: "inherit" },
  { stdio: { stdin: "inherit" } },
  { stdio: { in: "pipe" } },
  { stdio: [] },
];

describe("grants.schema.json", () => {
  it.each(good.map((grants) => [JSON.stringify(grants), grants] as const))(
    "takes %s",
    (_, grants) => {
      expect(isAccepted(grants)).toBe(true);
      expect(conforms(grants, schema)).toBe(true);
    },
  );

  it.each(bad.map((grants) => [JSON.stringify(grants).slice(0, 80), grants] as const))(
    "refuses %s",
    (_, grants) => {
      expect(isAccepted(grants)).toBe(false);
      expect(conforms(grants, schema)).toBe(false);
    },
  );

  it("takes all that is taken, and refuses what is refused, but for what a schema cannot say", () => {
    fc.assert(
      fc.property(anyGrants, (grants) => conforms(JSON.parse(JSON.stringify(grants)), schema)),
    );
    // A value that is exchanged for another one, somewhere in grants that are good.
    const changed = fc.tuple(anyGrants, fc.jsonValue(), fc.nat()).map(([grants, value, at]) => {
      const copy = JSON.parse(JSON.stringify(grants)) as Record<string, unknown>;
      const names = ["env", "inheritEnv", "args", "fs", "clock", "random", "stdio"];
      copy[names[at % names.length] ?? ""] = value;
      return copy;
    });
    fc.assert(
      fc.property(changed, (grants) => {
        expect(conforms(grants, schema)).toBe(isAccepted(grants));
      }),
      { numRuns: 500 },
    );
  });

  it("is what an editor finds: every default is one that is accepted", () => {
    const properties = schema["properties"] as Record<string, { default: unknown }>;
    for (const [name, { default: value }] of Object.entries(properties)) {
      expect(isAccepted({ [name]: value }), name).toBe(true);
    }
    expect(Object.keys(properties).toSorted()).toEqual([
      "args",
      "clock",
      "config",
      "env",
      "fs",
      "http",
      "inheritEnv",
      "keyvalue",
      "logging",
      "random",
      "sockets",
      "stdio",
    ]);
  });
});
