/**
 * A Sigstore instance of our own, without a network: certificate authority, certificate log, transparency
 * log and time stamp authority of @sigstore/mock. Its parts are imported one by one, since its index
 * brings in nock, which changes `http`.
 */
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { initializeCA, type CA } from "@sigstore/mock/dist/fulcio/ca.js";
import { initializeCTLog } from "@sigstore/mock/dist/fulcio/ctlog.js";
import { initializeTLog, type TLog } from "@sigstore/mock/dist/rekor/tlog.js";
import { initializeTSA, type TSA } from "@sigstore/mock/dist/timestamp/tsa.js";
import { TransparencyLogEntry } from "@sigstore/protobuf-specs";
import { BUNDLE, PAYLOAD_TYPE, preAuthEncoding, type SignatureLayer } from "./signer.js";

export const ISSUER = "https://token.actions.example";
export const SUBJECT =
  "https://git.example/acme/hello/.github/workflows/release.yml@refs/heads/main";

const ISSUER_OID = "1.3.6.1.4.1.57264.1.8";
const SHA256_OID = "2.16.840.1.101.3.4.2.1";
const MINUTE_MS = 60_000;

export interface KeylessOptions {
  /** Subject of the certificate. */
  readonly subject?: string;
  readonly issuer?: string;
  /** Minutes after which the signature is logged; the certificate is valid for ten. Default 0. */
  readonly loggedAfter?: number;
}

export class Sigstore {
  private constructor(
    private readonly ca: CA,
    private readonly logs: ReadonlyMap<number, TLog>,
    private readonly tsa: TSA,
    /** Content of a trusted_root.json. */
    readonly trustedRoot: { readonly [name: string]: unknown },
  ) {}

  static async start({ withCtLog = true } = {}): Promise<Sigstore> {
    const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
    // Certificates of the authority begin now, to the second; what they sign comes a little later.
    const now = new Date(Math.ceil(Date.now() / 1000) * 1000 + MINUTE_MS);
    const ctLog = await initializeCTLog(pair(), now);
    const ca = await initializeCA(pair(), withCtLog ? ctLog : undefined, now);
    const tsa = await initializeTSA(pair(), now);
    const logKeys = pair();
    const logs = new Map<number, TLog>();
    for (const minutes of [0, 30]) {
      const at = new Date(now.getTime() + minutes * MINUTE_MS);
      logs.set(minutes, await initializeTLog("https://rekor.example", logKeys, at));
    }
    const logKey = logKeys.publicKey.export({ type: "spki", format: "der" });
    return new Sigstore(ca, logs, tsa, {
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      tlogs: [logInstance("https://rekor.example", logKey)],
      certificateAuthorities: [authority([ca.rootCertificate])],
      ctlogs: [logInstance("https://ctfe.example", ctLog.publicKey)],
      timestampAuthorities: [authority([tsa.intCertificate, tsa.rootCertificate])],
    });
  }

