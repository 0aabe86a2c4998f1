import { setImmediate } from "node:timers/promises";
import { isSafedockError } from "../base/errors.js";
import { OUTLINE_BYTES_HERE, readOutline, type WantedSections } from "../image/module-outline.js";
import { openModuleAt, type OpenImage } from "../image/resolve-entry.js";
import { ModuleFormatError } from "../wasm/byte-reader.js";
import { COMPONENT_EXPORTS, COMPONENT_IMPORTS } from "../wasm/read-component.js";
import {
  SECTION_EXPORT,
  SECTION_IMPORT,
  SECTION_MEMORY,
  SECTION_START,
  SECTION_TABLE,
  SECTION_TYPE,
} from "../wasm/read-module.js";
import { describeElsewhere } from "./describe-elsewhere.js";
import { describeOutline, type ProgramHead, unreadable } from "./describe-outline.js";
import type { ProgramRequirements, Requirements } from "./requirements.js";

/** Most bytes of names, types and limits that are looked at: a hundred times what tools write. */
const MAX_BYTES = 4 * 2 ** 20;

const WANTED: WantedSections = {
  core: [
    SECTION_TYPE,
    SECTION_IMPORT,
    SECTION_TABLE,
    SECTION_MEMORY,
    SECTION_EXPORT,
    SECTION_START,
  ],
  component: [COMPONENT_IMPORTS, COMPONENT_EXPORTS],
};

/**
 * Reads what an image's programs import: code and data are passed over on disk, nothing is compiled and
 * nothing runs.
 */
export async function readRequirements(image: OpenImage): Promise<Requirements> {
  const { digest, reference, program, modules } = image.record;
  const entry = program?.entry?.path;
  const programs: ProgramRequirements[] = [];
  for (const { path, kind, size } of modules) {
    programs.push(await readProgram(image, { path, kind, size }));
    // Many small reads must not keep the app's own work waiting.
    await setImmediate();
  }
  return {
    digest,
    ...(reference === undefined ? {} : { reference }),
    ...(entry === undefined ? {} : { entry }),
    programs,
  };
}

async function readProgram(image: OpenImage, head: ProgramHead): Promise<ProgramRequirements> {
  try {
    const outline = await readOutline(await openModuleAt(image, head.path), WANTED, MAX_BYTES);
    if (outline === undefined) {
      return unreadable(head, `its imports and exports take more than ${MAX_BYTES} bytes`);
    }
    const isSmall = outline.length <= OUTLINE_BYTES_HERE;
    return isSmall ? describeOutline(outline, head) : await describeElsewhere(outline, head);
  } catch (error) {
    if (error instanceof ModuleFormatError) return unreadable(head, "its sections cannot be read");
    if (isSafedockError(error, "ERR_MODULE_INVALID")) return unreadable(head, error.data.problem);
    throw error;
  }
}
