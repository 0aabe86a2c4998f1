import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { HttpGrant } from "safedock";
import { openTestEngine } from "../support/test-engine.js";
import { ConnectProxy } from "./connect-proxy.js";

const ORIGIN = "http://api.example.com";

/** Sends one request by an engine and a proxy; gives what the guest printed and what the proxy was asked. */
async function through(
  grant: Partial<HttpGrant>,
  {
    answer,
    environment = {},
    option,
    address = "192.0.2.7",
  }: {
    answer?: string;
    environment?: Record<string, string>;
    option?: (host: string) => string;
    address?: string;
  },
) {
  const server = createHttpServer((request, response) => {
    response.end(`${request.headers.host} ${request.headers["proxy-authorization"] ?? "-"}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using proxy = new ConnectProxy(answer, () => (server.address() as AddressInfo).port);
  const host = await proxy.listen();
  for (const [name, value] of Object.entries(environment)) {
    vi.stubEnv(name, value.replace("PROXY", host));
  }
  const opened = await openTestEngine({
    http: {
      lookup: async () => [{ address, family: 4 }],
      ...(option === undefined ? undefined : { proxy: option(host) }),
    },
  });
  try {
    const image = await opened.engine.loadImage(
      join(import.meta.dirname, "../guests/http/request.wasm"),
    );
    const { stdout } = await opened.engine.run(image, {
      args: ["GET", `${ORIGIN}/`],
      grants: { http: [{ origin: ORIGIN, timeoutMs: 2000, ...grant }] },
    });
    return { out: stdout.toString(), asked: proxy.asked, authorizations: proxy.authorizations };
  } finally {
    await opened.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

const ENVIRONMENT = { HTTP_PROXY: "http://PROXY", http_proxy: "http://PROXY" };

describe("proxies", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("that the environment names are not used without a grant", async () => {
    const { out, asked } = await through(
      { addresses: ["192.0.2.0/24"], timeoutMs: 200 },
      { environment: { ...ENVIRONMENT, NODE_USE_ENV_PROXY: "1" } },
    );
    expect(asked).toEqual([]);
    expect(out).toMatch(
      /connection-timeout|HTTP-response-timeout|destination-IP-unroutable|connection-refused/,
    );
  });

  it("that the environment names are used with one, and told the address that was checked", async () => {
    const { out, asked } = await through(
      { proxy: true, addresses: ["192.0.2.0/24"] },
      { environment: ENVIRONMENT },
    );
    expect(out).toContain("200\n");
    expect(out).toContain("api.example.com -");
    expect(asked).toEqual(["192.0.2.7:80"]);
  });

  it("do not help around the check of addresses", async () => {
    const { out, asked } = await through(
      { proxy: true },
      { environment: ENVIRONMENT, address: "169.254.169.254" },
    );
    expect(out).toContain("destination-IP-prohibited");
    expect(asked).toEqual([]);
  });

  it("are told the name where any address is granted", async () => {
    const { asked } = await through(
      { proxy: true, addresses: "any" },
      { environment: ENVIRONMENT },
    );
    expect(asked).toEqual(["api.example.com:80"]);
  });

  it("are not used for what NO_PROXY names", async () => {
    const { asked } = await through(
      { proxy: true, addresses: ["192.0.2.0/24"], timeoutMs: 200 },
      { environment: { ...ENVIRONMENT, NO_PROXY: "example.com" } },
    );
    expect(asked).toEqual([]);
  });

  it("of the engine's option come first, their user is no business of the guest or the server", async () => {
    const { out, asked, authorizations } = await through(
      { proxy: true, addresses: "any" },
      {
        environment: { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" },
        option: (host) => `http://user:pass@${host}`,
      },
    );
    expect(asked).toHaveLength(1);
    expect(authorizations).toEqual([`Basic ${btoa("user:pass")}`]);
    expect(out).toContain("api.example.com -");
  });

  it.each([
    ["refuses", "HTTP/1.1 403 No\r\n\r\n", "destination-unavailable"],
    ["closes", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP-response-timeout|connection-timeout"],
    [
      "speaks before it is asked",
      "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
      "destination-unavailable",
    ],
    [
      "answers with an endless header",
      `HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}`,
      "HTTP-response",
    ],
  ])("that %s: the guest gets a failure", async (_, answer, code) => {
    const { out } = await through(
      { proxy: true, addresses: "any", timeoutMs: 300 },
      { environment: ENVIRONMENT, answer },
    );
    expect(out).toMatch(new RegExp(code));
  });

  it("are no server of something else: a port that is closed", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { out } = await through(
      { proxy: true, addresses: "any" },
      { option: () => `http://127.0.0.1:${port}` },
    );
    expect(out).toContain("connection-refused");
  });
});
