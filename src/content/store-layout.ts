import { join } from "node:path";
import { digestAlgorithm, digestHex, type Digest } from "../oci/digest.js";

/** Format of everything below the store's root. A new format gets a new folder, the old one is left. */
export const STORE_VERSION = "v1";

/**
 * Where things lie in a store:
 *
 *     <root>/v1/
 *       blobs/<algorithm>/<hex>       verified content: manifests, configs, layers, uncompressed tars
 *       layers/<hex of the DiffID>    what a layer's tar holds
 *       unpacked/<hex of the blob>    the DiffID that a compressed layer was found to have
 *       snapshots/<hex of the ChainID>/{tree,modules.json}
 *       images/<hex of the manifest>.json
 *       references/<hex of sha256 of the full reference>.json
 *       temp/                         not committed yet; see `TemporaryFolder`
 *
 * Whatever is not in `temp/` is complete: it came there by one rename.
 */
export class StoreLayout {
  readonly base: string;
  readonly temp: string;
  readonly images: string;
  readonly references: string;

  constructor(readonly root: string) {
    this.base = join(root, STORE_VERSION);
    this.temp = join(this.base, "temp");
    this.images = join(this.base, "images");
    this.references = join(this.base, "references");
  }

  folders(): readonly string[] {
    const { base, temp, images, references } = this;
    const named = ["blobs/sha256", "blobs/sha512", "layers", "unpacked", "snapshots"];
    return [base, temp, images, references, ...named.map((name) => join(base, name))];
  }

  blob(digest: Digest): string {
    return join(this.base, "blobs", digestAlgorithm(digest), digestHex(digest));
  }

  layer(diffId: Digest): string {
    return join(this.base, "layers", digestHex(diffId));
  }

  unpacked(blob: Digest): string {
    return join(this.base, "unpacked", digestHex(blob));
  }

  snapshot(chainId: Digest): string {
    return join(this.base, "snapshots", digestHex(chainId));
  }
}
