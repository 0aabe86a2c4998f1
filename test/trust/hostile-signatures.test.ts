/** Signatures that lie: each ends in a typed error, soon, and nothing of the image is fetched. */
import { describe, expect, it } from "vitest";
import { repeatedName } from "../../src/trust/parse-signed-json.js";
import { REPOSITORY, trustFixture, type TrustFixture } from "./fixture.js";
import {
  attachBundle,
  BUNDLE,
  keyBundle,
  makeSigner,
  PAYLOAD_TYPE,
  preAuthEncoding,
  referrersIndex,
  sha256,
  signatureManifest,
  signatureTag,
  simpleLayer,
  simplePayload,
  statementOf,
  type SignatureLayer,
} from "./signer.js";

/** Longest that a refusal may take, in milliseconds, on a machine that is busy. */
const SOON_MS = 2_000;
const OTHER = `sha256:${"0".repeat(64)}`;
const signer = makeSigner();
const verify = { keys: signer.pem };

/** Refused as an invalid signature: says why. */
async function refusal(fixture: TrustFixture, code = "ERR_SIGNATURE_INVALID"): Promise<string> {
  const start = performance.now();
  const refused = await fixture.refusal({ verify });
  expect(performance.now() - start).toBeLessThan(SOON_MS);
  expect(refused.code).toBe(code);
  expect(fixture.layersFetched()).toEqual([]);
  return refused.message;
}

type Make = (fixture: TrustFixture) => SignatureLayer;

async function refusalOf(make: Make): Promise<string> {
  await using fixture = await trustFixture();
  const { registry, digest } = fixture;
  const image = signatureManifest([make(fixture)]);
  await registry.push(`${REPOSITORY}:${signatureTag(digest)}`, image);
  return await refusal(fixture);
}

const good: Make = ({ digest, repository }) =>
  simpleLayer(signer, simplePayload(digest, repository));

const signed = (text: (fixture: TrustFixture) => string): Make => {
  return (fixture) => simpleLayer(signer, Buffer.from(text(fixture)));
};

const changed = (make: (layer: SignatureLayer, fixture: TrustFixture) => SignatureLayer): Make => {
  return (fixture) => make(good(fixture), fixture);
};

const SIGNATURE = "dev.cosignproject.cosign/signature";

const CASES: Record<string, readonly [Make, string]> = {
  "a payload for another digest": [
    ({ repository }) => simpleLayer(signer, simplePayload(OTHER, repository)),
    "for another image",
  ],
  "a payload for another repository": [
    ({ digest }) => simpleLayer(signer, simplePayload(digest, "ghcr.io/evil/hello")),
    "made for",
  ],
  "a payload for a name that is none": [
    ({ digest }) => simpleLayer(signer, simplePayload(digest, "https://x/\u001b[2J")),
    "made for",
  ],
  "the signature of another payload": [
    changed((layer, { repository }) => {
      const { annotations } = simpleLayer(signer, simplePayload(OTHER, repository));
      return { ...layer, ...(annotations === undefined ? {} : { annotations }) };
    }),
    "over other bytes",
  ],
  "a payload that was changed after it was signed": [
    changed(({ bytes, ...rest }) => ({ ...rest, bytes: Buffer.concat([bytes, Buffer.from(" ")]) })),
    "over other bytes",
  ],
  "the wrong key": [
    ({ digest, repository }) => simpleLayer(makeSigner(), simplePayload(digest, repository)),
    "none of the keys",
  ],
  "no signature at all": [changed(({ bytes }) => ({ bytes })), "signature is missing"],
  "an empty signature": [
    changed((layer) => ({ ...layer, annotations: { [SIGNATURE]: "" } })),
    "not in base64",
  ],
  "a signature that is not base64": [
    changed((layer) => ({ ...layer, annotations: { [SIGNATURE]: "*".repeat(64) } })),
    "not in base64",
  ],
  "a signature of 100 KB": [
    changed((layer) => ({ ...layer, annotations: { [SIGNATURE]: "A".repeat(100_000) } })),
    "not in base64",
  ],
  "a payload of 100 KB": [
    ({ digest, repository }) => {
      const optional = { identity: { "docker-reference": repository, more: "x".repeat(100_000) } };
      return simpleLayer(signer, simplePayload(digest, repository, optional));
    },
    "the limit is",
  ],
  "a payload that is no JSON": [signed(() => "{"), "not JSON"],
  "a payload that is an array": [signed(() => "[]"), "must be an object"],
  "a payload of another type": [
    ({ digest, repository }) =>
      simpleLayer(signer, simplePayload(digest, repository, { type: "a love letter" })),
    "signs a a love letter",
  ],
  "members under __proto__": [
    signed(({ digest, repository }) => {
      const { critical } = JSON.parse(simplePayload(digest, repository).toString()) as {
        critical: object;
      };
      return `{"__proto__":{"critical":${JSON.stringify(critical)}}}`;
    }),
    'must have "critical"',
  ],
  "a member that stands there twice": [
    signed(({ digest, repository }) => {
      const text = simplePayload(digest, repository).toString();
      const other = simplePayload(OTHER, repository).toString();
      return `${other.slice(0, -1)},${text.slice(1)}`;
    }),
    "has a member twice",
  ],
  "a member that stands there twice, spelled in two ways": [
    signed(({ digest, repository }) =>
      simplePayload(digest, repository)
        .toString()
        .replace('"optional"', String.raw`"critic\u0061l"`),
    ),
    "has a member twice",
  ],
};

