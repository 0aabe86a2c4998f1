import { isSafedockError, type ErrorCode } from "../base/errors.js";
import type { WasmKind } from "../layer/wasm-kind.js";
import type { ImageWorld } from "./image-world.js";
import { readWorld } from "./read-world.js";
import { resolveEntry, type OpenImage, type Program } from "./resolve-entry.js";

/** What an image runs if nothing else is asked for. */
export interface ImageEntry {
  /** Of the module: absolute in the image, links followed. */
  readonly path: string;
  /** Exported function that the image names, as in `/hello.wasm#add`. */
  readonly function?: string;
  /** What the file is, by its first bytes. */
  readonly kind: WasmKind;
  /** The command line; its first word is the program as the image names it. */
  readonly args: readonly string[];
}

/** An image's program as its record keeps it. */
export interface ImageProgram {
  /** Absent if the image has several modules and names none, or names what it does not have. */
  readonly entry?: ImageEntry;
  /** Of the entry; absent if its bytes are no module. */
  readonly world?: ImageWorld;
}

/** What is wrong with an image's program is said when it is to be run: another one may be named then. */
const NO_PROGRAM: readonly ErrorCode[] = [
  "ERR_ENTRYPOINT_MISSING",
  "ERR_IMAGE_NO_WASM",
  "ERR_MODULE_INVALID",
];

/** Finds the program that an image runs by itself, and reads what it is to its host. */
export async function describeProgram(image: OpenImage): Promise<ImageProgram> {
  let program: Program;
  try {
    program = await resolveEntry(image);
  } catch (error) {
    if (NO_PROGRAM.some((code) => isSafedockError(error, code))) return {};
    throw error;
  }
  const { module, args, entry: name } = program;
  const entry: ImageEntry = {
    path: module.name,
    ...(name !== undefined ? { function: name } : {}),
    kind: module.kind,
    args,
  };
  const world = await readWorld(module);
  return world === undefined ? { entry } : { entry, world };
}
