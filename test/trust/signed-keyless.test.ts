/** Trust: keyless signatures (certificates, transparency log, time stamps), without a network. */
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toTrustMaterial } from "@sigstore/verify";
import { beforeAll, describe, expect, it, test } from "vitest";
import { readTrustedRoot } from "../../src/trust/trusted-root.js";
import { REPOSITORY, trustFixture, type TrustFixture } from "./fixture.js";
import {
  ISSUER,
  Sigstore,
  SUBJECT,
  type KeylessOptions,
  type SigstoreBundle,
} from "./keyless-signer.js";
import {
  attachBundle,
  makeSigner,
  signatureManifest,
  signatureTag,
  signInRegistry,
  simplePayload,
  statementOf,
  type SignatureLayer,
} from "./signer.js";

let sigstore: Sigstore;

beforeAll(async () => {
  sigstore = await Sigstore.start();
});

const verifyBy = (subject: string | RegExp = SUBJECT, issuer = ISSUER, by = sigstore) => ({
  keyless: { identities: [{ issuer, subject }], trustedRoot: by.trustedRoot },
});

async function put(fixture: TrustFixture, layer: SignatureLayer): Promise<void> {
  const tag = signatureTag(fixture.digest);
  await fixture.registry.push(`${REPOSITORY}:${tag}`, signatureManifest([layer]));
}

async function signSimple(
  fixture: TrustFixture,
  options: KeylessOptions = {},
  by = sigstore,
): Promise<SignatureLayer> {
  const payload = simplePayload(fixture.digest, fixture.repository);
  const layer = await by.simpleLayer(payload, options);
  await put(fixture, layer);
  return layer;
}

async function signBundle(
  fixture: TrustFixture,
  change: (bundle: SigstoreBundle) => void = () => undefined,
  options: KeylessOptions = {},
): Promise<void> {
  const bundle = await sigstore.bundle(statementOf(fixture.digest), options);
  change(bundle);
  await attachBundle(fixture.registry, REPOSITORY, fixture.digest, bundle);
}

describe("an image signed without a key is pulled", () => {
  it("with cosign's annotations: certificate, promise of the log", async () => {
    await using fixture = await trustFixture();
    await signSimple(fixture);
    const image = await fixture.pull({ verify: verifyBy() });
    expect(image.trust[0]).toMatchObject({
      signers: [`${SUBJECT} (${ISSUER})`],
      signed: [fixture.digest],
    });
  });

  it("with a bundle: certificate, log entry with proof and promise, statement", async () => {
    await using fixture = await trustFixture();
    await signBundle(fixture);
    const verify = verifyBy();
    const text = JSON.stringify(verify.keyless.trustedRoot, undefined, 2);
    const image = await fixture.pull({ verify });
    expect(image.trust[0]?.signers).toEqual([`${SUBJECT} (${ISSUER})`]);
    // The same root as text is the same requirement.
    const asText = { keyless: { ...verify.keyless, trustedRoot: text } };
    await fixture.pull({ verify: asText, pullPolicy: "never" });
  });

  it("with a time stamp besides", async () => {
    await using fixture = await trustFixture();
    const layer = await signSimple(fixture);
    const signature = layer.annotations?.["dev.cosignproject.cosign/signature"] ?? "";
    const token = await sigstore.timestampOf(Buffer.from(signature, "base64"));
    const name = "dev.sigstore.cosign/rfc3161timestamp";
    const stamped = (text: string) => ({
      ...layer,
      annotations: {
        ...layer.annotations,
        [name]: JSON.stringify({ SignedRFC3161Timestamp: text }),
      },
    });
    const wrong = await sigstore.timestampOf(Buffer.from("another signature"));
    await put(fixture, stamped(wrong));
    expect(await fixture.refusal({ verify: verifyBy() })).toMatchObject({
      code: "ERR_SIGNATURE_INVALID",
      message: expect.stringContaining("timestamp") as string,
    });
    await put(fixture, stamped(token));
    expect((await fixture.pull({ verify: verifyBy() })).trust).toHaveLength(1);
  });

  it("with a log that gives no time, by the time stamp; without that it is refused", async () => {
    await using fixture = await trustFixture();
    const { registry, digest } = fixture;
    const statement = statementOf(digest);
    const bare = await sigstore.bundleOfRekor2(statement, { stamped: false });
    await attachBundle(registry, REPOSITORY, digest, bare);
    expect(await fixture.refusal({ verify: verifyBy() })).toMatchObject({
      code: "ERR_SIGNATURE_INVALID",
      message: expect.stringContaining("timestamp") as string,
    });
    const stamped = await sigstore.bundleOfRekor2(statement);
    await attachBundle(registry, REPOSITORY, digest, stamped);
    expect((await fixture.pull({ verify: verifyBy() })).trust).toHaveLength(1);
  });

  it("by key or identity, whichever has signed; both for a threshold of two", async () => {
    await using fixture = await trustFixture();
    const signer = makeSigner();
    await signInRegistry(fixture.registry, REPOSITORY, fixture.digest, [signer]);
    const both = { ...verifyBy(), keys: signer.pem, threshold: 2 };
    expect((await fixture.refusal({ verify: both })).code).toBe("ERR_SIGNATURE_INVALID");
    await signBundle(fixture);
    expect((await fixture.pull({ verify: both })).trust[0]?.signers).toHaveLength(2);
    expect((await fixture.pull({ verify: { ...both, threshold: 1 } })).trust).toHaveLength(2);
  });
});