  /** A layer as cosign's keyless signing writes it, all proofs in annotations. */
  async simpleLayer(payload: Uint8Array, options: KeylessOptions = {}): Promise<SignatureLayer> {
    const { certificate, privateKey } = await this.#certificate(options);
    const signature = sign("sha256", payload, privateKey);
    const pem = pemOf(certificate);
    const entry = await this.#log(options, {
      apiVersion: "0.0.1",
      kind: "hashedrekord",
      spec: {
        data: { hash: { algorithm: "sha256", value: sha256(payload).toString("hex") } },
        signature: {
          content: signature.toString("base64"),
          publicKey: { content: Buffer.from(pem).toString("base64") },
        },
      },
    });
    const { body, integratedTime, logIndex, logID, verification } = entry;
    return {
      bytes: payload,
      annotations: {
        "dev.cosignproject.cosign/signature": signature.toString("base64"),
        "dev.sigstore.cosign/certificate": pem,
        "dev.sigstore.cosign/chain": pemOf(this.ca.rootCertificate),
        "dev.sigstore.cosign/bundle": JSON.stringify({
          SignedEntryTimestamp: verification.signedEntryTimestamp,
          Payload: { body, integratedTime, logIndex, logID },
        }),
      },
    };
  }

  /** A time stamp over a signature, as cosign's annotation has it. */
  async timestampOf(signature: Uint8Array): Promise<string> {
    const token = await this.tsa.timestamp({
      artifactHash: sha256(signature),
      hashAlgorithmOID: SHA256_OID,
      nonce: 7,
      policyOID: "1.2.3.4",
    });
    return bytesOf(token).toString("base64");
  }

  /** A bundle around a signed statement, as cosign 3 and GitHub write it. */
  async bundle(statement: object, options: KeylessOptions = {}): Promise<SigstoreBundle> {
    const payload = Buffer.from(JSON.stringify(statement));
    const { certificate, privateKey } = await this.#certificate(options);
    const signature = sign("sha256", preAuthEncoding(payload), privateKey);
    const entry = await this.#log(options, {
      apiVersion: "0.0.1",
      kind: "dsse",
      spec: {
        envelopeHash: { algorithm: "sha256", value: sha256(payload).toString("hex") },
        payloadHash: { algorithm: "sha256", value: sha256(payload).toString("hex") },
        signatures: [
          {
            signature: signature.toString("base64"),
            verifier: Buffer.from(pemOf(certificate)).toString("base64"),
          },
        ],
      },
    });
    const { inclusionProof, signedEntryTimestamp } = entry.verification;
    return {
      mediaType: BUNDLE,
      verificationMaterial: {
        certificate: { rawBytes: bytesOf(certificate).toString("base64") },
        tlogEntries: [
          {
            logIndex: String(entry.logIndex),
            logId: { keyId: Buffer.from(entry.logID, "hex").toString("base64") },
            kindVersion: { kind: "dsse", version: "0.0.1" },
            integratedTime: String(entry.integratedTime),
            inclusionPromise: { signedEntryTimestamp },
            inclusionProof: {
              logIndex: String(inclusionProof.logIndex),
              rootHash: Buffer.from(inclusionProof.rootHash, "hex").toString("base64"),
              treeSize: String(inclusionProof.treeSize),
              hashes: [],
              checkpoint: { envelope: inclusionProof.checkpoint },
            },
            canonicalizedBody: entry.body,
          },
        ],
      },
      dsseEnvelope: {
        payload: payload.toString("base64"),
        payloadType: PAYLOAD_TYPE,
        signatures: [{ sig: signature.toString("base64"), keyid: "" }],
      },
    };
  }

  /** A bundle whose log (Rekor 2) gives no time: a time stamp proves it, or nothing does. */
  async bundleOfRekor2(statement: object, { stamped = true } = {}): Promise<SigstoreBundle> {
    const made = await this.bundle(statement);
    const { verificationMaterial, dsseEnvelope } = made;
    const signature = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? "", "base64");
    const payload = Buffer.from(dsseEnvelope.payload, "base64");
    const entry = await this.logs.get(0)?.logV2({
      apiVersion: "0.0.2",
      kind: "dsse",
      spec: {
        dsseV002: {
          payloadHash: { algorithm: "SHA2_256", digest: sha256(payload).toString("base64") },
          signatures: [{ content: signature.toString("base64") }],
        },
      },
    } as never);
    if (entry === undefined) throw new Error("there is no such log");
    const json = TransparencyLogEntry.toJSON(entry) as Record<string, unknown>;
    const proof = json["inclusionProof"] as Record<string, unknown>;
    // Of the only entry there is: its index in the tree.
    const tlogEntry = { ...json, integratedTime: "0", inclusionProof: { ...proof, logIndex: "0" } };
    const token = await this.timestampOf(signature);
    const rfc3161Timestamps = stamped ? [{ signedTimestamp: token }] : [];
    return {
      ...made,
      verificationMaterial: {
        ...verificationMaterial,
        tlogEntries: [tlogEntry],
        timestampVerificationData: { rfc3161Timestamps },
      },
    };
  }

  async #certificate({ subject = SUBJECT, issuer = ISSUER }: KeylessOptions) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const certificate = await this.ca.issueCertificate({
      publicKey: publicKey.export({ type: "spki", format: "der" }),
      subjectAltName: subject,
      extensions: [{ oid: ISSUER_OID, value: issuer }],
    });
    return { certificate, privateKey: privateKey satisfies KeyObject };
  }

  async #log({ loggedAfter = 0 }: KeylessOptions, proposed: object): Promise<LogEntry> {
    const answer = (await this.logs.get(loggedAfter)?.log(proposed)) as
      | Record<string, LogEntry>
      | undefined;
    const entry = Object.values(answer ?? {})[0];
    if (entry === undefined) throw new Error("there is no such log");
    return entry;
  }
}

export interface SigstoreBundle {
  mediaType: string;
  verificationMaterial: {
    certificate: { rawBytes: string };
    tlogEntries: Record<string, unknown>[];
    timestampVerificationData?: object;
  };
  dsseEnvelope: {
    payload: string;
    payloadType: string;
    signatures: { sig: string; keyid?: string }[];
  };
}

interface LogEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logIndex: number;
  readonly logID: string;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
      readonly checkpoint: string;
    };
  };
}

const SINCE = { start: "2020-01-01T00:00:00Z" };

function logInstance(baseUrl: string, key: Uint8Array): object {
  return {
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: {
      rawBytes: Buffer.from(key).toString("base64"),
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      validFor: SINCE,
    },
    logId: { keyId: sha256(key).toString("base64") },
  };
}

function authority(certificates: readonly ArrayBufferView[]): object {
  return {
    subject: { organization: "example", commonName: "example" },
    uri: "https://fulcio.example",
    certChain: {
      certificates: certificates.map((one) => ({ rawBytes: bytesOf(one).toString("base64") })),
    },
    validFor: SINCE,
  };
}

function pemOf(certificate: ArrayBufferView): string {
  const lines =
    bytesOf(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
