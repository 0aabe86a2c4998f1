import { timingSafeEqual, createHash } from "node:crypto";
import { printable } from "../base/printable.js";
import type { Reference } from "../oci/reference.js";
import type { KeylessVerifier } from "./keyless.js";
import { bundleOfAnnotations } from "./legacy-bundle.js";
import { matchIdentity, type KeylessSigner } from "./match-identity.js";
import { BadSignature } from "./parse-signed-json.js";
import { readBundle, type BundleContent } from "./read-bundle.js";
import type { Requirement } from "./requirement.js";
import type {
  BundleSignature,
  FoundSignature,
  SignedManifest,
  SimpleSignature,
} from "./signature.js";
import { isSignedBy } from "./signing-key.js";
import { checkSimplePayload } from "./simple-signing.js";
import { checkStatement, preAuthEncoding } from "./statement.js";

/** What one signature proves. */
export interface AcceptedSignature {
  /** The keys and identities of the requirement that made it: as many as count towards the threshold. */
  readonly signers: readonly string[];
  /** Digest of the manifest or index that was signed. */
  readonly signed: string;
}

/** Checks signatures against one requirement, for one image. */
export class SignatureCheck {
  private constructor(
    private readonly requirement: Requirement,
    private readonly reference: Reference,
    private readonly manifests: readonly SignedManifest[],
    private readonly keyless: KeylessVerifier | undefined,
  ) {}

  /**
   * Sigstore's packages are loaded for a requirement with identities alone.
   *
   * @throws SafedockError `ERR_OPTIONS_INVALID` for a trusted root that cannot be read
   */
  static async open(
    requirement: Requirement,
    reference: Reference,
    manifests: readonly SignedManifest[],
  ): Promise<SignatureCheck> {
    if (requirement.identities.length === 0) {
      return new SignatureCheck(requirement, reference, manifests, undefined);
    }
    const { KeylessVerifier: Verifier } = await import("./keyless.js");
    const keyless = new Verifier(requirement.trustedRoot);
    return new SignatureCheck(requirement, reference, manifests, keyless);
  }

  /** @throws BadSignature saying why it does not count */
  check(found: FoundSignature): AcceptedSignature {
    return found.kind === "simple" ? this.#checkSimple(found) : this.#checkBundle(found);
  }

  #checkSimple(found: SimpleSignature): AcceptedSignature {
    const { payload, signature, certificate } = found;
    const { signedAs } = this.requirement;
    const signed = checkSimplePayload(payload, this.#digests(), this.reference, signedAs);
    const signers = this.#keysOf(payload, signature);
    if (signers.length > 0) return { signers, signed };
    if (certificate === undefined || this.keyless === undefined) throw noKey();
    const bundle = bundleOfAnnotations(found);
    return { signers: this.#identityOf(this.keyless, bundle, payload), signed };
  }

  #checkBundle({ bytes }: BundleSignature): AcceptedSignature {
    const { content, isKeyed, value } = readBundle(bytes);
    const { signed, message, artifact } = this.#messageOf(content);
    const signers = this.#keysOf(message, content.signature);
    if (signers.length > 0) return { signers, signed };
    if (isKeyed || this.keyless === undefined) throw noKey();
    return { signers: this.#identityOf(this.keyless, value, artifact), signed };
  }

  /** What a bundle is about, the bytes that its signature is made over, and those that it names. */
  #messageOf(content: BundleContent) {
    if (content.kind === "envelope") {
      const { envelope } = content;
      const signed = checkStatement(envelope, this.#digests(), this.requirement.predicateTypes);
      return { signed, message: preAuthEncoding(envelope), artifact: envelope.payload };
    }
    const found = this.manifests.find(({ bytes }) => {
      const digest = createHash("sha256").update(bytes).digest();
      return digest.length === content.digest.length && timingSafeEqual(digest, content.digest);
    });
    if (found === undefined) throw new BadSignature("it is for other bytes than the manifest's");
    return { signed: found.digest, message: found.bytes, artifact: found.bytes };
  }

  #digests(): string[] {
    return this.manifests.map(({ digest }) => digest);
  }

  #keysOf(message: Uint8Array, signature: Uint8Array): string[] {
    const signing = this.requirement.keys.filter((key) => isSignedBy(key, message, signature));
    return signing.map(({ id }) => id);
  }

  #identityOf(keyless: KeylessVerifier, bundle: unknown, artifact: Uint8Array): string[] {
    const signer = keyless.verify(bundle, artifact);
    if (matchIdentity(this.requirement.identities, signer) !== undefined) return [nameOf(signer)];
    throw new BadSignature(`it was made by ${nameOf(signer)}, who is none of the identities`);
  }
}

function nameOf({ subject, issuer }: KeylessSigner): string {
  return `${printable(subject)} (${printable(issuer)})`;
}

function noKey(): BadSignature {
  return new BadSignature("it was made by none of the keys or identities, or over other bytes");
}
