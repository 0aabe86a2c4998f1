import type { Digest } from "../oci/digest.js";

/** How far one blob of an image is. */
export interface PullProgress {
  /** Of the config or layer as the registry has it. */
  readonly digest: Digest;
  /**
   * `exists`: the store had it; `download`: bytes are coming in, and are unpacked as they come;
   * `unpack`: all have come, the rest is being unpacked; `done`: verified, and ready to be committed.
   */
  readonly phase: "exists" | "download" | "unpack" | "done";
  /** Bytes of the blob so far. */
  readonly bytes: number;
  /** Bytes of the whole blob. */
  readonly total: number;
}

export type OnPullProgress = (progress: PullProgress) => void;

/** Reports one blob's way: gives what is to be called with the bytes so far, and with the result. */
export function reportBlob(
  onProgress: OnPullProgress | undefined,
  { digest, size: total }: { readonly digest: Digest; readonly size: number },
) {
  return {
    bytes: (bytes: number): void => {
      onProgress?.({ digest, phase: bytes < total ? "download" : "unpack", bytes, total });
    },
    finish: (existed: boolean): void => {
      onProgress?.({ digest, phase: existed ? "exists" : "done", bytes: total, total });
    },
  };
}
