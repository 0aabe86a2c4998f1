import { createHash } from "node:crypto";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import {
  DOCKER_CONFIG,
  DOCKER_INDEX,
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  DOCKER_LAYER_ZSTD,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
  type Compression,
} from "../oci/media-types.js";
import { parsePlatform } from "../oci/platform.js";
import { SafedockError } from "../base/errors.js";
import { tarLayer, type FixtureFiles } from "./tar-layer.js";

/** Options of {@link wasmImage}. */
export interface WasmImageOptions {
  /** Files of the lowest layer, by absolute path. */
  readonly files: FixtureFiles;
  /** Layers above it, the lowest first: files, or an uncompressed tar taken as it is. Default none. */
  readonly layers?: readonly (FixtureFiles | Uint8Array)[];
  /** The program: a path in the image, then fixed arguments. Default none. */
  readonly entrypoint?: readonly string[];
  /** Arguments that a caller may replace. Default none. */
  readonly cmd?: readonly string[];
  /** Environment. Default empty. */
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `os/architecture`. Default `wasi/wasm`. */
  readonly platform?: string;
  /** Default `gzip`. `zstd` needs Node 22.15. */
  readonly compression?: Compression;
  /** Media types: the OCI's, or Docker's schema 2. Default `oci`. */
  readonly dialect?: "oci" | "docker";
  /** Annotations of the manifest. Default none. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image as bytes: what a registry serves. */
export interface ImageFixture {
  /** The manifest, or the index when the image has several platforms. */
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  /** Config and layers by digest. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** The images that an index lists. */
  readonly images: readonly ImageFixture[];
}

const MEDIA_TYPES = {
  oci: {
    manifest: OCI_MANIFEST,
    index: OCI_INDEX,
    config: OCI_CONFIG,
    none: OCI_LAYER,
    gzip: OCI_LAYER_GZIP,
    zstd: OCI_LAYER_ZSTD,
  },
  docker: {
    manifest: DOCKER_MANIFEST,
    index: DOCKER_INDEX,
    config: DOCKER_CONFIG,
    none: DOCKER_LAYER,
    gzip: DOCKER_LAYER_GZIP,
    zstd: DOCKER_LAYER_ZSTD,
  },
} as const;

const gzip = promisify(zlib.gzip);

/**
 * Makes an image as Docker would from `FROM scratch` and `COPY`: a manifest, a config and tar layers.
 * The same options give the same digests (under one version of Node).
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` for a platform that is none, or zstd on a Node without it
 * @example
 * ```ts
 * const image = await wasmImage({ files: { "/hello.wasm": bytes }, entrypoint: ["/hello.wasm"] });
 * await registry.push("acme/hello:1.0", image);
 * ```
 */
export async function wasmImage(options: WasmImageOptions): Promise<ImageFixture> {
  const types = MEDIA_TYPES[options.dialect ?? "oci"];
  const compression = options.compression ?? "gzip";
  const blobs = new Map<Digest, Uint8Array>();
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const descriptor = describe(mediaType, bytes);
    blobs.set(descriptor.digest, bytes);
    return descriptor;
  };
  const layers: Descriptor[] = [];
  const diffIds: Digest[] = [];
  for (const layer of [options.files, ...(options.layers ?? [])]) {
    const tar = layer instanceof Uint8Array ? layer : await tarLayer(layer);
    diffIds.push(sha256(tar));
    layers.push(add(types[compression], await compress(tar, compression)));
  }
  const config = add(types.config, json(configOf(options, diffIds)));
  const bytes = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config,
    layers,
    annotations: options.annotations,
  });
  return { manifest: { descriptor: describe(types.manifest, bytes), bytes }, blobs, images: [] };
}

/**
 * Joins images into one with several platforms. An entry may carry annotations, and may be an index
 * itself.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` for a platform that is none
 */
export function imageIndex(
  entries: readonly {
    readonly image: ImageFixture;
    /** `os/architecture`, or `os/architecture/variant`. Default: the entry names none. */
    readonly platform?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[],
  options: { readonly dialect?: "oci" | "docker" } = {},
): ImageFixture {
  const mediaType = MEDIA_TYPES[options.dialect ?? "oci"].index;
  const manifests = entries.map(({ image, platform, annotations }) => ({
    ...image.manifest.descriptor,
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
    ...(annotations === undefined ? {} : { annotations }),
  }));
  const bytes = json({ schemaVersion: 2, mediaType, manifests });
  return {
    manifest: { descriptor: describe(mediaType, bytes), bytes },
    blobs: new Map(),
    images: entries.map(({ image }) => image),
  };
}

function configOf(options: WasmImageOptions, diffIds: readonly Digest[]): unknown {
  return {
    ...parsePlatform(options.platform ?? "wasi/wasm"),
    config: {
      Entrypoint: options.entrypoint,
      Cmd: options.cmd,
      Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
      WorkingDir: options.workingDir,
      Labels: options.labels,
    },
    rootfs: { type: "layers", diff_ids: diffIds },
  };
}

async function compress(tar: Uint8Array, compression: Compression): Promise<Uint8Array> {
  if (compression === "none") return tar;
  if (compression === "gzip") return gzip(tar);
  const zstd: unknown = Reflect.get(zlib, "zstdCompressSync");
  const compressed: unknown =
    typeof zstd === "function" ? Reflect.apply(zstd, zlib, [tar]) : undefined;
  if (compressed instanceof Uint8Array) return compressed;
  throw new SafedockError("ERR_OPTIONS_INVALID", "This Node cannot compress with zstd", {
    data: { problems: ["compression: zstd needs Node 22.15"] },
  });
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: sha256(bytes), size: bytes.byteLength };
}

function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
