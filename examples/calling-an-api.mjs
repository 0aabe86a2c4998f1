// A plugin that calls an API: it may reach one path of one server, with a key that it never sees. First in a
// test's harness, where fakeHttp answers; then what it would get for asking elsewhere.
// Run with: node examples/calling-an-api.mjs
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine } from "safedock";
import { expectDenied, fakeHttp } from "safedock/testing";

const plugin = fileURLToPath(new URL("../test/guests/http/request.wasm", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "safedock-api-"));

/** In an app this comes from a vault. */
const key = "t0ps3cret";
const grants = {
  http: [
    {
      origin: "https://api.example.com",
      methods: ["GET", "POST"],
      pathPrefix: "/v1/",
      credentials: { authorization: { secret: `Bearer ${key}` } },
      maxResponseBytes: 2 ** 20,
      ratePerSecond: 20,
    },
  ],
};

const api = fakeHttp({
  "GET https://api.example.com/v1/prices": () => Response.json({ pears: 3 }),
  "POST https://api.example.com/v1/orders": async (request) =>
    new Response(`ordered: ${await request.text()}`, { status: 201 }),
});

// Without `http`, the same code asks the real server.
const engine = await openEngine({ root: join(folder, "store"), http: api });
try {
  const image = await engine.loadImage(plugin);
  const ask = async (stdin, ...args) => {
    const result = await engine.run(image, {
      args,
      stdin,
      grants,
      audit: true,
      limits: { timeoutMs: 5_000 },
    });
    console.log(
      `${args.join(" ")}\n  → ${result.stdout.toString().trim().replaceAll("\n", "\n    ")}`,
    );
    return result;
  };

  const prices = await ask("", "GET", "https://api.example.com/v1/prices");
  assert.ok(prices.stdout.toString().includes('{"pears":3}'));
  const order = await ask("2 pears", "POST", "https://api.example.com/v1/orders");
  assert.ok(order.stdout.toString().includes("ordered: 2 pears"));

  // The server got the key, the plugin did not.
  assert.equal(api.requests[0].headers.authorization, `Bearer ${key}`);
  assert.ok(!prices.stdout.includes(key));

  // Another path, another server, the metadata of a cloud: nothing is sent, and the app is told.
  for (const url of [
    "https://api.example.com/admin",
    "https://evil.example/?stolen=1",
    "http://169.254.169.254/latest/meta-data/",
  ]) {
    const { audit } = await ask("", "GET", url);
    const denial = expectDenied(audit, { kind: "http" });
    console.log("  refused, and would be allowed by", JSON.stringify(denial.grant?.http));
  }
  assert.equal(api.requests.length, 2);
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}
