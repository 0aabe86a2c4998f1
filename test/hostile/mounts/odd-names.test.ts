/** Names of all kinds, from a guest and from the host. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FsGrant, Image } from "safedock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { callsGuest, expectCalls } from "./calls.js";
import { snapshotOf } from "./canary.js";
import { hostileGuest } from "./hostile-guest.js";

let fixture: TestEngine;
let oddNames: Image;
let calls: Image;
let base: string;
let mount: string;
let outside: string;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  oddNames = await fixture.engine.loadImage(hostileGuest("odd-names"));
  calls = await fixture.engine.loadImage(callsGuest());
});
afterAll(() => fixture.close());

beforeEach(async () => {
  base = await mkdtemp(join(fixture.folder, "names-"));
  mount = join(base, "mount");
  outside = join(base, "outside");
  await mkdir(mount);
  await mkdir(outside);
  await writeFile(join(outside, "file"), "secret");
});
afterEach(() => rm(base, { recursive: true }));

const work = (): FsGrant[] => [{ source: mount, target: "/work", access: "read-write" }];

describe.runIf(process.platform === "linux")("names", () => {
  test("are refused, or are those of a file in the mount", async () => {
    const before = snapshotOf(outside);
    const result = await fixture.engine.run(oddNames, {
      rootfs: "none",
      grants: { fs: work() },
      limits: { timeoutMs: 60_000 },
    });
    expect(result.stderr.toString()).toBe("");
    expect(result.code).toBe(0);
    expect(snapshotOf(outside)).toEqual(before);
    expect(await readdir(base)).toEqual(["mount", "outside"]);
    const names = await readdir(mount);
    // "kept", two of 255 bytes, and each that the guest could make.
    expect(names.length).toBe(38);
    expect(names).toContain("..\\outside");
    expect(names).toContain("twin");
    expect(names).toContain("TWIN");
    expect(names.filter((name) => Buffer.byteLength(name) === 255).length).toBe(2);
  });

  test("that are not UTF-8 on the host cannot be seen, nor reached by what stands for them", async () => {
    const prefix = Buffer.from(`${mount}/`);
    await writeFile(Buffer.concat([prefix, Buffer.from("a\xffb", "latin1")]), "odd");
    await writeFile(Buffer.concat([prefix, Buffer.from("a\xfeb", "latin1")]), "odd");
    await writeFile(join(mount, "plain"), "");
    await expectCalls(
      fixture.engine,
      calls,
      [
        ["open d . rd", "ok"],
        ["list d", "ok plain"],
        ["stat a\ufffdb", "ENOENT"],
        ["unlink a\ufffdb", "ENOENT"],
        ["open a a\ufffdb rwc", "ok"],
        ["write a text", "ok 4"],
      ],
      { grants: { fs: work() } },
    );
    expect((await readdir(mount, "buffer")).length).toBe(4);
  });

  test("links of the host that dangle, go round or are very long", async () => {
    await symlink("nowhere", join(mount, "dangling"));
    await symlink("self", join(mount, "self"));
    await symlink("round-b", join(mount, "round-a"));
    await symlink("round-a", join(mount, "round-b"));
    await symlink("inner/x", join(mount, "inner"));
    await symlink(`${"./".repeat(2000)}file`, join(mount, "long"));
    await symlink("n".repeat(256), join(mount, "too-long-a-name"));
    // Text that grows each time it is followed.
    await symlink(`grows/${"./".repeat(1000)}x`, join(mount, "grows"));
    await writeFile(join(mount, "file"), "");
    await Promise.all(
      Array.from({ length: 41 }, (_, at) =>
        symlink(at === 0 ? "file" : `chain-${at - 1}`, join(mount, `chain-${at}`)),
      ),
    );
    const bad = (link: string, errno: string): readonly (readonly [string, string])[] => [
      [`open a ${link} r`, errno],
      [`open a ${link}/x r`, errno],
      [`open a ${link} rd`, errno],
      [`mkdir ${link}`, "EEXIST"],
      [`mkdir ${link}/x`, errno],
      [`unlink ${link}/x`, errno],
      [`rename file ${link}/x`, errno],
      [`link file ${link}/x`, errno],
      [`settimes ${link}/x`, errno],
    ];
    await expectCalls(
      fixture.engine,
      calls,
      [
        ...bad("dangling", "ENOENT"),
        ...bad("self", "ELOOP"),
        ...bad("round-a", "ELOOP"),
        ...bad("inner", "ELOOP"),
        ...bad("grows", "ELOOP"),
        ...bad("too-long-a-name", "ENAMETOOLONG"),
        ["open a long r", "ok"],
        ["open a chain-39 r", "ok"],
        ["open a chain-40 r", "ELOOP"],
        // What is made through a link that dangles is made where it points to, inside.
        ["open a dangling wc", "ok"],
        ["stat nowhere", "ok file 1 0"],
      ],
      { grants: { fs: work() } },
    );
  });
});
