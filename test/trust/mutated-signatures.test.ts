/**
 * Signatures with random changes, by the thousand: each is refused with a reason or proves the same as
 * before, within a second, and nothing else is ever thrown.
 */
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { parseReference } from "../../src/oci/reference.js";
import { SignatureCheck, type AcceptedSignature } from "../../src/trust/check-signature.js";
import { BadSignature } from "../../src/trust/parse-signed-json.js";
import { decodeSignature } from "../../src/trust/read-bundle.js";
import { readRequirement } from "../../src/trust/requirement.js";
import type { FoundSignature } from "../../src/trust/signature.js";
import { seededNumbers, type Numbers } from "../hostile/seeded-numbers.js";
import { ISSUER, Sigstore, SUBJECT } from "./keyless-signer.js";
import { keyBundle, makeSigner, simpleLayer, simplePayload, statementOf } from "./signer.js";

const RUNS = 400;
const SEED = 20_260_101;
/** Longest that one check may take, in milliseconds. */
const SOON_MS = 1_000;

const manifest = Buffer.from('{"schemaVersion":2}');
const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}` as const;
const reference = parseReference("ghcr.io/acme/hello:1");
const NAME = "ghcr.io/acme/hello";

let check: SignatureCheck;
let good: Record<string, FoundSignature>;

beforeAll(async () => {
  const sigstore = await Sigstore.start();
  const signer = makeSigner();
  const options = {
    keys: signer.pem,
    keyless: {
      identities: [{ issuer: ISSUER, subject: SUBJECT }],
      trustedRoot: sigstore.trustedRoot,
    },
  };
  const problems: string[] = [];
  const read = readRequirement("verify", options, { add: (problem) => problems.push(problem) });
  if (read === undefined) throw new Error(problems.join("; "));
  check = await SignatureCheck.open(read, reference, [{ digest, bytes: manifest }]);

  const payload = simplePayload(digest, NAME);
  const keyed = simpleLayer(signer, payload).annotations ?? {};
  const keyless = (await sigstore.simpleLayer(payload)).annotations ?? {};
  const stamp = await sigstore.timestampOf(
    Buffer.from(keyless["dev.cosignproject.cosign/signature"] ?? "", "base64"),
  );
  const signatureOf = (annotations: Readonly<Record<string, string>>) =>
    decodeSignature(annotations["dev.cosignproject.cosign/signature"] ?? "");
  const bundle = (value: object): FoundSignature => ({
    kind: "bundle",
    bytes: Buffer.from(JSON.stringify(value)),
  });
  const statement = statementOf(digest);
  good = {
    "by key": { kind: "simple", payload, signature: signatureOf(keyed) },
    "keyless, in annotations": {
      kind: "simple",
      payload,
      signature: signatureOf(keyless),
      certificate: keyless["dev.sigstore.cosign/certificate"] ?? "",
      logEntry: keyless["dev.sigstore.cosign/bundle"] ?? "",
      timestamp: JSON.stringify({ SignedRFC3161Timestamp: stamp }),
    },
    "a bundle by key": bundle(keyBundle(signer, statement)),
    "a keyless bundle": bundle(await sigstore.bundle(statement)),
    "a keyless bundle of Rekor 2": bundle(await sigstore.bundleOfRekor2(statement)),
  };
});

/** Changes some bytes: flips, cuts, repeats, and words that parsers stumble over. */
function mutate(bytes: Uint8Array, next: Numbers): Buffer {
  const at = next(bytes.byteLength + 1);
  const length = next(16);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  const words = [
    "null",
    "[]",
    "{}",
    '"',
    "\\u0000",
    "-1",
    "1e999",
    '"__proto__":',
    "AAAA",
    "\u2014 ",
  ];
  switch (next(5)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (at < changed.byteLength) changed[at] = next(256);
      return changed;
    }
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 3:
      return Buffer.concat([before, Buffer.from(words[next(words.length)] ?? ""), after]);
    default:
      return Buffer.from(before);
  }
}

/** Mutates the JSON of a bundle inside of its base64 too, where certificates and proofs are. */
function mutateDeep(bytes: Uint8Array, next: Numbers): Buffer {
  const text = Buffer.from(bytes).toString();
  const blobs = Array.from(text.matchAll(/"([A-Za-z0-9+/]{40,}={0,2})"/g), ([, blob = ""]) => blob);
  const blob = blobs[next(blobs.length + 1)];
  if (blob === undefined) return mutate(bytes, next);
  return Buffer.from(
    text.replace(blob, mutate(Buffer.from(blob, "base64"), next).toString("base64")),
  );
}

function mutated(found: FoundSignature, next: Numbers): FoundSignature {
  if (found.kind === "bundle") return { kind: "bundle", bytes: mutateDeep(found.bytes, next) };
  const text = (value: string) => mutate(Buffer.from(value), next).toString();
  const { certificate, logEntry, timestamp } = found;
  switch (next(certificate === undefined ? 2 : 5)) {
    case 0:
      return { ...found, payload: mutate(found.payload, next) };
    case 1:
      return { ...found, signature: mutate(found.signature, next) };
    case 2:
      return { ...found, certificate: text(certificate ?? "") };
    case 3:
      return { ...found, logEntry: mutateDeep(Buffer.from(logEntry ?? ""), next).toString() };
    default:
      return { ...found, timestamp: mutateDeep(Buffer.from(timestamp ?? ""), next).toString() };
  }
}

function outcome(found: FoundSignature): AcceptedSignature | BadSignature {
  try {
    return check.check(found);
  } catch (error) {
    if (error instanceof BadSignature) return error;
    throw error;
  }
}

describe(`${RUNS} changes of a signature (seed ${SEED})`, () => {
  it.each([
    "by key",
    "keyless, in annotations",
    "a bundle by key",
    "a keyless bundle",
    "a keyless bundle of Rekor 2",
  ])(
    "%s",
    (name) => {
      const original = good[name];
      if (original === undefined) throw new Error("there is no such signature");
      const proof = check.check(original);
      expect(proof.signed).toBe(digest);
      const next = seededNumbers(SEED);
      const reasons = new Set<string>();
      let slowest = 0;
      for (let run = 0; run < RUNS; run++) {
        const found = mutated(original, next);
        const start = performance.now();
        const result = outcome(found);
        slowest = Math.max(slowest, performance.now() - start);
        if (result instanceof BadSignature) reasons.add(result.message);
        else expect(result, `run ${run}`).toEqual(proof);
      }
      expect(slowest).toBeLessThan(SOON_MS);
      expect(reasons.size).toBeGreaterThan(2);
      expect(({} as Record<string, unknown>)["critical"]).toBeUndefined();
    },
    60_000,
  );
});
