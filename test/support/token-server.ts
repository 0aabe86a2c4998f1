import { execFile } from "node:child_process";
import { createHash, createPublicKey, createSign } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { requirePackages } from "./debian-packages.js";

const run = promisify(execFile);
const SERVICE = "safedock-test-registry";
const ISSUER = "safedock-test-issuer";
const LIFE_S = 300;

export interface TokenServer extends AsyncDisposable {
  /** What `startDockerRegistry` wants in its option `token`. */
  readonly token: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly certificate: string;
  };
  /** Scopes that tokens were asked for. */
  readonly scopes: readonly string[];
}

/**
 * Starts a token server on loopback (distribution's token authentication specification, RS256): the
 * user may pull and push, strangers may pull, anyone with a wrong password gets 401.
 */
export async function startTokenServer(user: {
  readonly username: string;
  readonly password: string;
}): Promise<TokenServer> {
  const { key, certificate } = await makeKey();
  const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
  const scopes: string[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== basic) {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ details: "incorrect username or password" }));
      return;
    }
    const url = new URL(request.url ?? "/", "http://token");
    // Several scopes come as parameters of one name, or as words of one.
    const scope = url.searchParams.getAll("scope").join(" ");
    scopes.push(scope);
    const allowed = authorization === undefined ? ["pull"] : ["pull", "push"];
    const token = sign(
      key,
      certificate,
      scope.split(" ").flatMap((word) => accessOf(word, allowed)),
    );
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token, expires_in: LIFE_S }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    token: {
      realm: `http://127.0.0.1:${address.port}/token`,
      service: SERVICE,
      issuer: ISSUER,
      certificate,
    },
    scopes,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function accessOf(scope: string, allowed: readonly string[]): unknown[] {
  const [type, name, actions] = scope.split(":");
  if (type !== "repository" || name === undefined || actions === undefined) return [];
  return [{ type, name, actions: actions.split(",").filter((action) => allowed.includes(action)) }];
}

function sign(key: string, certificate: string, access: unknown[]): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = { typ: "JWT", alg: "RS256", kid: keyId(certificate) };
  const claims = {
    ...{ iss: ISSUER, aud: SERVICE, sub: "test", jti: String(Math.random()) },
    ...{ iat: now, nbf: now - 10, exp: now + LIFE_S },
    access,
  };
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

/** libtrust's name for a key: 240 bits of its SHA-256 in base32, in groups of four. */
function keyId(certificate: string): string {
  const der = createPublicKey(certificate).export({ type: "spki", format: "der" });
  const bits = Array.from(createHash("sha256").update(der).digest().subarray(0, 30), (byte) =>
    byte.toString(2).padStart(8, "0"),
  ).join("");
  const words = bits.match(/.{5}/g) ?? [];
  const letters = words.map((word) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(word, 2)]);
  return (letters.join("").match(/.{4}/g) ?? []).join(":");
}

async function makeKey(): Promise<{ readonly key: string; readonly certificate: string }> {
  await requirePackages(["openssl"]);
  const folder = await mkdtemp(join(tmpdir(), "safedock-token-"));
  try {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const what = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=token"];
    await run("openssl", ["req", "-x509", ...what, "-keyout", key, "-out", certificate]);
    return { key: await readFile(key, "utf8"), certificate: await readFile(certificate, "utf8") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
