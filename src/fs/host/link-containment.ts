/**
 * Symbolic links that a guest may leave in a host directory.
 *
 * A guest cannot escape through a link: the walk reads links and resolves them inside the mount. But
 * another program of the host would follow what the guest has written. So with the policy "contained"
 * a link must not lead above the mount's root, read by the host:
 * - no absolute target;
 * - ".." only at the start and at most as often as the link's directory is deep. After a name it is
 *   refused at any depth: the name may be a link itself, and `x/..` is then not where the text says
 *   (`symlink(".", "x")`, `symlink("x/..", "up")`);
 * - a rename or hard link may not take a link up to where it would lead out; a directory that moves up
 *   is searched for such links first.
 * Links that the host has made are its own: they may point anywhere, and be moved if they led out before.
 *
 * Another guest that shares the mount may move a directory up while this one makes a link in it, or make
 * a link in what this one moves. So each looks again after its change: whichever of the two changes
 * comes last, the one that made it sees the other's. What leads out then is taken back.
 * Left open, since the host gives no way to hold a whole tree still: a link that is renamed again and
 * again inside a directory while that is searched may be missed; and a guest may be killed between its
 * change and its second look. No guest is helped by that; programs of the host should not trust links in
 * a directory that guests may write to.
 */
import * as fs from "node:fs";
import { EINVAL, ELOOP, ENOENT, ENOTDIR, EPERM, EXDEV } from "../errno.js";
import type { Errno } from "../errno.js";
import { errnoOf } from "./host-errno.js";
import { childPath } from "./place.js";
import type { Place } from "./place.js";
import { readEntries } from "./read-entries.js";

/** A directory with more than this moves up only by copying (-EXDEV): 10,000 entries, some 0.1 s. */
const MAX_SEARCHED_ENTRIES = 10_000;
/** Deeper trees are copied too; each level holds a descriptor during the search. */
const MAX_SEARCHED_DEPTH = 64;
/** What was let through by count may have grown by the time that links are removed from it. */
const REMOVAL_FACTOR = 10;

const windows = process.platform === "win32";
const SEPARATOR = windows ? /[\\/]/ : "/";

/** How many directories above its own a link with this text leads at most; Infinity if nobody can tell. */
export function climbs(target: string): number {
  if (windows && target.includes(":")) return Infinity;
  const segments = target.split(SEPARATOR);
  if (segments.length > 1 && segments[0] === "") return Infinity;
  let up = 0;
  let down = 0;
  for (const segment of segments) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") down += 1;
    else if (down > 0) return Infinity;
    else up += 1;
  }
  return up;
}

/** Tells whether a link with this text, `depth` directories below the root, may lead above the root. */
export function leadsOut(target: string, depth: number): boolean {
  return climbs(target) > depth;
}

/** Makes a link that stays inside, also if its directory is moved meanwhile. May throw what node:fs throws. */
export function makeLink(target: string, place: Place, path: string): Errno {
  const up = climbs(target);
  if (up > 0 && up > place.depth()) return -EPERM;
  fs.symlinkSync(target, path);
  if (up === 0 || up <= place.depth()) return 0;
  removeLink(path, target);
  return -EPERM;
}

/** One name that goes from one directory of a mount to another. */
export class Move {
  readonly #from: Place;
  readonly #name: string;
  readonly #to: Place;
  readonly #toName: string;
  #oldDepth = 0;

  constructor(from: Place, name: string, to: Place, toName: string) {
    this.#from = from;
    this.#name = name;
    this.#to = to;
    this.#toName = toName;
  }

