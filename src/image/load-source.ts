import { open, rm, stat } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { ContentStore } from "../content/content-store.js";
import { WASM_HEAD_BYTES, wasmKind } from "../layer/wasm-kind.js";
import { indexOf, type HeldImage } from "../layout/choose-image.js";
import { openLayout } from "../layout/layout-folder.js";
import { readIndex } from "../layout/layout-index.js";
import { readArchive } from "../layout/read-archive.js";
import { ARCHIVE_HEAD_BYTES, archiveCompression } from "../layout/sniff-archive.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { ReadableRepository } from "../oci/repository.js";
import { describeBytes } from "./describe-bytes.js";
import type { ImageSource, SourcedManifest } from "./image-source.js";
import type { LooseModule } from "./loose-module.js";
import { spoolSource, STREAM_NAME } from "./spool-source.js";

/** A path, bytes, or a stream of bytes such as `process.stdin`. */
export type LoadSource = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A folder or archive with images. */
export interface HeldImages {
  readonly kind: "images";
  /** What errors call it. */
  readonly name: string;
  readonly entries: readonly Descriptor[];
  readonly source: ImageSource;
}

export type OpenedSource = (HeldImages | (LooseModule & { readonly kind: "module" })) & {
  /** Removes what was written to look at the source. */
  close(): Promise<void>;
};

export interface OpenSourceOptions {
  readonly signal?: AbortSignal | undefined;
  readonly maxArchiveBytes?: number | undefined;
}

/**
 * Looks what there is to be loaded, by its content and not by its name.
 *
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED`, `ERR_ARCHIVE_INVALID` and the other codes of reading one
 */
export async function openLoadSource(
  content: ContentStore,
  source: LoadSource,
  options: OpenSourceOptions,
): Promise<OpenedSource> {
  options.signal?.throwIfAborted();
  if (typeof source === "string") return openPath(content, source, printable(source), options);
  if (source instanceof Uint8Array) {
    if (wasmKind(source.subarray(0, WASM_HEAD_BYTES)) !== undefined) return moduleOf(source, false);
    if (archiveCompression(source.subarray(0, ARCHIVE_HEAD_BYTES)) === undefined) {
      throw unsupported("the bytes", `it is ${describeBytes(source)}`);
    }
    return openStream(content, once(source), options);
  }
  if (isAsyncIterable(source)) return openStream(content, source, options);
  throw unsupported("the source", `it is ${source === null ? "null" : typeof source}`);
}

/** The manifest or index of an image, as large as its entry says. */
export async function startOf(
  source: ImageSource,
  image: HeldImage,
  signal: AbortSignal | undefined,
): Promise<SourcedManifest> {
  const [entry, ...others] = image.entries;
  if (others.length > 0) return indexOf(image);
  const { bytes } = await source.manifest(entry.digest, signal);
  if (bytes.byteLength === entry.size) return { descriptor: entry, bytes };
  const { digest, size: expected } = entry;
  const actual = bytes.byteLength;
  throw new SafedockError(
    "ERR_SIZE_MISMATCH",
    `The manifest ${digest} has ${actual} bytes, index.json says ${expected}`,
    { data: { digest, expected, actual } },
  );
}

async function openPath(
  content: ContentStore,
  path: string,
  name: string,
  options: OpenSourceOptions,
): Promise<OpenedSource> {
  const found = await stat(path).catch((error: unknown) => {
    throw unsupported(name, "it cannot be read", error);
  });
  if (found.isDirectory()) {
    const source = sourceOf(await openLayout(path));
    return { kind: "images", name, entries: await readIndex(path), source, ...nothingToRemove };
  }
  if (!found.isFile()) throw unsupported(name, "it is neither a file nor a folder");
  const head = await readBeginning(path);
  if (wasmKind(head.subarray(0, WASM_HEAD_BYTES)) !== undefined) return moduleOf(path, true);
  if (archiveCompression(head) === undefined) {
    throw unsupported(name, `it is ${describeBytes(head)}`);
  }
  const archive = await readArchive(path, {
    name,
    signal: options.signal,
    maxBytes: options.maxArchiveBytes,
    temporaryPath: () => content.temporary.newPath(),
  });
  const { images: entries } = archive;
  const source = sourceOf(archive);
  return { kind: "images", name, entries, source, close: () => archive.close() };
}

async function readBeginning(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(ARCHIVE_HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, head.byteLength, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function openStream(
  content: ContentStore,
  source: AsyncIterable<Uint8Array>,
  options: OpenSourceOptions,
): Promise<OpenedSource> {
  const { signal, maxArchiveBytes: maxBytes } = options;
  const path = content.temporary.newPath();
  await spoolSource(source, path, { signal, maxBytes });
  try {
    const opened = await openPath(content, path, STREAM_NAME, options);
    const unnamed = opened.kind === "module" ? { isNamed: false } : {};
    const close = async () => {
      await opened.close();
      await rm(path, { force: true });
    };
    return { ...opened, ...unnamed, close };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function sourceOf(repository: ReadableRepository): ImageSource {
  return {
    manifest: (digest, signal) =>
      repository.fetchManifest(digest, signal === undefined ? {} : { signal }),
    blob:
      (descriptor) =>
      async ({ signal }) =>
        (await repository.fetchBlob(descriptor, { signal })).stream,
  };
}

const nothingToRemove = { close: () => Promise.resolve() };

function moduleOf(source: string | Uint8Array, isNamed: boolean): OpenedSource {
  return { kind: "module", source, isNamed, ...nothingToRemove };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function unsupported(source: string, why: string, cause?: unknown): SafedockError {
  return new SafedockError("ERR_SOURCE_UNSUPPORTED", `Cannot load ${source}: ${why}`, {
    data: { source },
    hint: "name a .wasm file, an OCI layout folder, or an OCI or docker save archive, or give their bytes",
    cause,
  });
}
