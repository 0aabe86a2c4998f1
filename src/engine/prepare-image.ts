import { DEFAULT_COMPILE_MS, DEFAULT_MODULE_BYTES } from "../guest/module-compiler.js";
import type { ImageRecord } from "../image/image-record.js";
import type { ImageStore } from "../image/image-store.js";
import { openModuleAt } from "../image/resolve-entry.js";
import { preparerOf } from "./component-preparer.js";

/**
 * Prepares all components of an image, one after the other, so that none has to be when it is first run, by
 * whichever process. Those that are prepared cost a look.
 *
 * @throws SafedockError as `ComponentPreparer.prepare` does, for the first that cannot be prepared
 */
export async function prepareImage(
  store: ImageStore,
  record: ImageRecord,
  signal: AbortSignal | undefined,
): Promise<void> {
  const components = record.modules.filter(({ kind }) => kind === "component");
  if (components.length === 0) return;
  // Nothing may collect the image meanwhile.
  const lease = await store.use(record);
  try {
    const image = await store.openImage(record);
    const preparer = preparerOf(store.content);
    const bounds = { maxBytes: DEFAULT_MODULE_BYTES, timeoutMs: DEFAULT_COMPILE_MS, signal };
    for (const { path } of components) {
      await preparer.prepare(await openModuleAt(image, path), bounds);
    }
  } finally {
    await lease.release();
  }
}
