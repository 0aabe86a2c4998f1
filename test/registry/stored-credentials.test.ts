import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { authFilePaths } from "../../src/registry/auth-file-paths.js";
import { storedCredentials, type CredentialsSource } from "../../src/registry/credentials.js";
import { openSession } from "./open-session.js";
import { rejectionOf } from "../support/thrown-by.js";
import { sendJson, startFakeServer } from "./fake-server.js";

let folder: string;
let count = 0;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const ada = { username: "ada", password: "pa55:w0rd" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-logins-"));
  await mkdir(join(folder, "bin"));
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(content: unknown): Promise<string> {
  const path = join(folder, `${count++}.json`);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** What the file has for a repository. */
async function look(content: unknown, registry: string, repository = "", signal?: AbortSignal) {
  const find = storedCredentials({ files: [await write(content)], helperTimeoutMs: 2_000 });
  return find(registry, { repository, signal: signal ?? new AbortController().signal });
}

/** Puts a program `docker-credential-NAME` on the PATH. */
async function helper(name: string, script: string): Promise<void> {
  const path = join(folder, "bin", `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv("PATH", `${join(folder, "bin")}${delimiter}${process.env["PATH"]}`);
}

describe("Docker's config.json", () => {
  const auth = base64("ada:pa55:w0rd");

  it.each<[string, string, string]>([
    ["https://index.docker.io/v1/", "docker.io", "library/hello"],
    ["index.docker.io", "docker.io", "library/hello"],
    ["docker.io", "docker.io", "library/hello"],
    ["https://registry-1.docker.io/v2/", "docker.io", "acme/hello"],
    ["ghcr.io", "ghcr.io", "acme/hello"],
    ["https://ghcr.io", "ghcr.io", "acme/hello"],
    ["https://quay.io/v1/", "quay.io", "acme/hello"],
    ["quay.io/v2", "quay.io", "acme/hello"],
    ["http://localhost:5000", "localhost:5000", "a"],
    ["GHCR.io", "ghcr.io", "a"],
  ])("has a login under %s for %s", async (key, registry, repository) => {
    expect(await look({ auths: { [key]: { auth } } }, registry, repository)).toEqual(ada);
  });

  it.each<[string, unknown, unknown]>([
    ["username and password", ada, ada],
    ["auth before username", { auth, username: "x", password: "y" }, ada],
    ["padded auth", { auth: base64("ada:pa55:w0rd\0\0") }, ada],
    [
      "an identity token",
      { auth: base64("bot:"), identitytoken: "id" },
      { username: "bot", identityToken: "id" },
    ],
    ["a registry token", { auth, registrytoken: "t" }, { token: "t" }],
    ["an empty entry", {}, undefined],
    ["an entry of nulls", { auth: null, username: null }, undefined],
  ])("may hold %s", async (_, entry, expected) => {
    expect(await look({ auths: { "r.example": entry } }, "r.example")).toEqual(expected);
  });

  it("says nothing of other registries, ports and names of JavaScript", async () => {
    const content = `{"auths":{"r.example":{"auth":"${auth}"},"__proto__":{"auth":"${auth}"}}}`;
    for (const registry of ["other.example", "r.example:5000", "x.r.example", "constructor"]) {
      expect(await look(content, registry)).toBeUndefined();
    }
  });
});

describe("Podman's auth.json", () => {
  it("has logins by namespace, the most specific first", async () => {
    const entry = (name: string) => ({ auth: base64(`${name}:x`) });
    const content = {
      auths: {
        "quay.io": entry("all"),
        "quay.io/acme": entry("team"),
        "quay.io/acme/hello": entry("one"),
        "docker.io/library/hello": entry("hub"),
      },
    };
    const user = async (registry: string, repository: string) => {
      const found = await look(content, registry, repository);
      return found === undefined || found === "anonymous" || !("username" in found)
        ? undefined
        : found.username;
    };
    expect(await user("quay.io", "acme/hello")).toBe("one");
    expect(await user("quay.io", "acme/hello/deep")).toBe("one");
    expect(await user("quay.io", "acme/hello2")).toBe("team");
    expect(await user("quay.io", "acmes/hello")).toBe("all");
    expect(await user("docker.io", "library/hello")).toBe("hub");
    expect(await user("docker.io", "library/other")).toBeUndefined();
  });
});

describe("credential helpers", () => {
  const answer = (user: string) =>
    `printf '{"ServerURL":"s","Username":"${user}","Secret":"s3cret"}'`;

  it("are asked over stdin and answer over stdout", async () => {
    const seen = join(folder, "seen");
    await helper("kept", `printf '%s ' "$1" >${seen}; cat >>${seen}; ${answer("ada")}`);
    const found = await look({ credsStore: "kept" }, "ghcr.io", "acme/hello");
    expect(found).toEqual({ username: "ada", password: "s3cret" });
    expect(await readFile(seen, "utf8")).toBe("get ghcr.io");
    await look({ credHelpers: { "docker.io": "kept" } }, "docker.io", "library/hello");
    expect(await readFile(seen, "utf8")).toBe("get https://index.docker.io/v1/");
  });

  it("of a registry come before the common one, and both before entries", async () => {
    await helper("one", answer("one"));
    await helper("all", answer("all"));
    const auths = {
      "a.example": { auth: base64("file:x") },
      "c.example": { auth: base64("file:x") },
    };
    const content = {
      auths,
      credsStore: "all",
      credHelpers: { "a.example": "one", "c.example": "" },
    };
    expect(await look(content, "a.example")).toMatchObject({ username: "one" });
    expect(await look(content, "b.example")).toMatchObject({ username: "all" });
    expect(await look(content, "c.example")).toMatchObject({ username: "file" });
  });

  it("give identity tokens, and nothing where they have nothing", async () => {
    await helper("token", answer("<token>"));
    expect(await look({ credsStore: "token" }, "r.example")).toEqual({ identityToken: "s3cret" });
    await helper("none", "echo credentials not found in native keychain; exit 1");
    expect(await look({ credsStore: "none" }, "r.example")).toBeUndefined();
    const content = { credsStore: "none", auths: { "r.example": { auth: base64("ada:x") } } };
    expect(await look(content, "r.example")).toEqual({ username: "ada", password: "x" });
    // It may end before it has read what we write.
    await helper("hasty", `exec <&-; ${answer("ada")}`);
    expect(await look({ credsStore: "hasty" }, "r.example")).toMatchObject({ username: "ada" });
  });

  it.each<[string, string, RegExp]>([
    ["fails", "echo 'the vault is locked'; exit 3", /failed \(3\): the vault is locked/],
    ["is killed", "kill -9 $$", /SIGKILL/],
    ["talks", "echo hello s3cret", /not JSON/],
    ["sends a list", "echo '[\"s3cret\"]'", /must be an object/],
    ["sends a number", `echo '{"Username":1,"Secret":"s3cret"}'`, /must be a string/],
    ["never ends", "sleep 60", /within 2000 ms/],
    ["leaves a child behind", "sleep 20 & exit 0", /within 2000 ms|not JSON/],
    ["prints without end", "while :; do printf '%01000d' 0; done", /more than/],
  ])("one that %s is an error", async (name, script, problem) => {
    const helperName = name.replaceAll(" ", "-");
    await helper(helperName, script);
    const error = await rejectionOf(look({ credsStore: helperName }, "r.example"));
    expect(error).toMatchObject({
      code: "ERR_CREDENTIALS_INVALID",
      data: { source: `docker-credential-${helperName}`, problem: expect.stringMatching(problem) },
    });
    expect(inspect(error)).not.toContain("s3cret");
  });

  it.each(["../evil", "a b", "x;id", "-v", "", "a/b", "a\0b", "x".repeat(65)])(
    "are not started by the name %j",
    async (name) => {
      const error = await rejectionOf(
        look({ credHelpers: { "r.example": name }, credsStore: name }, "r.example").then(() => {
          throw new Error("no error");
        }),
      );
      if (name === "") expect(String(error)).toContain("no error");
      else expect(error).toMatchObject({ code: "ERR_CREDENTIALS_INVALID" });
    },
  );

  it("that are not there are named", async () => {
    expect(await rejectionOf(look({ credsStore: "not-there" }, "r.example"))).toMatchObject({
      data: { source: "docker-credential-not-there", problem: expect.stringContaining("PATH") },
    });
  });

  it("end when the registry is closed", async () => {
    const pid = join(folder, "pid");
    await helper("slow", `echo $$ >${pid}; exec sleep 60`);
    await using server = await startFakeServer((_, response) =>
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end(),
    );
    const file = await write({ credsStore: "slow" });
    const registry = openSession(server.host, {
      credentials: storedCredentials({ files: [file] }),
    });
    const controller = new AbortController();
    const call = registry.fetchManifest("a/b", "v1", controller.signal);
    const failed = rejectionOf(call);
    const running = await vi.waitFor(async () => {
      const number = Number(await readFile(pid, "utf8"));
      expect(number).toBeGreaterThan(0);
      return number;
    });
    controller.abort("enough");
    expect(await failed).toBe("enough");
    await registry.close();
    await vi.waitFor(() => expect(() => process.kill(running, 0)).toThrow("ESRCH"));
  });
});

describe("a file of logins", () => {
  it.each<[string, string | Buffer, RegExp]>([
    ["no JSON", '{"auths": s3cret', /not JSON/],
    ["a list", '["s3cret"]', /must be an object/],
    ["auths of text", '{"auths":"s3cret"}', /auths: must be an object/],
    ["an entry of text", '{"auths":{"r.example":"s3cret"}}', /must be an object/],
    ["auth without a colon", `{"auths":{"r.example":{"auth":"${base64("s3cret")}"}}}`, /base64/],
    ["auth in no base64", '{"auths":{"r.example":{"auth":"s3cret!"}}}', /base64/],
    ["a password of numbers", '{"auths":{"r.example":{"username":"a","password":1}}}', /string/],
    ["a helper of numbers", '{"credHelpers":{"r.example":1}}', /must be a string/],
    ["too many bytes", " ".repeat(4 * 2 ** 20 + 1), /limit/],
  ])("with %s is an error that names it and repeats no secret", async (_, content, problem) => {
    const error = await rejectionOf(look(content, "r.example"));
    expect(error).toMatchObject({
      code: "ERR_CREDENTIALS_INVALID",
      data: { source: expect.stringContaining(folder), problem: expect.stringMatching(problem) },
    });
    expect(inspect(error)).not.toContain("s3cret");
    expect(inspect(error)).not.toContain(base64("s3cret"));
  });

  it("that is missing, empty or a device is as none; a folder is an error", async () => {
    const files = [join(folder, "missing"), await write(""), "/dev/null", await write("{}")];
    const context = { repository: "", signal: new AbortController().signal };
    expect(await storedCredentials({ files })("r.example", context)).toBeUndefined();
    const error = await rejectionOf(storedCredentials({ files: [folder] })("r.example", context));
    expect(error).toMatchObject({ code: "ERR_CREDENTIALS_INVALID" });
  });

  it("lies where Docker and Podman have it", () => {
    const docker = join("/home/ada", ".docker", "config.json");
    const podman = join("/home/ada", ".config", "containers", "auth.json");
    expect(authFilePaths({}, "/home/ada")).toEqual([docker, podman]);
    expect(authFilePaths({ REGISTRY_AUTH_FILE: "/f", DOCKER_CONFIG: "/d" }, "/home/ada")).toEqual([
      "/f",
    ]);
    const environment = { DOCKER_CONFIG: "/d", XDG_RUNTIME_DIR: "/run/1", XDG_CONFIG_HOME: "/c" };
    expect(authFilePaths(environment, "/home/ada")).toEqual([
      join("/d", "config.json"),
      join("/run/1", "containers", "auth.json"),
      join("/c", "containers", "auth.json"),
    ]);
  });
});

describe("the default of the option credentials", () => {
  const basic = `Basic ${base64("ada:pa55:w0rd")}`;

  it("is what docker login has left; not looked for before the registry asks", async () => {
    let asks = false;
    const seen: (string | undefined)[] = [];
    await using server = await startFakeServer((request, response) => {
      seen.push(request.headers.authorization);
      if (!asks || request.headers.authorization === basic) sendJson(response, 200, {});
      else response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    });
    vi.stubEnv("REGISTRY_AUTH_FILE", await write("not JSON at all"));
    await using registry = openSession(server.host);
    await registry.fetchManifest("a/b", "v1");
    expect(seen).toEqual([undefined]);
    asks = true;
    expect(await rejectionOf(registry.fetchManifest("a/b", "v1"))).toMatchObject({
      code: "ERR_CREDENTIALS_INVALID",
    });
    vi.stubEnv("REGISTRY_AUTH_FILE", await write({ auths: { [server.host]: ada } }));
    await registry.fetchManifest("a/b", "v1");
    expect(seen.at(-1)).toBe(basic);
  });

  it('is turned off by "anonymous", and beaten by a function', async () => {
    const seen: (string | undefined)[] = [];
    await using server = await startFakeServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    });
    vi.stubEnv("REGISTRY_AUTH_FILE", await write({ auths: { [server.host]: ada } }));
    const sources: CredentialsSource[] = ["anonymous", () => undefined, () => "anonymous"];
    for (const credentials of sources) {
      await using registry = openSession(server.host, { credentials });
      expect(await rejectionOf(registry.fetchManifest("a/b", "v1"))).toMatchObject({
        code: "ERR_REGISTRY_UNAUTHORIZED",
      });
    }
    expect(seen).toEqual([undefined, undefined, undefined]);
    await using registry = openSession(server.host, {
      credentials: () => ({ username: "bob", password: "x" }),
    });
    await rejectionOf(registry.fetchManifest("a/b", "v1"));
    expect(seen.at(-1)).toBe(`Basic ${base64("bob:x")}`);
  });
});
