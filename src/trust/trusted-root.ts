import type { TrustMaterial } from "@sigstore/verify";
import { toTrustMaterial } from "@sigstore/verify";
import { SafedockError } from "../base/errors.js";
import { JsonNode } from "../oci/json-node.js";
import { decodeBase64 } from "./read-bundle.js";

type TrustedRoot = Parameters<typeof toTrustMaterial>[0];
type TransparencyLog = TrustedRoot["tlogs"][number];
type Authority = TrustedRoot["certificateAuthorities"][number];
type LogKey = NonNullable<TransparencyLog["publicKey"]>;

/** Largest root read, in bytes; see requirement.ts. */
const MAX_BYTES = 16 * 2 ** 20;
/** Most logs or authorities of one kind: Sigstore has had two of each in five years. */
const MAX_AUTHORITIES = 256;
/** Most certificates of a chain, and the longest one in base64 characters. */
const MAX_CHAIN = 16;
const MAX_BASE64 = 64 * 1024;
/** The form of key in which RSA keys of logs come; all others are SubjectPublicKeyInfo. */
const PKCS1_KEYS: ReadonlyMap<string, number> = new Map([
  ["PKCS1_RSA_PKCS1V5", 1],
  ["PKIX_RSA_PKCS1V5", 3],
  ["PKIX_RSA_PKCS1V15_2048_SHA256", 9],
  ["PKIX_RSA_PKCS1V15_3072_SHA256", 10],
  ["PKIX_RSA_PKCS1V15_4096_SHA256", 11],
]);

/**
 * Reads a `trusted_root.json` (protobuf-specs, sigstore_trustroot.proto, in its JSON form).
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID`
 */
export function readTrustedRoot(text: string): TrustMaterial {
  const root = JsonNode.parse(Buffer.from(text), MAX_BYTES, invalid).object();
  const list = <T>(name: string, read: (node: JsonNode) => T): T[] =>
    (root.member(name)?.list(MAX_AUTHORITIES) ?? []).map(read);
  const read: TrustedRoot = {
    mediaType: root.member("mediaType")?.string() ?? "",
    tlogs: list("tlogs", readLog),
    certificateAuthorities: list("certificateAuthorities", readAuthority),
    ctlogs: list("ctlogs", readLog),
    timestampAuthorities: list("timestampAuthorities", readAuthority),
  };
  try {
    return toTrustMaterial(read);
  } catch (error) {
    throw invalid("it holds a key or a certificate that cannot be read", error);
  }
}

function readLog(node: JsonNode): TransparencyLog {
  return {
    baseUrl: node.member("baseUrl")?.string() ?? "",
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- SHA-256; the enum is in a package that is none of our dependencies
    hashAlgorithm: 1,
    publicKey: readKey(node.required("publicKey")),
    logId: { keyId: bytesOf(node.required("logId").required("keyId")) },
    checkpointKeyId: readKeyId(node.member("checkpointKeyId")),
    operator: "",
  };
}

function readKeyId(node: JsonNode | undefined): TransparencyLog["checkpointKeyId"] {
  const keyId = node?.member("keyId");
  return keyId === undefined ? undefined : { keyId: bytesOf(keyId) };
}

function readKey(node: JsonNode): LogKey {
  return {
    rawBytes: bytesOf(node.required("rawBytes")),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- as above
    keyDetails: PKCS1_KEYS.get(node.required("keyDetails").string()) ?? 0,
    validFor: readValidity(node),
  };
}

function readAuthority(node: JsonNode): Authority {
  const certificates = node.required("certChain").required("certificates").list(MAX_CHAIN);
  return {
    subject: undefined,
    uri: node.member("uri")?.string() ?? "",
    certChain: {
      certificates: certificates.map((item) => ({ rawBytes: bytesOf(item.required("rawBytes")) })),
    },
    validFor: readValidity(node),
    operator: "",
  };
}

function readValidity(node: JsonNode): Authority["validFor"] {
  const validity = node.member("validFor");
  return { start: readDate(validity?.member("start")), end: readDate(validity?.member("end")) };
}

function readDate(node: JsonNode | undefined): Date | undefined {
  if (node === undefined) return undefined;
  const date = new Date(node.string());
  return Number.isNaN(date.getTime()) ? node.fail("must be a date (ISO 8601)") : date;
}

function bytesOf(node: JsonNode): Buffer {
  const bytes = decodeBase64(node.string(MAX_BASE64)) ?? node.fail("must be base64");
  return Buffer.from(bytes);
}

function invalid(problem: string, cause?: unknown): SafedockError {
  const full = `keyless.trustedRoot: ${problem}`;
  return new SafedockError("ERR_OPTIONS_INVALID", `verify options: ${full}`, {
    data: { problems: [full] },
    hint: "give the content of Sigstore's trusted_root.json, or of your own instance's",
    cause,
  });
}
