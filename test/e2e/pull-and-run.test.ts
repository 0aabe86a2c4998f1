/** The main job with real tools: buildah or umoci makes an image, skopeo pushes it, we pull and run it. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Engine } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { requirePackages } from "../support/debian-packages.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

const execute = promisify(execFile);
const login = { username: "ada", password: "engine number 1" };

let folder: string;
let open: DockerRegistry;
let locked: DockerRegistry;
let secure: DockerRegistry;
let fixture: TestEngine;
let engine: Engine;

const run = (command: string, ...args: string[]) => execute(command, args, { cwd: folder });
const buildah = (...args: string[]) =>
  run(
    "buildah",
    "--root",
    join(folder, "b"),
    "--runroot",
    join(folder, "r"),
    "--storage-driver",
    "vfs",
    ...args,
  );

beforeAll(async () => {
  await requirePackages(["buildah", "umoci", "skopeo", "docker-registry"]);
  folder = await mkdtemp(join(tmpdir(), "safedock-e2e-"));
  open = await startDockerRegistry();
  locked = await startDockerRegistry({ htpasswd: login });
  secure = await startDockerRegistry({ tls: true });
  fixture = await openTestEngine();
  engine = fixture.engine;

  const context = join(folder, "context");
  await mkdir(context);
  await copyFile(guestPath("env"), join(context, "env.wasm"));
  await writeFile(
    join(context, "Containerfile"),
    'FROM scratch\nCOPY env.wasm /bin/env.wasm\nENV GREETING=hello\nENTRYPOINT ["/bin/env.wasm"]\nCMD ["from", "buildah"]\n',
  );
  await buildah(
    "build",
    "--isolation",
    "chroot",
    "--os",
    "wasi",
    "--arch",
    "wasm",
    "-t",
    "env",
    context,
  );
  await buildah("push", "env", "oci:built:1");

  await run("umoci", "init", "--layout", "scratch");
  await run("umoci", "new", "--image", "scratch:1");
  await run("umoci", "insert", "--image", "scratch:1", guestPath("hello"), "/hello.wasm");
  await run(
    ...([
      "umoci",
      "config",
      "--image",
      "scratch:1",
      "--os",
      "wasi",
      "--architecture",
      "wasm",
    ] as const),
    ...["--config.entrypoint", "/hello.wasm"],
  );
}, 300_000);

afterAll(async () => {
  await fixture?.close();
  await Promise.all([open?.close(), locked?.close(), secure?.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function push(
  source: string,
  registry: DockerRegistry,
  name: string,
  ...more: string[]
): Promise<string> {
  const target = `${registry.host}/${name}`;
  await run("skopeo", "copy", "--dest-tls-verify=false", ...more, source, `docker://${target}`);
  return target;
}

describe("an image from a real registry is pulled and run", () => {
  it("made by buildah", async () => {
    const image = await engine.pullImage(await push("oci:built:1", open, "acme/env:1"));
    expect([image.format, image.platform]).toEqual(["image", "wasi/wasm"]);
    const result = await engine.run(image);
    expect(result.stdout.toString().split("\n").slice(0, 3)).toEqual([
      "arg 0 /bin/env.wasm",
      "arg 1 from",
      "arg 2 buildah",
    ]);
    expect(result.stdout.toString()).toContain("env GREETING=hello\n");
    const replaced = await engine.run(image, { args: ["x"] });
    expect(replaced.stdout.toString()).toContain("arg 1 x\nenv");
  });

  it("made by umoci", async () => {
    const image = await engine.pullImage(await push("oci:scratch:1", open, "acme/hello:1"));
    expect((await engine.run(image)).stdout.toString()).toBe("hello\n");
  });

  it("behind a password", async () => {
    const credentials = `${login.username}:${login.password}`;
    const reference = await push(
      "oci:scratch:1",
      locked,
      "acme/hello:1",
      "--dest-creds",
      credentials,
    );
    await expect(engine.pullImage(reference)).rejects.toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
    });
    await expect(
      engine.pullImage(reference, { credentials: { ...login, password: "wrong" } }),
    ).rejects.toMatchObject({ code: "ERR_REGISTRY_UNAUTHORIZED" });
    const image = await engine.pullImage(reference, { credentials: login });
    expect((await engine.run(image)).stdout.toString()).toBe("hello\n");
  });

  it("over TLS with an authority of our own", async () => {
    const reference = await push("oci:scratch:1", secure, "acme/hello:1");
    await expect(engine.pullImage(reference, { retries: 0 })).rejects.toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
    });
    const image = await engine.pullImage(reference, { ca: secure.ca ?? "" });
    expect((await engine.run(image)).stdout.toString()).toBe("hello\n");
  });

  it("from an index that also lists linux/amd64 and attestations", async () => {
    const blob = async (digest: string) =>
      readFile(join(folder, "scratch", "blobs", ...digest.split(":")));
    const index = JSON.parse(await readFile(join(folder, "scratch", "index.json"), "utf8")) as {
      manifests: { digest: string; size: number; mediaType: string }[];
    };
    const [wasm] = index.manifests;
    const manifests = [
      { ...wasm, platform: { os: "linux", architecture: "amd64" } },
      {
        ...wasm,
        platform: { os: "unknown", architecture: "unknown" },
        annotations: { "vnd.docker.reference.type": "attestation-manifest" },
      },
      { ...wasm, platform: { os: "wasi", architecture: "wasm" } },
    ];
    await push("oci:scratch:1", open, "acme/multi:wasm", "--preserve-digests");
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const answer = await fetch(`${open.url}/v2/acme/multi/manifests/1`, {
      method: "PUT",
      headers: { "content-type": mediaType },
      body: JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
    });
    expect(answer.status).toBe(201);
    const image = await engine.pullImage(`${open.host}/acme/multi:1`);
    expect(image.digest).toBe(wasm?.digest);
    expect((await blob(image.digest)).length).toBe(wasm?.size);
    expect((await engine.run(image)).stdout.toString()).toBe("hello\n");
    await expect(
      engine.pullImage(`${open.host}/acme/multi:1`, { platform: "linux/arm64" }),
    ).rejects.toMatchObject({
      code: "ERR_PLATFORM_NOT_FOUND",
      data: { available: ["linux/amd64", "wasi/wasm"] },
    });
  });

  it("and by its digest, with progress for each blob", async () => {
    const events: string[] = [];
    const own = await openTestEngine();
    try {
      own.engine.on("progress", ({ phase, bytes, total }) =>
        events.push(`${phase} ${bytes === total}`),
      );
      const reference = await push("oci:scratch:1", open, "acme/hello:1");
      const { digest } = await engine.images.get(reference);
      const image = await own.engine.pullImage(`${open.host}/acme/hello@${digest}`);
      expect(image.digest).toBe(digest);
      expect(events.filter((event) => event === "done true")).toHaveLength(2);
      events.length = 0;
      await own.engine.pullImage(reference);
      expect(events).toEqual(["exists true", "exists true"]);
    } finally {
      await own.close();
    }
  });

  it("from a layout folder, without a registry", async () => {
    const image = await engine.loadImage(join(folder, "scratch"), { reference: "from-layout:1" });
    expect((await engine.run("from-layout:1")).stdout.toString()).toBe("hello\n");
    expect(image.format).toBe("image");
  });
});
