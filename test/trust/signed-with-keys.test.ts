/** Trust: `pullImage(ref, { verify })` with cosign-style signatures by public key. */
import { imageIndex, startRegistry } from "safedock/testing";
import { describe, expect, it, test } from "vitest";
import { openTestEngine } from "../support/test-engine.js";
import { helloImage, REPOSITORY, trustFixture } from "./fixture.js";
import {
  attachBundle,
  BUNDLE,
  COSIGN_SIGN,
  keyBundle,
  makeSigner,
  referrersIndex,
  SIGNATURE_ARTIFACT,
  signatureManifest,
  signatureTag,
  signInRegistry,
  simpleLayer,
  simplePayload,
  statementOf,
  type KeyKind,
} from "./signer.js";

describe("an image signed by key is pulled", () => {
  it.each<KeyKind>(["p256", "p384", "p521", "ed25519", "rsa"])("with %s", async (kind) => {
    await using fixture = await trustFixture();
    const { registry, digest, repository } = fixture;
    const signer = makeSigner(kind);
    await signInRegistry(registry, REPOSITORY, digest, [signer]);
    const image = await fixture.pull({ verify: { keys: signer.pem } });
    expect(image.digest).toBe(digest);
    expect(image.trust).toEqual([
      {
        requirement: expect.stringMatching(/^sha256:/) as string,
        scope: repository,
        signers: [expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string],
        signed: [digest],
        verifiedAt: expect.stringMatching(/^\d{4}-/) as string,
      },
    ]);
    expect(image.inspect().trust).toEqual(image.trust);
    expect((await fixture.engine.run(image)).code).toBe(0);
  });

  it("with a P-384 key over SHA-256, as older versions of cosign sign", async () => {
    await using fixture = await trustFixture();
    const { registry, digest, repository } = fixture;
    const { sign } = await import("node:crypto");
    const signer = makeSigner("p384");
    const old = { ...signer, sign: (data: Uint8Array) => sign("sha256", data, signer.privateKey) };
    const layer = simpleLayer(old, simplePayload(digest, repository));
    await registry.push(`${REPOSITORY}:${signatureTag(digest)}`, signatureManifest([layer]));
    expect((await fixture.pull({ verify: { keys: [signer.pem] } })).digest).toBe(digest);
  });

  it("with a signature kept as a referrer (OCI 1.1)", async () => {
    await using fixture = await trustFixture();
    const { registry, digest, repository } = fixture;
    const signer = makeSigner();
    const image = signatureManifest([simpleLayer(signer, simplePayload(digest, repository))], {
      artifactType: SIGNATURE_ARTIFACT,
    });
    const index = referrersIndex([
      { image: signatureManifest([]), artifactType: "application/spdx+json" },
      { image, artifactType: SIGNATURE_ARTIFACT },
    ]);
    await registry.push(`${REPOSITORY}:${signatureTag(digest, "")}`, index);
    expect((await fixture.pull({ verify: { keys: signer.pem } })).trust).toHaveLength(1);
  });

  it("with a signature that the referrers API lists", async () => {
    const signer = makeSigner();
    const made = await helloImage();
    const { digest } = made.manifest.descriptor;
    const asked: string[] = [];
    let list = Buffer.from("");
    await using registry = await startRegistry({
      intercept: (request, response) => {
        if (request.url?.includes("/referrers/") !== true) return false;
        asked.push(request.url);
        response.setHeader("content-type", "application/vnd.oci.image.index.v1+json");
        response.end(list);
        return true;
      },
    });
    await registry.push(`${REPOSITORY}:1`, made);
    const payload = simplePayload(digest, `${registry.host}/${REPOSITORY}`);
    const artifactType = SIGNATURE_ARTIFACT;
    const image = signatureManifest([simpleLayer(signer, payload)], { artifactType });
    await registry.push(`${REPOSITORY}:any`, image);
    list = Buffer.from(referrersIndex([{ image, artifactType }]).manifest.bytes);
    const own = await openTestEngine({ workers: 1 });
    try {
      const verify = { keys: signer.pem };
      const pulled = await own.engine.pullImage(`${registry.host}/${REPOSITORY}:1`, { verify });
      expect(pulled.trust).toHaveLength(1);
      expect(asked).toEqual([`/v2/${REPOSITORY}/referrers/${digest}`]);
    } finally {
      await own.close();
    }
  });

  it("with a bundle (cosign 3): an in-toto statement, or the manifest's own bytes", async () => {
    const signer = makeSigner();
    const verify = { keys: signer.pem };
    await using first = await trustFixture();
    const statement = statementOf(first.digest);
    await attachBundle(first.registry, REPOSITORY, first.digest, keyBundle(signer, statement));
    expect((await first.pull({ verify })).trust[0]?.signed).toEqual([first.digest]);

    const made = await helloImage();
    await using second = await trustFixture({}, made);
    const { bytes, descriptor } = made.manifest;
    const bundle = {
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: "" } },
      messageSignature: {
        messageDigest: {
          algorithm: "SHA2_256",
          digest: Buffer.from(descriptor.digest.slice(7), "hex").toString("base64"),
        },
        signature: signer.sign(bytes).toString("base64"),
      },
    };
    await attachBundle(second.registry, REPOSITORY, second.digest, bundle);
    expect((await second.pull({ verify })).trust[0]?.signed).toEqual([second.digest]);
  });

  it("with attestations of other kinds when they are named", async () => {
    await using fixture = await trustFixture();
    const { registry, digest } = fixture;
    const signer = makeSigner();
    const provenance = "https://slsa.dev/provenance/v1";
    const bundle = keyBundle(signer, statementOf(digest, provenance));
    await attachBundle(registry, REPOSITORY, digest, bundle);
    const keys = signer.pem;
    expect(await fixture.refusal({ verify: { keys } })).toMatchObject({
      code: "ERR_SIGNATURE_INVALID",
      message: expect.stringContaining("not among predicateTypes") as string,
    });
    const verify = { keys, predicateTypes: [COSIGN_SIGN, provenance] };
    expect((await fixture.pull({ verify })).digest).toBe(digest);
  });
});

