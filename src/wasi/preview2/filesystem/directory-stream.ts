import type { DirectoryEntry } from "../../../fs/node.js";
import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import type { OpenedDirectory } from "./opened.js";

/**
 * Reads the list that was taken when the directory was opened for reading: it stands still while entries
 * come and go. A list that was forgotten for its length is taken anew.
 */
export class DirectoryStreamResource extends Resource {
  entries: readonly DirectoryEntry[] | undefined = undefined;
  readonly #directory: OpenedDirectory;
  #next = 0;

  /** Holds the directory. */
  constructor(directory: OpenedDirectory) {
    super();
    this.#directory = directory.hold();
  }

  /** Takes the list; 0, or -errno. */
  open(process: Process): number {
    const answer = this.#directory.location.directory.list();
    if (typeof answer === "number") return answer;
    process.lists.keep(this, answer);
    return 0;
  }

  /** The next entry, undefined at the end, or -errno. */
  next(process: Process): DirectoryEntry | number | undefined {
    if (this.entries === undefined) {
      const answer = this.open(process);
      if (answer < 0) return answer;
    }
    return this.entries?.[this.#next++];
  }

  override release(): void {
    this.entries = undefined;
    this.#directory.letGo();
  }
}