test("a trusted root is read as Sigstore's own parser reads it", () => {
  const { trustedRoot } = sigstore;
  const [log, ctlog] = ["tlogs", "ctlogs"].map((name) => (trustedRoot[name] as object[])[0] ?? {});
  const checkpointKeyId = { keyId: Buffer.from("hint").toString("base64") };
  const validFor = { start: "2021-01-12T11:53:27.000Z", end: "2031-01-12T11:53:27Z" };
  const more = {
    ...trustedRoot,
    tlogs: [log, { ...log, checkpointKeyId }],
    ctlogs: [
      { ...ctlog, publicKey: { ...Object(Reflect.get(ctlog ?? {}, "publicKey")), validFor } },
    ],
    certificateAuthorities: (trustedRoot["certificateAuthorities"] as object[]).map((one) => ({
      ...one,
      validFor,
    })),
  };
  for (const root of [trustedRoot, more, {}]) {
    const { publicKey: _, ...read } = readTrustedRoot(JSON.stringify(root));
    const { publicKey: __, ...expected } = toTrustMaterial(TrustedRoot.fromJSON(root));
    expect(read).toEqual(expected);
  }
});

describe("an identity", () => {
  const refused = async (
    verify: ReturnType<typeof verifyBy>,
    options: KeylessOptions = {},
  ): Promise<string> => {
    await using fixture = await trustFixture();
    await signSimple(fixture, options);
    const { code, message } = await fixture.refusal({ verify });
    expect(code).toBe("ERR_SIGNATURE_INVALID");
    expect(fixture.layersFetched()).toEqual([]);
    return message;
  };

  it("with another issuer or subject is refused, and named", async () => {
    expect(await refused(verifyBy(SUBJECT, "https://other.example"))).toContain(
      `made by ${SUBJECT} (${ISSUER})`,
    );
    expect(await refused(verifyBy("https://git.example/acme/hello"))).toContain("none of the");
  });

  it("matches an expression as a whole, anchors or not", async () => {
    const evil = { subject: `https://evil.example/?${SUBJECT}` };
    await refused(verifyBy(/https:\/\/git\.example\/acme\/.*/), evil);
    await refused(verifyBy(/https:\/\/git\.example\/acme/));
    await refused(verifyBy(/x|https:\/\/git\.example\/acme/), evil);
    const lines = { subject: `${SUBJECT}\nhttps://evil.example/` };
    await refused(verifyBy(/https:\/\/git\.example\/acme\/.*/m), lines);
    await using fixture = await trustFixture();
    await signSimple(fixture);
    const verify = verifyBy(/https:\/\/git\.example\/acme\/[^?]*/g);
    expect((await fixture.pull({ verify })).trust).toHaveLength(1);
    await fixture.pull({ verify: verifyBy(/HTTPS:\/\/GIT\.EXAMPLE\/acme\/.*/i) });
  });
});

function proofOf({ verificationMaterial }: SigstoreBundle) {
  return verificationMaterial.tlogEntries[0]?.["inclusionProof"] as {
    hashes: string[];
    logIndex: string;
    checkpoint: { envelope: string };
  };
}

