import { createHash } from "node:crypto";
import { isSafedockError } from "../base/errors.js";
import { parseReference } from "../oci/reference.js";
import { checkMembers, type ProblemSink } from "./problem-sink.js";
import { readSigningKey, type SigningKey } from "./signing-key.js";

/** An identity that may have signed; `subject` matches as a whole. */
export interface RequiredIdentity {
  readonly issuer: string;
  readonly subject: string | RegExp;
}

/** `SignatureOptions`, checked and read. */
export interface Requirement {
  /** The same for options that ask for the same, in whatever order. */
  readonly fingerprint: string;
  readonly keys: readonly SigningKey[];
  readonly identities: readonly RequiredIdentity[];
  /** JSON text of the trusted root; empty without identities. */
  readonly trustedRoot: string;
  readonly threshold: number;
  readonly signedAs: "repository" | "exact" | "any" | { readonly repository: string };
  readonly predicateTypes: readonly string[];
}

/** What `cosign sign` states. */
const COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1";
/** Most keys, identities and kinds of statements: each is tried with each signature. */
const MAX_LIST = 64;
/** Longest issuer, subject or kind, in characters: as long as URLs may be in practice. */
const MAX_TEXT = 2048;
/** Largest trusted root, in characters: Sigstore's own has 8,000. */
const MAX_TRUSTED_ROOT = 4 * 2 ** 20;
const MEMBERS = ["keys", "keyless", "threshold", "signedAs", "predicateTypes"];

/** Reads verify options; problems go into `problems`, and `undefined` comes back with one. */
export function readRequirement(
  at: string,
  options: unknown,
  problems: ProblemSink,
): Requirement | undefined {
  let isBad = false;
  const fail = (problem: string): undefined => {
    isBad = true;
    problems.add(problem);
  };
  if (!checkMembers(at, options, MEMBERS, { add: fail })) return undefined;
  const keys = readKeys(`${at}.keys`, options["keys"], fail);
  const keyless = readKeyless(`${at}.keyless`, options["keyless"], fail);
  const signers = keys.length + keyless.identities.length;
  if (signers === 0 && !isBad) fail(`${at}: must have keys or keyless identities`);
  const threshold = options["threshold"] ?? 1;
  // An expression can stand for any number of signers.
  const most = keyless.identities.some(({ subject }) => typeof subject !== "string")
    ? MAX_LIST
    : signers;
  if (!isCount(threshold) || (threshold > most && !isBad)) {
    fail(`${at}.threshold: must be an integer from 1 to the number of keys and identities`);
  }
  const signedAs = readSignedAs(`${at}.signedAs`, options["signedAs"], fail);
  const predicateTypes = options["predicateTypes"] ?? [COSIGN_SIGN];
  if (!isTextList(predicateTypes)) {
    fail(`${at}.predicateTypes: must be a list of 1 to ${MAX_LIST} URIs`);
  }
  if (isBad || !isCount(threshold) || !isTextList(predicateTypes)) return undefined;
  const read = { keys, ...keyless, threshold, signedAs, predicateTypes };
  return { ...read, fingerprint: fingerprintOf(read) };
}

type Fail = (problem: string) => undefined;

function readKeys(at: string, value: unknown, fail: Fail): SigningKey[] {
  if (value === undefined) return [];
  const list: unknown = typeof value === "string" ? [value] : value;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_LIST) {
    fail(`${at}: must be a public key in PEM, or a list of 1 to ${MAX_LIST} of them`);
    return [];
  }
  const keys = new Map<string, SigningKey>();
  for (const [i, pem] of list.entries()) {
    const key = typeof pem === "string" ? readSigningKey(pem) : "must be a string";
    if (typeof key === "string") fail(`${at}[${i}]: ${key}`);
    else keys.set(key.id, key); // one that stands there twice counts once
  }
  return Array.from(keys.values());
}

function readKeyless(at: string, value: unknown, fail: Fail) {
  const none = { identities: [], trustedRoot: "" };
  if (value === undefined) return none;
  if (!checkMembers(at, value, ["identities", "trustedRoot"], { add: fail })) return none;
  const trustedRoot = readTrustedRoot(`${at}.trustedRoot`, value["trustedRoot"], fail);
  const { identities: list } = value;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_LIST) {
    fail(`${at}.identities: must be a list of 1 to ${MAX_LIST} identities`);
    return { identities: [], trustedRoot };
  }
  const identities = new Map<string, RequiredIdentity>();
  for (const [i, item] of list.entries()) {
    const identity = readIdentity(`${at}.identities[${i}]`, item, fail);
    if (identity !== undefined) identities.set(nameOfIdentity(identity), identity);
  }
  return { identities: Array.from(identities.values()), trustedRoot };
}

function readIdentity(at: string, value: unknown, fail: Fail): RequiredIdentity | undefined {
  if (!checkMembers(at, value, ["issuer", "subject"], { add: fail })) return undefined;
  const { issuer, subject } = value;
  if (!isText(issuer)) return fail(`${at}.issuer: must be the issuer's URL, in full`);
  if (subject instanceof RegExp) return { issuer, subject: wholeMatch(subject) };
  if (!isText(subject)) return fail(`${at}.subject: must be a string or a regular expression`);
  return { issuer, subject };
}

/** An expression without anchors would let `evil.example/?https://github.com/acme/` through. */
function wholeMatch({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?:${source})$`, flags.replaceAll(/[gmy]/g, ""));
}

function readTrustedRoot(at: string, value: unknown, fail: Fail): string {
  try {
    const isParsed = typeof value === "object" && value !== null;
    const text = isParsed ? JSON.stringify(value) : value;
    if (typeof text === "string" && text.length <= MAX_TRUSTED_ROOT) {
      const parsed: unknown = JSON.parse(text);
      const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
      if (isObject) return JSON.stringify(parsed);
    }
  } catch {
    // Said below.
  }
  fail(`${at}: must be the content of a trusted_root.json`);
  return "";
}

function readSignedAs(at: string, value: unknown, fail: Fail): Requirement["signedAs"] {
  if (value === undefined) return "repository";
  if (value === "repository" || value === "exact" || value === "any") return value;
  try {
    if (typeof value === "string" && value.includes("/")) {
      const { registry, repository } = parseReference(value);
      if (value === `${registry}/${repository}`) return { repository: value };
    }
  } catch (error) {
    if (!isSafedockError(error)) throw error;
  }
  fail(`${at}: must be repository, exact, any, or a repository in full (ghcr.io/acme/hello)`);
  return "repository";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_TEXT;
}

function isTextList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.length <= MAX_LIST && value.every(isText)
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1;
}

function nameOfIdentity({ issuer, subject }: RequiredIdentity): string {
  return JSON.stringify([issuer, typeof subject === "string" ? subject : [String(subject)]]);
}

function fingerprintOf(read: Omit<Requirement, "fingerprint">): string {
  const { keys, identities, trustedRoot, threshold, signedAs, predicateTypes } = read;
  const text = JSON.stringify([
    keys.map(({ id }) => id).toSorted(),
    identities.map(nameOfIdentity).toSorted(),
    createHash("sha256").update(trustedRoot).digest("hex"),
    threshold,
    signedAs,
    predicateTypes.toSorted(),
  ]);
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
