import { FILETYPE_SYMBOLIC_LINK } from "../node.js";
import type { MemoryFilesystem } from "./memory-filesystem.js";
import { MemoryNode } from "./memory-node.js";

export class MemorySymlink extends MemoryNode {
  readonly type = FILETYPE_SYMBOLIC_LINK;
  readonly target: string;
  readonly #bytes: number;

  /** `bytes` are the target's in UTF-8, taken from the quota before. */
  constructor(filesystem: MemoryFilesystem, target: string, bytes: number) {
    super(filesystem);
    this.target = target;
    this.#bytes = bytes;
  }

  size(): number {
    return this.#bytes;
  }

  override unlinked(): void {
    super.unlinked();
    if (this.nlink === 0) this.filesystem.quota.giveBytes(this.#bytes);
  }
}
