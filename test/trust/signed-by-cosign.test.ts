/**
 * Trust: signatures that cosign itself has made, in each of its forms. The fixture was recorded with the
 * version that it names (`cosign sign --key`, without a log), over the image that is made here.
 */
import { readFile } from "node:fs/promises";
import { startRegistry, wasmImage, type Digest, type ImageFixture } from "safedock/testing";
import { describe, expect, it } from "vitest";
import { openTestEngine } from "../support/test-engine.js";
import { sha256 } from "./signer.js";

interface Recorded {
  readonly repository: string;
  readonly digest: string;
  readonly publicKey: string;
  readonly tags: Record<string, Document>;
  readonly manifests: Record<string, Document>;
  readonly blobs: Record<string, string>;
}

interface Document {
  readonly mediaType: string;
  readonly text: string;
}

const path = new URL("fixtures/signed-by-cosign.json", import.meta.url);
const recorded = JSON.parse(await readFile(path, "utf8")) as Recorded;
const blobs = new Map(
  Object.entries(recorded.blobs).map(([digest, text]) => [digest as Digest, Buffer.from(text)]),
);

function fixtureOf({ mediaType, text }: Document, images: readonly ImageFixture[]): ImageFixture {
  const bytes = Buffer.from(text);
  const descriptor = { mediaType, digest: sha256(bytes), size: bytes.byteLength };
  return { manifest: { descriptor, bytes }, blobs, images };
}

const tag = recorded.digest.replace(":", "-");
const referrers = Object.values(recorded.manifests).map((one) => fixtureOf(one, []));
const typed = (type: string) =>
  referrers.filter(({ manifest }) => Buffer.from(manifest.bytes).toString().includes(type));

/** The index of referrers as it was recorded, and which of them are there. */
const indexWith = (images: readonly ImageFixture[]): ImageFixture => {
  const document = recorded.tags[tag] ?? { mediaType: "", text: "" };
  const index = JSON.parse(document.text) as { manifests: { digest: string }[] };
  const there = new Set<string>(images.map(({ manifest }) => manifest.descriptor.digest));
  index.manifests = index.manifests.filter(({ digest }) => there.has(digest));
  expect(index.manifests).toHaveLength(images.length);
  return fixtureOf({ ...document, text: JSON.stringify(index) }, images);
};

const FORMS: Record<string, () => readonly [string, ImageFixture]> = {
  "the tag .sig": () => {
    const name = `${tag}.sig`;
    return [name, fixtureOf(recorded.tags[name] ?? { mediaType: "", text: "" }, [])];
  },
  "a referrer": () => [tag, indexWith(typed("vnd.dev.cosign.artifact.sig.v1+json"))],
  "a bundle": () => [tag, indexWith(typed("vnd.dev.sigstore.bundle.v0.3+json"))],
};

describe("an image signed by cosign is pulled", () => {
  it.each(Object.entries(FORMS))("with its signature under %s", async (_, form) => {
    const image = await wasmImage({
      files: { "/empty.wasm": Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) },
      entrypoint: ["/empty.wasm"],
      compression: "none",
    });
    expect(image.manifest.descriptor.digest).toBe(recorded.digest);
    await using registry = await startRegistry();
    await registry.push("acme/empty:1", image);
    const [name, signature] = form();
    await registry.push(`acme/empty:${name}`, signature);

    const own = await openTestEngine({ workers: 1 });
    try {
      const reference = `${registry.host}/acme/empty:1`;
      const keys = recorded.publicKey;
      const verify = { keys, signedAs: recorded.repository };
      const pulled = await own.engine.pullImage(reference, { verify });
      expect(pulled.trust[0]?.signed).toEqual([recorded.digest]);
    } finally {
      await own.close();
    }
  });
});
