import type { SaveFormat, SaveProgress } from "../image/save-image.js";
import type { ArchiveCompression } from "../image/write-target.js";
import type { Digest } from "../oci/digest.js";

/** Options of `engine.saveImage`. */
export interface SaveOptions {
  /**
   * `oci-layout` (a folder), `oci-archive` (the same as a tar), or `docker-archive` (as `docker save` writes
   * it). Default `oci-layout` for a path that ends with `/` or is a folder, else `oci-archive`.
   */
  readonly format?: SaveFormat;
  /** Name of the image in what is saved, for one image alone. Default: its own reference. */
  readonly reference?: string;
  /** Of an archive as a whole. Default `gzip` for a path that ends with `.gz` or `.tgz`, else `none`. */
  readonly compression?: ArchiveCompression;
  readonly signal?: AbortSignal;
  /** Called as the bytes of each blob are written. */
  readonly onProgress?: (progress: SaveProgress) => void;
}

/** What `engine.saveImage` has written. */
export interface SavedImages {
  readonly format: SaveFormat;
  readonly images: readonly {
    /** Name under which it is saved; undefined: it can be found by its digest alone. */
    readonly reference: string | undefined;
    /** Of the manifest. */
    readonly digest: Digest;
  }[];
}
