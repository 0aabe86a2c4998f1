/** What a container remembers of refused calls is bounded, however long their paths are. */
import { expect, test } from "vitest";
import { checkContainerOptions } from "../../src/engine/check-options.js";
import { DenialTally } from "../../src/engine/denial-tally.js";
import { EPERM } from "../../src/fs/errno.js";

const denied = (path: string, count = 1) => ({
  denials: [{ denial: { kind: "fs" as const, call: "open", path, errno: EPERM }, count }],
  tell: false,
  suppressed: 0,
  others: 0,
});

test("paths of 4 KB fill no megabyte; what is known is counted on", () => {
  const tally = new DenialTally(checkContainerOptions({}));
  const long = (index: number) => `/${index}`.padEnd(4096, "x");
  for (let index = 0; index < 300; index++) tally.add(denied(long(index)));
  const paths = tally.list().map(({ path = "" }) => path);
  expect(paths.join("").length).toBe(8 * 4096);
  expect(tally.others).toBe(292);
  tally.add(denied(long(0), 5));
  expect(tally.list()[0]).toMatchObject({ path: long(0), count: 6 });
  expect(tally.others).toBe(292);
});

test("256 short paths are kept apart", () => {
  const tally = new DenialTally(checkContainerOptions({}));
  for (let index = 0; index < 300; index++) tally.add(denied(`/${index}`));
  expect(tally.list()).toHaveLength(256);
  expect(tally.others).toBe(44);
});
