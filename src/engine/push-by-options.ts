import { blobOrigins, pushImage, pushTarget } from "../image/push-image.js";
import type { ImageRecord } from "../image/image-record.js";
import type { ImageStore } from "../image/image-store.js";
import { formatReference } from "../oci/reference.js";
import { REGISTRY_OPTIONS } from "../registry/check-registry-options.js";
import { openRegistry } from "../registry/registry.js";
import type { RegistryOptions } from "../registry/registry-options.js";
import { Problems } from "./problems.js";
import { readKnownOptions } from "./read-options.js";
import type { PushedImage, PushEvent, PushOptions } from "./push-options.js";

/** Larger pieces would have to be held in memory as a whole. */
const MAX_CHUNK_BYTES = 2 ** 30;
/** Most that an app may ask for: a registry takes more than this from one client for an attack. */
const MAX_CONCURRENT_BLOBS = 64;

const KEYS = ["chunkBytes", "concurrentBlobs", "signal", "onProgress", ...REGISTRY_OPTIONS];

/** Pushes an image of the store to where the options and its name say. */
export async function pushByOptions(
  store: ImageStore,
  record: ImageRecord,
  target: string | undefined,
  options: PushOptions,
  defaults: RegistryOptions | undefined,
  report: (event: PushEvent) => void,
): Promise<PushedImage> {
  const read = readKnownOptions("push options", options, KEYS);
  const { chunkBytes, concurrentBlobs, signal, onProgress, ...registryOptions } = read;
  const problems = new Problems();
  problems.integer("chunkBytes", chunkBytes, 1, MAX_CHUNK_BYTES, undefined);
  problems.integer("concurrentBlobs", concurrentBlobs, 1, MAX_CONCURRENT_BLOBS, undefined);
  problems.throwIfAny("push options");
  signal?.throwIfAborted();
  const to = pushTarget(record, target);
  const reference = formatReference(to);
  const mountFrom = blobOrigins([record, ...(await store.list())], to);
  await using registry = openRegistry(to.registry, { ...defaults, ...registryOptions });
  const pushed = await pushImage(
    store.content,
    record,
    registry.repository(to.repository),
    to.tag ?? record.digest,
    {
      mountFrom,
      chunkBytes,
      concurrentBlobs,
      signal,
      onProgress: (progress) => {
        const event = { reference, ...progress };
        report(event);
        onProgress?.(event);
      },
    },
  );
  return { reference, ...pushed };
}