describe("index and manifest", () => {
  const indexed = async () => {
    const image = await helloImage();
    const index = imageIndex([{ image, platform: "wasi/wasm" }]);
    const manifest = image.manifest.descriptor.digest;
    return { manifest, fixture: await trustFixture({}, index) };
  };

  it("a signature on the index counts, and the proof names it", async () => {
    const { fixture, manifest } = await indexed();
    await using _ = fixture;
    const signer = makeSigner();
    await signInRegistry(fixture.registry, REPOSITORY, fixture.digest, [signer]);
    const image = await fixture.pull({ verify: { keys: signer.pem } });
    expect(image.digest).toBe(manifest);
    expect(image.trust[0]?.signed).toEqual([fixture.digest]);
  });

  it("a signature on the chosen manifest counts, and the proof names it", async () => {
    const { fixture, manifest } = await indexed();
    await using _ = fixture;
    const signer = makeSigner();
    await signInRegistry(fixture.registry, REPOSITORY, manifest, [signer]);
    const image = await fixture.pull({ verify: { keys: signer.pem } });
    expect(image.trust[0]?.signed).toEqual([manifest]);
  });

  it("a signature on another manifest of the index does not", async () => {
    const [image, other] = [await helloImage(), await helloImage("other")];
    const index = imageIndex([
      { image, platform: "wasi/wasm" },
      { image: other, platform: "linux/amd64" },
    ]);
    await using fixture = await trustFixture({}, index);
    const signer = makeSigner();
    const { digest } = other.manifest.descriptor;
    await signInRegistry(fixture.registry, REPOSITORY, digest, [signer]);
    expect(await fixture.refusal({ verify: { keys: signer.pem } })).toMatchObject({
      code: "ERR_SIGNATURE_MISSING",
    });
    expect(fixture.layersFetched()).toEqual([]);
  });
});

