import { bundleFromJSON } from "@sigstore/bundle";
import { toSignedEntity, Verifier } from "@sigstore/verify";
import { printable } from "../base/printable.js";
import { checkBounds } from "./check-bounds.js";
import type { KeylessSigner } from "./match-identity.js";
import { BadSignature } from "./parse-signed-json.js";
import { readTrustedRoot } from "./trusted-root.js";

/** Longest subject that expressions are tried on, in characters: URIs of workflows have 150. */
const MAX_SUBJECT = 2048;

/** Verifies keyless signatures: certificate, its log, time, transparency log, and the signature itself. */
export class KeylessVerifier {
  readonly #verifier: Verifier;

  /** @throws SafedockError `ERR_OPTIONS_INVALID` for a trusted root that cannot be read */
  constructor(trustedRoot: string) {
    // The thresholds are the verifier's own: one of each of SCT, log entry and time.
    this.#verifier = new Verifier(readTrustedRoot(trustedRoot));
  }

  /**
   * Who signed, as a trusted authority has certified it.
   *
   * @param bundle - parsed JSON, as it came
   * @param content - what was signed: of an envelope its payload, which must be the bundle's own
   * @throws BadSignature
   */
  verify(bundle: unknown, content: Uint8Array): KeylessSigner {
    try {
      const parsed = bundleFromJSON(bundle);
      checkBounds(parsed);
      const bytes = Buffer.from(content);
      if (
        parsed.content.$case === "dsseEnvelope" &&
        !parsed.content.dsseEnvelope.payload.equals(bytes)
      ) {
        throw new BadSignature("its payload can be read in two ways");
      }
      const { identity } = this.#verifier.verify(toSignedEntity(parsed, bytes));
      const subject = identity?.subjectAlternativeName ?? "";
      const issuer = identity?.extensions?.issuer ?? "";
      if (subject.length > MAX_SUBJECT) throw new BadSignature("its certificate is out of bounds");
      return { issuer, subject };
    } catch (error) {
      if (error instanceof BadSignature) throw error;
      // The parsers of certificates and time stamps throw errors of many kinds on hostile bytes.
      throw new BadSignature(reasonOf(error));
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? printable(error.message, 120) : "it cannot be read";
}
