/** Ways out of a folder `mount`, in which `a/b` is, to a folder `outside` beside it. */
import { join, relative } from "node:path";

/** Ways from the folder `mount` to `outside` beside it. */
export const spellingsOf = (outside: string): readonly string[] => [
  "../outside",
  "./../outside",
  "a/../../outside",
  "a/b/../../../outside",
  "a//b/.././/../..//outside",
  `${"a/../".repeat(500)}../outside`,
  "../mount/../outside",
  outside,
  `/${"../".repeat(40)}${outside}`,
  join("/proc/self/root", outside),
  `/proc/self/cwd/${relative(process.cwd(), outside)}`,
  `//${outside}`,
];

/** Links that the host has made in the mount, by name, and what they say. */
export const linksTo = (outside: string): readonly (readonly [name: string, target: string])[] => [
  ["relative", "../outside"],
  ["absolute", outside],
  ["up", ".."],
  ["far-up", "../".repeat(30)],
  ["root", "/"],
  ["chain-1", "chain-2"],
  ["chain-2", "a/chain-3"],
  ["a/chain-3", "../../outside"],
  ["through", "a/b/../../../outside"],
  ["here", "."],
  ["harmless", "here/.."],
  ["a/b/back", "../../.."],
  ["proc-root", join("/proc/self/root", outside)],
  ["proc-task", join("/proc/thread-self/root", outside)],
  ["proc-cwd", `/proc/self/cwd/${relative(process.cwd(), outside)}`],
  ["proc-fd", "/proc/self/fd"],
];
/** Ways through those links. */
export const waysThroughLinks = (outside: string): readonly string[] => [
  ...["relative", "absolute", "up/outside", "far-up/tmp", `root${outside}`, "chain-1", "chain-2"],
  ...["a/chain-3", "through", "harmless/outside", "here/here/harmless/outside"],
  ...["a/b/back/outside", "proc-root", "proc-task", "proc-cwd", "proc-fd/3"],
  ...["relative/.", "relative/../outside", "up/mount/../outside"],
];
