import { createHash } from "node:crypto";
import { printable } from "../base/printable.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from "../oci/media-types.js";
import type { ArchiveFile } from "./archive-entries.js";
import type { ArchiveBlob } from "./archive-repository.js";
import type { Archive } from "./open-archive.js";
import { ARCHIVE_HEAD_BYTES, archiveCompression } from "./sniff-archive.js";

/** Most layers of all images together: a manifest is made of each, and kept in memory. */
const MAX_ALL_LAYERS = 16_384;

const MEDIA_TYPES = { gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } as const;

type CompressedLayer = Pick<Descriptor, "mediaType" | "digest">;

/** The layers of all images of an archive: a file that many name is read once. */
export class LayerFiles {
  /** Of compressed files, by where they lie; `undefined`: it is not compressed. */
  readonly #known = new Map<number, CompressedLayer | undefined>();
  #count = 0;

  constructor(
    private readonly archive: Archive,
    private readonly blobs: Map<Digest, ArchiveBlob>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async describe(name: string, diffId: Digest): Promise<Descriptor> {
    if (++this.#count > MAX_ALL_LAYERS) {
      throw this.archive.invalid(`manifest.json names more than ${MAX_ALL_LAYERS} layers`);
    }
    const file = this.archive.find(name);
    if (file === undefined) {
      const shown = JSON.stringify(printable(name, 100));
      throw this.archive.invalid(`manifest.json names the layer ${shown}, which is missing`);
    }
    if (!this.#known.has(file.offset)) this.#known.set(file.offset, await this.#read(file));
    // A plain layer must have its DiffID as its digest: it is verified as it comes in.
    const { mediaType, digest } = this.#known.get(file.offset) ?? {
      mediaType: OCI_LAYER,
      digest: diffId,
    };
    this.blobs.set(digest, file);
    return { mediaType, digest, size: file.size };
  }

  /** What is neither gzip nor zstd must be a tar: the reading of the layer tells. */
  async #read(file: ArchiveFile): Promise<CompressedLayer | undefined> {
    const size = Math.min(ARCHIVE_HEAD_BYTES, file.size);
    for await (const head of this.archive.read({ ...file, size }, 0, this.signal)) {
      const compression = archiveCompression(head) ?? "none";
      if (compression === "none") return undefined;
      return { mediaType: MEDIA_TYPES[compression], digest: await this.#digestOf(file) };
    }
    return undefined;
  }

  async #digestOf(file: ArchiveFile): Promise<Digest> {
    const hash = createHash("sha256");
    for await (const chunk of this.archive.read(file, 0, this.signal)) hash.update(chunk);
    return `sha256:${hash.digest("hex")}`;
  }
}
