import { expect, test } from "vitest";
import { isSafedockError } from "../../../src/base/errors.js";
import { entryPath } from "../../../src/layer/entry-path.js";
import { requirePackages } from "../../support/debian-packages.js";
import { seededNumbers } from "../seeded-numbers.js";
import {
  listWithBsdtar,
  listWithGnuTar,
  listWithPython,
  withFiles,
  type ListedFile,
} from "./other-readers.js";
import { entriesOfTar } from "./read-input.js";
import { mutatedTar } from "./tar-mutator.js";

/** Archives of the mutation runs that are tried: about a sixth of them is accepted. */
const TRIED = 1_500;

test(
  "a mutated tar that is accepted holds the files that GNU tar, bsdtar and Python agree on",
  { timeout: 500_000 },
  async () => {
    await requirePackages(["python3", "libarchive-tools"]);
    const accepted: { readonly seed: number; readonly tar: Uint8Array; readonly ours: string[] }[] =
      [];
    for (let seed = 0; seed < TRIED; seed++) {
      const next = seededNumbers(seed);
      const tar = mutatedTar(next);
      try {
        const entries = await entriesOfTar(tar, next);
        const files = entries.filter(({ type }) => type === "file");
        accepted.push({ seed, tar, ours: files.map(({ path, size }) => `${path} ${size}`) });
      } catch (error) {
        if (!isSafedockError(error)) throw error;
      }
    }
    const tars = accepted.map(({ tar }) => tar);
    const [python, gnu, bsd] = await withFiles(tars, (paths) =>
      Promise.all([listWithPython(paths), listWithGnuTar(paths), listWithBsdtar(paths)]),
    );
    let agreed = 0;
    for (const [i, { seed, ours }] of accepted.entries()) {
      const others = [python[i], gnu[i], bsd[i]].map((files) => files?.flatMap(shown));
      const [first] = others;
      if (first === undefined) continue;
      if (!others.every((other) => JSON.stringify(other) === JSON.stringify(first))) continue;
      agreed++;
      expect(ours, `seed ${seed}`).toEqual(first);
    }
    expect(agreed).toBeGreaterThan(TRIED / 20);
  },
);

/** As our index has it: what is a whiteout, or a directory by its name, is no file there. */
function shown({ name, size }: ListedFile): string[] {
  const path = entryPath(name, () => new Error("its name is too long"));
  const base = path.slice(path.lastIndexOf("/") + 1);
  return base.startsWith(".wh.") || name.endsWith("/") ? [] : [`${path} ${size}`];
}
