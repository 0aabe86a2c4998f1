import { buildImage } from "../image/build-image.js";
import type { ImageRecord } from "../image/image-record.js";
import type { ImageStore } from "../image/image-store.js";
import type { OnPullProgress } from "../image/pull-progress.js";
import type { BuildOptions } from "./build-options.js";
import { BUILD_KEYS, checkBuildOptions } from "./check-build-options.js";
import { isPlain } from "./plain-copy.js";
import { isRecord } from "./problems.js";
import { reading, readOptions } from "./read-options.js";

/** @throws SafedockError `ERR_OPTIONS_INVALID` for options that cannot be read */
export function readBuildOptions(options: BuildOptions): BuildOptions {
  const read = readOptions("build options", options, BUILD_KEYS);
  return reading("build options", "files", () => {
    const { files }: { readonly files?: unknown } = read;
    return isRecord(files) && isPlain(files) ? { ...read, files: { ...read.files } } : read;
  });
}

/** Checks all options of a build, then builds. */
export async function buildByOptions(
  store: ImageStore,
  options: BuildOptions,
  progressOf: (name: string) => OnPullProgress,
): Promise<ImageRecord> {
  const checked = await checkBuildOptions(options);
  const { from, signal } = options;
  const onProgress = progressOf(checked.reference ?? "build");
  signal?.throwIfAborted();
  const base = typeof from === "string" ? await store.get(from) : from?.record;
  const call = { onProgress, ...(signal === undefined ? {} : { signal }) };
  const open = (record: ImageRecord) => store.openImage(record);
  return buildImage(await store.destination(), open, { ...checked, base }, call);
}
