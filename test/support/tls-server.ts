import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { requirePackages } from "./debian-packages.js";

const run = promisify(execFile);

export interface TlsServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** PEM of the certificate, which signs itself. */
  readonly ca: string;
}

/** An HTTPS server on loopback, whose certificate is for `hosts`. */
export async function startTlsServer(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  hosts: readonly string[] = ["registry.test", "localhost"],
): Promise<TlsServer> {
  await requirePackages(["openssl"]);
  const folder = await mkdtemp(join(tmpdir(), "safedock-tls-"));
  try {
    const config = join(folder, "openssl.cnf");
    const names = [...hosts.map((host) => `DNS:${host}`), "IP:127.0.0.1"].join(",");
    await writeFile(
      config,
      `[req]\ndistinguished_name=d\nx509_extensions=x\nprompt=no\n[d]\nCN=registry.test\n[x]\nsubjectAltName=${names}\nbasicConstraints=critical,CA:TRUE\n`,
    );
    const [keyPath, certificatePath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const files = ["-config", config, "-keyout", keyPath, "-out", certificatePath];
    await run("openssl", ["req", "-x509", ...kind, "-days", "2", ...files]);
    const ca = await readFile(certificatePath, "utf8");
    const server = createServer({ key: await readFile(keyPath), cert: ca }, handler);
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      host: `127.0.0.1:${port}`,
      ca,
      async [Symbol.asyncDispose]() {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
