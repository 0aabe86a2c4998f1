import { MemoryFilesystem } from "./memory-filesystem.js";
import type { Directory } from "../node.js";

const filesystem = new MemoryFilesystem({ maxBytes: 0, maxFiles: 0, now: () => 0n, dev: 0n });
filesystem.readOnly = true;

/** A directory that is empty and stays so: what stands for the way to a mount where there is none. */
export const EMPTY_DIRECTORY: Directory = filesystem.root;
