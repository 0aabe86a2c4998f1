import { expect, it } from "vitest";
import type { RegistryOptions } from "../../src/registry/registry-options.js";
import { openRegistry } from "../../src/registry/registry.js";
import { rejectionOf } from "../support/thrown-by.js";

it.each<[string, Record<string, unknown>]>([
  ["retries", { retries: Number.NaN }],
  ["retries", { retries: -1 }],
  ["retryDelayMs", { retryDelayMs: "1" }],
  ["connectTimeoutMs", { connectTimeoutMs: Infinity }],
  ["headersTimeoutMs", { headersTimeoutMs: 0 }],
  ["stallTimeoutMs", { stallTimeoutMs: 1.5 }],
  ["insecure", { insecure: "r.example" }],
  ["insecure", { insecure: [1] }],
  ["ca", { ca: 1 }],
  ["ca", { ca: "no PEM" }],
  ["mirrors", { mirrors: ["r.example"] }],
  ["proxy", { proxy: "socks5://p" }],
])("refuses a bad %s: %j", async (name, options) => {
  await using registry = openRegistry("127.0.0.1:1", {
    retries: 0,
    ...(options as RegistryOptions),
  });
  const error = await rejectionOf(registry.repository("a/b").fetchManifest("v1"));
  expect(error).toMatchObject({
    code: "ERR_OPTIONS_INVALID",
    data: { problems: [expect.stringMatching(new RegExp(`^${name}: `))] },
  });
});