describe("refused is", () => {
  it.each(Object.entries(CASES))("%s", async (_, [make, why]) => {
    const message = await refusalOf(make);
    expect(message).toContain(why);
    expect(message).not.toContain("\u001b");
  });

  it("a manifest of signatures with layers of other media types: there are none in it", async () => {
    await using fixture = await trustFixture();
    const { registry, digest } = fixture;
    const layer = { ...good(fixture), mediaType: "application/octet-stream" };
    const tag = `${REPOSITORY}:${signatureTag(digest)}`;
    await registry.push(tag, signatureManifest([layer]));
    expect(await refusal(fixture, "ERR_SIGNATURE_MISSING")).toContain("is not signed");
  });

  it("an index, the image itself, or rubbish under the tag of signatures", async () => {
    await using fixture = await trustFixture();
    const { registry, digest, engine, reference } = fixture;
    const tag = `${REPOSITORY}:${signatureTag(digest)}`;
    const image = signatureManifest([good(fixture)]);
    await registry.push(tag, referrersIndex([{ image, artifactType: BUNDLE }]));
    await refusal(fixture, "ERR_SIGNATURE_MISSING");
    const answer = await fetch(`${registry.url}/v2/${REPOSITORY}/manifests/1`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const put = (body: Uint8Array<ArrayBuffer>) =>
      fetch(`${registry.url}/v2/${tag.replace(":", "/manifests/")}`, {
        method: "PUT",
        body,
        headers: { "content-type": answer.headers.get("content-type") ?? "" },
      });
    expect((await put(bytes)).status).toBe(201);
    await refusal(fixture, "ERR_SIGNATURE_MISSING");
    const rubbish = { ...image.manifest, bytes: Buffer.from('{"schemaVersion":2}') };
    await registry.push(tag, { ...image, manifest: rubbish });
    await expect(engine.pullImage(reference, { verify })).rejects.toMatchObject({
      code: /ERR_SIGNATURE_INVALID|ERR_DIGEST_MISMATCH/,
    });
  });

  it("a signature whose bytes are others than its manifest says, or are not there", async () => {
    await using fixture = await trustFixture();
    const { registry, digest } = fixture;
    const image = signatureManifest([good(fixture)]);
    const keys = Array.from(image.blobs.keys());
    const lies = new Map(keys.map((key) => [key, Buffer.from("x".repeat(10))]));
    const tag = `${REPOSITORY}:${signatureTag(digest)}`;
    await registry.push(tag, { ...image, blobs: lies });
    expect(await refusal(fixture)).toContain("0 of 1");
    await using empty = await trustFixture();
    const none = signatureManifest([good(empty)]);
    await empty.registry.push(`${REPOSITORY}:${signatureTag(empty.digest)}`, {
      ...none,
      blobs: new Map(),
    });
    await refusal(empty);
  });

  it("rubbish under the tag of referrers", async () => {
    await using fixture = await trustFixture();
    const { registry, digest } = fixture;
    const rubbish = Buffer.from('{"schemaVersion":2,"manifests":7}');
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const descriptor = { mediaType, digest: sha256(rubbish), size: rubbish.byteLength };
    await registry.push(`${REPOSITORY}:${signatureTag(digest, "")}`, {
      ...{ manifest: { descriptor, bytes: rubbish }, blobs: new Map(), images: [] },
    });
    expect(await refusal(fixture)).toContain("not valid");
  });

  it("the thousandth signature: after a hundred it is enough; one among many is found", async () => {
    const bad: Make = ({ digest, repository }) =>
      simpleLayer(makeSigner("ed25519"), simplePayload(digest, repository));
    await using fixture = await trustFixture();
    const { registry, digest } = fixture;
    const tag = `${REPOSITORY}:${signatureTag(digest)}`;
    const noise = Array.from({ length: 100 }, () => bad(fixture));
    await registry.push(tag, signatureManifest([...noise, good(fixture)]));
    expect(await refusal(fixture)).toContain("0 of 1");
    await registry.push(tag, signatureManifest([...noise.slice(0, 50), good(fixture)]));
    expect((await fixture.pull({ verify })).trust).toHaveLength(1);
  });
});

describe("refused is a bundle", () => {
  const bundles: Record<string, (fixture: TrustFixture) => object> = {
    "about another image": () => keyBundle(signer, statementOf(OTHER)),
    "of another kind of statement": ({ digest }) =>
      keyBundle(signer, statementOf(digest, "https://cyclonedx.org/bom")),
    "of another payload type": ({ digest }) =>
      keyBundle(signer, statementOf(digest), "application/json"),
    "without subjects": ({ digest }) => keyBundle(signer, { ...statementOf(digest), subject: [] }),
    "with odd subjects": ({ digest }) =>
      keyBundle(signer, { ...statementOf(digest), subject: [{}, { digest: {} }] }),
    "signed without its type": ({ digest }) => {
      const payload = Buffer.from(JSON.stringify(statementOf(digest)));
      const sig = signer.sign(payload).toString("base64");
      return envelope(payload, [{ sig }]);
    },
    "signed by another key": ({ digest }) => keyBundle(makeSigner(), statementOf(digest)),
    "with two signatures": ({ digest }) => {
      const payload = Buffer.from(JSON.stringify(statementOf(digest)));
      const sig = signer.sign(preAuthEncoding(payload)).toString("base64");
      return envelope(payload, [{ sig }, { sig }]);
    },
    "with an envelope and a message": ({ digest }) => ({
      ...keyBundle(signer, statementOf(digest)),
      messageSignature: {},
    }),
    "with a message over other bytes": ({ digest }) => ({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: "" } },
      messageSignature: {
        messageDigest: {
          algorithm: "SHA2_256",
          digest: Buffer.from(digest.slice(7), "hex").toString("base64"),
        },
        signature: signer.sign(Buffer.from("other bytes")).toString("base64"),
      },
    }),
    "of nothing": () => ({}),
  };

  function envelope(payload: Buffer, signatures: readonly object[]): object {
    return {
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: "" } },
      dsseEnvelope: { payload: payload.toString("base64"), payloadType: PAYLOAD_TYPE, signatures },
    };
  }

  it.each(Object.entries(bundles))("%s", async (_, make) => {
    await using fixture = await trustFixture();
    await attachBundle(fixture.registry, REPOSITORY, fixture.digest, make(fixture));
    expect(await refusal(fixture)).toContain("0 of 1");
  });
});

describe("repeatedName", () => {
  it.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}', false],
    ['{"a":"\\"a\\":1,\\"a\\":2","b":["a","a"]}', false],
    ['{"a":1,"a":2}', true],
    ['{"x":[{"a":1 , "a" :2}]}', true],
    [String.raw`{"a":1,"\u0061":2}`, true],
    ["[]", false],
  ])("%s: %s", (text, expected) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(repeatedName(text)).toBe(expected);
  });
});
