import { createHash, X509Certificate } from "node:crypto";
import type { SerializedBundle } from "@sigstore/bundle";
import { JsonNode } from "../oci/json-node.js";
import { BadSignature, parseSignedJson } from "./parse-signed-json.js";
import { decodeBase64 } from "./read-bundle.js";
import type { SimpleSignature } from "./signature.js";

/** Longest certificate in PEM, in characters: Fulcio's have 3,000. */
const MAX_CERTIFICATE = 32 * 1024;
/** Largest log entry, in bytes: those of a signature have 2 KB. */
const MAX_ENTRY_BYTES = 128 * 1024;
/** Longest body or time stamp, in base64 characters. */
const MAX_BASE64 = 128 * 1024;

type LogEntry = SerializedBundle["verificationMaterial"]["tlogEntries"][number];

/**
 * Puts what cosign writes into annotations of a keyless signature into the form of a bundle
 * (cosign, specs/SIGNATURE_SPEC.md, "Properties"). Nothing is verified here.
 *
 * @throws BadSignature
 */
export function bundleOfAnnotations(found: SimpleSignature): unknown {
  const { payload, signature, certificate, logEntry, timestamp } = found;
  if (certificate === undefined) throw new BadSignature("it has no certificate");
  return {
    // Of this version the promise of the log alone may be there, without a proof.
    mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] },
      tlogEntries: logEntry === undefined ? [] : [readEntry(logEntry)],
      timestampVerificationData: {
        rfc3161Timestamps: timestamp === undefined ? [] : [readTimestamp(timestamp)],
      },
    },
    messageSignature: {
      messageDigest: {
        algorithm: "SHA2_256",
        digest: createHash("sha256").update(payload).digest("base64"),
      },
      signature: Buffer.from(signature).toString("base64"),
    },
  };
}

function derOf(pem: string): string {
  try {
    if (pem.length <= MAX_CERTIFICATE) return new X509Certificate(pem).raw.toString("base64");
  } catch {
    // Said below.
  }
  throw new BadSignature("its certificate cannot be read");
}

function readEntry(text: string): LogEntry {
  const entry = parseSignedJson(Buffer.from(text), MAX_ENTRY_BYTES, "the log entry");
  const payload = entry.required("Payload");
  const body = payload.required("body").string(MAX_BASE64);
  const bytes = decodeBase64(body) ?? payload.fail("must have its body in base64");
  const { kind, version } = kindOf(bytes);
  const logId = payload.required("logID").string();
  if (!/^[0-9a-f]{64}$/.test(logId)) payload.fail("must have a logID of 64 hex digits");
  return {
    logIndex: String(payload.required("logIndex").size()),
    logId: { keyId: Buffer.from(logId, "hex").toString("base64") },
    kindVersion: { kind, version },
    integratedTime: String(payload.required("integratedTime").size()),
    inclusionPromise: {
      signedEntryTimestamp: entry.required("SignedEntryTimestamp").string(MAX_BASE64),
    },
    inclusionProof: undefined,
    canonicalizedBody: body,
  };
}

function kindOf(body: Uint8Array): { readonly kind: string; readonly version: string } {
  const reject = (problem: string) => new BadSignature(`the log entry's body: ${problem}`);
  const node = JsonNode.parse(body, MAX_BASE64, reject).object();
  return { kind: node.required("kind").string(), version: node.required("apiVersion").string() };
}

function readTimestamp(text: string): { readonly signedTimestamp: string } {
  const node = parseSignedJson(Buffer.from(text), MAX_ENTRY_BYTES, "the time stamp");
  return { signedTimestamp: node.required("SignedRFC3161Timestamp").string(MAX_BASE64) };
}
