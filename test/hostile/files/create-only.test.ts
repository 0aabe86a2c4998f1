import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { expectPassed } from "./filesystem-limits.js";
import { hostileGuest } from "./hostile-guest.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
});
afterAll(() => fixture.close());

describe("a mount where files can only be made", () => {
  async function createOnly(guest: string, source: string, args: readonly string[]) {
    const image = await fixture.engine.loadImage(hostileGuest(guest));
    const fs = [{ source, target: "/", access: "create-only" }] as const;
    return fixture.engine.run(image, { rootfs: "none", grants: { fs }, args });
  }
  let source: string;
  beforeAll(async () => {
    source = await mkdtemp(join(fixture.folder, "create-only-"));
  });

  test("create-only", async () => {
    const folder = join(source, "one");
    await mkdir(join(folder, "dir"), { recursive: true });
    await writeFile(join(folder, "old"), "old");
    await symlink("old", join(folder, "link"));
    expectPassed(await createOnly("create-only", folder, []));
    expect(await readFile(join(folder, "old"), "utf8")).toBe("old");
    expect((await readdir(folder)).toSorted()).toEqual(
      ["dangling", "dir", "l", "link", "made", "new", "old", "target"].toSorted(),
    );
  });

  test("create-race", async () => {
    const folder = join(source, "race");
    await mkdir(folder);
    const count = 1000;
    const results = await Promise.all(
      ["one", "two"].map((id) => createOnly("create-race", folder, [id, String(count)])),
    );
    results.forEach(expectPassed);
    const made = results.map(({ stdout }) => Number(stdout.toString()));
    expect(made.reduce((sum, each) => sum + each, 0)).toBe(count);
    const names = await readdir(folder);
    expect(names).toHaveLength(count);
    const texts = new Set<string>();
    for (const name of names) texts.add(await readFile(join(folder, name), "utf8"));
    expect([...texts].filter((text) => text !== "oneone" && text !== "twotwo")).toEqual([]);
  });
});
