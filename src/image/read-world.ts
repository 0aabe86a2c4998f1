import { inThread } from "../base/in-thread.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import { COMPONENT_EXPORTS, COMPONENT_IMPORTS } from "../wasm/read-component.js";
import { SECTION_EXPORT, SECTION_IMPORT } from "../wasm/read-module.js";
import { type ImageWorld, worldOfOutline } from "./image-world.js";
import {
  type FilePart,
  OUTLINE_BOUNDS,
  OUTLINE_BYTES_HERE,
  readOutline,
  type WantedSections,
} from "./module-outline.js";

/** Most bytes of imports and exports that are looked at: a thousand times what compilers write. */
const MAX_OUTLINE_BYTES = 4 * 2 ** 20;

const WANTED: WantedSections = {
  core: [SECTION_IMPORT, SECTION_EXPORT],
  component: [COMPONENT_IMPORTS, COMPONENT_EXPORTS],
};

/**
 * The world of a module or component, by its imports and exports alone: code, data and what is nested
 * inside are passed over on disk, so that a module of any size costs some small reads, and long names
 * are read in a thread of their own. `undefined` for bytes that are no module, and for one whose names
 * take more than 4 MiB.
 */
export async function readWorld(part: FilePart): Promise<ImageWorld | undefined> {
  try {
    const outline = await readOutline(part, WANTED, MAX_OUTLINE_BYTES);
    if (outline === undefined) return undefined;
    if (outline.length <= OUTLINE_BYTES_HERE) return worldOfOutline(outline);
    const entry = new URL("./world-worker.js", import.meta.url);
    return await inThread<ImageWorld>(entry, outline, OUTLINE_BOUNDS);
  } catch (error) {
    // Whoever runs it is told what is wrong with it.
    if (error instanceof ModuleFormatError) return undefined;
    throw error;
  }
}
