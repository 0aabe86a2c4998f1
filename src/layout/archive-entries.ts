import { printable } from "../base/printable.js";
import { parentPath } from "../layer/entry-path.js";
import type { LayerEntry } from "../layer/layer-entry.js";

/** Links that are followed to a file: docker before 25 writes one, to a layer that an image shares. */
const MAX_LINKS = 8;

/** Where a file of an archive lies in it, in bytes. */
export interface ArchiveFile {
  readonly offset: number;
  readonly size: number;
}

/**
 * The files of an archive by name. Nothing of it is ever put on a path of the host, so a link can lead
 * nowhere but to another file of the archive.
 */
export class ArchiveEntries {
  readonly #entries = new Map<string, LayerEntry>();

  /**
   * @param reject - makes the error from a sentence about the archive.
   * @throws what `reject` makes for a name that occurs twice: readers disagree which one counts.
   */
  constructor(
    entries: readonly LayerEntry[],
    private readonly reject: (problem: string) => Error,
  ) {
    for (const entry of entries) {
      // An archive of images has no layers below it that a whiteout could hide.
      if (entry.type === "directory" || entry.type === "whiteout" || entry.type === "opaque")
        continue;
      if (this.#entries.has(entry.path)) {
        throw reject(`it has two entries ${JSON.stringify(printable(entry.path, 100))}`);
      }
      this.#entries.set(entry.path, entry);
    }
  }

  /**
   * The file of this name, `undefined` if there is none.
   *
   * @param name - as documents of the archive have it: relative, without `..`.
   */
  find(name: string): ArchiveFile | undefined {
    const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
    if (name.startsWith("/") || segments.includes("..") || segments.length === 0) {
      throw this.reject(`${JSON.stringify(printable(name, 100))} is no name of a file in it`);
    }
    let path = `/${segments.join("/")}`;
    for (let links = 0; links <= MAX_LINKS; links++) {
      const entry = this.#entries.get(path);
      if (entry === undefined) return undefined;
      if (entry.type === "file") return { offset: entry.offset, size: entry.size };
      path = entry.type === "hardlink" ? entry.link : this.#target(path, entry.link);
    }
    throw this.reject(`${JSON.stringify(printable(name, 100))} leads through too many links`);
  }

  #target(path: string, link: string): string {
    const segments = parentPath(path)
      .split("/")
      .filter((segment) => segment !== "");
    for (const segment of link.split("/")) {
      if (segment === "" || segment === ".") continue;
      if (segment !== "..") segments.push(segment);
      else if (segments.pop() === undefined) throw this.#outside(path, link);
    }
    if (link.startsWith("/")) throw this.#outside(path, link);
    return `/${segments.join("/")}`;
  }

  #outside(path: string, link: string): Error {
    const [from, to] = [printable(path, 100), printable(link, 100)];
    return this.reject(
      `the link ${JSON.stringify(from)} points out of it, to ${JSON.stringify(to)}`,
    );
  }
}
