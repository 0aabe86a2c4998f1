import type { ImageEntry } from "../image/describe-program.js";
import type { ImageComponent } from "../image/image-component.js";
import type { ImageFormat } from "../image/image-format.js";
import type { ImageLayer } from "../image/image-record.js";
import type { ImageWorld } from "../image/image-world.js";
import type { ImageExecution } from "../oci/image-config.js";
import type { ImageModule } from "../snapshot/flatten-layers.js";
import type { TrustEvidence } from "../trust/signature-options.js";
import type { Digest } from "../oci/digest.js";

/** What `image.inspect()` gives: plain JSON; the fields are those of the image. */
export interface ImageInfo {
  readonly reference?: string;
  readonly digest: Digest;
  readonly format: ImageFormat;
  readonly platform: string;
  readonly entry?: ImageEntry;
  readonly world?: ImageWorld;
  readonly modules: readonly ImageModule[];
  readonly components?: readonly ImageComponent[];
  readonly config: ImageExecution;
  /** The lowest first, as the registry has them, and uncompressed. */
  readonly layers: readonly ImageLayer[];
  /** Bytes of all layers as the registry has them. */
  readonly size: number;
  readonly trust: readonly TrustEvidence[];
  /** When this store got the image, ISO 8601. */
  readonly createdAt: string;
}
