/** The folders of one race: a mount, and beside it what a guest must not reach. */
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Six bytes, as `races` expects what is inside to be. */
const INSIDE = "inside";
const OUTSIDE = "outside ".repeat(100);

export interface RaceFolders {
  readonly mount: string;
  readonly outside: string;
  /** So many links of each kind there are: `.a-link-0` … and `a/.b-link-0` …. */
  readonly kinds: number;
}

/** Makes `mount` and `outside` anew below `base`; both have the same names in `b`. */
export async function makeRaceFolders(base: string): Promise<RaceFolders> {
  await rm(base, { recursive: true, force: true });
  const mount = join(base, "mount");
  const outside = join(base, "outside");
  await mkdir(join(mount, "a", "b"), { recursive: true });
  await mkdir(join(mount, "c"));
  await writeFile(join(mount, "c", "source"), INSIDE);
  await writeFile(join(mount, "a", "b", "file"), INSIDE);
  await symlink(INSIDE, join(mount, "a", "b", "link"));
  await mkdir(join(outside, "b", "empty"), { recursive: true });
  for (const name of ["file", "gone", "arrived", "outside-only"]) {
    await writeFile(join(outside, "b", name), OUTSIDE);
  }
  await symlink(OUTSIDE, join(outside, "b", "link"));
  const waysOut = (from: string) => [
    relative(from, outside),
    outside,
    join("/proc/self/root", outside),
    `/proc/self/cwd/${relative(process.cwd(), outside)}`,
    `${relative(from, mount)}/c/../../outside`,
  ];
  for (const [kind, target] of waysOut(mount).entries()) {
    await symlink(target, join(mount, `.a-link-${kind}`));
  }
  for (const [kind, target] of waysOut(join(mount, "a")).entries()) {
    await symlink(`${target}/b`, join(mount, "a", `.b-link-${kind}`));
  }
  return { mount, outside, kinds: waysOut(mount).length };
}
