import { randomBytes } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../base/remove-tree.js";
import { isProcessAlive, ownProcess, type ProcessIdentity } from "./process-identity.js";

/** Age after which a leftover of another machine goes, in ms: nobody writes one blob for a day. */
const FOREIGN_LEFTOVER_MS = 24 * 60 * 60 * 1000;

const NAME = /^(?<domain>[0-9a-f]{12})-(?<pid>[0-9]{1,10})-(?<start>[0-9]{1,20})-[0-9a-f]{24}$/;

/**
 * Names for what is not committed yet. A name says whose it is, so that the leftovers of a process that
 * was killed can go while those of a living one stay:
 *
 *     <domain>-<pid>-<start of the process>-<random>
 */
export class TemporaryFolder {
  private constructor(
    readonly path: string,
    private readonly owner: ProcessIdentity,
    private readonly foreignMs: number,
  ) {}

  /**
   * Opens the folder and removes what dead processes left in it.
   *
   * @param foreignMs - age after which what another machine left goes. Default a day.
   */
  static async open(path: string, foreignMs = FOREIGN_LEFTOVER_MS): Promise<TemporaryFolder> {
    const folder = new TemporaryFolder(path, await ownProcess(), foreignMs);
    await folder.sweep();
    return folder;
  }

  /** A path in the folder that nobody else uses. */
  newPath(): string {
    const { domain, pid, start } = this.owner;
    return join(this.path, `${domain}-${pid}-${start}-${randomBytes(12).toString("hex")}`);
  }

  /** Removes what dead processes left; the names of what is left then. */
  async sweep(): Promise<string[]> {
    const living: string[] = [];
    for (const name of await readdir(this.path)) {
      const path = join(this.path, name);
      // Another process may sweep at the same time: that a leftover is gone is what we want.
      if (await this.#isLeftover(name, path)) await removeTree(path);
      else living.push(name);
    }
    return living;
  }

  async #isLeftover(name: string, path: string): Promise<boolean> {
    const owner = NAME.exec(name)?.groups;
    if (owner?.domain === this.owner.domain) {
      return !(await isProcessAlive(Number(owner.pid), owner.start ?? "0"));
    }
    // Another machine or PID namespace on a shared disk: only age tells.
    const found = await stat(path).catch(() => undefined);
    return found !== undefined && Date.now() - found.mtimeMs > this.foreignMs;
  }
}
