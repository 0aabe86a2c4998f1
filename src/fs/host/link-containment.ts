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
 * Left open: two guests that share a mount and race, one moving a directory up while the other makes a
 * link in it. No guest is helped by that; programs of the host should not trust links in a directory
 * that guests may write to.
 */
import * as fs from "node:fs";
import { EPERM, EXDEV } from "../errno.js";
import type { Errno } from "../errno.js";
import type { Place } from "./place.js";
import { readEntries } from "./read-entries.js";

/** A directory with more than this moves up only by copying (-EXDEV): 10,000 entries, some 0.1 s. */
const MAX_SEARCHED_ENTRIES = 10_000;
/** Deeper trees are copied too; each level holds a descriptor during the search. */
const MAX_SEARCHED_DEPTH = 64;

const windows = process.platform === "win32";
const SEPARATOR = windows ? /[\\/]/ : "/";

/** Tells whether a link with this text, `depth` directories below the root, may lead above the root. */
export function leadsOut(target: string, depth: number): boolean {
  if (windows && target.includes(":")) return true;
  const segments = target.split(SEPARATOR);
  if (segments.length > 1 && segments[0] === "") return true;
  let up = 0;
  let down = 0;
  for (const segment of segments) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") down += 1;
    else if (down > 0) return true;
    else up += 1;
  }
  return up > depth;
}

/** 0 if the child `name` may move (or be linked) from `from` to `to`, a directory of the same mount. */
export function checkMove(from: Place, name: string, to: Place): Errno {
  const oldDepth = from.depth();
  const newDepth = to.depth();
  if (oldDepth < 0 || newDepth < 0) return -EPERM;
  if (newDepth >= oldDepth) return 0;
  const prefix = from.prefix();
  if (typeof prefix === "number") return prefix;
  const stat = fs.lstatSync(prefix + name, { throwIfNoEntry: false });
  // The move itself says what is wrong with a missing name.
  if (stat?.isSymbolicLink()) return checkLink(prefix + name, oldDepth, newDepth);
  if (stat?.isDirectory()) {
    return searchChild(from, name, oldDepth, newDepth, { left: MAX_SEARCHED_ENTRIES });
  }
  return 0;
}

function checkLink(path: string, oldDepth: number, newDepth: number): Errno {
  const target = fs.readlinkSync(path);
  return leadsOut(target, newDepth) && !leadsOut(target, oldDepth) ? -EPERM : 0;
}

function searchChild(
  parent: Place,
  name: string,
  oldDepth: number,
  newDepth: number,
  budget: { left: number },
): Errno {
  const place = parent.open(name);
  if (typeof place === "number") return place;
  try {
    return search(place, oldDepth + 1, newDepth + 1, budget);
  } finally {
    place.close();
  }
}

function search(place: Place, oldDepth: number, newDepth: number, budget: { left: number }): Errno {
  if (newDepth > MAX_SEARCHED_DEPTH) return -EXDEV;
  const prefix = place.prefix();
  if (typeof prefix === "number") return prefix;
  return readEntries(prefix, (entry) => {
    budget.left -= 1;
    if (budget.left < 0) return -EXDEV;
    if (entry.isSymbolicLink()) return checkLink(prefix + entry.name, oldDepth, newDepth);
    return entry.isDirectory() ? searchChild(place, entry.name, oldDepth, newDepth, budget) : 0;
  });
}
