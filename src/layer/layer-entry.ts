import type { WasmKind } from "./wasm-kind.js";

/**
 * One entry of a layer's tar, in the tar's order.
 *
 * - `hardlink`: another name for `link`, a path of this layer or a lower one
 * - `whiteout`: `path` is removed from the lower layers
 * - `opaque`: what the lower layers have below the directory `path` is removed
 */
export interface LayerEntry {
  /** Absolute in the image, "/a/b"; "/" for the root. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "hardlink" | "whiteout" | "opaque";
  /** Permission bits, 12 at most. */
  readonly mode: number;
  /** Bytes of a file's data, else 0. */
  readonly size: number;
  /** Where a file's data begins in the tar, in bytes. */
  readonly offset: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Target: of a symbolic link as written, of a hard link as an absolute path in the image; else "". */
  readonly link: string;
  /** Set when the first bytes of the file are those of WebAssembly. */
  readonly wasm?: WasmKind;
}
