/** What docker login leaves, at a real registry: by entry, by namespace, by helper, by token server. */
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import { openRegistry } from "../../src/registry/registry.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { rejectionOf } from "../support/thrown-by.js";
import { startTokenServer, type TokenServer } from "../support/token-server.js";

const user = { username: "ada", password: "l0vel@ce:é" };
const auth = Buffer.from(`${user.username}:${user.password}`).toString("base64");
const helper = `#!/bin/sh
read server
[ "$1 $server" = "get $SAFEDOCK_TEST_HOST" ] || { echo "credentials not found in native keychain"; exit 1; }
printf '{"ServerURL":"%s","Username":"ada","Secret":"l0vel@ce:é"}' "$server"
`;

describe.each(["htpasswd", "token server"] as const)("a registry with a %s", (kind) => {
  let folder: string;
  let tokens: TokenServer | undefined;
  let server: DockerRegistry;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "safedock-docker-config-"));
    await writeFile(join(folder, "docker-credential-safedock-test"), helper);
    await chmod(join(folder, "docker-credential-safedock-test"), 0o755);
    if (kind === "token server") tokens = await startTokenServer(user);
    server = await startDockerRegistry(
      tokens === undefined ? { htpasswd: user } : { token: tokens.token },
    );
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  afterAll(async () => {
    await server?.close();
    await tokens?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function pushWith(config: unknown): Promise<void> {
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    vi.stubEnv("REGISTRY_AUTH_FILE", "");
    vi.stubEnv("DOCKER_CONFIG", folder);
    vi.stubEnv("XDG_RUNTIME_DIR", folder);
    vi.stubEnv("XDG_CONFIG_HOME", folder);
    vi.stubEnv("SAFEDOCK_TEST_HOST", server.host);
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
    await using registry = openRegistry(server.host, { retryDelayMs: 1 });
    const bytes = randomBytes(10_000);
    const blob = { digest: digestOf(bytes), size: bytes.byteLength };
    const repository = registry.repository("acme/hello");
    await repository.pushBlob(blob, bytes);
    const { stream } = await repository.fetchBlob(blob);
    expect(bytes.equals(await buffer(stream))).toBe(true);
  }

  it.each<[string, () => unknown]>([
    ["an entry of docker login", () => ({ auths: { [server.host]: { auth } } })],
    ["an entry with a scheme", () => ({ auths: { [`https://${server.host}/v2/`]: { auth } } })],
    [
      "the namespace's entry of podman login",
      () => ({
        auths: { [`${server.host}/acme`]: { auth }, [server.host]: { auth: "d3Jvbmc6eA==" } },
      }),
    ],
    ["a helper for all", () => ({ credsStore: "safedock-test" })],
    [
      "a helper for it, with the empty entry that docker login leaves",
      () => ({
        auths: { [server.host]: {} },
        credHelpers: { [server.host]: "safedock-test" },
      }),
    ],
  ])("lets in %s", async (_, config) => {
    await expect(pushWith(config())).resolves.toBeUndefined();
  });

  it.each<[string, unknown]>([
    ["none", {}],
    ["one of another registry", { auths: { "r.example": { auth } } }],
    ["a helper that does not know it", { credHelpers: { "r.example": "safedock-test" } }],
  ])("keeps out %s", async (_, config) => {
    expect(await rejectionOf(pushWith(config))).toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
    });
  });
});
