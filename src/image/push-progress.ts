import type { Digest } from "../oci/digest.js";
import type { BlobId, BlobOutcome } from "../oci/repository.js";

/** How far one blob of an image that is pushed is. */
export interface PushProgress {
  /** Of the config or layer. */
  readonly digest: Digest;
  /**
   * `upload`: bytes are going out; `existing`: the repository had it; `mounted`: taken from a
   * neighbouring repository; `pushed`: the registry has it.
   */
  readonly phase: "upload" | "existing" | "mounted" | "pushed";
  /** Bytes of the blob so far; after a failed try they begin again lower. */
  readonly bytes: number;
  /** Bytes of the whole blob. */
  readonly total: number;
}

export type OnPushProgress = (progress: PushProgress) => void;

/** Reports one blob's way: gives what is to be called with the bytes so far, and with the result. */
export function reportPush(
  onProgress: OnPushProgress | undefined,
  { digest, size: total }: BlobId,
) {
  return {
    bytes: (bytes: number): void => onProgress?.({ digest, phase: "upload", bytes, total }),
    finish: (phase: BlobOutcome): void => onProgress?.({ digest, phase, bytes: total, total }),
  };
}