  /** 0 if the name may move, or be linked. May throw what node:fs throws, as all calls here. */
  check(): Errno {
    this.#oldDepth = this.#from.depth();
    const newDepth = this.#to.depth();
    if (this.#oldDepth < 0 || newDepth < 0) return -EPERM;
    return newDepth >= this.#oldDepth ? 0 : this.#look(this.#from, this.#name, newDepth, refuse);
  }

  /** After the move: 0 if it may stay so, else it is undone. */
  confirm(undo: (path: string, toPath: string) => void): Errno {
    const newDepth = this.#to.depth();
    if (newDepth >= this.#oldDepth) return 0;
    const refused = newDepth < 0 ? -EPERM : this.#look(this.#to, this.#toName, newDepth, refuse);
    if (refused === 0) return 0;
    const path = childPath(this.#from, this.#name);
    const toPath = childPath(this.#to, this.#toName);
    if (typeof path === "number" || typeof toPath === "number") return -EPERM;
    try {
      undo(path, toPath);
      // Where it came from may have moved up as well.
      if (this.#from.depth() >= this.#oldDepth) return -EPERM;
      this.#look(this.#from, this.#name, this.#from.depth(), removeLink);
    } catch {
      // Its old name is taken by something else meanwhile, or the new one is.
      this.#look(this.#to, this.#toName, newDepth, removeLink);
    }
    return -EPERM;
  }

  /** Calls `found` for links in `name`, or `name` itself, that lead out now and did not before. */
  #look(place: Place, name: string, newDepth: number, found: Found): Errno {
    const path = childPath(place, name);
    if (typeof path === "number") return path;
    // The move itself says what is wrong with a missing name.
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) return checkLink(path, this.#oldDepth, newDepth, found);
    if (!stat?.isDirectory()) return 0;
    const left = MAX_SEARCHED_ENTRIES * (found === refuse ? 1 : REMOVAL_FACTOR);
    return searchChild(place, name, this.#oldDepth, newDepth, { left, found });
  }
}

/** What is done about a link that would lead out. */
type Found = (path: string, target: string) => Errno;

interface Search {
  left: number;
  readonly found: Found;
}

/** Undefined if it is no link, or gone: what a guest puts there now is checked where it does that. */
function readTarget(path: string): string | undefined {
  try {
    return fs.readlinkSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (isGone(errno) || errno === -EINVAL) return undefined;
    throw error;
  }
}

/** Whether a name that was just listed is not what it was any more. */
function isGone(errno: Errno): boolean {
  return errno === -ENOENT || errno === -ENOTDIR || errno === -ELOOP;
}

function refuse(): Errno {
  return -EPERM;
}

/** Removes a link unless something else stands under its name by now. */
function removeLink(path: string, target: string): Errno {
  try {
    if (readTarget(path) === target) fs.unlinkSync(path);
    return 0;
  } catch (error) {
    const errno = errnoOf(error);
    return isGone(errno) ? 0 : errno;
  }
}

function checkLink(path: string, oldDepth: number, newDepth: number, found: Found): Errno {
  const target = readTarget(path);
  if (target === undefined) return 0;
  return leadsOut(target, newDepth) && !leadsOut(target, oldDepth) ? found(path, target) : 0;
}

function searchChild(
  parent: Place,
  name: string,
  oldDepth: number,
  newDepth: number,
  search: Search,
): Errno {
  const place = parent.open(name);
  if (typeof place === "number") return isGone(place) ? 0 : place;
  try {
    return searchIn(place, oldDepth + 1, newDepth + 1, search);
  } finally {
    place.close();
  }
}

function searchIn(place: Place, oldDepth: number, newDepth: number, search: Search): Errno {
  if (newDepth > MAX_SEARCHED_DEPTH) return -EXDEV;
  const prefix = place.prefix();
  if (typeof prefix === "number") return prefix;
  return readEntries(prefix, (entry) => {
    search.left -= 1;
    if (search.left < 0) return -EXDEV;
    if (entry.isSymbolicLink())
      return checkLink(prefix + entry.name, oldDepth, newDepth, search.found);
    return entry.isDirectory() ? searchChild(place, entry.name, oldDepth, newDepth, search) : 0;
  });
}