describe("threshold", () => {
  it("asks for as many different keys; one that signs twice counts once", async () => {
    await using fixture = await trustFixture();
    const { registry, digest } = fixture;
    const [a, b, c] = [makeSigner(), makeSigner("ed25519"), makeSigner()];
    const verify = { keys: [a.pem, b.pem, c.pem, a.pem], threshold: 2 };
    await signInRegistry(registry, REPOSITORY, digest, [a, a]);
    expect(await fixture.refusal({ verify })).toMatchObject({
      code: "ERR_SIGNATURE_INVALID",
      message: expect.stringContaining("1 of 2") as string,
    });
    await signInRegistry(registry, REPOSITORY, digest, [a, b]);
    expect((await fixture.pull({ verify })).trust[0]?.signers).toHaveLength(2);
  });
});

describe("what a signature names", () => {
  const signedFor = async (name: (repository: string) => string) => {
    const fixture = await trustFixture();
    const { registry, digest, repository } = fixture;
    const signer = makeSigner();
    const layer = simpleLayer(signer, simplePayload(digest, name(repository)));
    await registry.push(`${REPOSITORY}:${signatureTag(digest)}`, signatureManifest([layer]));
    return { fixture, keys: signer.pem };
  };

  it("must be the repository that is pulled, under whatever tag", async () => {
    const { fixture, keys } = await signedFor((repository) => `${repository}:7`);
    await using _ = fixture;
    const exact = { keys, signedAs: "exact" };
    expect(await fixture.refusal({ verify: exact })).toMatchObject({
      code: "ERR_SIGNATURE_INVALID",
      message: expect.stringContaining("not for the tag 1") as string,
    });
    expect((await fixture.pull({ verify: { keys } })).trust).toHaveLength(1);
  });

  it("may be another one where signedAs says so, or any", async () => {
    const { fixture, keys } = await signedFor(() => "ghcr.io/acme/hello");
    await using _ = fixture;
    expect(await fixture.refusal({ verify: { keys } })).toMatchObject({
      code: "ERR_SIGNATURE_INVALID",
      message: expect.stringContaining('made for "ghcr.io/acme/hello"') as string,
    });
    const other = { keys, signedAs: "ghcr.io/acme/other" };
    expect((await fixture.refusal({ verify: other })).code).toBe("ERR_SIGNATURE_INVALID");
    await fixture.pull({ verify: { keys, signedAs: "ghcr.io/acme/hello" } });
    await fixture.pull({ verify: { keys, signedAs: "any" } });
  });

  it("may be Docker's registry under its old name", async () => {
    const { fixture, keys } = await signedFor(() => "index.docker.io/library/hello");
    await using _ = fixture;
    const image = await fixture.pull({ verify: { keys, signedAs: "docker.io/library/hello" } });
    expect(image.trust).toHaveLength(1);
  });
});

describe("refusal is a typed error and nothing is unpacked", () => {
  it("without signatures, before any layer is fetched", async () => {
    await using fixture = await trustFixture();
    const verify = { keys: makeSigner().pem };
    expect(await fixture.refusal({ verify })).toMatchObject({ code: "ERR_SIGNATURE_MISSING" });
    expect(fixture.layersFetched()).toEqual([]);
    expect(await fixture.engine.images.list()).toEqual([]);
  });

  it("with the signature of another key", async () => {
    await using fixture = await trustFixture();
    await signInRegistry(fixture.registry, REPOSITORY, fixture.digest, [makeSigner()]);
    const verify = { keys: makeSigner().pem };
    expect(await fixture.refusal({ verify })).toMatchObject({
      code: "ERR_SIGNATURE_INVALID",
      message: expect.stringContaining("none of the keys") as string,
    });
    expect(fixture.layersFetched()).toEqual([]);
  });

  it("of an image that the store has, pulled without a look at its signatures", async () => {
    await using fixture = await trustFixture();
    await fixture.pull();
    const keys = makeSigner().pem;
    for (const pullPolicy of ["always", "missing", "never"] as const) {
      const { code } = await fixture.refusal({ verify: { keys }, pullPolicy });
      expect(code, pullPolicy).toBe("ERR_SIGNATURE_MISSING");
    }
  });

  it("an image of the store that gets signed later is verified without fetching it again", async () => {
    await using fixture = await trustFixture();
    const { digest, registry } = fixture;
    await fixture.pull();
    const signer = makeSigner();
    await signInRegistry(registry, REPOSITORY, digest, [signer]);
    fixture.layersFetched();
    const verify = { keys: signer.pem };
    await fixture.pull({ verify, pullPolicy: "missing" });
    expect(fixture.layersFetched()).toEqual([]);
    // From here on the proof is in the store.
    fixture.requests();
    await fixture.pull({ verify, pullPolicy: "never" });
    expect(fixture.requests()).toEqual([]);
    const [first] = (await fixture.pull({ verify })).trust;
    expect(fixture.requests()).toEqual([`/v2/${REPOSITORY}/manifests/1`]);
    expect((await fixture.pull()).trust).toEqual([first]);
    // Other keys are another question.
    const other = { keys: [signer.pem, makeSigner().pem], threshold: 2 };
    expect((await fixture.refusal({ verify: other, pullPolicy: "never" })).code).toBe(
      "ERR_SIGNATURE_MISSING",
    );
  });

  it("an image copied without its signatures, by digest alone, is another repository's", async () => {
    await using fixture = await trustFixture();
    const { registry, digest, engine } = fixture;
    const signer = makeSigner();
    await signInRegistry(registry, REPOSITORY, digest, [signer]);
    const verify = { keys: signer.pem };
    await fixture.pull({ verify });
    await registry.push("evil/hello:1", await helloImage());
    const evil = `${registry.host}/evil/hello:1`;
    await expect(engine.pullImage(evil, { verify })).rejects.toMatchObject({
      code: "ERR_SIGNATURE_MISSING",
    });
  });
});

