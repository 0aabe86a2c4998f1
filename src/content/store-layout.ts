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
 *       components/<hex of the DiffID>/<offset>-<length>   digest of a component in it
 *       prepared/<hex of the component>/<variant>          what jco has made of it
 *       prepared/<hex of a bundle of the worker>/<V8>      V8's code of it
 *       images/<hex of the manifest>.json
 *       references/<hex of sha256 of the full reference>.json
 *       pins/<hex of the manifest>    empty; keeps an image from being pruned
 *       leases/, collectors/          who needs what, and who collects; see `Leases`
 *       temp/                         not committed yet; see `TemporaryFolder`
 *
 * What is content, derived of it, or a name is complete: it came there by one rename.
 */
export class StoreLayout {
  readonly base: string;
  readonly temp: string;
  readonly components: string;
  readonly prepared: string;
  readonly images: string;
  readonly references: string;
  readonly pins: string;
  readonly leases: string;
  readonly collectors: string;

  constructor(readonly root: string) {
    this.base = join(root, STORE_VERSION);
    this.temp = join(this.base, "temp");
    this.components = join(this.base, "components");
    this.prepared = join(this.base, "prepared");
    this.images = join(this.base, "images");
    this.references = join(this.base, "references");
    this.pins = join(this.base, "pins");
    this.leases = join(this.base, "leases");
    this.collectors = join(this.base, "collectors");
  }

  folders(): readonly string[] {
    const { temp, components, prepared, images, references, pins, leases, collectors } = this;
    const named = ["blobs/sha256", "blobs/sha512", "layers", "unpacked", "snapshots"];
    const paths = named.map((name) => join(this.base, name));
    return [temp, components, prepared, images, references, pins, leases, collectors, ...paths];
  }

  blob(digest: Digest): string {
    return join(this.base, "blobs", digestAlgorithm(digest), digestHex(digest));
  }

  layer(diffId: Digest): string {
    return join(this.base, "layers", digestHex(diffId));
  }

  image(manifest: Digest): string {
    return join(this.images, `${digestHex(manifest)}.json`);
  }

  pin(manifest: Digest): string {
    return join(this.pins, digestHex(manifest));
  }

  unpacked(blob: Digest): string {
    return join(this.base, "unpacked", digestHex(blob));
  }

  snapshot(chainId: Digest): string {
    return join(this.base, "snapshots", digestHex(chainId));
  }
}
