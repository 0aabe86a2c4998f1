import type { Bundle } from "@sigstore/bundle";
import { BadSignature } from "./parse-signed-json.js";

/** Log entries and time stamps of one bundle: cosign writes one of each. */
const MAX_PROOFS = 8;
/** Largest certificate or time stamp, in bytes: they have 1 to 6 KB. */
const MAX_DER_BYTES = 32 * 1024;
/** Longest decimal number, in digits: 64 bits. */
const MAX_DIGITS = 20;
/** Hashes of an inclusion proof: one for each level of a log with 2^64 entries. */
const MAX_HASHES = 64;
/** Longest checkpoint, in characters: those of Rekor with witnesses have 1,000. */
const MAX_CHECKPOINT = 16 * 1024;
/** Names of logs are host names with a path. */
const LOG_NAME = /^[A-Za-z0-9./:_-]{1,256}$/;

/**
 * Keeps a hostile bundle from costing more than a good one, before it is verified. The verifier takes the
 * names in a checkpoint for regular expressions, so that some of them would never come to an end.
 *
 * @throws BadSignature
 */
export function checkBounds({ verificationMaterial }: Bundle): void {
  const { tlogEntries, timestampVerificationData, content } = verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  check(tlogEntries.length <= MAX_PROOFS && timestamps.length <= MAX_PROOFS, "proofs");
  const certificates = content.$case === "certificate" ? [content.certificate] : [];
  if (content.$case === "x509CertificateChain") {
    certificates.push(...content.x509CertificateChain.certificates.slice(0, 1));
  }
  const der = [
    ...certificates.map(({ rawBytes }) => rawBytes),
    ...timestamps.map(({ signedTimestamp }) => signedTimestamp),
  ];
  check(
    der.every(({ byteLength }) => byteLength <= MAX_DER_BYTES),
    "certificate or time stamp",
  );
  for (const { logIndex, integratedTime, inclusionProof } of tlogEntries) {
    check(isNumber(logIndex) && isNumber(integratedTime), "log entry");
    if (inclusionProof === undefined) continue;
    const { hashes, checkpoint } = inclusionProof;
    check(isNumber(inclusionProof.logIndex) && hashes.length <= MAX_HASHES, "inclusion proof");
    check(isCheckpoint(checkpoint?.envelope ?? ""), "checkpoint");
  }
}

function isNumber(text: string): boolean {
  return text.length <= MAX_DIGITS && /^[0-9]*$/.test(text);
}

/** A note of lines, then a signature on each line (C2SP, "signed-note"). */
function isCheckpoint(envelope: string): boolean {
  if (envelope.length > MAX_CHECKPOINT) return false;
  const [, size = ""] = envelope.split("\n", 2);
  const names = Array.from(envelope.matchAll(/\u2014 (\S+)/g), ([, name = ""]) => name);
  return isNumber(size) && names.every((name) => LOG_NAME.test(name));
}

function check(isWithin: boolean, part: string): void {
  if (!isWithin) throw new BadSignature(`the bundle's ${part} is out of bounds`);
}