test("a registry that fails while signatures are asked for ends the pull with its own error", async () => {
  let fail = false;
  await using registry = await startRegistry({
    intercept: (request, response) => {
      if (!fail || request.url?.includes(".sig") !== true) return false;
      response.writeHead(500).end();
      return true;
    },
  });
  await registry.push(`${REPOSITORY}:1`, await helloImage());
  fail = true;
  const own = await openTestEngine({ workers: 1, registry: { retries: 0 } });
  try {
    const verify = { keys: makeSigner().pem };
    const pulled = own.engine.pullImage(`${registry.host}/${REPOSITORY}:1`, { verify });
    await expect(pulled).rejects.toMatchObject({ code: "ERR_REGISTRY_SERVER" });
  } finally {
    await own.close();
  }
});

test("an abort while signatures are asked for comes back untouched", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  await using registry = await startRegistry({
    intercept: (request) => {
      if (request.url?.includes(".sig") !== true) return false;
      controller.abort(reason);
      return true;
    },
  });
  await registry.push(`${REPOSITORY}:1`, await helloImage());
  const own = await openTestEngine({ workers: 1 });
  try {
    const options = { verify: { keys: makeSigner().pem }, signal: controller.signal };
    const pulled = own.engine.pullImage(`${registry.host}/${REPOSITORY}:1`, options);
    await expect(pulled).rejects.toBe(reason);
  } finally {
    await own.close();
  }
});

test("options with problems are refused, all problems in one error", async () => {
  await using fixture = await trustFixture();
  const { privateKey } = makeSigner();
  const secret = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const verify = {
    keys: [secret, "no key", 7],
    key: "mistyped",
    threshold: 0,
    signedAs: "hello",
    predicateTypes: [],
    keyless: { identities: [{ issuer: "" }], trustedRoot: "{" },
  };
  const error = await fixture
    .pull({ verify: verify as never, pullPolicy: "sometimes" as never })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  const { problems } = (error as { data: { problems: string[] } }).data;
  for (const at of [
    ...["pullPolicy", "verify.key:", "verify.keys[0]", "verify.keys[1]", "verify.keys[2]"],
    ...["verify.threshold", "verify.signedAs", "verify.predicateTypes"],
    ...["verify.keyless.identities[0].issuer", "verify.keyless.trustedRoot"],
  ]) {
    expect(
      problems.filter((problem) => problem.startsWith(at)),
      at,
    ).not.toEqual([]);
  }
  expect(JSON.stringify(problems)).not.toContain(secret.split("\n")[1]);
  await expect(fixture.pull({ verify: {} })).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
});
