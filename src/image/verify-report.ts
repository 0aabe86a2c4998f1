import type { StoredKind } from "./stored-files.js";

/** Options of `engine.verify`. */
export interface VerifyOptions {
  readonly signal?: AbortSignal;
  /**
   * What is done about damage. Default `false`.
   *
   * - `false`: nothing
   * - `true`: what can be derived is made again of blobs that are good (uncompressed tars, indexes, trees,
   *   records). What cannot is removed, so that the next pull fetches it.
   * - `"pull"`: as `true`; images that have a reference and lack a blob are pulled again, by their digest
   */
  readonly repair?: boolean | "pull";
  /** Called after each file, with the files and bytes read so far. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** How far a verification is. */
export interface VerifyProgress {
  /** Files so far. */
  readonly checked: number;
  /** Bytes of blobs hashed so far. */
  readonly bytes: number;
}

/** A file of the store that is not what it must be. */
export interface DamagedFile {
  /**
   * - `blob`: content by digest; its bytes are others, or are missing though an image names them
   * - `layer`: the index of a layer's tar
   * - `unpacked`: which tar a compressed layer was found to hold
   * - `snapshot`: the tree of an image's files
   * - `prepared`: what was made of a component; it is made again when the component is needed
   * - `image`: the record of an image
   * - `reference`: a name for an image
   */
  readonly kind: StoredKind;
  /** That it is named for. */
  readonly digest: string;
  /** Where it lies on the host, or must lie. */
  readonly path: string;
  readonly problem: string;
  /** It is as it must be again, or nothing needs it any more. */
  readonly repaired: boolean;
}

/** What `engine.verify` found. */
export interface VerifyReport {
  /** Files looked at. */
  readonly checked: number;
  /** Bytes of the blobs that were hashed. */
  readonly bytes: number;
  /** All that was not as it must be. */
  readonly damaged: readonly DamagedFile[];
  /** Nothing is damaged, or all of it has been repaired. */
  readonly ok: boolean;
}
