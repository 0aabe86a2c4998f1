import type { RequiredIdentity } from "./requirement.js";

/** Who signed without a key, as a trusted authority has certified it. */
export interface KeylessSigner {
  readonly issuer: string;
  readonly subject: string;
}

/** The identity that a signer is, if it is one of these. */
export function matchIdentity(
  identities: readonly RequiredIdentity[],
  { issuer, subject }: KeylessSigner,
): RequiredIdentity | undefined {
  return identities.find(
    (identity) =>
      identity.issuer === issuer &&
      (typeof identity.subject === "string"
        ? identity.subject === subject
        : identity.subject.test(subject)),
  );
}