describe("keyless: refused is", () => {
  const refusal = async (fixture: TrustFixture, by = sigstore): Promise<string> => {
    const { code, message } = await fixture.refusal({ verify: verifyBy(SUBJECT, ISSUER, by) });
    expect(code).toBe("ERR_SIGNATURE_INVALID");
    expect(fixture.layersFetched()).toEqual([]);
    return message;
  };

  it("a certificate that had expired when the signature was logged", async () => {
    await using fixture = await trustFixture();
    await signSimple(fixture, { loggedAfter: 30 });
    expect(await refusal(fixture)).toContain("certificate");
  });

  it("a certificate of another authority, even with its chain", async () => {
    await using fixture = await trustFixture();
    await signSimple(fixture, {}, await Sigstore.start());
    expect(await refusal(fixture)).toContain("certificate");
  });

  it("a certificate that is in no certificate log", async () => {
    const silent = await Sigstore.start({ withCtLog: false });
    await using fixture = await trustFixture();
    await signSimple(fixture, {}, silent);
    expect(await refusal(fixture, silent)).toContain("SCT");
  });

  it("a signature without the promise of the transparency log", async () => {
    await using fixture = await trustFixture();
    const layer = await signSimple(fixture);
    const { "dev.sigstore.cosign/bundle": entry = "", ...rest } = layer.annotations ?? {};
    await put(fixture, { ...layer, annotations: rest });
    expect(await refusal(fixture)).toContain("timestamp");
    const { Payload } = JSON.parse(entry) as { Payload: object };
    for (const SignedEntryTimestamp of ["", "AAAA"]) {
      const bundle = JSON.stringify({ SignedEntryTimestamp, Payload });
      await put(fixture, {
        ...layer,
        annotations: { ...rest, "dev.sigstore.cosign/bundle": bundle },
      });
      expect(await refusal(fixture)).toContain("0 of 1");
    }
  });

  it("a promise moved to another time", async () => {
    await using fixture = await trustFixture();
    const layer = await signSimple(fixture, { loggedAfter: 30 });
    const name = "dev.sigstore.cosign/bundle";
    const entry = JSON.parse(layer.annotations?.[name] ?? "") as {
      Payload: { integratedTime: number };
    };
    entry.Payload.integratedTime -= 30 * 60;
    const annotations = { ...layer.annotations, [name]: JSON.stringify(entry) };
    await put(fixture, { ...layer, annotations });
    expect(await refusal(fixture)).toContain("promise");
  });

  it("annotations of another signature of the same signer", async () => {
    await using fixture = await trustFixture();
    const layer = await signSimple(fixture);
    const other = await sigstore.simpleLayer(simplePayload(`sha256:${"0".repeat(64)}`, "x/y"));
    for (const name of [
      "dev.cosignproject.cosign/signature",
      "dev.sigstore.cosign/certificate",
      "dev.sigstore.cosign/bundle",
    ]) {
      const annotations = { ...layer.annotations, [name]: other.annotations?.[name] ?? "" };
      await put(fixture, { ...layer, annotations });
      expect(await refusal(fixture)).toContain("0 of 1");
    }
  });

  const changes: Record<string, (bundle: SigstoreBundle) => void> = {
    payload: ({ dsseEnvelope }) => {
      const text = Buffer.from(dsseEnvelope.payload, "base64").toString();
      dsseEnvelope.payload = Buffer.from(`${text} `).toString("base64");
    },
    type: ({ dsseEnvelope }) => (dsseEnvelope.payloadType = "application/json"),
    signature: ({ dsseEnvelope }) => (dsseEnvelope.signatures = [{ sig: "AAAA" }]),
    signatures: ({ dsseEnvelope }) => dsseEnvelope.signatures.push({ sig: "AAAA" }),
    entries: ({ verificationMaterial }) => (verificationMaterial.tlogEntries = []),
    promise: ({ verificationMaterial: { tlogEntries } }) =>
      delete tlogEntries[0]?.["inclusionPromise"],
    proof: (bundle) => (proofOf(bundle).hashes = [Buffer.alloc(32).toString("base64")]),
    index: (bundle) => (proofOf(bundle).logIndex = "9".repeat(1_000_000)),
    checkpoint: (bundle) => {
      const { checkpoint } = proofOf(bundle);
      checkpoint.envelope = checkpoint.envelope.replace(/\n1\n/, "\n2\n");
    },
    "checkpoint's name, to an expression without end": (bundle) => {
      const { checkpoint } = proofOf(bundle);
      checkpoint.envelope = checkpoint.envelope.replace(/\u2014 \S+/, "\u2014 ((.+)+)+$x");
    },
    "checkpoint's size": (bundle) => {
      const { checkpoint } = proofOf(bundle);
      checkpoint.envelope = checkpoint.envelope.replace(/\n1\n/, `\n${"1".repeat(10_000)}\n`);
    },
    body: ({ verificationMaterial: { tlogEntries } }) => {
      for (const entry of tlogEntries) entry["canonicalizedBody"] = "e30=";
    },
    certificate: ({ verificationMaterial }) => (verificationMaterial.certificate.rawBytes = "AAAA"),
    version: (bundle) => (bundle.mediaType = "application/vnd.dev.sigstore.bundle.v9.9+json"),
  };

  it.each(Object.keys(changes))("a bundle of which this was changed: %s", async (part) => {
    await using fixture = await trustFixture();
    await signBundle(fixture, changes[part]);
    expect(await refusal(fixture)).toContain("0 of 1");
  });

  it("a bundle logged when its certificate had expired", async () => {
    await using fixture = await trustFixture();
    await signBundle(fixture, undefined, { loggedAfter: 30 });
    expect(await refusal(fixture)).toContain("certificate");
  });

  it("a trusted root that cannot be read: an error of the options", async () => {
    await using fixture = await trustFixture();
    await signSimple(fixture);
    const identities = [{ issuer: ISSUER, subject: SUBJECT }];
    const key = { keyDetails: "PKIX_ECDSA_P256_SHA_256", rawBytes: "AAAA" };
    for (const trustedRoot of [
      { tlogs: 7 },
      { tlogs: [{ publicKey: key, logId: { keyId: "AAAA" } }] },
      { certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: "!" }] } }] },
    ]) {
      const { code } = await fixture.refusal({ verify: { keyless: { identities, trustedRoot } } });
      expect(code).toBe("ERR_OPTIONS_INVALID");
    }
  });
});
