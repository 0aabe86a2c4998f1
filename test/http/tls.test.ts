import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startTlsServer, type TlsServer } from "../support/tls-server.js";
import { ConnectProxy } from "./connect-proxy.js";
import { GuestSide } from "./guest-side.js";

describe("requests by TLS", () => {
  let server: TlsServer;
  let port: string;
  const lookup = async () => [{ address: "127.0.0.1", family: 4 }];

  beforeAll(async () => {
    const hosts = ["api.example.com", "files.example.com"];
    server = await startTlsServer((request, response) => {
      response.end(`${request.headers.host}`);
    }, hosts);
    port = server.host.split(":")[1] ?? "";
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(() => vi.unstubAllEnvs());

  const grantTo = (origin: string) => ({ origin, addresses: "any" as const });

  it("go to the address that was looked up, under the name that was asked for", async () => {
    const origin = `https://*.example.com:${port}`;
    using guest = new GuestSide([grantTo(origin)], { lookup, ca: server.ca });
    for (const name of ["api", "files", "api"]) {
      const host = `${name}.example.com:${port}`;
      expect(await guest.fetch(`https://${host}/`)).toMatchObject({ status: 200, text: host });
    }
  });

  it("are refused where the certificate is another name's", async () => {
    const origin = `https://other.example.com:${port}`;
    using guest = new GuestSide([grantTo(origin)], { lookup, ca: server.ca });
    expect(await guest.codeOf(guest.open(`${origin}/`))).toBe("TLS-certificate-error");
  });

  it("are refused where nobody known has signed it, whatever the environment says", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    // Node says that it would make a difference.
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const origin = `https://api.example.com:${port}`;
    using guest = new GuestSide([grantTo(origin)], { lookup });
    expect(await guest.codeOf(guest.open(`${origin}/`))).toBe("TLS-certificate-error");
    warning.mockRestore();
  });

  it("lead through a proxy to the address that was checked, with TLS to the name inside", async () => {
    await using proxy = new ConnectProxy(undefined, () => Number(port));
    const proxyUrl = new URL(`http://${await proxy.listen()}`);
    const origin = `https://api.example.com:${port}`;
    const options = { lookup, ca: server.ca, proxyFor: () => proxyUrl };
    const grant = { origin, proxy: true, addresses: ["127.0.0.0/8"] };
    using guest = new GuestSide([grant], options);
    for (let n = 0; n < 2; n++) {
      expect((await guest.fetch(`${origin}/`)).text).toBe(`api.example.com:${port}`);
    }
    // One connection for both.
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`]);
    using wrong = new GuestSide(
      [{ ...grant, origin: `https://other.example.com:${port}` }],
      options,
    );
    const opening = wrong.open(`https://other.example.com:${port}/`);
    expect(await wrong.codeOf(opening)).toBe("TLS-certificate-error");
    using unknown = new GuestSide([grant], { lookup, proxyFor: () => proxyUrl });
    expect(await unknown.codeOf(unknown.open(`${origin}/`))).toBe("TLS-certificate-error");
  });
});
