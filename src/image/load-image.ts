import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { bytesSource, type BlobSource } from "../content/blob-source.js";
import { wasmKind } from "../layer/wasm-kind.js";
import { formatReference, parseReference } from "../oci/reference.js";
import type { Digest } from "../oci/digest.js";
import { describeBytes } from "./describe-bytes.js";
import type { ImageRecord } from "./image-record.js";
import { layoutManifest, layoutSource } from "./oci-layout.js";
import { readHead, safeName } from "./module-layer.js";
import { bringIn, type ImageDestination, type PullImageOptions } from "./pull-image.js";
import { storeImage } from "./store-image.js";
import { wasmFileManifest } from "./wasm-file.js";

export interface LoadImageOptions extends PullImageOptions {
  /** Reference under which the image can be found later. Default none: by its digest alone. */
  readonly reference?: string;
  /**
   * Of a layout folder with several images: the one with this name
   * (`org.opencontainers.image.ref.name`). Default: the only one, or the one of the wanted platform.
   */
  readonly tag?: string;
}

/** What a module is called that comes as bytes. */
const DEFAULT_MODULE_NAME = "main.wasm";

/**
 * Loads an image without a registry: an OCI layout folder, a `.wasm` file, or the bytes of one (a core
 * module or a component).
 *
 * A module becomes an image of one file, with its path as the Entrypoint.
 *
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED` for anything else, and what `pullImage` throws.
 */
export async function loadImage(
  stores: ImageDestination,
  source: string | Uint8Array,
  options: LoadImageOptions = {},
): Promise<ImageRecord> {
  const { signal } = options;
  signal?.throwIfAborted();
  const reference =
    options.reference === undefined
      ? undefined
      : formatReference(parseReference(options.reference));
  if (source instanceof Uint8Array) {
    checkModule(source, "the bytes");
    const { digest, size } = await measure(bytesSource(source), signal);
    const module = { name: DEFAULT_MODULE_NAME, digest, size, open: bytesSource(source) };
    return loadModule(stores, module, reference, options);
  }
  const shown = printable(source);
  const found = await stat(source).catch((error: unknown) => {
    throw unsupported(shown, "it cannot be read", error);
  });
  if (found.isDirectory()) {
    const layout = layoutSource(source);
    const start = await layoutManifest(source, options);
    return bringIn(stores, layout, start, reference, options);
  }
  if (!found.isFile()) throw unsupported(shown, "it is neither a file nor a folder");
  checkModule(await readHead(source, 0, found.size), shown);
  const open: BlobSource = () => fileChunks(source);
  const { digest, size } = await measure(open, signal);
  const name = safeName(basename(source)) ?? DEFAULT_MODULE_NAME;
  return loadModule(stores, { name, digest, size, open }, reference, options);
}

interface LooseModule {
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
  readonly open: BlobSource;
}

async function loadModule(
  stores: ImageDestination,
  module: LooseModule,
  reference: string | undefined,
  options: LoadImageOptions,
): Promise<ImageRecord> {
  const { found, configBytes } = wasmFileManifest(module);
  const named = reference === undefined ? {} : { reference };
  const source = {
    manifest: () => Promise.resolve(found),
    blob: ({ digest }: { readonly digest: Digest }) =>
      digest === module.digest ? module.open : bytesSource(configBytes),
  };
  const changes = { ...named, format: "wasm-file" } as const;
  return storeImage(stores, source, found, reference ?? module.name, changes, options);
}

async function measure(open: BlobSource, signal: AbortSignal | undefined) {
  const hash = createHash("sha256");
  let size = 0;
  const controller = new AbortController();
  for await (const chunk of await open({ signal: signal ?? controller.signal })) {
    signal?.throwIfAborted();
    hash.update(chunk);
    size += chunk.byteLength;
  }
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  return { digest, size };
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

function checkModule(head: Uint8Array, name: string): void {
  if (wasmKind(head.subarray(0, 8)) !== undefined) return;
  throw unsupported(name, `it is ${describeBytes(head)}`);
}

function unsupported(source: string, why: string, cause?: unknown): SafedockError {
  return new SafedockError("ERR_SOURCE_UNSUPPORTED", `Cannot load ${source}: ${why}`, {
    data: { source },
    hint: "name an OCI layout folder or a .wasm file, or give the bytes of one",
    cause,
  });
}
