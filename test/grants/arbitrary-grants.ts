import fc from "fast-check";
import type { FsGrant, Grants, HttpGrant } from "../../src/engine/grants.js";

const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
const variable = fc.oneof(name, fc.constantFrom("__proto__", "constructor", "toString"));
const value = fc.string({ maxLength: 20 }).map((text) => text.replaceAll("\0", ""));
const target = fc
  .array(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 3 })
  .map((names) => `/${names.join("/")}`);
const bytes = fc.integer({ min: 0, max: 2 ** 32 });
const files = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const startMs = fc.integer({ min: 0, max: Date.UTC(2500, 0, 1) });
const mode = fc.constantFrom("pipe" as const, "null" as const, "denied" as const);

const mount: fc.Arbitrary<FsGrant> = fc.oneof(
  fc.record(
    {
      type: fc.constant("bind" as const),
      source: fc.constantFrom("./data", "/srv/data", "/srv/data/a", "/srv/other"),
      subPath: fc.constantFrom("a", "a/b", "tenants/7"),
      target,
      access: fc.constantFrom("read-only" as const, "create-only" as const, "read-write" as const),
      maxBytes: bytes,
      maxFiles: files,
    },
    { requiredKeys: ["source", "target"] },
  ),
  fc.record(
    { type: fc.constant("memory" as const), target, maxBytes: bytes, maxFiles: files },
    { requiredKeys: ["type", "target"] },
  ),
);

const credential = fc.stringMatching(/^[!-~]{0,8}$/);
const request: fc.Arbitrary<HttpGrant> = fc.record(
  {
    origin: fc.constantFrom(
      "https://api.example.com",
      "HTTP://API.example.com:80/",
      "https://*.example.com",
      "http://*.example.com:8080",
      "https://*",
      "http://127.1",
      "http://[::1]:9",
      "https://bücher.example",
    ),
    methods: fc.oneof(
      fc.constant("any" as const),
      fc.array(fc.constantFrom("GET", "POST", "PURGE", "M-SEARCH"), { maxLength: 3 }),
    ),
    pathPrefix: fc.constantFrom("/", "/v1", "/v1/", "/v1/a%20b", "/ä"),
    headers: fc.array(fc.constantFrom("accept", "Cookie", "x-key"), { maxLength: 3 }),
    credentials: fc
      .uniqueArray(
        fc.tuple(
          fc.constantFrom("authorization", "X-Key", "__proto__"),
          fc.oneof(credential, fc.record({ secret: credential })),
        ),
        { selector: ([header]) => header },
      )
      .map((entries) => Object.fromEntries(entries)),
    addresses: fc.oneof(
      fc.constantFrom("public" as const, "any" as const),
      fc.array(fc.constantFrom("10.0.0.0/8", "127.0.0.1", "fd00::/8", "::ffff:1.2.3.4"), {
        maxLength: 3,
      }),
    ),
    proxy: fc.boolean(),
    redirects: fc.integer({ min: 0, max: 20 }),
    maxRequestBytes: bytes,
    maxResponseBytes: bytes,
    timeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    idleTimeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    ratePerSecond: fc.integer({ min: 1, max: 1_000_000 }),
    maxConcurrent: fc.integer({ min: 1, max: 512 }),
  },
  { requiredKeys: ["origin"] },
);

const protocol = fc.record(
  {
    connect: fc.array(
      fc.constantFrom(
        "10.0.0.5:5432",
        "10.0.0.0/8:*",
        "[::1]:80-90",
        "*:443",
        "db.test:5432",
        "*.db.test:*",
      ),
      { maxLength: 3 },
    ),
    listen: fc.array(fc.constantFrom("127.0.0.1:8080", "0.0.0.0:*", "[::]:0"), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const word = fc.string({ maxLength: 6 });
const configured = fc.oneof(word, fc.record({ secret: word }));

/** Grants that are accepted, of every form. */
export const anyGrants: fc.Arbitrary<Grants> = fc.record(
  {
    env: fc
      .array(fc.tuple(variable, fc.oneof(value, fc.record({ secret: value }))), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
    inheritEnv: fc.array(name, { maxLength: 3 }),
    args: fc.constantFrom("given" as const, "none" as const),
    fs: fc.uniqueArray(mount, { maxLength: 4, selector: (grant) => grant.target }),
    http: fc.array(request, { maxLength: 3 }),
    sockets: fc.record(
      {
        tcp: protocol,
        udp: protocol,
        lookup: fc.oneof(
          fc.boolean(),
          fc.array(fc.constantFrom("db.test", "*.db.test", "Bücher.example."), { maxLength: 2 }),
        ),
      },
      { requiredKeys: [] },
    ),
    config: fc
      .array(fc.tuple(fc.string({ maxLength: 4 }), configured), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
    keyvalue: fc.array(fc.constantFrom("", "default", "sessions", "__proto__"), { maxLength: 3 }),
    logging: fc.oneof(fc.boolean(), fc.constantFrom("trace" as const, "warn" as const)),
    clock: fc.oneof(
      fc.constantFrom("frozen" as const, "real" as const, "coarse" as const),
      fc.record(
        { type: fc.constantFrom("frozen" as const, "real" as const), startMs },
        { requiredKeys: [] },
      ),
      fc.record(
        {
          type: fc.constant("coarse" as const),
          resolutionMs: fc.integer({ min: 1, max: 3_600_000 }),
          startMs,
        },
        { requiredKeys: ["type"] },
      ),
    ),
    random: fc.oneof(
      fc.constantFrom("secure" as const, "denied" as const),
      fc.record({
        seed: fc.oneof(
          fc.string(),
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
        ),
      }),
    ),
    stdio: fc.oneof(
      mode,
      fc.record({ stdin: mode, stdout: mode, stderr: mode }, { requiredKeys: [] }),
    ),
  },
  { requiredKeys: [] },
);
