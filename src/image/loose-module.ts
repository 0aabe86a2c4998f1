import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { bytesSource, type BlobSource } from "../content/blob-source.js";
import type { Digest } from "../oci/digest.js";
import { checkNamedDigest } from "./check-named-digest.js";
import type { ImageRecord } from "./image-record.js";
import { safeName } from "./module-layer.js";
import type { ImageDestination, PullImageOptions } from "./pull-image.js";
import { storeImage } from "./store-image.js";
import { wasmFileManifest } from "./wasm-file.js";

/** What a module is called that comes without a name. */
const DEFAULT_MODULE_NAME = "main.wasm";

/** A WebAssembly file that is no image yet. */
export interface LooseModule {
  /** Its path on the host, or its bytes. */
  readonly source: string | Uint8Array;
  /** Its path gives it its name in the image. Default `main.wasm`. */
  readonly isNamed: boolean;
}

/** Makes an image of a module: one file, with its path as the Entrypoint. */
export async function loadModule(
  stores: ImageDestination,
  { source, isNamed }: LooseModule,
  reference: string | undefined,
  options: PullImageOptions,
): Promise<ImageRecord> {
  const open: BlobSource = source instanceof Uint8Array ? bytesSource(source) : () => read(source);
  const named = isNamed && typeof source === "string" ? safeName(basename(source)) : undefined;
  const name = named ?? DEFAULT_MODULE_NAME;
  const { digest, size } = await measure(open, options.signal);
  const { found, configBytes } = wasmFileManifest({ name, digest, size });
  checkNamedDigest(reference, [found.descriptor.digest]);
  const changes = {
    ...(reference === undefined ? {} : { reference }),
    format: "wasm-file",
  } as const;
  const image = {
    manifest: () => Promise.resolve(found),
    blob: (wanted: { readonly digest: Digest }) =>
      wanted.digest === digest ? open : bytesSource(configBytes),
  };
  return storeImage(stores, image, found, reference ?? name, changes, options);
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

async function* read(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}
