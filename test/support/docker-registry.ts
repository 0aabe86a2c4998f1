import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { requirePackages } from "./debian-packages.js";

const run = promisify(execFile);

export interface DockerRegistryOptions {
  /** Ask for this user by Basic authentication; open by default. */
  readonly htpasswd?: { readonly username: string; readonly password: string };
  /** Ask for tokens of this server (distribution's token authentication); see `startTokenServer`. */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    /** PEM of a certificate with the key that signs. */
    readonly certificate: string;
  };
  /** Speak TLS with a certificate of an authority made for this registry; plain HTTP by default. */
  readonly tls?: boolean;
}

export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly url: string;
  /** PEM of the authority, with `tls`. */
  readonly ca: string | undefined;
  /** Path of that PEM: `skopeo --dest-cert-dir` takes its folder. */
  readonly caDirectory: string | undefined;
  /** Stops the registry and removes what it stored. */
  close(): Promise<void>;
}

/** Longest start, in milliseconds: it takes 50 on an idle machine. */
const START_TIMEOUT_MS = 20_000;

/** Starts Debian's `docker-registry` on a free loopback port, storing in a temporary folder. */
export async function startDockerRegistry(
  options: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  await requirePackages([
    "docker-registry",
    ...(options.htpasswd ? (["apache2-utils"] as const) : []),
    ...(options.tls === true ? (["openssl"] as const) : []),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "safedock-registry-"));
  let child: ChildProcess | undefined;
  const close = async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ca = options.tls === true ? await makeCertificates(folder) : undefined;
    await writeConfig(folder, options);
    child = spawn("docker-registry", ["serve", join(folder, "config.yml")], {
      stdio: ["ignore", "ignore", "pipe"],
      env: ownEnvironment(),
    });
    const host = await listeningHost(child);
    const url = `${ca === undefined ? "http" : "https"}://${host}`;
    const caDirectory = ca === undefined ? undefined : join(folder, "ca");
    return { host, url, ca, caDirectory, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Without what the registry itself would take for a part of its config. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith("REGISTRY_")));
}

async function writeConfig(folder: string, options: DockerRegistryOptions): Promise<void> {
  const config: Record<string, unknown> = {
    version: 0.1,
    log: { level: "info", formatter: "json", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: {
      addr: "127.0.0.1:0",
      secret: "for-one-process",
      ...(options.tls === true
        ? { tls: { certificate: join(folder, "server.pem"), key: join(folder, "server.key") } }
        : {}),
    },
  };
  if (options.htpasswd !== undefined) {
    const path = join(folder, "htpasswd");
    const { username, password } = options.htpasswd;
    // Cost 4, the least: the tests' password need not resist a dictionary.
    const { stdout } = await run("htpasswd", ["-BbnC", "4", username, password]);
    await writeFile(path, stdout);
    config["auth"] = { htpasswd: { realm: "test", path } };
  }
  if (options.token !== undefined) {
    const { realm, service, issuer, certificate } = options.token;
    const rootcertbundle = join(folder, "token.pem");
    await writeFile(rootcertbundle, certificate);
    config["auth"] = { token: { realm, service, issuer, rootcertbundle } };
  }
  // JSON is YAML.
  await writeFile(join(folder, "config.yml"), JSON.stringify(config));
}

/** Makes an authority and a server certificate for 127.0.0.1 and localhost; returns the authority's PEM. */
async function makeCertificates(folder: string): Promise<string> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  await run("mkdir", [join(folder, "ca")]);
  const authority = ["-x509", "-days", "2", "-subj", "/CN=Safedock test authority"];
  await openssl("req", ...key, ...authority, "-keyout", "ca.key", "-out", "ca/ca.crt");
  const request = ["-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"];
  await openssl("req", ...key, ...request);
  await writeFile(
    join(folder, "server.ext"),
    "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n",
  );
  const signer = ["-CA", "ca/ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
  const files = ["-in", "server.csr", "-extfile", "server.ext", "-out", "server.pem"];
  await openssl("x509", "-req", ...signer, ...files);
  return readFile(join(folder, "ca", "ca.crt"), "utf8");
}

/** Reads the log until it names the address; later lines are read on, so that the pipe never fills. */
async function listeningHost(child: ChildProcess): Promise<string> {
  const { stderr } = child;
  if (stderr === null) throw new Error("docker-registry has no log");
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`docker-registry ${why}\n${seen.join("\n")}`));
    const timer = setTimeout(() => fail("did not start in time"), START_TIMEOUT_MS);
    createInterface(stderr).on("line", (line) => {
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (seen.length < 100) seen.push(line);
      if (host === undefined) return;
      clearTimeout(timer);
      resolve(host);
    });
    child.once("error", (error) => fail(String(error)));
    child.once("exit", () => {
      clearTimeout(timer);
      fail("ended early");
    });
  });
}
