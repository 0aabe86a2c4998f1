import type { ImageFormat } from "../image/image-format.js";
import type { GrantRequest } from "./grant-request.js";
import type { Image } from "./image.js";
import type { ProgressEvent } from "./engine-events.js";

/**
 * What lies at a path of a new image:
 *
 * - text (as UTF-8) or bytes: a file,
 * - `source`: a file of the host, or a folder with all that is in it; links in the folder stay links, and
 *   are never followed,
 * - `content` with a `mode` of its own,
 * - `symlink`: a symbolic link with this target.
 *
 * Permission bits: 0644, and 0755 for folders and for files of the host that can be run; `mode` says
 * otherwise for one file.
 */
export type ImageFile =
  | string
  | Uint8Array
  | { readonly source: string; readonly mode?: number }
  | { readonly content: string | Uint8Array; readonly mode?: number }
  | { readonly symlink: string };

/** What an image says of how it is run. What is not given stays as the image below has it. */
export interface ImageConfigOptions {
  /** argv; the first word is the path of a module in the image, `#name` behind it an exported function. */
  readonly entrypoint?: readonly string[];
  /** The words behind `entrypoint` if a container gives none. Left out with a new `entrypoint`, as in a Dockerfile. */
  readonly cmd?: readonly string[];
  /** Variables on top of those below. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly workingDir?: string;
  /** Labels on top of those below. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Options of `engine.buildImage`. All problems in them are reported in one ERR_OPTIONS_INVALID. */
export interface BuildOptions extends ImageConfigOptions {
  /** The image below: its layers are kept, its config is inherited as with a Dockerfile's `FROM`. Default none. */
  readonly from?: Image | string;
  /**
   * By path in the image, `/bin/hello.wasm`. Folders above are made. The order does not matter; a path
   * below a folder of the host replaces what that has there.
   */
  readonly files: Readonly<Record<string, ImageFile>> | ReadonlyMap<string, ImageFile>;
  /** Annotations of the manifest. Default none. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The grants that the image asks for, as one more annotation: `image.requestedGrants`. Default none. */
  readonly requestedGrants?: GrantRequest;
  /** Default that of `from`, else `wasi/wasm`; `wasip1/wasm`, or `wasip2/wasm` for a component, in an artifact. */
  readonly platform?: string;
  /**
   * `"image"` (default): an ordinary image with one more tar layer. `"wasm-artifact"`: the CNCF's Wasm OCI
   * artifact of the one module in `files`, without `from`, `entrypoint` and what else an image's config holds.
   */
  readonly format?: Extract<ImageFormat, "image" | "wasm-artifact">;
  /** Reference under which `engine.images.get` finds it later. Default none. */
  readonly reference?: string;
  /** Time of the image and of all its files. Default 1970-01-01, so that the same input has the same digest. */
  readonly createdAt?: Date | string;
  readonly author?: string;
  /**
   * Of the new layer. Default `"none"`: the same bytes everywhere. `"gzip"` is smaller, and its bytes are the
   * same as long as Node's zlib is.
   */
  readonly compression?: "none" | "gzip";
  readonly signal?: AbortSignal;
  /** Called for each blob's progress into the store, as the engine's `progress` event. */
  readonly onProgress?: (event: ProgressEvent) => void;
}
