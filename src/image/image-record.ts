import type { Platform } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import type { ImageExecution } from "../oci/image-config.js";
import type { ImageModule } from "../snapshot/flatten-layers.js";
import type { TrustEvidence } from "../trust/signature-options.js";
import type { ImageProgram } from "./describe-program.js";
import type { ImageComponent } from "./image-component.js";
import type { ImageFormat } from "./image-format.js";

export type { WasmKind } from "../layer/wasm-kind.js";
export type { ImageModule } from "../snapshot/flatten-layers.js";

/** A layer of an image, as the registry has it and uncompressed. */
export interface ImageLayer {
  /** Of the blob as the registry has it. */
  readonly digest: Digest;
  /** Of the uncompressed bytes: the blob's own for a layer that is a module. */
  readonly diffId: Digest;
  readonly mediaType: string;
  /** Bytes of the blob. */
  readonly size: number;
}

/** What the store knows of an image: plain JSON. */
export interface ImageRecord {
  /** Full text of the reference under which it was asked for; absent for one loaded without a name. */
  readonly reference?: string;
  /** Of the image's manifest: the chosen one, where the reference led to an index. */
  readonly digest: Digest;
  readonly format: ImageFormat;
  readonly platform: Platform;
  /** How the image wants to be run; a module without words of its own got its path as Entrypoint. */
  readonly config: ImageExecution;
  /** The lowest first. */
  readonly layers: readonly ImageLayer[];
  /** Names the image's snapshot. */
  readonly chainId: Digest;
  /** WebAssembly files of the image, by path; at most 1000. */
  readonly modules: readonly ImageModule[];
  /** What it runs by itself; absent in a record of an older version: the next pull writes it anew. */
  readonly program?: ImageProgram;
  /** Of a Spin application. */
  readonly components?: readonly ImageComponent[];
  /** Text of the manifest's annotation with the grants that it asks for; nobody has looked at it yet. */
  readonly requestedGrants?: string;
  /**
   * Repositories that it was pulled from, in full; absent for one that was loaded or made here, empty where
   * that is not known any more.
   */
  readonly pulledFrom?: readonly string[];
  /** Indexes that led to it. */
  readonly indexes?: readonly Digest[];
  /** Proofs of the signatures that were asked for when it was pulled. */
  readonly trust?: readonly TrustEvidence[];
  /** When this store got it, ISO 8601. */
  readonly createdAt: string;
}
