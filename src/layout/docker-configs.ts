import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { MAX_CONFIG_BYTES, parseImageConfig, type ImageConfig } from "../oci/image-config.js";
import { OCI_CONFIG } from "../oci/media-types.js";
import type { ArchiveBlob } from "./archive-repository.js";
import type { Archive } from "./open-archive.js";

/** `<hex>.json`, `sha256:<hex>`, or a path of blobs: a name that says what the file's digest is. */
const CONFIG_NAME = /(?:^|\/|sha256:)(?<hex>[0-9a-f]{64})(?:\.json)?$/;

export interface DockerConfig {
  readonly descriptor: Descriptor;
  readonly parsed: ImageConfig;
}

/** The configs of an archive's images: a file that many name is read once. */
export class ConfigFiles {
  readonly #known = new Map<string, DockerConfig>();

  constructor(
    private readonly archive: Archive,
    private readonly blobs: Map<Digest, ArchiveBlob>,
  ) {}

  /**
   * @throws SafedockError `ERR_ARCHIVE_INVALID`, `ERR_CONFIG_INVALID`, `ERR_DIGEST_MISMATCH` for a config
   * that has another digest than its name says
   */
  async read(name: string): Promise<DockerConfig> {
    const known = this.#known.get(name) ?? (await this.#read(name));
    this.#known.set(name, known);
    return known;
  }

  async #read(name: string): Promise<DockerConfig> {
    const bytes = await this.archive.readFile(name, MAX_CONFIG_BYTES);
    const digest: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const said = CONFIG_NAME.exec(name)?.groups?.["hex"];
    if (said !== undefined && digest !== `sha256:${said}`) throw mismatch(`sha256:${said}`, digest);
    const file = this.archive.find(name);
    // Where it lies, not its bytes: an archive may have many.
    if (file !== undefined) this.blobs.set(digest, file);
    const descriptor = { mediaType: OCI_CONFIG, digest, size: bytes.byteLength };
    return { descriptor, parsed: parseImageConfig(bytes) };
  }
}

function mismatch(expected: string, actual: string): SafedockError {
  return new SafedockError("ERR_DIGEST_MISMATCH", `The config is ${actual}, not ${expected}`, {
    data: { expected, actual },
  });
}
