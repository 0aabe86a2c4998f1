import { printable } from "../base/printable.js";
import type { JsonNode } from "../oci/json-node.js";
import { BadSignature, parseSignedJson } from "./parse-signed-json.js";

/** Largest statement, in bytes: provenance of a large build has some hundred KB. */
const MAX_STATEMENT_BYTES = 4 * 2 ** 20;
/** Most things that one statement is about: a build's outputs. */
const MAX_SUBJECTS = 1024;
const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const STATEMENT_TYPES = new Set([
  "https://in-toto.io/Statement/v1",
  "https://in-toto.io/Statement/v0.1",
]);

/** A signed envelope (DSSE 1.0) as a bundle holds it. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
}

/**
 * Says whether an in-toto statement is about this image and of a kind that counts
 * (in-toto attestation framework 1.0, "Statement").
 *
 * @returns the digest that was signed, one of `digests`
 * @throws BadSignature
 */
export function checkStatement(
  { payloadType, payload }: Envelope,
  digests: readonly string[],
  predicateTypes: readonly string[],
): string {
  if (payloadType !== PAYLOAD_TYPE) {
    throw new BadSignature(`it signs ${printable(payloadType, 60)}, no statement`);
  }
  const statement = parseSignedJson(payload, MAX_STATEMENT_BYTES, "the statement");
  const type = statement.required("_type").string();
  if (!STATEMENT_TYPES.has(type)) throw new BadSignature(`it signs a ${printable(type, 60)}`);
  const kind = statement.required("predicateType").string();
  if (!predicateTypes.includes(kind)) {
    throw new BadSignature(`it states ${printable(kind, 100)}, which is not among predicateTypes`);
  }
  const subjects = statement.required("subject").list(MAX_SUBJECTS);
  const found = digests.find((digest) => subjects.some((subject) => isAbout(subject, digest)));
  if (found === undefined) throw new BadSignature("it is for another image");
  return found;
}

function isAbout(subject: JsonNode, digest: string): boolean {
  const [algorithm = "", hex] = digest.split(":");
  return subject.member("digest")?.member(algorithm)?.value === hex;
}

/** What a DSSE signature is made over (DSSE 1.0, "PAE"). */
export function preAuthEncoding({ payloadType, payload }: Envelope): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.byteLength} `),
    payload,
  ]);
}
