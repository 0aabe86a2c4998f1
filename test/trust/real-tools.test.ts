/** Trust: keys and signatures made by OpenSSL, images and signatures pushed by skopeo to Docker's registry. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startRegistry, type ImageFixture } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requirePackages } from "../support/debian-packages.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { openTestEngine } from "../support/test-engine.js";
import { helloImage, REPOSITORY } from "./fixture.js";
import {
  keyBundle,
  signatureManifest,
  signatureTag,
  simplePayload,
  statementOf,
  type SignatureLayer,
} from "./signer.js";

const run = promisify(execFile);

let docker: DockerRegistry;
let folder: string;

beforeAll(async () => {
  await requirePackages(["openssl", "skopeo"]);
  docker = await startDockerRegistry();
  folder = await mkdtemp(join(tmpdir(), "safedock-signing-"));
}, 60_000);

afterAll(async () => {
  await docker.close();
  await rm(folder, { recursive: true, force: true });
});

/** Options of `openssl genpkey`, and of signing with such a key. */
const KEYS: Record<string, readonly [readonly string[], readonly string[]]> = {
  "P-256": [
    ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ["-rawin", "-digest", "sha256"],
  ],
  "P-384": [
    ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ["-rawin", "-digest", "sha384"],
  ],
  "RSA 3072": [
    ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    ["-rawin", "-digest", "sha256"],
  ],
  Ed25519: [["-algorithm", "ED25519"], ["-rawin"]],
};

async function opensslSigner(kind: string) {
  const [generate, signing] = KEYS[kind] ?? [[], []];
  const [key, data, out] = ["key.pem", "data", "signature"].map((name) => join(folder, name));
  await run("openssl", ["genpkey", ...generate, "-out", key ?? ""]);
  const { stdout: pem } = await run("openssl", ["pkey", "-in", key ?? "", "-pubout"]);
  const sign = async (bytes: Uint8Array): Promise<Buffer> => {
    await writeFile(data ?? "", bytes);
    const files = ["-inkey", key ?? "", "-in", data ?? "", "-out", out ?? ""];
    await run("openssl", ["pkeyutl", "-sign", ...signing, ...files]);
    return readFile(out ?? "");
  };
  return { pem, sign };
}

/** Copies tags from a registry of this process to Docker's. */
async function pushBySkopeo(images: Readonly<Record<string, ImageFixture>>): Promise<void> {
  await using registry = await startRegistry();
  for (const [tag, image] of Object.entries(images)) {
    await registry.push(`${REPOSITORY}:${tag}`, image);
    const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    const [from, to] = [registry, docker].map(
      ({ host }) => `docker://${host}/${REPOSITORY}:${tag}`,
    );
    await run("skopeo", ["copy", "--preserve-digests", ...insecure, from ?? "", to ?? ""]);
  }
}

describe("an image in Docker's registry", () => {
  it.each(Object.keys(KEYS))("signed by OpenSSL with %s is pulled", async (kind) => {
    const image = await helloImage(kind);
    const { digest } = image.manifest.descriptor;
    const signer = await opensslSigner(kind);
    const payload = simplePayload(digest, `${docker.host}/${REPOSITORY}`);
    const signature = (await signer.sign(payload)).toString("base64");
    const layer: SignatureLayer = {
      bytes: payload,
      annotations: { "dev.cosignproject.cosign/signature": signature },
    };
    const tag = kind.replace(" ", "-");
    await pushBySkopeo({ [tag]: image, [signatureTag(digest)]: signatureManifest([layer]) });

    const own = await openTestEngine({ workers: 1 });
    try {
      const reference = `${docker.host}/${REPOSITORY}:${tag}`;
      const other = await opensslSigner(kind);
      const refused = own.engine.pullImage(reference, { verify: { keys: other.pem } });
      await expect(refused).rejects.toMatchObject({ code: "ERR_SIGNATURE_INVALID" });
      const pulled = await own.engine.pullImage(reference, { verify: { keys: signer.pem } });
      expect(pulled.digest).toBe(digest);
      expect((await own.engine.run(pulled)).code).toBe(0);
    } finally {
      await own.close();
    }
  });

  it("without signatures is refused; locked and pinned it is pulled after its tag has moved", async () => {
    const [one, two] = [await helloImage("old"), await helloImage("new")];
    await pushBySkopeo({ moving: one });
    const own = await openTestEngine({ workers: 1 });
    try {
      const { engine } = own;
      const reference = `${docker.host}/${REPOSITORY}:moving`;
      const { pem } = await opensslSigner("P-256");
      const refused = engine.pullImage(reference, { verify: { keys: pem } });
      await expect(refused).rejects.toMatchObject({ code: "ERR_SIGNATURE_MISSING" });
      const lock = await engine.lockImages([reference]);
      await pushBySkopeo({ moving: two });
      const { digest } = one.manifest.descriptor;
      const moved = { reference, locked: digest, current: two.manifest.descriptor.digest };
      expect(await engine.checkLock(lock)).toEqual([moved]);
      expect((await engine.pullImage(reference, { lock })).digest).toBe(digest);
      expect((await engine.pullImage(`${reference}@${digest}`)).digest).toBe(digest);
      expect((await engine.pullImage(reference)).digest).toBe(moved.current);
    } finally {
      await own.close();
    }
  });
});

describe("what our tests sign", () => {
  it("is what OpenSSL verifies", async () => {
    const { generateKeyPairSync, sign } = await import("node:crypto");
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const signer = {
      pem,
      privateKey,
      sign: (data: Uint8Array) => sign("sha256", data, privateKey),
    };
    const statement = statementOf(`sha256:${"0".repeat(64)}`);
    const { dsseEnvelope } = keyBundle(signer, statement) as {
      dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
    };
    const payload = Buffer.from(dsseEnvelope.payload, "base64");
    const head = `DSSEv1 28 application/vnd.in-toto+json ${payload.byteLength} `;
    const [data, key, signature] = ["pae", "pub.pem", "sig"].map((name) => join(folder, name));
    await writeFile(data ?? "", Buffer.concat([Buffer.from(head), payload]));
    await writeFile(key ?? "", pem);
    const sig = dsseEnvelope.signatures[0]?.sig ?? "";
    await writeFile(signature ?? "", Buffer.from(sig, "base64"));
    const files = ["-verify", key ?? "", "-signature", signature ?? "", data ?? ""];
    const { stdout } = await run("openssl", ["dgst", "-sha256", ...files]);
    expect(stdout).toContain("Verified OK");
  });
});
